/*
 * The text of a kubeconfig, from wherever it comes: a file that others rewrite (kubectl, an
 * operator, a mounted Secret), or somebody who gives it.
 */
#ifndef SW_RECONCILER_KUBECONFIG_H
#define SW_RECONCILER_KUBECONFIG_H

#include "base/buf.h"

/* The caller's storage; may be read. A zeroed one is released. */
struct sw_kubeconfig {
    char *path;         /* owned; NULL: the text is given */
    char *folder;       /* that the file is in, owned; "" for the working folder */
    struct sw_buf text; /* as last read or given; empty before */
};

/* Reads nothing yet. An unset `path`: the text will be given. Fails with SW_ENOMEM; it is then
 * released. */
int sw_kubeconfig_init(struct sw_kubeconfig *kubeconfig, struct sw_str path, struct sw_err *reterr);

/* Leaves nothing of it in freed memory. */
void sw_kubeconfig_release(struct sw_kubeconfig *kubeconfig);

/* Reads the file. Returns 1 when it is another than the last time (the first time it is), 0 when it
 * is the same. Fails as sw_file_read() does; the text is then the one before. */
int sw_kubeconfig_read(struct sw_kubeconfig *kubeconfig, struct sw_err *reterr);

/* Takes a text. Returns 1 when it is another, 0 when it is the same. Fails with SW_ENOMEM and
 * SW_ELIMIT. */
int sw_kubeconfig_give(struct sw_kubeconfig *kubeconfig, struct sw_str text, struct sw_err *reterr);

#endif

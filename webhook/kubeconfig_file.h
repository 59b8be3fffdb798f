/*
 * A kubeconfig on disk, which others rewrite: kubectl, an operator, a mounted Secret.
 */
#ifndef SW_WEBHOOK_KUBECONFIG_FILE_H
#define SW_WEBHOOK_KUBECONFIG_FILE_H

#include "base/buf.h"

/* The caller's storage; may be read. A zeroed one is released. */
struct sw_kubeconfig_file {
    char *path;         /* owned */
    char *folder;       /* that it is in, owned; "" for the working folder */
    struct sw_buf text; /* as last read; empty before */
};

/* Reads nothing yet. Fails with SW_ENOMEM; it is then released. */
int sw_kubeconfig_file_init(struct sw_kubeconfig_file *file, struct sw_str path,
                            struct sw_err *reterr);
/* Leaves nothing of it in freed memory. */
void sw_kubeconfig_file_release(struct sw_kubeconfig_file *file);

/* Reads the file. Returns 1 when it is another than the last time (the first time it is), 0 when it
 * is the same. Fails as sw_file_read() does; the text is then the one before. */
int sw_kubeconfig_file_read(struct sw_kubeconfig_file *file, struct sw_err *reterr);

#endif

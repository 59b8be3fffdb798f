/*
 * What a Pod knows of itself.
 */
#ifndef SW_KUBE_POD_H
#define SW_KUBE_POD_H

#include "base/arena.h"
#include "base/err.h"

/* The namespace that the Pod is in: what the file `namespace` in `folder` (SW_KUBE_ACCOUNT_FOLDER
 * in a process) says, else POD_NAMESPACE in the environment. *ret is arena memory; NUL-terminated.
 * Fails with SW_ENOENT (neither says it) and SW_ENOMEM. */
int sw_kube_pod_namespace(const char *folder, struct sw_arena *arena, struct sw_str *ret,
                          struct sw_err *reterr);

#endif

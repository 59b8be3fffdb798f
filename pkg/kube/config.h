/*
 * How an API server is reached and who we are there: a kubeconfig, read.
 *
 * A kubeconfig is code to whoever reads it without care: `exec` runs a program, and file paths are
 * read with the reader's rights. One that comes from a Secret is written by whoever may write that
 * Secret, so only what stands in it inline is taken (as Istio does: pkg/kube sanitizeKubeConfig).
 */
#ifndef SW_KUBE_CONFIG_H
#define SW_KUBE_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Largest kubeconfig that is read: a Secret holds at most 1 MiB. */
#define SW_KUBE_CONFIG_MAX_BYTES ((size_t)1 << 20)

enum sw_kube_trust {
    SW_KUBE_INLINE_ONLY, /* from a Secret: no path, no program */
    SW_KUBE_FILES_TOO,   /* the user's own file: paths are read, relative to its folder */
};

/* How a kubeconfig is to be read. */
struct sw_kube_config_reading {
    enum sw_kube_trust trust;
    struct sw_str context; /* which of its contexts; unset: current-context */
    const char *folder;    /* what relative paths start from; "" for the working folder */
};

/* Every string is arena memory and NUL-terminated; unset when not given. */
struct sw_kube_config {
    struct sw_str server;          /* https://HOST[:PORT][/PATH], without a trailing slash */
    struct sw_str tls_server_name; /* the name in the certificate, where it is not the host's */
    struct sw_str proxy_url;
    struct sw_str namespace_; /* of the context */
    struct sw_str ca_pem;
    struct sw_str ca_file; /* absolute, or relative to the working folder; read again when
                              it changes; at most one of ca_pem and ca_file is set, and
                              likewise for the pairs below */
    struct sw_str cert_pem;
    struct sw_str cert_file;
    struct sw_str key_pem;
    struct sw_str key_file;
    struct sw_str token;
    struct sw_str token_file;
    bool insecure; /* insecure-skip-tls-verify: the server's certificate is not checked */
};

/* Reads a kubeconfig, YAML or JSON. Fails with SW_ESYNTAX (not YAML; line and column), SW_ETYPE (a
 * member of the wrong type; what is not https; a credential that is not base64), SW_ENOENT (the
 * context, its cluster or its user is not there; the message lists those that are), SW_EUSAGE
 * (exec, auth-provider or password, which we do not speak; a server with more in it than where; a
 * control character; or, INLINE_ONLY, a path: the message names the member), SW_ELIMIT, SW_ENOMEM.
 */
int sw_kube_config_read(struct sw_str text, const struct sw_kube_config_reading *how,
                        struct sw_arena *arena, struct sw_kube_config *ret, struct sw_err *reterr);

/* Where a Pod finds the credential of its ServiceAccount. */
#define SW_KUBE_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* The API server of the Pod that this process runs in, as the kubelet tells: its address in the
 * environment, the token and the CA in `folder` (they are not looked at here). Fails with SW_ENOENT
 * (not in a Pod) and SW_ENOMEM. */
int sw_kube_config_in_cluster(const char *folder, struct sw_arena *arena,
                              struct sw_kube_config *ret, struct sw_err *reterr);

#endif

/*
 * The Secret that connects a cluster to another one: its one key is the cluster's name, its value a
 * kubeconfig in which everything stands inline (kube/fleet.h reads it).
 */
#ifndef SW_CLI_REMOTE_SECRET_H
#define SW_CLI_REMOTE_SECRET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/utc.h"
#include "cli/remote_account.h"
#include "kube/config.h"

/* How the cluster is reached from others. Strings are borrowed, or of the arena. */
struct sw_remote_way {
    struct sw_str server;          /* https://HOST[:PORT][/PATH] */
    struct sw_str tls_server_name; /* unset: the host's */
    struct sw_str ca_pem;          /* unset: an authority that every system knows */
};

/* What goes into the Secret; borrowed. */
struct sw_remote_secret {
    struct sw_str namespace_;
    struct sw_str cluster; /* its name, a label value */
    struct sw_remote_way way;
    struct sw_remote_token token;
};

/* True for an address that means the host it is used on: localhost, 127.0.0.0/8, ::1, 0.0.0.0. */
bool sw_remote_is_loopback(struct sw_str server);

/* Fails with SW_EUSAGE for what is not https://HOST[:PORT][/PATH] without blanks and with a port
 * from 1 to 65535, if any; the message begins with --server. */
int sw_remote_check_server(struct sw_str server, struct sw_err *reterr);

/* The PEM of the kubeconfig's authority, inline or in its file; unset where it names none. Fails as
 * sw_file_read() does. */
int sw_remote_config_ca(const struct sw_kube_config *config, struct sw_arena *arena,
                        struct sw_str *ret, struct sw_err *reterr);

/* The Secret's name: `spillway-cluster-<name>`; where the cluster's name is no DNS label, with what
 * is not replaced, and a hash of it behind, so that two never share one. Arena memory; NULL when
 * out of memory. */
const char *sw_remote_secret_name(struct sw_str cluster, struct sw_arena *arena);

/* Appends the manifest, as YAML or as one line of JSON. Call inside a sw_json_scope of `arena`.
 * Fails with SW_ENOMEM. A failure to append stays in buf. */
int sw_remote_secret_write(const struct sw_remote_secret *secret, bool json, struct sw_arena *arena,
                           struct sw_buf *buf, struct sw_err *reterr);

/* When a token that lives from now_s (seconds since 1970) until `expires` should be replaced: two
 * thirds of the way, RFC 3339 in the caller's storage. False where `expires` cannot be read. */
bool sw_remote_renewal(struct sw_str expires, uint64_t now_s, char ret[SW_UTC_SIZE]);

#endif

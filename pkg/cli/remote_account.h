/*
 * The ServiceAccount that other clusters read a cluster as: what it is, and how it gets a token.
 *
 * What it may do is to list and watch what webhook and reconciler read of a remote cluster, and
 * nothing else: no Secret, no write. Everything is asked through one function, so that a test
 * answers from memory.
 */
#ifndef SW_CLI_REMOTE_ACCOUNT_H
#define SW_CLI_REMOTE_ACCOUNT_H

#include "base/arena.h"
#include "kube/applier.h"

/* The account and its ClusterRole; the Secret that holds its token has "-token" behind it. */
#define SW_REMOTE_ACCOUNT "spillway-reader"

/* How often a Secret is looked at that is to get a token, and for how long. */
#define SW_REMOTE_RELOOK_MS   250
#define SW_REMOTE_PATIENCE_MS 15000

/* Shortest life of a token that an API server gives. */
#define SW_REMOTE_MIN_LIFE_S 600

/* How to ask the remote API server. */
struct sw_remote_api {
    void *context;
    /* Sends the operation and waits. The answer's body is a copy in `arena`. *ret is always set. */
    void (*call)(void *context, const struct sw_applier_op *op, struct sw_arena *arena,
                 struct sw_answer *ret);
    /* Lets that many ms pass. */
    void (*pause)(void *context, int64_t wait_ms);
};

/* A token; strings are of the arena. */
struct sw_remote_token {
    struct sw_str text;
    struct sw_str expires; /* RFC 3339; unset for one that never does */
    struct sw_str ca_pem;  /* the cluster's own CA, where it came with the token; else unset */
};

/* Makes the account with its rights, and the namespace where that is missing; what is there already
 * is brought up to date. `lasting`: with the Secret of a token that does not expire. Fails with
 * what the API server answers: SW_EIO (no answer, no right, a conflict with other managers of the
 * fields), SW_ETYPE, SW_ENOENT; SW_EINTERNAL, SW_ENOMEM. */
int sw_remote_account_apply(const struct sw_remote_api *api, struct sw_str namespace_, bool lasting,
                            struct sw_arena *arena, struct sw_err *reterr);

/* The token in that Secret; `patient`: it was made a moment ago, and gets its token soon. Fails as
 * above, with SW_ENOENT where the account or the Secret is missing, and with SW_EIO where nobody
 * fills it in; the message says what to do. Call inside a sw_json_scope of `arena`. */
int sw_remote_token_read(const struct sw_remote_api *api, struct sw_str namespace_, bool patient,
                         struct sw_arena *arena, struct sw_remote_token *ret,
                         struct sw_err *reterr);

/* A new token that lives for life_s, or as long as the API server lets it. Fails likewise. */
int sw_remote_token_request(const struct sw_remote_api *api, struct sw_str namespace_,
                            uint64_t life_s, struct sw_arena *arena, struct sw_remote_token *ret,
                            struct sw_err *reterr);

/* The CA that Pods of the cluster know its API server by; unset where it is not told. Fails
 * likewise. */
int sw_remote_own_ca(const struct sw_remote_api *api, struct sw_str namespace_,
                     struct sw_arena *arena, struct sw_str *ret, struct sw_err *reterr);

#endif

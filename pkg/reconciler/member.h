/*
 * One cluster of those that are connected: how it is reached, as that changes, and its part of the
 * state.
 *
 * It is an API server, by a kubeconfig that is a file, is given or is our own Pod's, or a folder of
 * manifests. What a new kubeconfig leads to is tried whole before what the one before led to is
 * left. One that cannot be read or used leaves things as they are. For the thread that runs its
 * sw_http.
 */
#ifndef SW_RECONCILER_MEMBER_H
#define SW_RECONCILER_MEMBER_H

#include "io/clusters.h"
#include "reconciler/kubeconfig.h"
#include "reconciler/reader.h"

/* How often a file or a folder is looked at. */
#define SW_MEMBER_RELOOK_MS 5000

struct sw_member;

/* Borrowed for the member's life, but for `name`. */
struct sw_member_options {
    struct sw_http *http;
    struct sw_state *state;
    struct sw_str name;               /* copied */
    const struct sw_cluster *cluster; /* of the command line; NULL: its kubeconfig is given */
    struct sw_reader_role role;
    struct sw_str root_namespace; /* of the mesh */
    struct sw_str local_name;     /* as in struct sw_reader_options */
    /* Requests go another way from now on; no call of the target before may be left after it, and
     * `target` is NULL at the end. NULL: nobody is interested. */
    void (*on_move)(void *context, struct sw_http_target *target);
    void *move_context;
};

/* How it is. */
struct sw_member_health {
    bool synced;         /* all of it was seen once */
    bool readable;       /* and is being watched, or was a moment ago */
    int64_t heard_ms;    /* as in struct sw_reader_health */
    int64_t current_ms;  /* when the view was last known to be what the cluster is; -1: never */
    uint32_t denied;     /* as in struct sw_reader_health */
    struct sw_err error; /* what is wrong: with the kubeconfig, else with the API server; code 0 for
                            nothing */
};

/* A new member and its part of the state. Nothing is read yet, but that our own Pod's kubeconfig
 * fails with SW_ENOENT where we are in none. Owned: sw_member_free(). Also fails with SW_ENOMEM and
 * SW_EUSAGE (there is one of that name). */
int sw_member_new(const struct sw_member_options *options, struct sw_member **ret,
                  struct sw_err *reterr);

/* Its part of the state goes with it. NULL is allowed. */
void sw_member_free(struct sw_member *member);

/* The text is the kubeconfig from now on (a text that is the same changes nothing; an unset one
 * leaves the one before), of which `error` says what is wrong besides; NULL: nothing. Fails with
 * SW_ENOMEM; then the text is not taken in. */
int sw_member_give(struct sw_member *member, struct sw_str text, const char *error,
                   struct sw_err *reterr);

/* Does what is due at now_ms (monotonic), and returns when something is due again. */
int64_t sw_member_step(struct sw_member *member, int64_t now_ms);

/* How it is at now_ms. */
void sw_member_health(const struct sw_member *member, int64_t now_ms, struct sw_member_health *ret);

/* True where there is something new to tell people of: *ret is why the cluster cannot be read,
 * which for a moment counts as nothing, as do first lists that are under way, or what is wrong with
 * its kubeconfig; code 0 once that is over. */
bool sw_member_trouble(struct sw_member *member, int64_t now_ms, struct sw_err *ret);

/* Its name, and the resources that are read of it; borrowed. */
struct sw_str sw_member_name(const struct sw_member *member);
uint32_t sw_member_resources(const struct sw_member *member);

/* Its part of the state, borrowed. */
const struct sw_state_cluster *sw_member_state(const struct sw_member *member);

/* Where requests go now; NULL while there is no way, and for a folder. Borrowed until on_move(). */
struct sw_http_target *sw_member_target(const struct sw_member *member);

/* A number that is another whenever objects are, or its reach is to the plan. */
uint64_t sw_member_changes(const struct sw_member *member);

#endif

/*
 * All connected clusters: those of the command line, and those that Secrets name, as these come,
 * change and go.
 */
#ifndef SW_RECONCILER_MEMBERS_H
#define SW_RECONCILER_MEMBERS_H

#include "io/log.h"
#include "kube/fleet.h"
#include "reconciler/member.h"

/* Borrowed for the members' life. */
struct sw_members_options {
    struct sw_http *http;
    struct sw_state *state;
    const struct sw_clusters *clusters; /* of the command line */
    struct sw_str root_namespace;       /* of the mesh */
    struct sw_str secrets_namespace;    /* unset: no Secrets are looked for */
    struct sw_log *log;                 /* NULL: nothing is logged */
    /* As in struct sw_member_options, of the local cluster. */
    void (*on_move)(void *context, struct sw_http_target *target);
    void *move_context;
    /* As on_move, of any of the others; NULL: nobody sends anything there. */
    void (*on_remote_move)(void *context);
    void *remote_move_context;
    /* A cluster that Secrets named is gone, for who counts something of it; it is NULL or there
     * until the end. */
    void (*on_gone)(void *context, struct sw_str cluster);
    void *gone_context;
};

struct sw_members;

/* Those of the command line. Owned: sw_members_free(). Fails as sw_member_new() does. */
int sw_members_new(const struct sw_members_options *options, struct sw_members **ret,
                   struct sw_err *reterr);

/* NULL is allowed. */
void sw_members_free(struct sw_members *members);

/* Does what is due at now_ms (monotonic), and returns when something is due again. */
int64_t sw_members_step(struct sw_members *members, int64_t now_ms);

/* How many there are; the first are those of the command line, in its order. */
size_t sw_members_count(const struct sw_members *members);
const struct sw_member *sw_members_at(const struct sw_members *members, size_t i);

/* True once all clusters there are have been told of. */
bool sw_members_are_known(const struct sw_members *members);

/* True once the clusters that planning rests on were seen: the local one, and the one that
 * Workspaces are read of. */
bool sw_members_are_seen(const struct sw_members *members, int64_t now_ms);

/* True once all that is to be known at the start is. Where not, *ret_missing says what is not.
 * `patient`: remote clusters are waited for too. */
bool sw_members_are_ready(const struct sw_members *members, bool patient, int64_t now_ms,
                          struct sw_err *ret_missing);

/* How the Secrets are; zeroed but for `synced` where none are looked for. */
void sw_members_fleet(const struct sw_members *members, int64_t now_ms,
                      struct sw_fleet_status *ret);

/* A number that is another whenever objects of any cluster are, or clusters. */
uint64_t sw_members_changes(const struct sw_members *members);

#endif

#include "failover/accept.h"

#include "failover/scope.h"
#include "failover/setting_rule.h"

#include "base/banned.h"

/* Fills *ret; a message that is NULL is the allocation that failed. */
static int say(struct sw_acceptance *ret, bool accepted, enum sw_reason reason, const char *message,
               struct sw_err *reterr)
{
    if (!message)
        return sw_err_nomem(reterr);
    *ret = (struct sw_acceptance){accepted, reason, message};
    return 0;
}

/* The first finding, and how many more there are. */
static char *write_first(const struct sw_findings *findings, struct sw_arena *arena)
{
    const struct sw_finding *first = &findings->items[0];
    const char *colon = first->path[0] ? ": " : "";

    if (findings->n == 1)
        return sw_arena_printf(arena, "%s%s%s", first->path, colon, first->message);
    return sw_arena_printf(arena, "%s%s%s (and %zu more)", first->path, colon, first->message,
                           findings->n - 1);
}

int sw_accept_setting(const struct sw_index *index, const json_t *object, struct sw_arena *arena,
                      struct sw_acceptance *ret, struct sw_err *reterr)
{
    struct sw_index ageless = *index;
    struct sw_outcome outcome;
    int r;

    ageless.stale_since_ms = NULL;
    sw_outcome_init(&outcome, arena);
    r = sw_setting_rule(&ageless, object, &outcome, reterr);
    if (r < 0)
        return r;
    if (outcome.refusals.n)
        return say(ret, false, outcome.refusals.items[0].reason,
                   write_first(&outcome.refusals, arena), reterr);
    if (outcome.warnings.n)
        return say(ret, true, SW_ACCEPTED, write_first(&outcome.warnings, arena), reterr);
    return say(ret, true, SW_ACCEPTED, sw_reason_sentence(SW_ACCEPTED), reterr);
}

static bool is_same_object(const struct sw_meta *a, const struct sw_meta *b)
{
    return sw_str_eq(a->namespace_, b->namespace_) && sw_str_eq(a->name, b->name);
}

/* What a workspace claims, over all clusters. */
struct claims {
    size_t n;                          /* namespaces that it covers */
    size_t n_lost;                     /* of which others are the owners */
    const struct sw_workspace *owner;  /* of the first of these */
    struct sw_str cluster, namespace_; /* which that is */
    bool all_seen;
};

static void count_claims(const struct sw_index *index, const struct sw_workspace *workspace,
                         struct claims *ret)
{
    *ret = (struct claims){.all_seen = !index->unlisted.len};
    for (size_t i = 0; i < index->n_views; i++) {
        const struct sw_view *view = index->views[i];

        ret->all_seen = ret->all_seen && view->source.synced;
        for (size_t j = 0; j < view->n_namespaces; j++) {
            const struct sw_str name = view->namespaces[j]->meta.name;
            const struct sw_workspace *owner;

            if (!sw_workspace_covers(workspace, view->source.cluster, name))
                continue;
            ret->n++;
            owner = sw_scope_owner(index, view->source.cluster, name);
            if (!owner || is_same_object(&owner->meta, &workspace->meta))
                continue;
            if (!ret->n_lost++) {
                ret->owner = owner;
                ret->cluster = view->source.cluster;
                ret->namespace_ = name;
            }
        }
    }
}

static int say_overlap(const struct claims *claims, struct sw_arena *arena,
                       struct sw_acceptance *ret, struct sw_err *reterr)
{
    const struct sw_workspace *owner = claims->owner;
    char *more = claims->n_lost > 1
                     ? sw_arena_printf(arena, ", and %zu more like it", claims->n_lost - 1)
                     : sw_arena_printf(arena, "%s", "");

    if (!more)
        return sw_err_nomem(reterr);
    return say(ret, false, SW_OVERLAP,
               sw_arena_printf(arena,
                               "namespace %.*s of cluster %.*s belongs to Workspace %.*s/%.*s of "
                               "tenant \"%.*s\", which is older%s: narrow "
                               "spec.namespaceSelector.names of one of the two",
                               SW_STR_ARG(claims->namespace_), SW_STR_ARG(claims->cluster),
                               SW_STR_ARG(owner->meta.namespace_), SW_STR_ARG(owner->meta.name),
                               SW_STR_ARG(owner->hierarchy.tenant), more),
               reterr);
}

int sw_accept_workspace(const struct sw_index *index, const json_t *object, struct sw_arena *arena,
                        struct sw_acceptance *ret, struct sw_err *reterr)
{
    struct sw_workspace workspace;
    struct sw_err unreadable = {0};
    struct claims claims;
    int r = sw_workspace_read(object, arena, &workspace, &unreadable);

    if (r == SW_ETYPE)
        return say(ret, false, SW_UNREADABLE, sw_arena_printf(arena, "%s", unreadable.message),
                   reterr);
    if (r < 0)
        return sw_err_set(reterr, r, "%s", unreadable.message);
    count_claims(index, &workspace, &claims);
    if (claims.n_lost)
        return say_overlap(&claims, arena, ret, reterr);
    if (claims.n == 0 && claims.all_seen)
        return say(ret, false, SW_NAMESPACE_UNKNOWN,
                   "spec.namespaceSelector.names: matches no namespace of any connected cluster: "
                   "expected CLUSTER/NAMESPACE with the name of a connected cluster, or '*'",
                   reterr);
    return say(ret, true, SW_ACCEPTED, sw_reason_sentence(SW_ACCEPTED), reterr);
}

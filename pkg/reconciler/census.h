/*
 * The Workspaces and WorkspaceSettings of the config cluster as its API server holds them: whole,
 * with generation and status, which the typed views have no use for. Listed when that is asked for.
 * For the thread that runs the sw_http.
 */
#ifndef SW_RECONCILER_CENSUS_H
#define SW_RECONCILER_CENSUS_H

#include "kube/gvr.h"
#include "kube/list.h"

/* What is listed, in this order. */
enum sw_census_kind { SW_CENSUS_WORKSPACES, SW_CENSUS_SETTINGS, SW_CENSUS_N_KINDS };

/* Who is told that a census is over: `failure`, borrowed for the call, says why it has failed, NULL
 * that it has not; the API server wants to be left alone for retry_after_s. */
struct sw_census_sink {
    void *context;
    void (*done)(void *context, const char *failure, int64_t retry_after_s);
};

/* The caller's storage; private but for items. */
struct sw_census {
    struct sw_client client;
    struct sw_census_sink sink;
    /* Arrays of objects, which say neither apiVersion nor kind; NULL: nothing is known. */
    json_t *items[SW_CENSUS_N_KINDS];
    struct sw_arena arenas[SW_CENSUS_N_KINDS]; /* hold the items */
    size_t at;                                 /* which is being listed */
    struct sw_list *list;                      /* NULL: none is under way */
};

/* Knows nothing. `http` is borrowed for its life. */
void sw_census_init(struct sw_census *census, struct sw_http *http, struct sw_census_sink sink);

/* Forgets the objects, and gives up what is under way. */
void sw_census_forget(struct sw_census *census);

/* Forgets the objects and lists them anew at `target`, borrowed until done() or sw_census_forget().
 * A kind that is not there has no objects. done() may come at once. */
void sw_census_take(struct sw_census *census, struct sw_http_target *target);

/* The resource of a kind; static. */
enum sw_gvr_id sw_census_gvr(enum sw_census_kind kind);

static inline bool sw_census_is_under_way(const struct sw_census *census)
{
    return census->list != NULL;
}

static inline bool sw_census_is_known(const struct sw_census *census)
{
    return census->items[SW_CENSUS_N_KINDS - 1] != NULL;
}

#endif

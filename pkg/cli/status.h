/*
 * What the reconciler of a cluster says of itself (ConfigMap spillway-status, as
 * reconciler/report.h describes it), beside the WorkloadEntries that are there.
 *
 * Pure: objects in, rows out. The one invariant: every row about a Service and a remote cluster
 * says how many WorkloadEntries there are from the one to the other, whatever the report thinks.
 */
#ifndef SW_CLI_STATUS_H
#define SW_CLI_STATUS_H

#include "base/arena.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

#define SW_STATUS_CONFIG_MAP "spillway-status"

/* A report is written anew every minute: one that is older is nobody's any more. */
#define SW_STATUS_STALE_S 180

enum sw_status_state {
    SW_STATUS_EMITTED,
    SW_STATUS_WITHHELD,
    SW_STATUS_WARNED,
    SW_STATUS_WAITS,
    SW_STATUS_UNREPORTED, /* WorkloadEntries of ours that the report does not name */
    SW_N_STATUS_STATES
};

/* One cluster, as the reconciler sees it. Strings, here and below, are the arena's or borrowed from
 * the JSON. */
struct sw_status_cluster {
    struct sw_str name;
    bool synced;
    bool readable;
    int64_t seen_at; /* Unix time; 0: it is being watched, or was never seen */
    struct sw_str error;
    int64_t emitted, withheld, warned, waits;
};

/* One thing that is said of a Service or gateway. */
struct sw_status_row {
    struct sw_str kind; /* "Service", "IngressGateway", "Gateways" */
    struct sw_str namespace_, name;
    struct sw_str remote; /* unset: no cluster in particular */
    struct sw_str about;  /* NAMESPACE/NAME, where it is about something else; else unset */
    size_t n_entries;     /* WorkloadEntries from the Service to the remote cluster */
    enum sw_status_state state;
    struct sw_str reason;  /* a word; "" where the report has none */
    struct sw_str message; /* unset for none */
    const char *advice;    /* what to do, a command where one heals it; NULL for nothing */
};

/* The caller's storage. */
struct sw_status {
    struct sw_str local;
    int64_t written; /* Unix time */
    bool native;
    const struct sw_status_cluster *clusters;
    size_t n_clusters;
    struct sw_status_row *rows; /* in the order of namespaces, names and remote clusters */
    size_t n_rows;
    int64_t omitted; /* subjects that the report had no room for */
    size_t n_of[SW_N_STATUS_STATES];
};

/* From the ConfigMap, and the WorkloadEntries that carry our label (an array of objects; NULL for
 * none). Call inside a sw_json_scope of `arena`. Fails with SW_ETYPE and SW_ESYNTAX (not such a
 * ConfigMap), SW_ENOMEM. */
int sw_status_read(const json_t *config_map, const json_t *entries, struct sw_arena *arena,
                   struct sw_status *ret, struct sw_err *reterr);

/* "Emitted", ...: static. */
const char *sw_status_state_word(enum sw_status_state state);

/* True where somebody has to look: something is withheld that no label of its owner's turned off,
 * or is unreported; a cluster is not being watched; istiod reads other clusters itself; or nobody
 * has written the report for a while. With `strict`, where something is warned of or waits, too.
 * now is Unix time. */
bool sw_status_is_troubled(const struct sw_status *status, int64_t now, bool strict);

#endif

/*
 * What a server counts. A zeroed struct counts nothing, and the server runs as well with it.
 *
 *   spillway_http_connections                    open now
 *   spillway_http_connections_total{result}      accepted; refused (its address has max_per_peer);
 *                                                handshake_failed (also counted as accepted: a peer
 *                                                that does not trust our certificate shows here)
 *   spillway_http_connections_evicted_total      ended while idle, to make room for another
 *   spillway_http_accept_waits_total             times at which nobody could be accepted, as none
 * of max_connections was idle spillway_http_connections_cut_total{phase}   ended by us for being
 * slow spillway_http_requests_in_flight             being handled or their answer being sent
 *   spillway_http_requests_total{path,code}      answers; path and code are "other" if not ours
 *   spillway_http_request_duration_seconds{path} time in the handler
 *   spillway_http_request_wait_seconds           time that requests waited for it, at most
 *   spillway_http_held_bytes                     held by large requests and their answers
 *   spillway_http_shed_total                     large requests given up (429, or cut where slow),
 *                                                as all of them held too much
 */
#ifndef SW_SERVE_STATS_H
#define SW_SERVE_STATS_H

#include "base/err.h"
#include "metrics/metrics.h"
#include "serve/phase.h"
#include "serve/route.h"

/* Statuses that are counted by themselves, and one place for all others. */
#define SW_STATS_N_CODES 10

/* Handles, borrowed from the registry; NULL where nothing is counted. */
struct sw_server_stats {
    struct sw_gauge *connections;
    struct sw_counter *accepted;
    struct sw_counter *refused;
    struct sw_counter *handshake_failed;
    struct sw_counter *evicted;
    struct sw_counter *waits;
    struct sw_counter *cut[SW_N_PHASES];
    struct sw_gauge *in_flight;
    struct sw_counter *answers[SW_ROUTES_MAX + 1][SW_STATS_N_CODES]; /* the last row: no route */
    struct sw_histogram *duration[SW_ROUTES_MAX + 1];
    struct sw_histogram *wait;
    struct sw_gauge *held_bytes;
    struct sw_counter *shed;
};

/* Adds the families above to the registry and takes every handle, so that all series show from the
 * start. One server of a registry can be counted. Fails as sw_metrics_add does. */
int sw_server_stats_init(struct sw_server_stats *stats, struct sw_metrics *metrics,
                         const struct sw_route *routes, size_t n_routes, struct sw_err *reterr);

/* Counts one answer of route `route` (anything past the routes: none of them). */
void sw_server_stats_answer(const struct sw_server_stats *stats, size_t route, int status,
                            uint64_t duration_ns);

#endif

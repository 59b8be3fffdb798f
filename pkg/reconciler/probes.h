/*
 * /healthz, /readyz and /metrics of the reconciler.
 */
#ifndef SW_RECONCILER_PROBES_H
#define SW_RECONCILER_PROBES_H

#include "reconciler/health.h"
#include "serve/probe.h"

/* A loop that has not come round for so long will not: its longest round is a plan of everything,
 * which takes seconds. */
#define SW_PROBES_STALLED_MS 30000

/* Fills in the routes of sw_probe_routes(), which borrow `probe`, the metrics and the health: alive
 * is a loop that comes round. */
void sw_probes_routes(struct sw_probe *probe, struct sw_metrics *metrics, struct sw_health *health,
                      struct sw_route ret[SW_PROBE_N_ROUTES]);

#endif

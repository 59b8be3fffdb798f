#include "reconciler/probes.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

static bool is_ready(void *ctx, struct sw_buf *reason)
{
    char why[SW_HEALTH_REASON_SIZE];

    if (sw_health_is_ready(ctx, why))
        return true;
    sw_buf_append_text(reason, why);
    return false;
}

static void answer_live(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    uint64_t stalled_ms = sw_health_stalled_ms(ctx);

    (void)request;
    if (stalled_ms < SW_PROBES_STALLED_MS)
        sw_response_text(response, 200, "ok");
    else
        sw_response_text(response, 503, "the loop has not come round for %" PRIu64 " ms",
                         stalled_ms);
}

void sw_probes_routes(struct sw_probe *probe, struct sw_metrics *metrics, struct sw_health *health,
                      struct sw_route ret[SW_PROBE_N_ROUTES])
{
    *probe = (struct sw_probe){.ready = {is_ready, health}, .metrics = metrics};
    sw_probe_routes(probe, ret);
    for (size_t i = 0; i < SW_PROBE_N_ROUTES; i++) {
        if (strcmp(ret[i].path, "/healthz") == 0) {
            ret[i].handle = answer_live;
            ret[i].ctx = health;
        }
    }
}

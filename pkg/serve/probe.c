#include "serve/probe.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "metrics/expo.h"
#include "serve/server.h"

#include "base/banned.h"

/* A reason is a line that `kubectl describe pod` shows. */
#define REASON_MAX_BYTES 4096

#define NS_PER_MS        1000000u

static void answer_live(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    const struct sw_probe *probe = ctx;
    uint64_t limit_ms = probe->stalled_ms ? probe->stalled_ms : SW_PROBE_STALLED_MS;
    uint64_t stalled_ms = probe->watched ? sw_server_stalled_ns(probe->watched) / NS_PER_MS : 0;

    (void)request;
    if (stalled_ms < limit_ms)
        sw_response_text(response, 200, "ok");
    else
        sw_response_text(response, 503, "a handler has been running for %" PRIu64 " ms",
                         stalled_ms);
}

static void answer_ready(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf reason;
    const struct sw_probe *probe = ctx;

    (void)request;
    sw_buf_init(&reason, REASON_MAX_BYTES);
    if (!probe->ready.fn || probe->ready.fn(probe->ready.ctx, &reason))
        sw_response_text(response, 200, "ok");
    else
        sw_response_text(response, 503, "%.*s", SW_STR_ARG(sw_buf_str(&reason)));
}

static void answer_page(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    const struct sw_probe *probe = ctx;

    (void)request;
    response->content_type = SW_EXPO_CONTENT_TYPE;
    sw_expo_write(probe->metrics, &response->body);
}

void sw_probe_routes(struct sw_probe *probe, struct sw_route ret[SW_PROBE_N_ROUTES])
{
    ret[0] =
        (struct sw_route){.path = "/healthz", .method = "GET", .handle = answer_live, .ctx = probe};
    ret[1] =
        (struct sw_route){.path = "/readyz", .method = "GET", .handle = answer_ready, .ctx = probe};
    ret[2] =
        (struct sw_route){.path = "/metrics", .method = "GET", .handle = answer_page, .ctx = probe};
}

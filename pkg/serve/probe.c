#include "serve/probe.h"

#include "base/cleanup.h"
#include "metrics/expo.h"

#include "base/banned.h"

/* A reason is a line that `kubectl describe pod` shows. */
#define REASON_MAX_BYTES 480

static void answer_check(const struct sw_probe_check *check, struct sw_response *response)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf reason;

    sw_buf_init(&reason, REASON_MAX_BYTES);
    if (!check->fn || check->fn(check->ctx, &reason))
        sw_response_text(response, 200, "ok");
    else
        sw_response_text(response, 503, "%.*s", SW_STR_ARG(sw_buf_str(&reason)));
}

static void answer_live(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    const struct sw_probe *probe = ctx;

    (void)request;
    answer_check(&probe->live, response);
}

static void answer_ready(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    const struct sw_probe *probe = ctx;

    (void)request;
    answer_check(&probe->ready, response);
}

static void answer_page(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    const struct sw_probe *probe = ctx;

    (void)request;
    if (probe->refresh)
        probe->refresh(probe->refresh_ctx);
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

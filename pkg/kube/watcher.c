#include "kube/watcher.h"

#include "base/cleanup.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* A query is a version, a token and a few words; a continue token may be some KiB. */
#define MAX_PATH_BYTES ((size_t)32 << 10)

struct sw_watcher {
    struct sw_watcher_options options;
    struct sw_reflector reflector;
    struct sw_http_transfer *transfer; /* under way; NULL for none */
};

int sw_watcher_new(const struct sw_watcher_options *options, struct sw_watcher **ret,
                   struct sw_err *reterr)
{
    struct sw_watcher *watcher = calloc(1, sizeof(*watcher));

    if (!watcher)
        return sw_err_nomem(reterr);
    watcher->options = *options;
    sw_reflector_init(&watcher->reflector, options->sink, options->presence, options->seed);
    *ret = watcher;
    return 0;
}

void sw_watcher_free(struct sw_watcher *watcher)
{
    if (!watcher)
        return;
    sw_http_cancel(watcher->transfer);
    sw_reflector_release(&watcher->reflector);
    free(watcher);
}

const struct sw_reflector_stats *sw_watcher_stats(const struct sw_watcher *watcher)
{
    return &watcher->reflector.stats;
}

void sw_watcher_hurry(struct sw_watcher *watcher, int64_t now_ms)
{
    sw_reflector_hurry(&watcher->reflector, now_ms);
}

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

static void on_response(void *context, int http_status, int64_t retry_after_s)
{
    struct sw_watcher *watcher = context;

    sw_reflector_response(&watcher->reflector, now(), http_status, retry_after_s);
}

static void on_data(void *context, struct sw_str bytes)
{
    struct sw_watcher *watcher = context;

    sw_reflector_data(&watcher->reflector, now(), bytes);
}

static void on_closed(void *context, const char *failure)
{
    struct sw_watcher *watcher = context;

    watcher->transfer = NULL;
    sw_reflector_closed(&watcher->reflector, now(), failure);
}

static void abandon(struct sw_watcher *watcher)
{
    sw_http_cancel(watcher->transfer);
    watcher->transfer = NULL;
}

static void send_request(struct sw_watcher *watcher, struct sw_request *request)
{
    const struct sw_watcher_options *options = &watcher->options;
    const struct sw_http_sink sink = {watcher, on_response, on_data, on_closed};
    SW_CLEANUP(sw_buf_release) struct sw_buf query, path;
    struct sw_http_request get = {.method = "GET"};
    struct sw_err err = {0};
    int r;

    abandon(watcher); /* the rest of an answer that was not 200 */
    sw_buf_init(&query, MAX_PATH_BYTES);
    sw_buf_init(&path, MAX_PATH_BYTES);
    request->label_selector = options->label_selector;
    sw_request_write_query(request, &query);
    sw_buf_append_text(&path, options->path);
    sw_buf_append_text(&path, strchr(options->path, '?') ? "&" : "?");
    sw_buf_append_str(&path, sw_buf_str(&query));
    r = sw_buf_status(&path, &err);
    get.path = sw_buf_str(&path);
    if (r == 0)
        r = sw_http_send(options->http, options->target, &get, sink, &watcher->transfer, &err);
    if (r < 0)
        sw_reflector_closed(&watcher->reflector, now(), err.message);
}

int64_t sw_watcher_step(struct sw_watcher *watcher, int64_t now_ms)
{
    struct sw_request request;
    int64_t wake_ms = now_ms;

    for (;;) {
        switch (sw_reflector_next(&watcher->reflector, now_ms, &wake_ms, &request)) {
        case SW_REFLECTOR_SEND:
            send_request(watcher, &request);
            break;
        case SW_REFLECTOR_ABORT:
            abandon(watcher);
            break;
        case SW_REFLECTOR_DESERT:
            sw_http_desert(watcher->transfer);
            watcher->transfer = NULL;
            break;
        case SW_REFLECTOR_WAIT:
        default:
            return wake_ms;
        }
    }
}

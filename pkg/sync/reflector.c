#include "sync/reflector.h"

#include "sync/event.h"
#include "sync/turn.h"

#include <stdio.h>

#include "base/banned.h"

/* The API server's own end of a watch, spread out so that watches do not end together. */
#define WATCH_MIN_S    300
#define WATCH_SPREAD_S 300

#define HTTP_UNAUTHORIZED 401

/* Longest resourceVersion and continue token that are kept. */
#define MAX_VERSION_BYTES 256
#define MAX_TOKEN_BYTES   8192

/* A watch that ends sooner than that is a failure, or it would be asked for in a tight loop. */
#define MIN_WATCH_MS 1000

void sw_reflector_init(struct sw_reflector *reflector, struct sw_reflector_sink sink,
                       enum sw_reflector_presence presence, uint64_t seed)
{
    *reflector = (struct sw_reflector){
        .sink = sink,
        .stats = {.heard_ms = -1, .failing_ms = -1},
        .verb = SW_REQUEST_WATCH_LIST,
        .presence = presence,
        .page_limit = SW_REFLECTOR_PAGE,
        .wake_ms = INT64_MIN,
        .expired_ms = INT64_MIN,
        .missing_ms = -1,
    };
    sw_backoff_init(&reflector->backoff, seed);
    sw_frame_init(&reflector->frame);
    sw_buf_init(&reflector->page, SW_REFLECTOR_MAX_PAGE_BYTES);
    sw_buf_init(&reflector->version, MAX_VERSION_BYTES);
    sw_buf_init(&reflector->token, MAX_TOKEN_BYTES);
}

void sw_reflector_release(struct sw_reflector *reflector)
{
    sw_frame_release(&reflector->frame);
    sw_buf_wipe(&reflector->page);
    sw_buf_release(&reflector->version);
    sw_buf_release(&reflector->token);
}

static enum sw_reflector_action wait_until(int64_t wake_ms, int64_t *ret_wake_ms)
{
    *ret_wake_ms = wake_ms;
    return SW_REFLECTOR_WAIT;
}

static void fill_request(struct sw_reflector *reflector, struct sw_request *ret)
{
    *ret = (struct sw_request){.verb = reflector->verb};
    if (reflector->verb == SW_REQUEST_LIST) {
        ret->continue_token = sw_buf_str(&reflector->token);
        ret->limit = reflector->page_limit;
        return;
    }
    ret->timeout_s =
        WATCH_MIN_S + (unsigned int)sw_backoff_random(&reflector->backoff, WATCH_SPREAD_S);
    ret->resource_version = sw_buf_str(&reflector->version);
}

void sw_reflector_hurry(struct sw_reflector *reflector, int64_t now_ms)
{
    if (reflector->stats.failing_ms < 0)
        return;
    sw_backoff_reset(&reflector->backoff);
    if (reflector->phase == SW_REFLECTOR_RESTING && !reflector->patient &&
        reflector->wake_ms > now_ms)
        reflector->wake_ms = now_ms;
}

/* A streamed list that has begun is more likely without an end than its connection is dead. */
static enum sw_reflector_action give_up(struct sw_reflector *reflector, int64_t now_ms)
{
    static const char why[] = "nothing was heard for too long";

    if (reflector->phase == SW_REFLECTOR_ASKING)
        reflector->stats.http_status = 0;
    if (reflector->phase == SW_REFLECTOR_RECEIVING && reflector->verb == SW_REQUEST_WATCH_LIST) {
        sw_turn_fail_streaming(reflector, now_ms, why);
        return SW_REFLECTOR_ABORT;
    }
    sw_turn_fail(reflector, now_ms, why);
    return SW_REFLECTOR_DESERT;
}

enum sw_reflector_action sw_reflector_next(struct sw_reflector *reflector, int64_t now_ms,
                                           int64_t *ret_wake_ms, struct sw_request *ret_request)
{
    switch (reflector->phase) {
    case SW_REFLECTOR_RESTING:
        if (now_ms < reflector->wake_ms)
            return wait_until(reflector->wake_ms, ret_wake_ms);
        fill_request(reflector, ret_request);
        reflector->phase = SW_REFLECTOR_ASKING;
        reflector->sent_ms = now_ms;
        reflector->wake_ms = now_ms + SW_REFLECTOR_ANSWER_MS;
        return SW_REFLECTOR_SEND;
    case SW_REFLECTOR_ASKING:
    case SW_REFLECTOR_RECEIVING:
        if (now_ms < reflector->wake_ms)
            return wait_until(reflector->wake_ms, ret_wake_ms);
        return give_up(reflector, now_ms);
    case SW_REFLECTOR_BROKEN:
    default:
        sw_turn_rest(reflector, now_ms, reflector->wake_ms - now_ms);
        return SW_REFLECTOR_ABORT;
    }
}

/* Takes a version in; a failure to keep it is one of the whole request. */
static int keep(struct sw_buf *buf, struct sw_str text, struct sw_err *reterr)
{
    sw_buf_clear(buf);
    sw_buf_append_str(buf, text);
    return sw_buf_status(buf, reterr);
}

/* 404: the API server does not serve the resource, so there is none of it. But a proxy in front of
 * one that starts says 404 too, and one such answer must not empty a store: what was there is gone
 * only when it stays away. */
static void be_absent(struct sw_reflector *reflector, int64_t now_ms)
{
    if (reflector->missing_ms < 0)
        reflector->missing_ms = now_ms;
    if (reflector->stats.synced && !reflector->stats.absent &&
        now_ms - reflector->missing_ms < SW_REFLECTOR_ABSENT_MS) {
        sw_turn_fail(reflector, now_ms, "the API server answered 404");
        return;
    }
    sw_turn_begin_picture(reflector);
    sw_turn_end_picture(reflector);
    reflector->stats.absent = true;
    reflector->stats.failing_ms = -1;
    sw_turn_start_over(reflector, true);
    sw_turn_rest(reflector, now_ms, SW_REFLECTOR_ABSENT_MS);
}

static void refuse(struct sw_reflector *reflector, int64_t now_ms, int http_status,
                   int64_t retry_after_s)
{
    char failure[128];

    snprintf(failure, sizeof(failure), "the API server answered %d%s", http_status,
             http_status == HTTP_UNAUTHORIZED
                 ? ": it does not take the credentials any more, or never did: renew them"
                 : "");
    if (retry_after_s > 0 && ++reflector->n_retries <= SW_REFLECTOR_MAX_RETRIES)
        sw_turn_come_back(reflector, now_ms, retry_after_s, failure);
    else
        sw_turn_fail(reflector, now_ms, failure);
}

/* The moment at which a body that is silent from now on is given up. */
static int64_t silence_ends(const struct sw_reflector *reflector, int64_t now_ms)
{
    return now_ms +
           (reflector->verb == SW_REQUEST_WATCH ? SW_REFLECTOR_IDLE_MS : SW_REFLECTOR_ANSWER_MS);
}

static void begin_body(struct sw_reflector *reflector, int64_t now_ms)
{
    reflector->phase = SW_REFLECTOR_RECEIVING;
    reflector->wake_ms = silence_ends(reflector, now_ms);
    reflector->stats.absent = false;
    reflector->stats.failing_ms = -1;
    reflector->n_retries = 0;
    if (reflector->verb == SW_REQUEST_WATCH_LIST ||
        (reflector->verb == SW_REQUEST_LIST && reflector->token.len == 0)) {
        reflector->n_empty_pages = 0;
        sw_turn_begin_picture(reflector);
    }
}

void sw_reflector_response(struct sw_reflector *reflector, int64_t now_ms, int http_status,
                           int64_t retry_after_s)
{
    if (reflector->phase != SW_REFLECTOR_ASKING)
        return;
    reflector->stats.heard_ms = now_ms;
    reflector->stats.http_status = http_status;
    if (http_status != 404)
        reflector->missing_ms = -1;
    switch (http_status) {
    case 200:
        begin_body(reflector, now_ms);
        return;
    case 400:
    case 422:
        /* What an API server without streaming lists says to sendInitialEvents. */
        if (reflector->verb == SW_REQUEST_WATCH_LIST) {
            reflector->no_watch_list = true;
            sw_turn_start_over(reflector, true);
            sw_turn_rest(reflector, now_ms, 0);
            return;
        }
        break;
    case 404:
        if (reflector->presence == SW_REFLECTOR_OPTIONAL) {
            be_absent(reflector, now_ms);
            return;
        }
        break;
    case 410:
        sw_turn_expire(reflector, now_ms, "the API server answered 410");
        return;
    default:
        break;
    }
    refuse(reflector, now_ms, http_status, retry_after_s);
}

/* Handles one event of a watch; 1 if the watch is over. */
static int take_event(struct sw_reflector *reflector, int64_t now_ms, const struct sw_event *event,
                      struct sw_err *reterr)
{
    const struct sw_reflector_sink *sink = &reflector->sink;
    char failure[256];
    int r = 0;

    switch (event->type) {
    case SW_EVENT_PUT:
        r = sink->put(sink->context, event->object, reterr);
        break;
    case SW_EVENT_REMOVED:
        r = sink->remove(sink->context, event->object, reterr);
        break;
    case SW_EVENT_BOOKMARK:
        if (event->initial_events_end && reflector->verb == SW_REQUEST_WATCH_LIST)
            sw_turn_end_picture(reflector);
        break;
    case SW_EVENT_ERROR:
    default:
        snprintf(failure, sizeof(failure), "the watch ended with: %.*s",
                 SW_STR_ARG(event->message));
        if (event->expired)
            sw_turn_expire(reflector, now_ms, failure);
        else
            sw_turn_fail(reflector, now_ms, failure);
        return 1;
    }
    return r < 0 ? r : keep(&reflector->version, event->version, reterr);
}

/* A line of a watch, with what taking it needs to know. */
struct taking {
    struct sw_reflector *reflector;
    int64_t now_ms;
    bool over;
};

static int take_line(void *context, struct sw_str line, struct sw_err *reterr)
{
    struct taking *taking = context;
    struct sw_arena arena;
    struct sw_event event;
    int r;

    if (taking->over)
        return 0;
    sw_arena_init(&arena, 512, SW_FRAME_MAX_LINE_BYTES);
    r = sw_event_read(line, &arena, &event, reterr);
    if (r == 0)
        r = take_event(taking->reflector, taking->now_ms, &event, reterr);
    sw_arena_release(&arena);
    taking->over = r == 1;
    return r < 0 ? r : 0;
}

/* The request has to be given up; the wait that was just set holds. */
static void break_off(struct sw_reflector *reflector)
{
    reflector->phase = SW_REFLECTOR_BROKEN;
}

void sw_reflector_data(struct sw_reflector *reflector, int64_t now_ms, struct sw_str bytes)
{
    struct taking taking = {.reflector = reflector, .now_ms = now_ms};
    struct sw_err err = {0};
    int r;

    if (reflector->phase != SW_REFLECTOR_RECEIVING)
        return;
    reflector->stats.heard_ms = now_ms;
    if (reflector->verb == SW_REQUEST_LIST) {
        sw_buf_append_str(&reflector->page, bytes);
        r = sw_buf_status(&reflector->page, &err);
        if (r == SW_ELIMIT && reflector->page_limit > 1)
            reflector->page_limit /= 2;
    } else {
        r = sw_frame_feed(&reflector->frame, bytes, take_line, &taking, &err);
    }
    if (r < 0)
        sw_turn_fail_and_start_over(reflector, now_ms, err.message);
    else if (!taking.over)
        reflector->wake_ms = silence_ends(reflector, now_ms);
    if (r < 0 || taking.over)
        break_off(reflector);
}

static int take_page(struct sw_reflector *reflector, struct sw_arena *arena, bool *ret_last,
                     struct sw_err *reterr)
{
    struct sw_page page;
    struct sw_str item;
    bool empty = true;
    int r = sw_page_read(sw_buf_str(&reflector->page), arena, &page, reterr);

    for (; r == 0 && sw_page_next(&page, &item); empty = false)
        r = reflector->sink.put(reflector->sink.context, item, reterr);
    reflector->n_empty_pages = empty ? reflector->n_empty_pages + 1 : 0;
    if (r == 0 && page.token.len && reflector->n_empty_pages > SW_REFLECTOR_MAX_EMPTY_PAGES)
        r = sw_err_set(reterr, SW_ETYPE, "more than %d pages without items in a row",
                       SW_REFLECTOR_MAX_EMPTY_PAGES);
    if (r == 0)
        r = keep(&reflector->token, page.token, reterr);
    if (r == 0)
        r = keep(&reflector->version, page.version, reterr);
    *ret_last = r == 0 && page.token.len == 0;
    return r;
}

static void end_page(struct sw_reflector *reflector, int64_t now_ms)
{
    struct sw_err err = {0};
    struct sw_arena arena;
    bool last = false;
    int r;

    sw_arena_init(&arena, 512, SW_REFLECTOR_MAX_PAGE_BYTES);
    r = take_page(reflector, &arena, &last, &err);
    sw_arena_release(&arena);
    if (r < 0) {
        sw_turn_fail(reflector, now_ms, err.message);
        return;
    }
    if (last)
        sw_turn_end_picture(reflector);
    sw_turn_rest(reflector, now_ms, 0);
}

void sw_reflector_closed(struct sw_reflector *reflector, int64_t now_ms, const char *failure)
{
    switch (reflector->phase) {
    case SW_REFLECTOR_ASKING:
        reflector->stats.http_status = 0;
        sw_turn_fail(reflector, now_ms, failure ? failure : "closed without an answer");
        return;
    case SW_REFLECTOR_RECEIVING:
        break;
    case SW_REFLECTOR_BROKEN:
        sw_turn_rest(reflector, now_ms, reflector->wake_ms - now_ms);
        return;
    case SW_REFLECTOR_RESTING:
    default:
        return;
    }
    if (failure)
        sw_turn_fail(reflector, now_ms, failure);
    else if (reflector->verb == SW_REQUEST_LIST)
        end_page(reflector, now_ms);
    else if (reflector->verb == SW_REQUEST_WATCH_LIST)
        sw_turn_fail_streaming(reflector, now_ms, "the streamed list ended before its bookmark");
    else if (now_ms - reflector->sent_ms < MIN_WATCH_MS)
        sw_turn_fail(reflector, now_ms, "the watch ended as soon as it began");
    else
        sw_turn_rest(reflector, now_ms, 0);
}

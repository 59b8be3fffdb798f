/*
 * A reflector and its store fed by an API server, with the n-th allocation failing, for n = 1, 2,
 * ... until none does. Whatever fails, the store comes to hold what the API server holds, without
 * being told to: an event that could not be kept brings a whole picture again. And nothing crashes,
 * and no block of memory is left behind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "fault/fault.h"
#include "sync/store.h"
#include "json/read.h"

/* More than any failure needs to be made good. */
#define MAX_TURNS 200

#define OBJECT(name, version, label)                                                               \
    "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"resourceVersion\":\"" version   \
    "\",\"labels\":{\"v\":\"" label "\",\"team\":\"pay\\u0020ments\"}},"                           \
    "\"spec\":{\"selector\":{\"app\":\"x\"},\"ports\":[{\"name\":\"http\",\"port\":80}]}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define UNREADABLE                                                                                 \
    "{\"metadata\":{\"name\":\"odd\",\"namespace\":\"shop\",\"resourceVersion\":\"3\"},"           \
    "\"spec\":{\"ports\":7}}"
#define MARK(version, annotations)                                                                 \
    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version "\"" annotations "}}")
#define END ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}"
#define PAGE(token, items)                                                                         \
    "{\"kind\":\"ServiceList\",\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"" token     \
    "\"},\"items\":[" items "]}"

/* The API server's state at version 10, by either way of asking for it, and what comes after. */
static const char streamed[] = EVENT("ADDED", OBJECT("a", "1", "1")) EVENT("ADDED", UNREADABLE)
    EVENT("ADDED", OBJECT("b", "2", "1")) EVENT("ADDED", OBJECT("c", "4", "1")) MARK("10", END);
static const char first_page[] = PAGE("next", OBJECT("a", "1", "1") "," UNREADABLE);
static const char last_page[] = PAGE("", OBJECT("b", "2", "1") "," OBJECT("c", "4", "1"));
static const char news[] =
    EVENT("ADDED", OBJECT("d", "11", "1")) EVENT("MODIFIED", OBJECT("a", "12", "2"))
        EVENT("DELETED", OBJECT("b", "13", "1")) MARK("14", "");
static const char expected[] = "a=2 c=1 d=1 ";

struct session {
    struct sw_store *store;
    struct sw_reflector reflector;
    int64_t now_ms;
    bool streams;   /* whether the API server has streamed lists */
    bool under_way; /* a request, not answered yet */
    bool is_open;   /* a watch that has sent everything */
    struct sw_request request;
};

/* In pieces, so that lines are put together. */
static void send(struct session *session, struct sw_str text)
{
    enum { PIECE = 100 };

    for (size_t at = 0; at < text.len; at += PIECE)
        sw_reflector_data(&session->reflector, session->now_ms,
                          sw_str_slice(text, at, at + PIECE < text.len ? at + PIECE : text.len));
}

/* A version from before the list is one that a watch cannot go on from. */
static void answer(struct session *session)
{
    const struct sw_request *request = &session->request;
    struct sw_reflector *reflector = &session->reflector;
    bool is_list = request->verb == SW_REQUEST_LIST;

    session->under_way = false;
    if (request->verb == SW_REQUEST_WATCH_LIST && !session->streams) {
        sw_reflector_response(reflector, session->now_ms, 422, 0);
        return;
    }
    sw_reflector_response(reflector, session->now_ms, 200, 0);
    if (is_list) {
        send(session, sw_str_from(request->continue_token.len ? last_page : first_page));
        sw_reflector_closed(reflector, session->now_ms, NULL);
        return;
    }
    if (request->verb == SW_REQUEST_WATCH_LIST)
        send(session, sw_str_from(streamed));
    if (!sw_str_is(request->resource_version, "14"))
        send(session, sw_str_from(news));
    session->is_open = true;
}

/* False where it does not come to rest with a watch open. */
static bool run(struct session *session)
{
    int64_t wake_ms = 0;

    for (int i = 0; i < MAX_TURNS; i++) {
        switch (
            sw_reflector_next(&session->reflector, session->now_ms, &wake_ms, &session->request)) {
        case SW_REFLECTOR_SEND:
            session->under_way = true;
            session->is_open = false;
            break;
        case SW_REFLECTOR_ABORT:
        case SW_REFLECTOR_DESERT:
            session->under_way = session->is_open = false;
            break;
        case SW_REFLECTOR_WAIT:
        default:
            if (session->is_open)
                return true;
            if (session->under_way)
                answer(session);
            else
                session->now_ms = wake_ms;
        }
    }
    return false;
}

/* What the store holds, "a=1 b=2 ", into `buf`. Fails with SW_ENOMEM. */
static int write_out(struct session *session, struct sw_arena *arena, struct sw_buf *buf)
{
    struct sw_view_source source = {.cluster = SW_STR("east")};
    struct sw_store_lease *lease = NULL;
    struct sw_view_builder builder;
    struct sw_view view;
    int r;

    sw_buf_clear(buf);
    sw_view_builder_init(&builder, source, arena);
    r = sw_store_lease(session->store, &builder, &lease, NULL);
    if (r == 0)
        r = sw_view_builder_finish(&builder, &view, NULL);
    for (size_t i = 0; r == 0 && i < view.n_services; i++) {
        const struct sw_meta *meta = &view.services[i]->meta;
        const struct sw_str *label = sw_labels_get(&meta->labels, SW_STR("v"));

        sw_buf_printf(buf, "%.*s=%.*s ", SW_STR_ARG(meta->name), SW_STR_ARG(*label));
    }
    sw_store_lease_free(lease);
    return r < 0 ? r : sw_buf_status(buf, NULL);
}

/* True if the store holds what it should; with the fault that is armed, then without. */
static bool is_right(struct session *session)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    int r;

    sw_arena_init(&arena, 256, (size_t)1 << 20);
    sw_buf_init(&buf, 4096);
    r = write_out(session, &arena, &buf);
    if (r == SW_ENOMEM) {
        fault_spare();
        sw_buf_release(&buf);
        sw_buf_init(&buf, 4096);
        r = write_out(session, &arena, &buf);
    }
    return r == 0 && sw_str_is(sw_buf_str(&buf), expected) &&
           sw_store_stats(session->store)->n_unreadable == 1;
}

/* With the nth allocation failing, 0 for none; true if all held. *ret_count is how many there
 * were. */
static bool attempt(bool streams, size_t nth, size_t *ret_count)
{
    struct session session = {.streams = streams};
    bool right = true;

    fault_arm(nth);
    if (sw_store_new(SW_KIND_SERVICE, &session.store, NULL) == 0) {
        sw_reflector_init(&session.reflector, sw_store_sink(session.store), SW_REFLECTOR_ALWAYS, 1);
        right = run(&session) && session.reflector.stats.synced && is_right(&session);
        sw_reflector_release(&session.reflector);
        sw_store_free(session.store);
    }
    *ret_count = fault_spare();
    if (!right)
        fprintf(stderr, "allocation %zu failed: the store is not what there is\n", nth);
    if (fault_disarm() != 0) {
        fprintf(stderr, "allocation %zu failed: memory is left behind\n", nth);
        right = false;
    }
    return right;
}

int main(void)
{
    sw_json_setup();
    for (int streams = 0; streams < 2; streams++) {
        size_t n_allocations, count;

        if (!attempt(streams, 0, &n_allocations))
            return 1;
        for (size_t nth = 1; nth <= n_allocations; nth++) {
            if (!attempt(streams, nth, &count))
                return 1;
        }
        printf("%s: %zu allocations\n", streams ? "a streamed list" : "pages", n_allocations);
    }
    return 0;
}

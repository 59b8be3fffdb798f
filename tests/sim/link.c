#include "link.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE        25
#define BOOKMARK_MS 60000
#define MAX_BYTES   ((size_t)16 << 20)

void sim_link_init(struct sim_link *link, struct sw_reflector_sink sink, uint64_t seed)
{
    sw_reflector_init(&link->reflector, sink, sw_resource_info(link->resource)->presence, seed);
    sw_buf_init(&link->out, MAX_BYTES);
}

void sim_link_release(struct sim_link *link)
{
    sw_reflector_release(&link->reflector);
    sw_buf_release(&link->out);
    free(link->snapshot);
}

static bool goes_wrong(const struct sim_link *link)
{
    return link->path->fault_rate && sim_chance(link->random, link->path->fault_rate);
}

static void take_snapshot(struct sim_link *link, int64_t now_ms)
{
    const struct sim_cluster *server = link->server;
    bool lies = link->path->lies && sim_chance(link->random, 300);

    free(link->snapshot);
    link->snapshot = calloc(server->n_kept + 1, sizeof(*link->snapshot));
    if (!link->snapshot)
        abort();
    link->n_snapshot = link->at = 0;
    link->version = server->version;
    link->recant_ms = 0;
    for (size_t i = 0; i < server->n_kept; i++) {
        if (server->kept[i].resource != link->resource)
            continue;
        if (lies && sim_chance(link->random, 500))
            link->recant_ms = now_ms + 1000 + sim_below(link->random, 20000);
        else
            link->snapshot[link->n_snapshot++] = server->kept[i].text;
    }
}

static void write_event(struct sim_link *link, const char *type, struct sw_str text)
{
    sw_buf_printf(&link->out, "{\"type\":\"%s\",\"object\":", type);
    sw_buf_append(&link->out, text.data, text.len);
    sw_buf_append_text(&link->out, "}\n");
}

static void write_bookmark(struct sim_link *link, const char *more)
{
    sw_buf_printf(&link->out,
                  "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"%ju\"%s"
                  "}}}\n",
                  (uintmax_t)link->version, more);
}

static void write_error(struct sim_link *link, int code)
{
    sw_buf_printf(&link->out, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":%d}}\n",
                  code);
    link->ends = true;
}

static void write_page(struct sim_link *link)
{
    size_t n = 0;

    sw_buf_append_text(&link->out, "{\"kind\":\"List\",\"items\":[");
    for (; link->at < link->n_snapshot && n < PAGE; link->at++, n++) {
        sw_buf_append_text(&link->out, n ? "," : "");
        sw_buf_append(&link->out, link->snapshot[link->at].data, link->snapshot[link->at].len);
    }
    sw_buf_printf(&link->out, "],\"metadata\":{\"resourceVersion\":\"%ju\"",
                  (uintmax_t)link->version);
    if (link->at < link->n_snapshot)
        sw_buf_printf(&link->out, ",\"continue\":\"c%zu\"", link->at);
    sw_buf_append_text(&link->out, "}}");
    link->ends = true;
}

static void write_streamed_list(struct sim_link *link)
{
    for (; link->at < link->n_snapshot; link->at++)
        write_event(link, "ADDED", link->snapshot[link->at]);
    write_bookmark(link, ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
}

static void write_news(struct sim_link *link, int64_t now_ms)
{
    const struct sim_cluster *server = link->server;

    if (link->ends || link->verb == SW_REQUEST_LIST)
        return;
    if (link->version < server->oldest && link->version < server->last[link->resource]) {
        write_error(link, 410);
        return;
    }
    if (link->recant_ms && now_ms >= link->recant_ms) {
        write_error(link, 410);
        return;
    }
    for (; link->version < server->version; link->version++) {
        const struct sim_event *event = &server->events[link->version];

        if (event->resource != link->resource)
            continue;
        write_event(link, event->type, event->text);
        if (link->path->fault_rate && sim_chance(link->random, 20))
            write_event(link, event->type, event->text); /* once more */
    }
    if (now_ms >= link->bookmark_ms) {
        write_bookmark(link, "");
        link->bookmark_ms = now_ms + BOOKMARK_MS;
    }
    link->ends |= now_ms >= link->end_ms;
}

static void ask(struct sim_link *link, int64_t now_ms, const struct sw_request *request)
{
    uint64_t version = 0;

    link->phase = SIM_LINK_ASKED;
    link->verb = request->verb;
    link->due_ms = now_ms + (link->path->fault_rate ? sim_below(link->random, 300) : 0);
    link->end_ms = now_ms + (int64_t)request->timeout_s * 1000;
    link->silent = link->ends = false;
    link->out_at = 0;
    sw_buf_clear(&link->out);
    if (request->continue_token.len)
        return;
    if (request->verb == SW_REQUEST_WATCH &&
        sw_str_to_u64(request->resource_version, UINT64_MAX, &version)) {
        /* It knows all up to there, of the last list; that may have ended amid what was sent. */
        link->version = link->told = version;
        link->hides = link->recant_ms != 0;
        return;
    }
    take_snapshot(link, now_ms);
}

static void close_link(struct sim_link *link, int64_t now_ms, const char *failure)
{
    link->phase = SIM_LINK_CLOSED;
    link->wake_ms = now_ms;
    sw_reflector_closed(&link->reflector, now_ms, failure);
}

static int status_of(struct sim_link *link)
{
    static const int statuses[] = {401, 403, 410, 429, 500, 503, 504};

    if (link->verb == SW_REQUEST_WATCH_LIST && !link->path->has_watch_list)
        return 400;
    if (!goes_wrong(link))
        return 200;
    if (link->path->no_crds && sim_chance(link->random, 100))
        return 404;
    return statuses[sim_below(link->random, sizeof(statuses) / sizeof(statuses[0]))];
}

static void answer(struct sim_link *link, int64_t now_ms)
{
    int status = status_of(link);

    if (status == 200 && goes_wrong(link)) {
        link->silent = sim_chance(link->random, 200);
        if (!link->silent)
            close_link(link, now_ms, "connection refused");
        return;
    }
    link->wake_ms = now_ms;
    sw_reflector_response(&link->reflector, now_ms, status, 0);
    if (status != 200) {
        link->phase = SIM_LINK_CLOSED;
        sw_reflector_closed(&link->reflector, now_ms, NULL);
        return;
    }
    link->phase = SIM_LINK_STREAMS;
    link->bookmark_ms = now_ms + BOOKMARK_MS;
    if (link->verb == SW_REQUEST_LIST)
        write_page(link);
    else if (link->verb == SW_REQUEST_WATCH_LIST)
        write_streamed_list(link);
}

/* What was sent whole, the reflector knows. */
static void settle(struct sim_link *link, int64_t now_ms)
{
    if (link->out_at < link->out.len)
        return;
    if (link->verb != SW_REQUEST_LIST || link->at == link->n_snapshot)
        link->told = link->version;
    if (link->verb != SW_REQUEST_WATCH && link->at == link->n_snapshot)
        link->hides = link->recant_ms != 0;
    sw_buf_clear(&link->out);
    link->out_at = 0;
    if (link->ends)
        close_link(link, now_ms, NULL);
}

static void stream(struct sim_link *link, int64_t now_ms)
{
    size_t left, n;

    if (goes_wrong(link) && sim_chance(link->random, 300)) {
        if (sim_chance(link->random, 200))
            link->silent = true;
        else
            close_link(link, now_ms, "connection reset");
        return;
    }
    write_news(link, now_ms);
    left = link->out.len - link->out_at;
    n = left;
    if (left && link->path->fault_rate && sim_chance(link->random, 200))
        n = 1 + sim_below(link->random, (unsigned int)left);
    if (n) {
        link->shown = link->version > link->shown ? link->version : link->shown;
        link->wake_ms = now_ms;
        sw_reflector_data(&link->reflector, now_ms,
                          sw_str_slice(sw_buf_str(&link->out), link->out_at, link->out_at + n));
        link->out_at += n;
    }
    settle(link, now_ms);
}

static void turn(struct sim_link *link, int64_t now_ms)
{
    struct sw_request request;

    for (int i = 0; i < 10; i++) {
        switch (sw_reflector_next(&link->reflector, now_ms, &link->wake_ms, &request)) {
        case SW_REFLECTOR_SEND:
            ask(link, now_ms, &request);
            break;
        case SW_REFLECTOR_ABORT:
        case SW_REFLECTOR_DESERT:
            link->phase = SIM_LINK_CLOSED;
            break;
        case SW_REFLECTOR_WAIT:
        default:
            return;
        }
    }
    abort();
}

static bool has_news(const struct sim_link *link, int64_t now_ms)
{
    return link->out.len > link->out_at || link->ends || now_ms >= link->bookmark_ms ||
           now_ms >= link->end_ms || (link->recant_ms && now_ms >= link->recant_ms) ||
           link->version < link->server->last[link->resource];
}

static void serve(struct sim_link *link, int64_t now_ms)
{
    if (link->phase == SIM_LINK_CLOSED || link->silent)
        return;
    if (link->path->down) {
        /* Some connections are cut, others hear nothing any more. */
        if (link->phase == SIM_LINK_STREAMS && sim_chance(link->random, 500))
            link->silent = true;
        else
            close_link(link, now_ms, "no route to host");
        return;
    }
    if (link->phase == SIM_LINK_ASKED && now_ms >= link->due_ms)
        answer(link, now_ms);
    if (link->phase == SIM_LINK_STREAMS && !link->silent && has_news(link, now_ms) &&
        !(link->path->lag && sim_chance(link->random, link->path->lag)))
        stream(link, now_ms);
}

void sim_link_step(struct sim_link *link, int64_t now_ms)
{
    if (now_ms >= link->wake_ms)
        turn(link, now_ms);
    serve(link, now_ms);
    if (now_ms >= link->wake_ms)
        turn(link, now_ms);
}

bool sim_link_is_current(const struct sim_link *link)
{
    return link->phase == SIM_LINK_STREAMS && link->verb != SW_REQUEST_LIST && !link->silent &&
           link->out.len == link->out_at && link->told >= link->server->last[link->resource] &&
           !link->recant_ms && !link->hides;
}

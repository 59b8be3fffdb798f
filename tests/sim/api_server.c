#include "api_server.h"

#include <stdlib.h>

#include "body.h"

#define MAX_CHANGES 200000
#define BOOKMARK_MS 60000

void sim_server_init(struct sim_server *server, uint64_t seed)
{
    *server = (struct sim_server){.random = {seed}, .next_content = 1, .faults = true};
    server->changes = calloc(MAX_CHANGES, sizeof(*server->changes));
    if (!server->changes)
        abort();
    sw_buf_init(&server->connection.out, (size_t)8 << 20);
    server->has_watch_list = sim_chance(&server->random, 600);
    server->ends_streams = sim_chance(&server->random, 850);
    server->has_bookmarks = sim_chance(&server->random, 800);
    server->may_be_absent = sim_chance(&server->random, 300);
    server->absent = server->may_be_absent && sim_chance(&server->random, 500);
    server->fault_rate = 20 + sim_below(&server->random, 200);
    server->version = 0;
}

void sim_server_release(struct sim_server *server)
{
    free(server->changes);
    sw_buf_release(&server->connection.out);
}

static void change(struct sim_server *server, unsigned int object, unsigned int content)
{
    if (server->version == MAX_CHANGES)
        return;
    server->changes[server->version++] = (struct sim_change){object, content};
    server->contents[object] = content;
    if (server->version > server->oldest + SIM_HISTORY)
        server->oldest = server->version - SIM_HISTORY;
}

static void change_one(struct sim_server *server)
{
    unsigned int object = sim_below(&server->random, SIM_OBJECTS);

    if (server->contents[object] && sim_chance(&server->random, 450))
        change(server, object, 0);
    else
        change(server, object, server->next_content++);
}

/* The resource goes with all its objects, or comes back with a history of its own. */
static void toggle_resource(struct sim_server *server)
{
    server->absent = !server->absent;
    if (server->absent) {
        for (unsigned int i = 0; i < SIM_OBJECTS; i++) {
            if (server->contents[i])
                change(server, i, 0);
        }
        sim_server_hang_up(server);
    }
    server->oldest = server->version;
}

void sim_server_live(struct sim_server *server)
{
    if (server->may_be_absent && sim_chance(&server->random, 4))
        toggle_resource(server);
    if (server->absent || !sim_chance(&server->random, 300))
        return;
    for (unsigned int n = sim_chance(&server->random, 30) ? 100 : 3; n > 0; n--)
        change_one(server);
}

bool sim_server_delete_one(struct sim_server *server)
{
    for (unsigned int i = 0; i < SIM_OBJECTS; i++) {
        if (server->contents[i]) {
            change(server, i, 0);
            return true;
        }
    }
    return false;
}

unsigned int sim_server_content_at(const struct sim_server *server, unsigned int object,
                                   uint64_t version)
{
    for (uint64_t v = version; v > 0; v--) {
        if (server->changes[v - 1].object == object)
            return server->changes[v - 1].content;
    }
    return 0;
}

static uint64_t number_of(struct sw_str text)
{
    uint64_t number = 0;

    if (text.len && !sw_str_to_u64(text, UINT64_MAX, &number))
        abort();
    return number;
}

void sim_server_ask(struct sim_server *server, int64_t now_ms, const struct sw_request *request)
{
    struct sim_connection *c = &server->connection;
    struct sw_str token = request->continue_token;

    c->phase = SIM_ASKED;
    c->verb = request->verb;
    c->due_ms = now_ms + (server->mood == SIM_MILD ? sim_below(&server->random, 200) : 0);
    c->end_ms = now_ms + request->timeout_s * 1000;
    c->has_version = request->resource_version.len > 0 || token.len > 0;
    c->version = number_of(request->resource_version);
    c->list_from = 0;
    if (token.len) {
        c->version = number_of(sw_str_cut(&token, '/'));
        c->list_from = number_of(token);
    }
    c->silent = c->ends = false;
    c->out_at = 0;
    sw_buf_clear(&c->out);
}

void sim_server_hang_up(struct sim_server *server)
{
    server->connection.phase = SIM_CLOSED;
}

/* What has happened since, to one who watches. */
static void write_news(struct sim_server *server, int64_t now_ms)
{
    struct sim_connection *c = &server->connection;

    if (c->ends || c->verb == SW_REQUEST_LIST)
        return;
    if (c->version < server->oldest) {
        sim_write_error(server, 410);
        return;
    }
    while (c->version < server->version) {
        const struct sim_change *made = &server->changes[c->version];
        unsigned int before = sim_server_content_at(server, made->object, c->version);

        c->version++;
        if (made->content)
            sim_write_event(server, before ? "MODIFIED" : "ADDED", made->object, made->content,
                            c->version);
        else if (before)
            sim_write_event(server, "DELETED", made->object, before, c->version);
    }
    if (server->has_bookmarks && now_ms >= c->bookmark_ms) {
        sim_write_bookmark(server, "");
        c->bookmark_ms = now_ms + BOOKMARK_MS;
    }
    c->ends = now_ms >= c->end_ms;
}

/* An answer that has nothing to do with the question. */
static int faulty_status(struct sim_server *server)
{
    static const int statuses[] = {401, 403, 410, 429, 500, 502, 503, 504};

    return statuses[sim_below(&server->random, sizeof(statuses) / sizeof(statuses[0]))];
}

static void change_mood(struct sim_server *server)
{
    if (server->mood_steps && --server->mood_steps)
        return;
    server->mood = SIM_MILD;
    if (!server->faults || !sim_chance(&server->random, 3))
        return;
    server->mood = (enum sim_mood)sim_below(&server->random, SIM_N_MOODS);
    server->mood_status = faulty_status(server);
    server->mood_steps = server->mood == SIM_MILD ? 1 : 700;
}

static int status_of(struct sim_server *server)
{
    const struct sim_connection *c = &server->connection;

    if (server->absent)
        return 404;
    if (c->verb == SW_REQUEST_WATCH_LIST && !server->has_watch_list)
        return sim_chance(&server->random, 500) ? 400 : 422;
    if (c->verb == SW_REQUEST_LIST && c->has_version && c->version < server->oldest)
        return 410; /* a token of a state that is forgotten */
    return 200;
}

static bool goes_wrong(struct sim_server *server)
{
    return server->faults && sim_chance(&server->random, server->fault_rate);
}

static void begin_stream(struct sim_server *server, int64_t now_ms, struct sw_reflector *reflector)
{
    struct sim_connection *c = &server->connection;

    c->phase = SIM_STREAMS;
    c->bookmark_ms = now_ms + BOOKMARK_MS;
    if (c->verb == SW_REQUEST_LIST && !c->has_version)
        c->version = server->version;
    sw_reflector_response(reflector, now_ms, 200, 0);
    if (c->verb == SW_REQUEST_LIST)
        sim_write_page(server);
    else if (c->verb == SW_REQUEST_WATCH_LIST)
        sim_write_streamed_list(server);
    if (server->mood == SIM_EXPIRES && c->verb != SW_REQUEST_LIST)
        sim_write_error(server, 410);
    if (server->mood == SIM_ENDS && c->verb != SW_REQUEST_LIST)
        c->ends = true;
}

static void answer(struct sim_server *server, int64_t now_ms, struct sw_reflector *reflector)
{
    struct sim_connection *c = &server->connection;
    bool wrong = goes_wrong(server);
    int status;

    if (wrong && sim_chance(&server->random, 300)) {
        c->phase = SIM_CLOSED;
        sw_reflector_closed(reflector, now_ms, "connection refused");
        return;
    }
    if (wrong && sim_chance(&server->random, 200)) {
        c->silent = true;
        return;
    }
    status = wrong ? faulty_status(server) : status_of(server);
    if (server->mood == SIM_REFUSES)
        status = server->mood_status;
    if (status != 200) {
        c->phase = SIM_CLOSED;
        sw_reflector_response(reflector, now_ms, status,
                              wrong ? sim_below(&server->random, 5) : 0);
        if (sim_chance(&server->random, 500))
            sw_reflector_data(reflector, now_ms, SW_STR("{\"kind\":\"Status\"}\n"));
        sw_reflector_closed(reflector, now_ms, NULL);
        return;
    }
    begin_stream(server, now_ms, reflector);
}

static void write_garbage(struct sim_server *server)
{
    static const char *const garbage[] = {
        "<html>502 Bad Gateway</html>\n", "{\"type\":\"ADDED\"}\n", "{\"type\":\n", "\x01\xff\n",
        "{\"type\":\"SURPRISE\",\"object\":{}}\n", "{}\n", "null\n", "\n\n",
    };

    sw_buf_append_text(&server->connection.out,
                       garbage[sim_below(&server->random, sizeof(garbage) / sizeof(garbage[0]))]);
}

/* Ends the stream with what was sent so far, wherever in a line that is. */
static void cut(struct sim_server *server, int64_t now_ms, struct sw_reflector *reflector)
{
    const char *failure = sim_chance(&server->random, 300) ? NULL : "connection reset";

    server->connection.phase = SIM_CLOSED;
    /* A list that was cut and says nothing of it cannot be told from one that ends like that. */
    if (server->connection.verb == SW_REQUEST_LIST)
        failure = "connection reset";
    sw_reflector_closed(reflector, now_ms, failure);
    if (sim_chance(&server->random, 300)) {
        sw_reflector_closed(reflector, now_ms, failure);
        sw_reflector_data(reflector, now_ms, SW_STR("{\"type\":\"ADDED\""));
    }
}

static void stream_wrongly(struct sim_server *server, int64_t now_ms,
                           struct sw_reflector *reflector)
{
    switch (sim_below(&server->random, 6)) {
    case 0:
        server->connection.silent = true;
        return;
    case 1:
        if (server->connection.out_at == 0)
            write_garbage(server);
        return;
    case 2:
        if (server->connection.verb != SW_REQUEST_LIST)
            sim_write_error(server, sim_chance(&server->random, 500) ? 410 : 500);
        return;
    default:
        cut(server, now_ms, reflector);
        return;
    }
}

/* Sends a piece of the body, or all of it. */
static void stream(struct sim_server *server, int64_t now_ms, struct sw_reflector *reflector)
{
    struct sim_connection *c = &server->connection;
    size_t left, n;

    write_news(server, now_ms);
    left = c->out.len - c->out_at;
    n = left && sim_chance(&server->random, 300) ? 1 + sim_next(&server->random) % left : left;
    if (n) {
        struct sw_str piece = sw_str_slice(sw_buf_str(&c->out), c->out_at, c->out_at + n);

        sw_reflector_data(reflector, now_ms, piece);
        c->out_at += n;
    }
    if (c->out_at < c->out.len)
        return;
    sw_buf_clear(&c->out);
    c->out_at = 0;
    if (c->ends) {
        c->phase = SIM_CLOSED;
        sw_reflector_closed(reflector, now_ms, NULL);
    }
}

void sim_server_tell(struct sim_server *server, int64_t now_ms, struct sw_reflector *reflector)
{
    struct sim_connection *c = &server->connection;

    change_mood(server);
    if (c->phase == SIM_CLOSED || c->silent || now_ms < c->due_ms)
        return;
    if (c->phase == SIM_ASKED)
        answer(server, now_ms, reflector);
    else if (goes_wrong(server) && sim_chance(&server->random, 500))
        stream_wrongly(server, now_ms, reflector);
    if (c->phase == SIM_STREAMS && !c->silent)
        stream(server, now_ms, reflector);
}

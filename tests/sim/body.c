#include "body.h"

static void write_object(struct sw_buf *out, unsigned int object, unsigned int content,
                         uint64_t version)
{
    sw_buf_printf(out,
                  "{\"metadata\":{\"name\":\"s%u\",\"namespace\":\"ns\","
                  "\"resourceVersion\":\"%ju\",\"labels\":{\"v\":\"%u\"}},\"spec\":{\"ports\":[]}}",
                  object, (uintmax_t)version, content);
}

/* When the object got what it has at `version`. */
static uint64_t version_of(const struct sim_server *server, unsigned int object, uint64_t version)
{
    while (version > 0 && server->changes[version - 1].object != object)
        version--;
    return version;
}

void sim_write_event(struct sim_server *server, const char *type, unsigned int object,
                     unsigned int content, uint64_t version)
{
    struct sw_buf *out = &server->connection.out;

    sw_buf_printf(out, "{\"type\":\"%s\",\"object\":", type);
    write_object(out, object, content, version);
    sw_buf_append_text(out, "}\n");
}

void sim_write_bookmark(struct sim_server *server, const char *annotations)
{
    sw_buf_printf(&server->connection.out,
                  "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{"
                  "\"resourceVersion\":\"%ju\"%s}}}\n",
                  (uintmax_t)server->connection.version, annotations);
}

void sim_write_error(struct sim_server *server, int code)
{
    sw_buf_printf(&server->connection.out,
                  "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":%d,"
                  "\"message\":\"no\"}}\n",
                  code);
    server->connection.ends = true;
}

void sim_write_page(struct sim_server *server)
{
    struct sim_connection *c = &server->connection;
    unsigned int i = (unsigned int)c->list_from, n = 0;

    sw_buf_append_text(&c->out, "{\"kind\":\"ServiceList\",\"items\":[");
    for (; i < SIM_OBJECTS && n < SIM_PAGE; i++) {
        unsigned int content = sim_server_content_at(server, i, c->version);

        if (!content)
            continue;
        sw_buf_append_text(&c->out, n++ ? "," : "");
        write_object(&c->out, i, content, version_of(server, i, c->version));
    }
    sw_buf_printf(&c->out, "],\"metadata\":{\"resourceVersion\":\"%ju\"", (uintmax_t)c->version);
    if (i < SIM_OBJECTS)
        sw_buf_printf(&c->out, ",\"continue\":\"%ju/%u\"", (uintmax_t)c->version, i);
    sw_buf_append_text(&c->out, "}}");
    c->ends = true;
}

void sim_write_streamed_list(struct sim_server *server)
{
    struct sim_connection *c = &server->connection;
    unsigned int from = sim_below(&server->random, SIM_OBJECTS);

    c->version = server->version;
    for (unsigned int i = 0; i < SIM_OBJECTS; i++) {
        unsigned int object = (from + i) % SIM_OBJECTS;

        if (server->contents[object])
            sim_write_event(server, "ADDED", object, server->contents[object],
                        version_of(server, object, server->version));
    }
    if (server->ends_streams)
        sim_write_bookmark(server, ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
}

#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct seen seen;

static void keep(char ret[64], struct sw_str s)
{
    snprintf(ret, 64, "%.*s", SW_STR_ARG(s));
}

static void echo(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    struct seen *to = ctx;

    keep(to->path, request->path);
    keep(to->query, request->query);
    keep(to->content_type, request->content_type);
    keep(to->remote, request->remote);
    to->body_len = request->body.len;
    to->thread = request->thread;
    to->n_calls++;
    sw_buf_append_str(&response->body, request->body);
}

static void busy(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    (void)ctx;
    (void)request;
    response->retry_after_s = 7;
    response->close = true;
    sw_response_text(response, 503, "not yet");
}

static void big(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    uint64_t len = 0;
    char *bytes;

    (void)ctx;
    sw_str_to_u64(request->query, SIZE_MAX, &len);
    bytes = sw_buf_extend(&response->body, len);
    if (bytes)
        memset(bytes, 'x', len);
}

const struct sw_route *fixture_routes(void)
{
    static const struct sw_route routes[FIXTURE_N_ROUTES] = {
        {.path = "/echo",
         .method = "POST",
         .content_type = "application/json",
         .handle = echo,
         .ctx = &seen},
        {.path = "/busy", .method = "POST", .handle = busy},
        {.path = "/big", .method = "GET", .handle = big},
    };

    return routes;
}

int fixture_setup(void **state)
{
    struct sw_server_options options = {
        .listen = "127.0.0.1:0", .max_body_bytes = FIXTURE_BODY_MAX, .linger_ms = 500};
    struct fixture *f = calloc(1, sizeof(*f));

    seen = (struct seen){.n_calls = 0};
    if (!f || sw_server_new(&options, fixture_routes(), FIXTURE_N_ROUTES, &f->server, NULL) < 0 ||
        sw_server_start(f->server, NULL) < 0)
        return -1;
    f->seen = &seen;
    f->client = client_open(client_port_of(sw_server_address(f->server)));
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    client_close(&f->client);
    sw_server_free(f->server);
    free(f);
    return 0;
}

char *fixture_bytes(size_t len)
{
    char *bytes = malloc(len);

    assert_non_null(bytes);
    memset(bytes, 'y', len);
    return bytes;
}

void assert_reply(const struct reply *reply, int status, const char *body)
{
    assert_int_equal(reply->status, status);
    if (!sw_str_is(reply->body, body))
        fail_msg("'%.*s' is not '%s'", SW_STR_ARG(reply->body), body);
}

void assert_goes_on(struct client *client)
{
    struct reply reply = client_ask(client, POST("/echo", "4") "next");

    assert_reply(&reply, 200, "next");
}

/*
 * A plain server with three routes and one client, for tests that ask it something.
 */
#ifndef SW_TESTS_SERVE_FIXTURE_H
#define SW_TESTS_SERVE_FIXTURE_H

#include "client.h"
#include "serve/server.h"

/* The largest body that the server of the fixture takes. */
#define FIXTURE_BODY_MAX 100000

/* The head of a request for the route /echo. */
#define POST(path, length)                                                                         \
    "POST " path " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"                      \
    "Content-Length: " length "\r\n\r\n"

/* What the last call of /echo saw. */
struct seen {
    char path[64], query[64], content_type[64], remote[64];
    size_t n_calls, body_len, thread;
};

struct fixture {
    struct sw_server *server;
    struct client client;
    struct seen *seen;
};

/* POST /echo (application/json) answers with the body and notes the rest in *seen; POST /busy
 * answers 503 with Retry-After 7 and close; GET /big?N answers with N bytes 'x'. FIXTURE_N_ROUTES
 * of them. */
#define FIXTURE_N_ROUTES 3
const struct sw_route *fixture_routes(void);

int fixture_setup(void **state);
int fixture_teardown(void **state);

#define SERVE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* `len` bytes, the caller's (free). */
char *fixture_bytes(size_t len);

void assert_reply(const struct reply *reply, int status, const char *body);

/* The connection is as good as new. */
void assert_goes_on(struct client *client);

#endif

/*
 * A server for tests that fill it: its routes note how late they were called, its limits are the
 * test's, and its clients come from several addresses.
 */
#ifndef SW_TESTS_SERVE_FULL_H
#define SW_TESTS_SERVE_FULL_H

#include "client.h"
#include "fixture.h"
#include "io/log.h"
#include "serve/server.h"
#include "serve/stats.h"

#include <stddef.h>
#include <stdint.h>

/* A body of the largest size, which takes a buffer of 1 MiB; two of them are what may be held at
 * least. */
#define FULL_BODY_MAX 1000000
#define FULL_LARGE    POST("/note", "1000000")

/* The answer of /big, which no socket's buffers hold. */
#define FULL_BIG 12000000

/* What the handler of /note saw last, on the server's thread. */
extern struct full_seen {
    _Atomic uint64_t waited_ns, age_ns;
    _Atomic size_t n_calls;
} full_seen;

struct full {
    struct sw_metrics *metrics;
    struct sw_server_stats stats;
    struct sw_log log;
    int log_fds[2];
    char text[8192];
    struct sw_server *server;
    uint16_t port;
};

/* A running server, counted and logging, that answers POST /note ("noted"), /sleep (200 ms later
 * "slept") and /big; freed by full_free, which waits until nothing of what was counted is left. */
struct full *full_new(struct sw_server_options options);
void full_free(struct full *f);

/* What was logged since the last call. */
const char *full_logged(struct full *f);

/* A client at another address of this machine. */
struct client full_open_from(const struct full *f, const char *address);

/* Asks /note for an answer, and gets it. */
void full_assert_noted(struct client *client);

/* Sends the head and all but the last byte of a large request. */
void full_begin_large(struct client *client, const char *body);

/* Waits until the server holds so much. */
void full_wait_held(const struct full *f, int64_t bytes);

#endif

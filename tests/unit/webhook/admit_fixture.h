/*
 * The handler over one cluster that a test publishes, with its metrics, and its log as a pipe.
 */
#ifndef SW_TESTS_ADMIT_FIXTURE_H
#define SW_TESTS_ADMIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fake_source.h"
#include "metrics/expo.h"
#include "reviews.h"
#include "webhook/admit_handler.h"
#include "webhook/publication.h"

#define N_THREADS 4

struct fixture {
    struct sw_snapshot_slot slots[N_THREADS]; /* first, for its alignment */
    struct sw_snapshot snapshot;
    struct sw_metrics *metrics;
    struct sw_log log;
    int log_fds[2];
    struct sw_admit_handler *handler;
    struct sw_route routes[SW_ADMIT_N_ROUTES];
};

/* The one cluster there is, read or not, from files or from an API server. */
static inline struct sw_snapshot_item *cluster(bool synced, bool live)
{
    struct fake fake = {.objects = CLUSTER_OBJECTS};
    struct sw_source source = {live ? &fake_live_ops : &fake_ops, &fake};
    struct sw_publication *publication = NULL;
    struct sw_held_view *held = NULL;
    struct sw_publication_part part;
    const struct sw_publication_spec spec = {.parts = &part, .n_parts = 1};
    uint64_t version;

    if (synced)
        assert_int_equal(sw_held_view_read(&source, SW_STR("east"), &held, &version, NULL), 0);
    else
        assert_int_equal(sw_held_view_unsynced(SW_STR("east"), live, &held, NULL), 0);
    part = (struct sw_publication_part){.held = held};
    assert_int_equal(sw_publication_new(&spec, &publication, NULL), 0);
    sw_held_view_unref(held);
    return &publication->item;
}

static inline int setup(void **state)
{
    struct fixture *f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);
    struct sw_admit_handler_options options = {.n_threads = N_THREADS};

    if (!f)
        return -1;
    *f = (struct fixture){.metrics = sw_metrics_new()};
    sw_snapshot_init(&f->snapshot, cluster(true, false), f->slots, N_THREADS);
    if (pipe2(f->log_fds, O_NONBLOCK) < 0)
        return -1;
    sw_log_init(&f->log, f->log_fds[1], SW_LOG_INFO);
    options.snapshot = &f->snapshot;
    options.metrics = f->metrics;
    options.log = &f->log;
    if (sw_admit_handler_new(&options, &f->handler, NULL) < 0)
        return -1;
    sw_admit_handler_routes(f->handler, f->routes);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    sw_admit_handler_free(f->handler);
    sw_snapshot_release(&f->snapshot);
    sw_metrics_free(f->metrics);
    close(f->log_fds[0]);
    close(f->log_fds[1]);
    free(f);
    return 0;
}

/* What the server would do with a POST of `body`; the response is the caller's. */
static inline struct sw_response post(struct fixture *f, enum sw_admit_path path,
                                      struct sw_str body, size_t thread)
{
    const struct sw_route *route = &f->routes[path];
    struct sw_request request = {
        .method = SW_STR("POST"),
        .path = sw_str_from(route->path),
        .content_type = SW_STR("application/json"),
        .body = body,
        .remote = SW_STR("10.0.0.1:4711"),
        .thread = thread,
    };
    struct sw_response response;

    sw_response_init(&response);
    route->handle(route->ctx, &request, &response);
    return response;
}

static inline struct sw_response post_text(struct fixture *f, enum sw_admit_path path,
                                           const char *body)
{
    return post(f, path, sw_str_from(body), 0);
}

static inline bool holds(struct sw_str text, const char *part)
{
    return text.len && memmem(text.data, text.len, part, strlen(part));
}

/* The response has that status and says these; then it is gone. */
static inline void assert_response(struct sw_response response, int status,
                                   unsigned int retry_after_s, const char *part)
{
    assert_int_equal(response.status, status);
    assert_int_equal(response.retry_after_s, retry_after_s);
    if (!holds(sw_buf_str(&response.body), part))
        fail_msg("expected %s in %.*s", part, SW_STR_ARG(sw_buf_str(&response.body)));
    sw_response_release(&response);
}

static inline void assert_page_holds(struct fixture *f, const char *line)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf page;

    sw_buf_init(&page, 1 << 20);
    sw_expo_write(f->metrics, &page);
    if (!holds(sw_buf_str(&page), line))
        fail_msg("expected %s in %.*s", line, SW_STR_ARG(sw_buf_str(&page)));
}

/* What was logged since the last call. */
static inline struct sw_str logged(struct fixture *f)
{
    static char text[1 << 16];
    ssize_t len = read(f->log_fds[0], text, sizeof(text));

    return (struct sw_str){text, len > 0 ? (size_t)len : 0};
}

static inline size_t count_lines(struct sw_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.data[i] == '\n';
    return n;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

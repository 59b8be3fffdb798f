/* webhook/admit_handler.c: from a request to its response, over an index that a test publishes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
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
static struct sw_snapshot_item *cluster(bool synced, bool live)
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

static int setup(void **state)
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

static int teardown(void **state)
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
static struct sw_response post(struct fixture *f, enum sw_admit_path path, struct sw_str body,
                               size_t thread)
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

static struct sw_response post_text(struct fixture *f, enum sw_admit_path path, const char *body)
{
    return post(f, path, sw_str_from(body), 0);
}

static bool holds(struct sw_str text, const char *part)
{
    return text.len && memmem(text.data, text.len, part, strlen(part));
}

/* The response has that status and says these; then it is gone. */
static void assert_response(struct sw_response response, int status, unsigned int retry_after_s,
                            const char *part)
{
    assert_int_equal(response.status, status);
    assert_int_equal(response.retry_after_s, retry_after_s);
    if (!holds(sw_buf_str(&response.body), part))
        fail_msg("expected %s in %.*s", part, SW_STR_ARG(sw_buf_str(&response.body)));
    sw_response_release(&response);
}

static void assert_page_holds(struct fixture *f, const char *line)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf page;

    sw_buf_init(&page, 1 << 20);
    sw_expo_write(f->metrics, &page);
    if (!holds(sw_buf_str(&page), line))
        fail_msg("expected %s in %.*s", line, SW_STR_ARG(sw_buf_str(&page)));
}

/* What was logged since the last call. */
static struct sw_str logged(struct fixture *f)
{
    static char text[1 << 16];
    ssize_t len = read(f->log_fds[0], text, sizeof(text));

    return (struct sw_str){text, len > 0 ? (size_t)len : 0};
}

static size_t count_lines(struct sw_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.data[i] == '\n';
    return n;
}

static void routes_are_those_that_the_manifests_name(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(f->routes[SW_ADMIT_MUTATE].path, "/mutate");
    assert_string_equal(f->routes[SW_ADMIT_VALIDATE].path, "/validate");
    for (size_t i = 0; i < SW_ADMIT_N_ROUTES; i++) {
        assert_string_equal(f->routes[i].method, "POST");
        assert_string_equal(f->routes[i].content_type, "application/json");
    }
}

static void mutate_answers_with_a_patch(void **state)
{
    struct fixture *f = *state;

    assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_CART), 200, 0,
                    "\"patchType\":\"JSONPatch\"");
    assert_page_holds(f, "spillway_admission_reviews_total{path=\"/mutate\",kind=\"Service\","
                         "verdict=\"patched\"} 1\n");
    assert_page_holds(f, "spillway_admission_duration_seconds_count{path=\"/mutate\","
                         "kind=\"Service\"} 1\n");
    assert_int_equal(logged(f).len, 0);
}

static void mutate_lets_other_kinds_through(void **state)
{
    struct fixture *f = *state;

    assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_POD), 200, 0, "\"allowed\":true");
    assert_page_holds(f, "spillway_admission_reviews_total{path=\"/mutate\",kind=\"other\","
                         "verdict=\"allowed\"} 1\n");
}

static void mutate_answers_one_review_after_another(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < 1000; i++)
        assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_CART), 200, 0, "u-cart");
    assert_page_holds(f, "verdict=\"patched\"} 1000\n");
}

static void mutate_logs_each_warning(void **state)
{
    struct fixture *f = *state;
    struct sw_str text;

    assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_WARNED), 200, 0, "warnings");
    text = logged(f);
    assert_true(holds(text, "\"msg\":\"warned\",\"uid\":\"u-warned\",\"kind\":\"Service\","
                            "\"namespace\":\"shop\",\"name\":\"cart\",\"reason\":"));
    assert_page_holds(f, "spillway_admission_findings_total{severity=\"warning\",reason=");
}

static void validate_refuses_and_logs_why(void **state)
{
    struct fixture *f = *state;
    struct sw_str text;

    assert_response(post_text(f, SW_ADMIT_VALIDATE, REVIEW_BAD_SETTING("u-1")), 200, 0,
                    "\"allowed\":false");
    text = logged(f);
    assert_true(holds(text,
                      "\"msg\":\"refused\",\"uid\":\"u-1\",\"kind\":\"WorkspaceSetting\","
                      "\"namespace\":\"shop\",\"name\":\"s2\",\"reason\":\"WorkspaceUnknown\""));
    assert_page_holds(f, "spillway_admission_findings_total{severity=\"refusal\","
                         "reason=\"WorkspaceUnknown\"} 1\n");
}

static void validate_on_a_live_index_asks_for_the_first_refusal_again(void **state)
{
    struct fixture *f = *state;

    sw_snapshot_publish(&f->snapshot, cluster(true, true));
    assert_response(post_text(f, SW_ADMIT_VALIDATE, REVIEW_BAD_SETTING("u-1")), 429, 1,
                    "\"code\":429");
    assert_int_equal(logged(f).len, 0);
    assert_response(post(f, SW_ADMIT_VALIDATE, sw_str_from(REVIEW_BAD_SETTING("u-2")), 1), 429, 1,
                    "\"code\":429");
    /* the second call may come in on another thread */
    assert_response(post(f, SW_ADMIT_VALIDATE, sw_str_from(REVIEW_BAD_SETTING("u-1")), 1), 200, 0,
                    "\"allowed\":false");
    assert_page_holds(f, "kind=\"WorkspaceSetting\",verdict=\"again\"} 2\n");
    assert_page_holds(f, "kind=\"WorkspaceSetting\",verdict=\"refused\"} 1\n");
    assert_page_holds(f, "severity=\"refusal\",reason=\"WorkspaceUnknown\"} 1\n");
}

static void unsynced_is_503_and_logged_once_a_second(void **state)
{
    struct fixture *f = *state;

    sw_snapshot_publish(&f->snapshot, cluster(false, false));
    for (size_t i = 0; i < 5; i++)
        assert_response(post_text(f, SW_ADMIT_MUTATE, REVIEW_CART), 503, 1, "\"code\":503");
    assert_true(count_lines(logged(f)) <= 2); /* a second may have passed on a busy machine */
    assert_page_holds(f, "kind=\"Service\",verdict=\"unsynced\"} 5\n");
}

static void malformed_is_400_and_logged_once_a_second(void **state)
{
    struct fixture *f = *state;
    struct sw_str text;

    for (size_t i = 0; i < 5; i++)
        assert_response(post_text(f, SW_ADMIT_MUTATE, "{\"kind\":"), 400, 0, "\"code\":400");
    text = logged(f);
    assert_true(holds(text, "\"msg\":\"not a review\",\"remote\":\"10.0.0.1:4711\",\"error\":"));
    assert_true(count_lines(text) <= 2);
    assert_page_holds(f, "kind=\"other\",verdict=\"malformed\"} 5\n");
}

static void an_empty_body_is_malformed(void **state)
{
    assert_response(post(*state, SW_ADMIT_VALIDATE, (struct sw_str){NULL, 0}, 0), 400, 0,
                    "\"code\":400");
}

/* A review of at least `size` bytes, most of which no rule reads; free() it. */
static char *padded(size_t size)
{
    const char *tail = "\",\"spec\":{}}}}";
    const char *head = REVIEW_HEAD "{\"uid\":\"u-large\",\"kind\":" KIND_POD
                                   ",\"namespace\":\"shop\",\"operation\":\"CREATE\",\"object\":"
                                   "{\"metadata\":{\"name\":\"p\"},\"data\":\"";
    char *text = malloc(strlen(head) + size + strlen(tail) + 1);

    assert_non_null(text);
    memcpy(text, head, strlen(head));
    memset(text + strlen(head), 'x', size);
    memcpy(text + strlen(head) + size, tail, strlen(tail) + 1);
    return text;
}

static void a_large_review_is_judged_like_any_other(void **state)
{
    SW_CLEANUP(sw_cleanup_free) char *review = padded(SW_ADMIT_SMALL_BODY_BYTES + 1);

    for (size_t i = 0; i < 3 * SW_ADMIT_LARGE_AT_ONCE; i++)
        assert_response(post_text(*state, SW_ADMIT_MUTATE, review), 200, 0, "u-large");
}

struct caller {
    struct fixture *f;
    const char *review;
    size_t thread;
    size_t n_ok, n_again, n_other;
};

static void *call_often(void *argument)
{
    struct caller *caller = argument;

    for (size_t i = 0; i < 200; i++) {
        struct sw_response response =
            post(caller->f, SW_ADMIT_MUTATE, sw_str_from(caller->review), caller->thread);

        caller->n_ok += response.status == 200;
        caller->n_again += response.status == 429 && response.retry_after_s == 1;
        caller->n_other += response.status != 200 && response.status != 429;
        sw_response_release(&response);
    }
    return NULL;
}

/* All threads call at once while the index is replaced under them; returns how many were shed. */
static size_t call_from_all_threads(struct fixture *f, const char *review)
{
    struct caller callers[N_THREADS];
    pthread_t threads[N_THREADS];
    size_t n_again = 0;

    for (size_t i = 0; i < N_THREADS; i++) {
        callers[i] = (struct caller){.f = f, .review = review, .thread = i};
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < 200; i++)
        sw_snapshot_publish(&f->snapshot, cluster(true, false));
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(callers[i].n_other, 0);
        assert_int_equal(callers[i].n_ok + callers[i].n_again, 200);
        n_again += callers[i].n_again;
    }
    assert_int_equal(sw_snapshot_reclaim(&f->snapshot), 0);
    return n_again;
}

static void small_reviews_are_judged_on_all_threads(void **state)
{
    assert_int_equal(call_from_all_threads(*state, REVIEW_CART), 0);
}

static void large_reviews_are_judged_or_asked_to_come_again(void **state)
{
    SW_CLEANUP(sw_cleanup_free) char *review = padded(SW_ADMIT_SMALL_BODY_BYTES + 1);
    struct fixture *f = *state;
    size_t n_again = call_from_all_threads(f, review);
    char line[64];

    snprintf(line, sizeof(line), "spillway_admission_shed_total %zu\n", n_again);
    assert_page_holds(f, line);
    assert_response(post_text(f, SW_ADMIT_MUTATE, review), 200, 0, "u-large");
}

static void free_of_nothing_is_allowed(void **state)
{
    (void)state;
    sw_admit_handler_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(routes_are_those_that_the_manifests_name),
        TEST(mutate_answers_with_a_patch),
        TEST(mutate_lets_other_kinds_through),
        TEST(mutate_answers_one_review_after_another),
        TEST(mutate_logs_each_warning),
        TEST(validate_refuses_and_logs_why),
        TEST(validate_on_a_live_index_asks_for_the_first_refusal_again),
        TEST(unsynced_is_503_and_logged_once_a_second),
        TEST(malformed_is_400_and_logged_once_a_second),
        TEST(an_empty_body_is_malformed),
        TEST(a_large_review_is_judged_like_any_other),
        TEST(small_reviews_are_judged_on_all_threads),
        TEST(large_reviews_are_judged_or_asked_to_come_again),
        cmocka_unit_test(free_of_nothing_is_allowed),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* webhook/admit_handler.c: many reviews at once, large ones, and late ones. */
#include "admit_fixture.h"

#include <pthread.h>

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
    char line[80];

    snprintf(line, sizeof(line), "spillway_admission_shed_total{reason=\"large\"} %zu\n", n_again);
    assert_page_holds(f, line);
    assert_response(post_text(f, SW_ADMIT_MUTATE, review), 200, 0, "u-large");
}

/* As post(), for a request that has waited already. */
static struct sw_response post_late(struct fixture *f, const char *query, uint64_t waited_ms,
                                    uint64_t age_ms)
{
    struct sw_request request = {
        .method = SW_STR("POST"),
        .path = SW_STR("/mutate"),
        .query = sw_str_from(query),
        .content_type = SW_STR("application/json"),
        .body = SW_STR(REVIEW_CART),
        .remote = SW_STR("10.0.0.7:40312"),
        .waited_ns = waited_ms * 1000000,
        .age_ns = age_ms * 1000000,
    };
    struct sw_response response;

    sw_response_init(&response);
    f->routes[SW_ADMIT_MUTATE].handle(f->routes[SW_ADMIT_MUTATE].ctx, &request, &response);
    return response;
}

static void assert_status(struct sw_response response, int status)
{
    assert_int_equal(response.status, status);
    assert_int_equal(response.retry_after_s, status == 429 ? 1 : 0);
    sw_response_release(&response);
}

static void a_late_review_is_asked_to_come_again(void **state)
{
    struct fixture *f = *state;
    struct sw_str told;

    logged(f);
    assert_status(post_late(f, "timeout=5s", 2499, 2499), 200);
    assert_status(post_late(f, "timeout=5s", 2500, 2500), 429);
    assert_status(post_late(f, "timeout=5s", 3, 4999), 200);
    assert_status(post_late(f, "timeout=5s", 3, 5000), 429);
    assert_status(post_late(f, "timeout=30s", 9000, 9000), 200);
    assert_page_holds(f, "spillway_admission_shed_total{reason=\"late\"} 2\n");
    /* Of which the first alone is told of, for a while. */
    told = logged(f);
    assert_true(holds(told, "\"msg\":\"overloaded: a review was told to come again\",\"reason\":"
                            "\"late\",\"remote\":\"10.0.0.7:40312\",\"waited_ms\":2500,"));
    assert_int_equal(count_lines(told), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_large_review_is_judged_like_any_other),
        TEST(small_reviews_are_judged_on_all_threads),
        TEST(large_reviews_are_judged_or_asked_to_come_again),
        TEST(a_late_review_is_asked_to_come_again),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* pkg/mesh/slices.c: backings come with slices, wait on a list, and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mesh/slices.h"

struct fixture {
    struct sw_pods pods;
    struct sw_slices slices;
    struct sw_arena arena;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->slices.pods = &f->pods;
    sw_arena_init(&f->arena, 4096, 1 << 20);
    *state = f;
    return 0;
}

/* Whatever a test did, nothing is left. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    size_t n_bytes;

    sw_slices_release(&f->slices);
    sw_pods_release(&f->pods);
    n_bytes = f->slices.n_bytes + f->pods.n_bytes;
    sw_arena_release(&f->arena);
    free(f);
    return n_bytes == 0 ? 0 : -1;
}

/* A slice shop/<name> of a Service with ready pods named by the letters of `pods`. */
static void put(struct fixture *f, const char *name, const char *service, const char *pods)
{
    struct sw_endpoint endpoints[8];
    struct sw_endpointslice slice = {
        .meta = {.name = sw_str_from(name), .namespace_ = SW_STR("shop")},
        .service = sw_str_from(service),
        .type = SW_ADDRESS_IPV4,
        .endpoints = endpoints,
    };

    for (; pods[slice.n_endpoints]; slice.n_endpoints++)
        endpoints[slice.n_endpoints] =
            (struct sw_endpoint){.pod = {&pods[slice.n_endpoints], 1}, .ready = true};
    assert_int_equal(sw_slices_put(&f->slices, &slice, 1, NULL), 0);
}

static void put_pod(struct fixture *f, const char *name)
{
    const struct sw_pod pod = {.meta = {.name = sw_str_from(name), .namespace_ = SW_STR("shop")},
                               .sidecar = true};

    assert_int_equal(sw_pods_put(&f->pods, &pod, 1, NULL), 0);
}

static struct sw_backing *find(struct fixture *f, const char *service)
{
    return sw_slices_find(&f->slices, SW_STR("shop"), sw_str_from(service));
}

/* Takes everything off the list of stale ones; returns how many there were. */
static int settle(struct fixture *f)
{
    struct sw_backing *backing;
    int n = 0;

    while ((backing = sw_slices_next_stale(&f->slices))) {
        sw_slices_settle(&f->slices, backing);
        n++;
    }
    return n;
}

static size_t count(struct fixture *f, const char *service, bool *ret_waiting)
{
    struct sw_group_pod *pods;
    size_t n;

    assert_int_equal(sw_slices_pods(find(f, service), &f->arena, &pods, &n, ret_waiting, NULL), 0);
    return n;
}

static void a_backing_is_there_while_a_slice_names_it(void **state)
{
    struct fixture *f = *state;

    put(f, "s1", "cart", "ab");
    put(f, "s2", "cart", "c");
    assert_int_equal(settle(f), 1);
    sw_slices_remove(&f->slices, SW_STR("shop"), SW_STR("s1"));
    assert_int_equal(settle(f), 1);
    assert_non_null(find(f, "cart"));
    sw_slices_remove(&f->slices, SW_STR("shop"), SW_STR("s2"));
    sw_slices_remove(&f->slices, SW_STR("shop"), SW_STR("s2"));
    assert_non_null(find(f, "cart")); /* until its user has seen that it is stale */
    assert_int_equal(settle(f), 1);
    assert_null(find(f, "cart"));
}

static void a_backing_that_is_kept_stays(void **state)
{
    struct fixture *f = *state;
    struct sw_backing *backing = sw_slices_keep(&f->slices, SW_STR("shop"), SW_STR("cart"), NULL);

    assert_non_null(backing);
    put(f, "s1", "cart", "a");
    sw_slices_remove(&f->slices, SW_STR("shop"), SW_STR("s1"));
    settle(f);
    assert_ptr_equal(find(f, "cart"), backing);
    sw_slices_unkeep(&f->slices, backing);
    assert_null(find(f, "cart"));
}

static void a_slice_may_move_to_another_service(void **state)
{
    struct fixture *f = *state;

    put(f, "s1", "cart", "a");
    settle(f);
    put(f, "s1", "pay", "a");
    assert_int_equal(settle(f), 2);
    assert_null(find(f, "cart"));
    assert_non_null(find(f, "pay"));
    put(f, "s1", "", "a");
    settle(f);
    assert_null(find(f, "pay"));
}

static void the_same_slice_again_makes_nothing_stale(void **state)
{
    struct fixture *f = *state;

    put(f, "s1", "cart", "ab");
    settle(f);
    put(f, "s1", "cart", "ab");
    assert_int_equal(settle(f), 0);
    put(f, "s1", "cart", "a");
    put(f, "s1", "cart", "ab");
    assert_int_equal(settle(f), 1); /* once on the list, however often it changes */
}

static void pods_that_were_seen_are_given_once(void **state)
{
    struct fixture *f = *state;
    bool waiting;

    put_pod(f, "a");
    put(f, "s1", "cart", "aab");
    put(f, "s2", "cart", "a");
    assert_int_equal(count(f, "cart", &waiting), 1);
    assert_true(waiting);
    put_pod(f, "b");
    assert_int_equal(count(f, "cart", &waiting), 2);
    assert_false(waiting);
}

static void a_pod_that_changes_makes_its_services_stale(void **state)
{
    struct fixture *f = *state;

    put(f, "s1", "cart", "a");
    put(f, "s2", "pay", "a");
    settle(f);
    sw_slices_pod_changed(&f->slices, (struct sw_pod_record *)sw_hash_next(&f->pods.pods, NULL));
    assert_int_equal(settle(f), 2);
    put(f, "s3", "other", "");
    settle(f);
    sw_slices_nodes_moved(&f->slices);
    assert_int_equal(settle(f), 2); /* one without pods is on no node */
}

static void a_sweep_takes_what_the_picture_did_not_show(void **state)
{
    struct fixture *f = *state;

    put(f, "s1", "cart", "a");
    put(f, "s2", "pay", "b");
    sw_slices_touch(&f->slices, SW_STR("shop"), SW_STR("s2"), 2);
    sw_slices_touch(&f->slices, SW_STR("shop"), SW_STR("never-seen"), 2);
    assert_int_equal(sw_slices_sweep(&f->slices, 2), 1);
    settle(f);
    assert_null(find(f, "cart"));
    assert_non_null(find(f, "pay"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_backing_is_there_while_a_slice_names_it),
        TEST(a_backing_that_is_kept_stays),
        TEST(a_slice_may_move_to_another_service),
        TEST(the_same_slice_again_makes_nothing_stale),
        TEST(pods_that_were_seen_are_given_once),
        TEST(a_pod_that_changes_makes_its_services_stale),
        TEST(a_sweep_takes_what_the_picture_did_not_show),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

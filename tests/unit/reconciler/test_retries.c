/* reconciler/retries.c: when an object may be written again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reconciler/retries.h"

#define NOW 1000000

static struct sw_retries retries;

static int setup(void **state)
{
    (void)state;
    retries = (struct sw_retries){.n_failing = 0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_retries_release(&retries);
    return 0;
}

static struct sw_op op_on(const char *name, const char *version)
{
    return (struct sw_op){
        .verb = version ? SW_OP_APPLY : SW_OP_CREATE,
        .kind = SW_MESH_WORKLOADENTRY,
        .namespace_ = SW_STR("shop"),
        .name = sw_str_from(name),
        .resource_version = sw_str_from(version),
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
    };
}

static void fail_it(struct sw_retry *retry, int64_t first_ms, int64_t least_ms, int64_t now_ms)
{
    const struct sw_retry_failure failure = {
        .why = "refused",
        .reason = SW_NOT_WRITTEN,
        .first_ms = first_ms,
        .least_ms = least_ms,
    };

    sw_retry_failed(&retries, retry, &failure, now_ms);
}

static void write_it(struct sw_retry *retry, const struct sw_op *op, int64_t now_ms)
{
    sw_retry_begin(retry, op);
    sw_retry_done(&retries, retry, now_ms);
}

static void an_object_is_found_again_by_kind_and_name(void **state)
{
    struct sw_op op = op_on("a", NULL);
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    assert_ptr_equal(sw_retries_get(&retries, &op), retry);
    assert_true(sw_str_is(retry->for_service, "cart"));
    op.kind = SW_MESH_STUB;
    assert_ptr_not_equal(sw_retries_get(&retries, &op), retry);
}

static void what_was_written_waits_until_the_watch_has_shown_it(void **state)
{
    struct sw_op op = op_on("a", "7");
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    write_it(retry, &op, NOW);
    assert_int_equal(sw_retry_when(retry, &op, NOW + 1), NOW + SW_RETRIES_UNSEEN_MS);
    op.resource_version = SW_STR("8"); /* the watch has moved on */
    assert_int_equal(sw_retry_when(retry, &op, NOW + 1), NOW + 1);
    op.resource_version = SW_STR("7");
    assert_int_equal(sw_retry_when(retry, &op, NOW + SW_RETRIES_UNSEEN_MS),
                     NOW + SW_RETRIES_UNSEEN_MS);
}

static void one_that_is_under_way_is_not_written(void **state)
{
    struct sw_op op = op_on("a", NULL);
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    retry->under_way = true;
    assert_int_equal(sw_retry_when(retry, &op, NOW), INT64_MAX);
    sw_retries_settle(&retries, retry, NOW); /* is not freed */
    assert_true(retry->under_way);
}

static void failures_wait_twice_as_long_each_time_up_to_a_limit(void **state)
{
    struct sw_op op = op_on("a", NULL);
    struct sw_retry *retry = sw_retries_get(&retries, &op);
    int64_t wait_ms = 5;

    (void)state;
    for (int i = 0; i < 30; i++) {
        fail_it(retry, 5, 0, NOW);
        assert_int_equal(sw_retry_when(retry, &op, NOW), NOW + wait_ms);
        wait_ms = wait_ms * 2 > SW_RETRIES_MAX_MS ? SW_RETRIES_MAX_MS : wait_ms * 2;
    }
    assert_int_equal(retries.n_failing, 1);
    assert_string_equal(retry->failure, "refused");
}

static void a_failure_waits_as_long_as_it_was_told_at_least(void **state)
{
    struct sw_op op = op_on("a", NULL);
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    fail_it(retry, 5, 3000, NOW);
    assert_int_equal(sw_retry_when(retry, &op, NOW), NOW + 3000);
}

/* What was refused may be right in another form, or on another object. */
static void something_else_than_what_failed_is_tried_at_once(void **state)
{
    struct sw_wanted one = {.digest = {{1}}}, other = {.digest = {{2}}};
    struct sw_op op = op_on("a", "7");
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    op.wanted = &one;
    sw_retry_begin(retry, &op);
    fail_it(retry, 1000, 0, NOW);
    assert_int_equal(sw_retry_when(retry, &op, NOW + 1), NOW + 1000);
    op.wanted = &other;
    assert_int_equal(sw_retry_when(retry, &op, NOW + 1), NOW + 1);
    op.wanted = &one;
    op.resource_version = SW_STR("8"); /* somebody else has changed it */
    assert_int_equal(sw_retry_when(retry, &op, NOW + 1), NOW + 1);
    op.resource_version = SW_STR("7");
    op.verb = SW_OP_DELETE;
    assert_int_equal(sw_retry_when(retry, &op, NOW + 1), NOW + 1);
}

static void something_else_waits_too_where_the_server_asks_for_it(void **state)
{
    struct sw_op op = op_on("a", "7");
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    sw_retry_begin(retry, &op);
    fail_it(retry, 5, 3000, NOW);
    op.resource_version = SW_STR("8");
    assert_int_equal(sw_retry_when(retry, &op, NOW + 1), NOW + 3000);
}

static void nobody_waits_longer_than_a_minute(void **state)
{
    struct sw_op op = op_on("a", NULL);
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    for (int i = 0; i < 30; i++)
        fail_it(retry, SW_RETRIES_REFUSED_MS, 0, NOW);
    assert_int_equal(sw_retry_when(retry, &op, NOW), NOW + 60000);
}

static void success_forgets_failures(void **state)
{
    struct sw_op op = op_on("a", NULL);
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    fail_it(retry, 5, 0, NOW);
    fail_it(retry, 5, 0, NOW);
    write_it(retry, &op, NOW);
    assert_int_equal(retries.n_failing, 0);
    assert_null(retry->failure);
    fail_it(retry, 5, 0, NOW);
    assert_int_equal(sw_retry_when(retry, &op, NOW), NOW + 5);
}

/* Two who write the same field would go on for ever. */
static void an_object_that_is_put_right_again_and_again_is_left_alone_for_longer(void **state)
{
    struct sw_op op = op_on("a", "1");
    struct sw_retry *retry = sw_retries_get(&retries, &op);
    int64_t now_ms = NOW, longest_ms = 0;
    char version[8];

    (void)state;
    for (int i = 0; i < 20; i++) {
        write_it(retry, &op, now_ms);
        version[0] = (char)('a' + i);
        version[1] = '\0';
        op.resource_version = sw_str_from(version);
        if (i < SW_RETRIES_CALM_REWRITES - 1)
            assert_int_equal(sw_retry_when(retry, &op, now_ms), now_ms);
        else
            assert_true(sw_retry_when(retry, &op, now_ms) > now_ms);
        longest_ms = sw_retry_when(retry, &op, now_ms) - now_ms;
        now_ms += longest_ms;
    }
    assert_int_equal(longest_ms, SW_RETRIES_CALM_MS);
    now_ms += 3 * SW_RETRIES_CALM_MS; /* the other one has given up */
    write_it(retry, &op, now_ms);
    op.resource_version = SW_STR("zz");
    assert_int_equal(sw_retry_when(retry, &op, now_ms), now_ms);
}

static void what_needs_no_memory_is_forgotten(void **state)
{
    struct sw_op a = op_on("a", NULL), b = op_on("b", NULL);
    struct sw_retry *retry = sw_retries_get(&retries, &a);

    (void)state;
    write_it(retry, &a, NOW);
    fail_it(sw_retries_get(&retries, &b), 5, 0, NOW);
    sw_retries_sweep(&retries, NOW + 1);
    assert_non_null(sw_retries_next(&retries, sw_retries_next(&retries, NULL)));
    sw_retries_sweep(&retries, NOW + SW_RETRIES_UNSEEN_MS + SW_RETRIES_STALE_MS + 10);
    assert_null(sw_retries_next(&retries, NULL));
    assert_int_equal(retries.n_failing, 0);
}

static void a_version_that_is_too_long_is_none(void **state)
{
    static const char long_one[SW_RETRIES_VERSION_SIZE + 1] = {[0 ... SW_RETRIES_VERSION_SIZE - 1] =
                                                                   'x'};
    struct sw_op op = op_on("a", long_one);
    struct sw_retry *retry = sw_retries_get(&retries, &op);

    (void)state;
    write_it(retry, &op, NOW);
    assert_string_equal(retry->version, "");
    fail_it(retry, 1000, 0, NOW);
    assert_int_equal(sw_retry_when(retry, &op, NOW), NOW + 1000); /* no tries without end */
}

/* What a plan of cart says that wants an entry "a", and in whose cluster is an entry "b". */
static struct sw_mesh_findings explained(struct sw_arena *arena)
{
    static const struct sw_mesh_owned there = {
        .kind = SW_MESH_WORKLOADENTRY,
        .namespace_ = {"shop", 4},
        .name = {"b", 1},
        .for_namespace = {"shop", 4},
        .for_service = {"cart", 4},
        .remote = {"west", 4},
    };
    static const struct sw_mesh_owned *const owned[] = {&there};
    const struct sw_mesh mesh = {.owned = owned, .n_owned = 1};
    struct sw_wanted wanted = {
        .kind = SW_MESH_WORKLOADENTRY,
        .namespace_ = SW_STR("shop"),
        .name = SW_STR("a"),
    };
    struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = SW_STR("cart"),
        .kinds = 1u << SW_MESH_WORKLOADENTRY,
        .wanteds = {&wanted, 1},
    };

    assert_int_equal(sw_retries_explain(&retries, &mesh, &plan, arena, NULL), 0);
    return plan.findings;
}

static void a_plan_says_what_of_it_could_not_be_written(void **state)
{
    const struct sw_retry_failure failure = {"a user's is there", SW_FOREIGN, 5, 0};
    struct sw_op a = op_on("a", NULL), b = op_on("b", "7");
    struct sw_retry *retry = sw_retries_get(&retries, &a);
    struct sw_mesh_findings findings;
    struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 1024, 1 << 20);
    assert_int_equal(explained(&arena).n, 0);

    sw_retry_begin(retry, &a);
    sw_retry_failed(&retries, retry, &failure, NOW);
    b.verb = SW_OP_DELETE;
    retry = sw_retries_get(&retries, &b);
    sw_retry_begin(retry, &b);
    fail_it(retry, 5, 0, NOW);
    findings = explained(&arena);

    assert_int_equal(findings.n, 2);
    assert_int_equal(findings.items[0].verdict, SW_MESH_WAITS);
    assert_int_equal(findings.items[0].reason, SW_FOREIGN);
    assert_string_equal(findings.items[0].message,
                        "WorkloadEntry shop/a: cannot create it: a user's is there");
    assert_int_equal(findings.items[1].reason, SW_NOT_WRITTEN);
    assert_true(sw_str_is(findings.items[1].about.cluster, "west"));
    assert_string_equal(findings.items[1].message,
                        "WorkloadEntry shop/b: cannot delete it: refused");
    sw_arena_release(&arena);
}

/* What it wanted to be rid of a moment ago, and wants now. */
static void a_plan_says_nothing_of_what_it_no_longer_does(void **state)
{
    struct sw_op a = op_on("a", "7");
    struct sw_retry *retry = sw_retries_get(&retries, &a);
    struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 1024, 1 << 20);
    a.verb = SW_OP_DELETE;
    sw_retry_begin(retry, &a);
    fail_it(retry, 5, 0, NOW);
    assert_int_equal(explained(&arena).n, 0);
    sw_arena_release(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_object_is_found_again_by_kind_and_name),
        TEST(what_was_written_waits_until_the_watch_has_shown_it),
        TEST(one_that_is_under_way_is_not_written),
        TEST(failures_wait_twice_as_long_each_time_up_to_a_limit),
        TEST(a_failure_waits_as_long_as_it_was_told_at_least),
        TEST(something_else_than_what_failed_is_tried_at_once),
        TEST(something_else_waits_too_where_the_server_asks_for_it),
        TEST(nobody_waits_longer_than_a_minute),
        TEST(success_forgets_failures),
        TEST(an_object_that_is_put_right_again_and_again_is_left_alone_for_longer),
        TEST(what_needs_no_memory_is_forgotten),
        TEST(a_version_that_is_too_long_is_none),
        TEST(a_plan_says_what_of_it_could_not_be_written),
        TEST(a_plan_says_nothing_of_what_it_no_longer_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

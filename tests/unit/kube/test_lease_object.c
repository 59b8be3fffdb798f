/* pkg/kube/lease_object.c: a Lease, read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "kube/lease_object.h"
#include "json/read.h"
#include "json/write.h"

static json_t *parse(const char *text)
{
    json_t *object;
    struct sw_err err = {0};

    if (sw_json_read(sw_str_from(text), &object, &err) < 0)
        fail_msg("%s", err.message);
    return object;
}

static void expect(const json_t *object, const char *text)
{
    struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    sw_json_write(object, &buf);
    sw_buf_append(&buf, "", 1);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    assert_string_equal(buf.data, text);
    sw_buf_release(&buf);
}

static void read_takes_what_an_election_is_about(void **state)
{
    struct sw_lease_record record;
    json_t *object = parse("{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{"
                           "\"holderIdentity\":\"a\",\"acquireTime\":\"t1\",\"renewTime\":\"t2\","
                           "\"leaseDurationSeconds\":15,\"leaseTransitions\":3}}");

    (void)state;
    assert_int_equal(sw_lease_object_read(object, &record, NULL), 0);
    json_decref(object);
    assert_string_equal(record.version, "7");
    assert_string_equal(record.holder, "a");
    assert_string_equal(record.acquired, "t1");
    assert_string_equal(record.renewed, "t2");
    assert_int_equal(record.duration_s, 15);
    assert_int_equal(record.transitions, 3);
}

static void what_is_absent_is_unset(void **state)
{
    struct sw_lease_record record;
    json_t *object = parse("{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":null}");

    (void)state;
    assert_int_equal(sw_lease_object_read(object, &record, NULL), 0);
    json_decref(object);
    assert_string_equal(record.holder, "");
    assert_string_equal(record.renewed, "");
    assert_int_equal(record.duration_s, 0);
}

static void what_is_too_long_is_cut(void **state)
{
    char holder[SW_LEASE_HOLDER_SIZE + 10];
    struct sw_lease_record record;
    json_t *object;

    (void)state;
    memset(holder, 'h', sizeof(holder) - 1);
    holder[sizeof(holder) - 1] = '\0';
    object = json_pack("{s:{s:s}}", "spec", "holderIdentity", holder);
    assert_int_equal(sw_lease_object_read(object, &record, NULL), 0);
    json_decref(object);
    assert_int_equal(strlen(record.holder), SW_LEASE_HOLDER_SIZE - 1);
}

static void a_member_of_another_type_is_told_by_its_path(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"spec\":1}", "spec: expected an object, found 1"},
        {"{\"spec\":{\"holderIdentity\":{}}}", "spec.holderIdentity: expected a string, found an "
                                               "object"},
        {"{\"spec\":{\"renewTime\":5}}", "spec.renewTime: expected a string, found 5"},
        {"{\"metadata\":{\"resourceVersion\":5}}",
         "metadata.resourceVersion: expected a string, found 5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object = parse(cases[i].text);
        struct sw_lease_record record;
        struct sw_err err = {0};

        assert_int_equal(sw_lease_object_read(object, &record, &err), SW_ETYPE);
        json_decref(object);
        assert_string_equal(err.message, cases[i].message);
    }
}

static const struct sw_lease_write taking = {
    .holder = "b", .version = "7", .duration_s = 15, .transitions = 4};

/* 2026-11-23T10:00:00.045Z */
#define WALL_MS UINT64_C(1795428000045)

static void a_new_one_has_its_names_and_our_label(void **state)
{
    json_t *object = sw_lease_object_new("spillway-system", "reconciler");

    (void)state;
    assert_int_equal(sw_lease_object_write(object, &taking, WALL_MS, NULL), 0);
    expect(object, "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{"
                   "\"name\":\"reconciler\",\"namespace\":\"spillway-system\",\"labels\":{"
                   "\"app.kubernetes.io/managed-by\":\"spillway\"}},\"spec\":{"
                   "\"holderIdentity\":\"b\",\"leaseDurationSeconds\":15,"
                   "\"acquireTime\":\"2026-11-23T10:00:00.045000Z\","
                   "\"renewTime\":\"2026-11-23T10:00:00.045000Z\",\"leaseTransitions\":4}}");
    json_decref(object);
}

static void write_leaves_what_is_not_its_own(void **state)
{
    json_t *object = parse("{\"metadata\":{\"annotations\":{\"a\":\"b\"}},\"spec\":{"
                           "\"strategy\":\"x\",\"acquireTime\":\"t1\"}}");
    struct sw_lease_write renewing = taking;

    (void)state;
    renewing.acquired = "t1";
    assert_int_equal(sw_lease_object_write(object, &renewing, WALL_MS, NULL), 0);
    expect(object, "{\"metadata\":{\"annotations\":{\"a\":\"b\"}},\"spec\":{\"strategy\":\"x\","
                   "\"acquireTime\":\"t1\",\"holderIdentity\":\"b\",\"leaseDurationSeconds\":15,"
                   "\"renewTime\":\"2026-11-23T10:00:00.045000Z\",\"leaseTransitions\":4}}");
    json_decref(object);
}

static void one_that_is_handed_back_names_nobody(void **state)
{
    const struct sw_lease_write back = {.holder = "", .version = "7", .duration_s = 1};
    json_t *object = parse("{\"spec\":{\"holderIdentity\":\"b\"}}");

    (void)state;
    assert_int_equal(sw_lease_object_write(object, &back, WALL_MS, NULL), 0);
    expect(object, "{\"spec\":{\"holderIdentity\":\"\",\"leaseDurationSeconds\":1,"
                   "\"acquireTime\":\"2026-11-23T10:00:00.045000Z\","
                   "\"renewTime\":\"2026-11-23T10:00:00.045000Z\",\"leaseTransitions\":0}}");
    json_decref(object);
}

static void no_memory_is_told_of(void **state)
{
    struct sw_arena arena;

    (void)state;
    sw_arena_init(&arena, 64, 64);
    {
        SW_JSON_SCOPE(&arena);

        assert_null(sw_lease_object_new("spillway-system", "reconciler"));
    }
    sw_arena_release(&arena);
    sw_arena_init(&arena, 1024, 1024);
    {
        SW_JSON_SCOPE(&arena);
        json_t *object = json_object();

        assert_non_null(object);
        while (sw_arena_alloc(&arena, 16))
            continue;
        assert_int_equal(sw_lease_object_write(object, &taking, WALL_MS, NULL), SW_ENOMEM);
    }
    sw_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_takes_what_an_election_is_about),
        cmocka_unit_test(what_is_absent_is_unset),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(a_member_of_another_type_is_told_by_its_path),
        cmocka_unit_test(a_new_one_has_its_names_and_our_label),
        cmocka_unit_test(write_leaves_what_is_not_its_own),
        cmocka_unit_test(one_that_is_handed_back_names_nobody),
        cmocka_unit_test(no_memory_is_told_of),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

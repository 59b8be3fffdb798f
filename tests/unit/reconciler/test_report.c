/* reconciler/report.c: the document of how things are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "reconciler/report.h"
#include "json/read.h"

static struct sw_ledger *ledger;
static struct sw_arena arena;
static struct sw_buf buf;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, (size_t)64 << 20);
    sw_buf_init(&buf, SW_REPORT_MAX_BYTES);
    return sw_ledger_new(&ledger, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sw_ledger_free(ledger);
    sw_buf_release(&buf);
    sw_arena_release(&arena);
    return 0;
}

static struct sw_mesh_finding finding_of(enum sw_mesh_verdict verdict, enum sw_reason reason,
                                         const char *service, const char *remote)
{
    return (struct sw_mesh_finding){
        .verdict = verdict,
        .reason = reason,
        .about = {SW_STR("shop"), sw_str_from(service), sw_str_from(remote)},
    };
}

/* One Service's plan, which wants 3 objects. */
static void note(const char *service, struct sw_mesh_finding *findings, size_t n)
{
    struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = sw_str_from(service),
        .kinds = 1u << SW_MESH_WORKLOADENTRY,
        .wanteds.n = 3,
        .findings = {findings, n},
    };

    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
}

static void note_wait(enum sw_reason reason)
{
    const struct sw_wait wait = {
        .kind = SW_MESH_WORKLOADENTRY,
        .reason = reason,
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
    };

    assert_int_equal(sw_ledger_note_wait(ledger, &wait, NULL), 0);
}

static const struct sw_report_cluster pair[] = {
    {SW_STR("west"), true, false, 61500, "refused \"x\""},
    {SW_STR("east"), true, true, 99000, ""},
};

static const char *written(const struct sw_report_cluster *clusters, size_t n)
{
    const struct sw_report report = {
        .local = SW_STR("east"),
        .clusters = clusters,
        .n_clusters = n,
        .ledger = ledger,
        .wall_minus_mono_ms = 1000000,
    };

    sw_buf_clear(&buf);
    assert_int_equal(sw_report_write(&report, &arena, &buf, NULL), 0);
    return sw_arena_copy(&arena, sw_buf_str(&buf)).data;
}

static void nothing_is_a_document_too(void **state)
{
    (void)state;
    assert_string_equal(
        written(NULL, 0),
        "{\"schemaVersion\":1,\"local\":\"east\",\"native\":false,"
        "\"clusters\":[],\"settings\":[],\"settingsOmitted\":0,\"subjects\":[],\"omitted\":0}");
}

/* Where it is watched, no time is said: it would be another one each time. */
static void clusters_say_since_when_they_are_not_seen(void **state)
{
    const struct sw_report_cluster never = {SW_STR("north"), false, false, -1, ""};

    (void)state;
    assert_non_null(strstr(written(pair, 2),
                           "\"clusters\":[{\"name\":\"east\",\"synced\":true,\"readable\":true,"
                           "\"emitted\":0,\"withheld\":0,\"warned\":0,\"waits\":0},"
                           "{\"name\":\"west\",\"synced\":true,\"readable\":false,\"seenAt\":1061,"
                           "\"error\":\"refused \\\"x\\\"\",\"emitted\":0"));
    assert_non_null(strstr(written(&never, 1), "\"synced\":false,\"readable\":false,\"emitted\""));
}

static void what_is_about_a_cluster_is_counted_there(void **state)
{
    struct sw_mesh_finding findings[] = {
        finding_of(SW_MESH_WITHHELD, SW_NO_READY_PODS, "cart", "west"),
        finding_of(SW_MESH_EMITTED, SW_PLANNED, "cart", "north"),
    };

    (void)state;
    note("cart", findings, 2);
    note("pay", findings, 1);
    assert_non_null(strstr(written(pair, 2), "\"error\":\"refused \\\"x\\\"\",\"emitted\":0,"
                                             "\"withheld\":2,\"warned\":0,\"waits\":0}"));
}

static void a_service_says_what_is_withheld_and_why(void **state)
{
    struct sw_mesh_finding findings[] = {
        finding_of(SW_MESH_WITHHELD, SW_NO_READY_PODS, "cart", "west"),
        finding_of(SW_MESH_EMITTED, SW_PLANNED, "cart", "north"),
        finding_of(SW_MESH_WARNED, SW_GATEWAY_INGRESS, "gw", "west"),
    };

    (void)state;
    note("cart", findings, 3);
    assert_non_null(strstr(
        written(NULL, 0),
        "\"subjects\":[{\"kind\":\"Service\",\"namespace\":\"shop\",\"name\":\"cart\",\"wanted\":3,"
        "\"findings\":[{\"state\":\"Emitted\",\"reason\":\"Planned\",\"remote\":\"north\"},"
        "{\"state\":\"Withheld\",\"reason\":\"NoReadyPods\",\"remote\":\"west\","
        "\"message\":\"it has no ready pods there\"},"
        "{\"state\":\"Warned\",\"reason\":\"GatewayIsIngress\",\"remote\":\"west\","
        "\"namespace\":\"shop\",\"name\":\"gw\","
        "\"message\":\"its ingress routes will not fail over\"}]}]"));
}

static void what_waits_is_said_once_a_reason(void **state)
{
    (void)state;
    note("cart", NULL, 0);
    note_wait(SW_WAITS_STUB);
    note_wait(SW_WAITS_RULE);
    note_wait(SW_WAITS_STUB);
    assert_non_null(strstr(written(NULL, 0), "{\"state\":\"Waits\",\"reason\":\"WaitsForStub\","
                                             "\"message\":\"waits until the stub Service is "
                                             "there\",\"count\":2}]}]"));
    assert_null(strstr(written(NULL, 0), "\"count\":1"));
}

static const char *place_of(const char *service, const char *document)
{
    const char *place = strstr(
        document,
        sw_arena_printf(&arena, "{\"kind\":\"Service\",\"namespace\":\"shop\",\"name\":\"%s\"",
                        service));

    assert_non_null(place);
    return place;
}

/* In whatever order things came, and those first that somebody has to look at. */
static void the_order_is_always_the_same(void **state)
{
    struct sw_mesh_finding a[] = {finding_of(SW_MESH_EMITTED, SW_PLANNED, "a", "x"),
                                  finding_of(SW_MESH_WITHHELD, SW_NATIVE, "a", "y")};
    struct sw_mesh_finding b[] = {finding_of(SW_MESH_WITHHELD, SW_NATIVE, "a", "y"),
                                  finding_of(SW_MESH_EMITTED, SW_PLANNED, "a", "x")};
    const char *first;

    (void)state;
    note("a", a, 1);
    note("m", a, 2);
    note("z", a, 2);
    first = written(pair, 2);
    assert_true(place_of("m", first) < place_of("z", first));
    assert_true(place_of("z", first) < place_of("a", first));
    sw_ledger_free(ledger);
    assert_int_equal(sw_ledger_new(&ledger, NULL), 0);
    note("z", b, 2);
    note("m", b, 2);
    note("a", a, 1);
    assert_string_equal(written((const struct sw_report_cluster[]){pair[1], pair[0]}, 2), first);
}

/* What there is no room for is counted; what is wrong has room first. */
static void a_long_report_is_cut_between_subjects(void **state)
{
    enum { N = 12000 };
    struct sw_mesh_finding fine = finding_of(SW_MESH_EMITTED, SW_PLANNED, "a", "x");
    struct sw_mesh_finding wrong = finding_of(SW_MESH_WITHHELD, SW_NATIVE, "zz", "x");
    int64_t n_kept, n_omitted;
    char name[16];
    json_t *value;

    (void)state;
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof(name), "s%05d", i);
        note(name, &fine, 1);
    }
    note("zz", &wrong, 1);
    written(pair, 2);
    assert_in_range(buf.len, SW_REPORT_MAX_BYTES - 1024, SW_REPORT_MAX_BYTES);
    SW_JSON_SCOPE(&arena);
    assert_int_equal(sw_json_read(sw_buf_str(&buf), &value, NULL), 0);
    n_kept = (int64_t)json_array_size(json_object_get(value, "subjects"));
    n_omitted = json_integer_value(json_object_get(value, "omitted"));
    assert_true(n_omitted > 0);
    assert_int_equal(n_kept + n_omitted, N + 1);
    value = json_array_get(json_object_get(value, "subjects"), 0);
    assert_string_equal(json_string_value(json_object_get(value, "name")), "zz");
}

static void without_memory_it_fails(void **state)
{
    const struct sw_report report = {
        .local = SW_STR("east"), .clusters = pair, .n_clusters = 2, .ledger = ledger};
    struct sw_mesh_finding fine = finding_of(SW_MESH_EMITTED, SW_PLANNED, "a", "x");
    struct sw_arena small;

    (void)state;
    note("a", &fine, 1);
    sw_arena_init(&small, 64, 64);
    assert_int_equal(sw_report_write(&report, &small, &buf, NULL), SW_ENOMEM);
    sw_arena_release(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_a_document_too),
        TEST(clusters_say_since_when_they_are_not_seen),
        TEST(what_is_about_a_cluster_is_counted_there),
        TEST(a_service_says_what_is_withheld_and_why),
        TEST(what_waits_is_said_once_a_reason),
        TEST(the_order_is_always_the_same),
        TEST(a_long_report_is_cut_between_subjects),
        TEST(without_memory_it_fails),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

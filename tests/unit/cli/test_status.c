/* cli/status.c, status_advice.c and status_report.c: from a reconciler's ConfigMap to a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/cleanup.h"
#include "cli/status_report.h"
#include "json/read.h"

#define WRITTEN "1000000"
#define NOW     1000012

#define REPORT(clusters, subjects)                                                                 \
    "{\"schemaVersion\":1,\"local\":\"east\",\"native\":false,\"clusters\":[" clusters             \
    "],\"subjects\":[" subjects "],\"omitted\":0}"
#define SUBJECT(name, findings)                                                                    \
    "{\"kind\":\"Service\",\"namespace\":\"shop\",\"name\":\"" name                                \
    "\",\"wanted\":3,\"findings\":[" findings "]}"
#define EMITTED "{\"state\":\"Emitted\",\"reason\":\"Planned\",\"remote\":\"west\"}"
#define WITHHELD                                                                                   \
    "{\"state\":\"Withheld\",\"reason\":\"NoOutlierDetection\",\"remote\":\"west\",\"message\":"   \
    "\"DestinationRule shop/pay-rule lacks outlierDetection: so and so\"}"
#define WATCHED                                                                                    \
    "{\"name\":\"west\",\"synced\":true,\"readable\":true,\"emitted\":1,\"withheld\":0,"           \
    "\"warned\":0,\"waits\":0}"
#define LOST                                                                                       \
    "{\"name\":\"west\",\"synced\":true,\"readable\":false,\"seenAt\":999412,\"error\":"           \
    "\"refused\",\"emitted\":1,\"withheld\":0,\"warned\":0,\"waits\":0}"
#define ENTRY(service, remote)                                                                     \
    "{\"metadata\":{\"labels\":{\"spillway.dev/remote\":\"" remote                                 \
    "\"},\"annotations\":{\"spillway.dev/service\":\"shop/" service "\"}}}"

static struct sw_arena arena;

static int setup(void **state)
{
    (void)state;
    sw_arena_init(&arena, 4096, (size_t)1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_arena_release(&arena);
    return 0;
}

/* `report` as it stands in a ConfigMap, beside these WorkloadEntries. */
static int read_status(const char *report, const char *entries, struct sw_status *ret,
                       struct sw_err *err)
{
    json_t *config_map =
        json_pack("{s:{s:s,s:s}}", "data", "written", WRITTEN, "status.json", report);
    json_t *items;

    assert_non_null(config_map);
    assert_int_equal(sw_json_read(sw_str_from(entries), &items, NULL), 0);
    return sw_status_read(config_map, items, &arena, ret, err);
}

static struct sw_status status_of(const char *report, const char *entries)
{
    struct sw_status status;
    struct sw_err err = {0};

    if (read_status(report, entries, &status, &err) < 0)
        fail_msg("%s", err.message);
    return status;
}

static void entries_are_counted_by_service_and_remote(void **state)
{
    SW_JSON_SCOPE(&arena);
    struct sw_status status = status_of(
        REPORT(WATCHED, SUBJECT("pay", WITHHELD) "," SUBJECT("cart", EMITTED)),
        "[" ENTRY("cart", "west") "," ENTRY("cart", "west") "," ENTRY("pay", "north") ",{}]");

    (void)state;
    assert_int_equal(status.n_rows, 3);
    assert_true(sw_str_is(status.rows[0].name, "cart"));
    assert_int_equal(status.rows[0].n_entries, 2);
    assert_true(sw_str_is(status.rows[1].remote, "north"));
    assert_int_equal(status.rows[1].state, SW_STATUS_UNREPORTED);
    assert_int_equal(status.rows[1].n_entries, 1);
    assert_int_equal(status.rows[2].state, SW_STATUS_WITHHELD);
    assert_int_equal(status.rows[2].n_entries, 0);
    assert_int_equal(status.n_of[SW_STATUS_WITHHELD], 1);
}

/* Two things may be said of one way, and two entries that nobody names are one row. */
static void rows_of_one_way_have_one_count(void **state)
{
    SW_JSON_SCOPE(&arena);
    struct sw_status status = status_of(
        REPORT("", SUBJECT("cart", "{\"state\":\"Warned\",\"reason\":\"PortAbsent\",\"remote\":"
                                   "\"west\"}," EMITTED)),
        "[" ENTRY("cart", "west") "," ENTRY("x", "west") "," ENTRY("x", "west") "]");

    (void)state;
    assert_int_equal(status.n_rows, 3);
    assert_int_equal(status.rows[0].n_entries, 1);
    assert_int_equal(status.rows[1].n_entries, 1);
    assert_int_equal(status.rows[2].n_entries, 2);
    assert_int_equal(status.n_of[SW_STATUS_UNREPORTED], 1);
}

static void what_heals_it_is_a_command(void **state)
{
    SW_JSON_SCOPE(&arena);
    struct sw_status status = status_of(REPORT("", SUBJECT("pay", WITHHELD)), "[]");

    (void)state;
    assert_non_null(strstr(status.rows[0].advice,
                           "kubectl annotate --overwrite destinationrule pay-rule -n shop "));
}

/* What others wrote is in a command that is pasted into a shell. */
static void commands_hold_no_foreign_shell_words(void **state)
{
    SW_JSON_SCOPE(&arena);
    struct sw_status status = status_of(
        REPORT("", SUBJECT("pay;rm $x", "{\"state\":\"Withheld\",\"reason\":\"UnnamedPort\"}")),
        "[]");

    (void)state;
    assert_string_equal(status.rows[0].advice,
                        "name the port: kubectl edit service pay?rm??x -n shop");
}

static void an_unknown_reason_has_no_advice(void **state)
{
    SW_JSON_SCOPE(&arena);
    struct sw_status status = status_of(
        REPORT("", SUBJECT("pay", "{\"state\":\"Withheld\",\"reason\":\"OfLaterVersions\"}")),
        "[]");

    (void)state;
    assert_null(status.rows[0].advice);
    assert_true(sw_str_is(status.rows[0].reason, "OfLaterVersions"));
}

static void assert_refused(const char *report, const char *words)
{
    struct sw_status status;
    struct sw_err err = {0};

    assert_true(read_status(report, "[]", &status, &err) < 0);
    if (!strstr(err.message, words))
        fail_msg("%s", err.message);
}

static void what_is_no_report_is_refused(void **state)
{
    SW_JSON_SCOPE(&arena);

    (void)state;
    assert_refused("", "status.json");
    assert_refused("{}", "schemaVersion: expected 1, found nothing");
    assert_refused("{\"schemaVersion\":2}", "schemaVersion");
    assert_refused(REPORT("", SUBJECT("a", "{\"state\":\"Odd\"}")),
                   "subjects[0].findings[0].state: expected Emitted, Withheld, Warned or Waits");
    assert_refused(REPORT("7", ""), "clusters[0]");
}

static bool is_troubled(const char *report, const char *entries, int64_t now, bool strict)
{
    struct sw_status status = status_of(report, entries);

    return sw_status_is_troubled(&status, now, strict);
}

static void what_somebody_has_to_look_at(void **state)
{
    static const char *const fine = REPORT(WATCHED, SUBJECT("cart", EMITTED));
    static const char *const warned =
        REPORT(WATCHED, SUBJECT("cart", "{\"state\":\"Warned\",\"reason\":\"PortAbsent\"}"));
    SW_JSON_SCOPE(&arena);

    (void)state;
    assert_false(is_troubled(fine, "[]", NOW, true));
    assert_true(is_troubled(fine, "[]", 1000000 + SW_STATUS_STALE_S + 1, false));
    assert_true(is_troubled(fine, "[" ENTRY("pay", "west") "]", NOW, false));
    assert_true(is_troubled(REPORT(LOST, ""), "[]", NOW, false));
    assert_true(is_troubled(REPORT("", SUBJECT("pay", WITHHELD)), "[]", NOW, false));
    assert_false(
        is_troubled(REPORT("", SUBJECT("pay", "{\"state\":\"Withheld\",\"reason\":\"Disabled\"}")),
                    "[]", NOW, true));
    assert_false(is_troubled(warned, "[]", NOW, false));
    assert_true(is_troubled(warned, "[]", NOW, true));
}

static void print(const struct sw_status *status, bool json, struct sw_buf *buf)
{
    struct sw_status_report report = {.buf = buf, .json = json, .now = NOW};

    sw_status_report_begin(&report);
    sw_status_report_cluster(&report, SW_STR("east"), status);
    sw_status_report_end(&report);
    assert_int_equal(sw_buf_status(buf, NULL), 0);
    sw_buf_append(buf, "", 1);
}

static void text_for_people(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    SW_JSON_SCOPE(&arena);
    struct sw_status status =
        status_of(REPORT(LOST, SUBJECT("cart", EMITTED) "," SUBJECT("pay", WITHHELD)),
                  "[" ENTRY("cart", "west") "]");

    (void)state;
    sw_buf_init(&buf, 8192);
    print(&status, false, &buf);
    assert_string_equal(
        buf.data,
        "east: 1 Emitted, 1 Withheld, 0 Warned, 0 Waits, 0 Unreported; as of 12 s ago\n"
        "    CLUSTER  STATE         EMITTED  WITHHELD\n"
        "    west     out of reach        1         0  seen 10 min ago  refused\n"
        "    SERVICE    REMOTE  ENTRIES  STATE       REASON\n"
        "    shop/cart  west          1  Emitted     Planned\n"
        "    shop/pay   west          0  Withheld    NoOutlierDetection\n"
        "        DestinationRule shop/pay-rule lacks outlierDetection: so and so\n"
        "        > let the webhook complete it: kubectl annotate --overwrite destinationrule "
        "pay-rule -n shop spillway.dev/rewritten=\"$(date +%s)\"\n");
}

static void json_for_machines(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    SW_JSON_SCOPE(&arena);
    struct sw_status status =
        status_of(REPORT(WATCHED, SUBJECT("cart", EMITTED)), "[" ENTRY("cart", "west") "]");

    (void)state;
    sw_buf_init(&buf, 8192);
    print(&status, true, &buf);
    assert_string_equal(
        buf.data,
        "{\"schemaVersion\":1,\"clusters\":[\n{\"name\":\"east\",\"local\":\"east\",\"written\":"
        "1000000,\"stale\":false,\"native\":false,\"omitted\":0,\"clusters\":[{\"name\":\"west\","
        "\"synced\":true,\"readable\":true,\"seenAt\":null,\"error\":null,\"emitted\":1,"
        "\"withheld\":0,\"warned\":0,\"waits\":0}],\"rows\":[\n{\"kind\":\"Service\",\"namespace\":"
        "\"shop\",\"name\":\"cart\",\"remote\":\"west\",\"entries\":1,\"state\":\"Emitted\","
        "\"reason\":\"Planned\",\"about\":null,\"message\":null,\"advice\":null}]}\n]}\n");
}

/* What others wrote does not reach the terminal as it is. */
static void text_holds_no_control_characters(void **state)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    SW_JSON_SCOPE(&arena);
    struct sw_status status = status_of(
        REPORT("", SUBJECT("pay", "{\"state\":\"Withheld\",\"reason\":\"\\u001b[2J\","
                                  "\"message\":\"\\u001b[2J\\n\",\"remote\":\"\\u001b\"}")),
        "[]");

    (void)state;
    sw_buf_init(&buf, 8192);
    print(&status, false, &buf);
    assert_null(strchr(buf.data, '\033'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_are_counted_by_service_and_remote),
        TEST(rows_of_one_way_have_one_count),
        TEST(what_heals_it_is_a_command),
        TEST(commands_hold_no_foreign_shell_words),
        TEST(an_unknown_reason_has_no_advice),
        TEST(what_is_no_report_is_refused),
        TEST(what_somebody_has_to_look_at),
        TEST(text_for_people),
        TEST(json_for_machines),
        TEST(text_holds_no_control_characters),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

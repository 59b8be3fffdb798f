/* pkg/model/outlier.c: outlierDetection, each field within what Istio takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/world.h"
#include "model/outlier.h"

#define AT SW_AT_KEY(SW_AT_KEY(NULL, "spec"), "trafficPolicy")

/* The outlierDetection of a JSON text. */
static struct sw_outlier outlier_of(struct sw_world *world, const char *text)
{
    struct sw_outlier outlier = {0};
    struct sw_err err = {0};
    json_t *policy = sw_world_jsonf(world, "{'outlierDetection':%s}", text);

    if (sw_outlier_read(policy, AT, &world->arena, &outlier, &err) < 0)
        fail_msg("%s", err.message);
    return outlier;
}

/* `member` is "name":value; the message is what comes behind the path of the member. */
static void check_unreadable(struct sw_world *world, const char *text, const char *message)
{
    struct sw_outlier outlier = {.fields[0].number = 7};
    struct sw_err err = {0};
    json_t *policy = sw_world_jsonf(world, "{'outlierDetection':%s}", text);
    char *whole = sw_arena_printf(&world->arena, "spec.trafficPolicy.outlierDetection%s", message);

    sw_check_err(sw_outlier_read(policy, AT, &world->arena, &outlier, &err), &err, SW_ETYPE, whole);
    assert_int_equal(outlier.fields[0].number, 7);
}

static void check_duration(struct sw_world *world, const char *text, bool valid)
{
    struct sw_outlier outlier;
    struct sw_err err = {0};
    json_t *policy = sw_world_jsonf(world, "{'outlierDetection':{'interval':'%s'}}", text);
    int r = sw_outlier_read(policy, NULL, &world->arena, &outlier, &err);

    if (valid && r < 0)
        fail_msg("%s: %s", text, err.message);
    if (!valid && r != SW_ETYPE)
        fail_msg("'%s' was taken for a duration", text);
    if (valid)
        sw_check_str(outlier.fields[SW_OUTLIER_INTERVAL].text, text);
}

static void read_takes_every_field(void **state)
{
    static const char all[] =
        "{'consecutiveGatewayErrors':1,'consecutive5xxErrors':2,'interval':'3s',"
        "'baseEjectionTime':'4m','maxEjectionPercent':5,'minHealthPercent':6,"
        "'splitExternalLocalOriginErrors':true,'consecutiveLocalOriginFailures':7}";
    struct sw_outlier outlier = outlier_of(*state, all);

    assert_true(outlier.present);
    for (size_t i = 0; i < SW_OUTLIER_N_FIELDS; i++)
        assert_true(outlier.fields[i].set);
    sw_check_json(sw_outlier_json(&outlier), all);
}

static void read_tells_empty_from_absent(void **state)
{
    struct sw_outlier empty = outlier_of(*state, "{}"), absent = outlier_of(*state, "null");

    assert_true(empty.present);
    assert_false(absent.present);
    sw_check_json(sw_outlier_json(&empty), "{}");
    sw_check_json(sw_outlier_json(&absent), "{}");
}

static void read_of_no_policy_is_absent(void **state)
{
    struct sw_world *world = *state;
    struct sw_outlier outlier = {.present = true};

    assert_int_equal(sw_outlier_read(NULL, NULL, &world->arena, &outlier, NULL), 0);
    assert_false(outlier.present);
}

static void read_takes_null_and_unknown_members_for_absent(void **state)
{
    struct sw_outlier outlier =
        outlier_of(*state, "{'interval':null,'maxEjectionPercent':null,"
                           "'splitExternalLocalOriginErrors':null,'consecutiveErrors':'x',"
                           "'maxEjectionTime':3}");

    assert_true(outlier.present);
    sw_check_json(sw_outlier_json(&outlier), "{}");
}

static void read_keeps_explicit_zeros(void **state)
{
    static const char zeros[] =
        "{'consecutiveGatewayErrors':0,'consecutive5xxErrors':0,'maxEjectionPercent':0,"
        "'minHealthPercent':0,'splitExternalLocalOriginErrors':false,"
        "'consecutiveLocalOriginFailures':0}";
    struct sw_outlier outlier = outlier_of(*state, zeros);

    sw_check_json(sw_outlier_json(&outlier), zeros);
}

static void read_takes_numbers_up_to_their_limits(void **state)
{
    struct sw_outlier outlier =
        outlier_of(*state, "{'consecutive5xxErrors':4294967295,'maxEjectionPercent':100,"
                           "'minHealthPercent':100}");

    assert_int_equal(outlier.fields[SW_OUTLIER_5XX_ERRORS].number, UINT32_MAX);
    assert_int_equal(outlier.fields[SW_OUTLIER_MAX_EJECTION].number, 100);
    assert_int_equal(outlier.fields[SW_OUTLIER_MIN_HEALTH].number, 100);
    check_unreadable(*state, "{'consecutive5xxErrors':4294967296}",
                     ".consecutive5xxErrors: expected an integer from 0 to 4294967295, found "
                     "4294967296");
    check_unreadable(*state, "{'consecutiveGatewayErrors':-1}",
                     ".consecutiveGatewayErrors: expected an integer from 0 to 4294967295, found "
                     "-1");
    check_unreadable(*state, "{'maxEjectionPercent':101}",
                     ".maxEjectionPercent: expected an integer from 0 to 100, found 101");
    check_unreadable(*state, "{'minHealthPercent':-1}",
                     ".minHealthPercent: expected an integer from 0 to 100, found -1");
}

static void read_refuses_each_wrong_type_by_its_path(void **state)
{
    check_unreadable(*state, "[]", ": expected an object, found an array");
    check_unreadable(*state, "{'consecutiveGatewayErrors':'5'}",
                     ".consecutiveGatewayErrors: expected an integer from 0 to 4294967295, found "
                     "'5'");
    check_unreadable(*state, "{'consecutive5xxErrors':true}",
                     ".consecutive5xxErrors: expected an integer from 0 to 4294967295, found true");
    check_unreadable(*state, "{'interval':10}", ".interval: expected a string, found 10");
    check_unreadable(*state, "{'baseEjectionTime':{'seconds':3}}",
                     ".baseEjectionTime: expected a string, found an object");
    check_unreadable(*state, "{'maxEjectionPercent':10.5}",
                     ".maxEjectionPercent: expected an integer from 0 to 100, found 10.5");
    check_unreadable(*state, "{'splitExternalLocalOriginErrors':'true'}",
                     ".splitExternalLocalOriginErrors: expected true or false, found 'true'");
    check_unreadable(*state, "{'consecutiveLocalOriginFailures':[]}",
                     ".consecutiveLocalOriginFailures: expected an integer from 0 to 4294967295, "
                     "found an array");
    check_unreadable(*state, "{'interval':'soon'}",
                     ".interval: expected a duration of at least 1ms, in whole ms, such as '10s', "
                     "found 'soon'");
}

static void read_takes_durations_of_whole_units(void **state)
{
    static const char *const valid[] = {"1ms",  "10s",  "1m",     "24h",   "1h30m",   "1m0s",
                                        "0.5s", "1.5h", "0h0m1s", "100ms", "1s500ms", "0s1ms"};

    for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++)
        check_duration(*state, valid[i], true);
}

static void read_refuses_what_is_no_duration(void **state)
{
    static const char *const invalid[] = {
        "",     "0s",  "0",    "10",     "s",      "10 s",   " 10s",    "10s ",  "-1s",
        "1d",   "1S",  "-",    "+",      "1..5s",  "1.5.5s", ".s",      "10sec", "ten",
        "0x1s", "0ms", "1ms0", "0h0m0s", "1m-30s", "--1s",   "1_000ms", "1 m"};

    for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++)
        check_duration(*state, invalid[i], false);
}

/* istiod takes no other precision, and no CRD keeps these out of a DestinationRule. */
static void read_takes_durations_in_whole_milliseconds_only(void **state)
{
    check_duration(*state, "1.5s", true);
    check_duration(*state, ".5s", true);
    check_duration(*state, "1.001s", true);
    check_duration(*state, "5000us", true);
    check_duration(*state, "0.0005h", true);
    check_duration(*state, "1.5ms0.5ms", true);
    check_duration(*state, "0.5ms", false);
    check_duration(*state, "1.5ms", false);
    check_duration(*state, "1.0005s", false);
    check_duration(*state, "999us", false);
    check_duration(*state, "0.0001s", false);
    check_duration(*state, "10000000h", false);
}

static void overlay_takes_what_is_set(void **state)
{
    struct sw_outlier base = outlier_of(
        *state, "{'consecutiveGatewayErrors':5,'interval':'10s','maxEjectionPercent':100}");
    struct sw_outlier over =
        outlier_of(*state, "{'consecutiveGatewayErrors':0,'baseEjectionTime':'1m'}");
    struct sw_outlier both = sw_outlier_overlay(&base, &over);

    assert_true(both.present);
    sw_check_json(sw_outlier_json(&both), "{'consecutiveGatewayErrors':0,'interval':'10s',"
                                          "'baseEjectionTime':'1m','maxEjectionPercent':100}");
}

static void overlay_of_nothing_changes_nothing(void **state)
{
    struct sw_outlier base = outlier_of(*state, "{'interval':'10s'}");
    struct sw_outlier absent = outlier_of(*state, "null");
    struct sw_outlier both = sw_outlier_overlay(&base, &absent);

    sw_check_json(sw_outlier_json(&both), "{'interval':'10s'}");
    assert_true(both.present);
    both = sw_outlier_overlay(&absent, &absent);
    assert_false(both.present);
    both = sw_outlier_overlay(&absent, &base);
    assert_true(both.present);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(read_takes_every_field),
        SW_WORLD_TEST(read_tells_empty_from_absent),
        SW_WORLD_TEST(read_of_no_policy_is_absent),
        SW_WORLD_TEST(read_takes_null_and_unknown_members_for_absent),
        SW_WORLD_TEST(read_keeps_explicit_zeros),
        SW_WORLD_TEST(read_takes_numbers_up_to_their_limits),
        SW_WORLD_TEST(read_refuses_each_wrong_type_by_its_path),
        SW_WORLD_TEST(read_takes_durations_of_whole_units),
        SW_WORLD_TEST(read_refuses_what_is_no_duration),
        SW_WORLD_TEST(read_takes_durations_in_whole_milliseconds_only),
        SW_WORLD_TEST(overlay_takes_what_is_set),
        SW_WORLD_TEST(overlay_of_nothing_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

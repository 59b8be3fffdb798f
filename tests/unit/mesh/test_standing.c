/* mesh/standing.c: the status of a setting or a workspace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/world.h"
#include "mesh/standing.h"

#define NOW_S 1795467600 /* 2026-11-23T21:00:00Z */

static struct sw_standing_cluster clusters[2];
static struct sw_share_reason reasons[2];

/* Two clusters, each with a Service exposed and its way in place. */
static struct sw_standing sound(void)
{
    const struct sw_share share = {.n_exposed = 1, .n_emitted = 1, .n_entries = 2};

    for (size_t i = 0; i < 2; i++)
        clusters[i] = (struct sw_standing_cluster){
            .name = i ? SW_STR("west") : SW_STR("east"),
            .reachable = true,
            .seen_s = -1,
            .report = SW_PROGRAMMED,
            .reported_s = -1,
            .share = share,
        };
    return (struct sw_standing){
        .acceptance = {true, SW_ACCEPTED, "fine"},
        .asks = true,
        .clusters = clusters,
        .n_clusters = 2,
        .all_known = true,
        .generation = 3,
        .now_s = NOW_S,
    };
}

/* One way of a cluster is not there. */
static void give_reason(struct sw_standing_cluster *cluster, enum sw_share_state state,
                        const char *word)
{
    struct sw_share_reason *reason = &reasons[cluster - clusters];

    *reason = (struct sw_share_reason){state, sw_str_from(word), 1, SW_STR("shop/cart to x"),
                                       SW_STR("it is so")};
    cluster->share.n[state] = 1;
    cluster->share.reasons = reason;
    cluster->share.n_reasons = 1;
}

static json_t *make(struct sw_world *world, const struct sw_standing *standing, int expected)
{
    json_t *status = NULL;

    assert_int_equal(sw_standing_make(standing, &world->arena, &status, NULL), expected);
    return status;
}

static const char *text_at(const json_t *status, size_t condition, const char *key)
{
    const json_t *found = json_array_get(json_object_get(status, "conditions"), condition);
    const char *text = json_string_value(json_object_get(found, key));

    assert_non_null(text);
    return text;
}

static void check_programmed(struct sw_world *world, const struct sw_standing *standing,
                             const char *value, const char *reason, const char *words)
{
    const json_t *status = make(world, standing, 1);

    assert_string_equal(text_at(status, 1, "type"), "Programmed");
    assert_string_equal(text_at(status, 1, "status"), value);
    assert_string_equal(text_at(status, 1, "reason"), reason);
    if (!strstr(text_at(status, 1, "message"), words))
        fail_msg("'%s' does not say '%s'", text_at(status, 1, "message"), words);
}

static void a_sound_one_is_true_twice(void **state)
{
    const struct sw_standing standing = sound();
    json_t *status = make(*state, &standing, 1), *expected;

    expected = sw_world_json(
        *state, "{'observedGeneration':3,'conditions':["
                "{'type':'Accepted','status':'True','observedGeneration':3,'lastTransitionTime':"
                "'2026-11-23T21:00:00Z','reason':'Accepted','message':'fine'},"
                "{'type':'Programmed','status':'True','observedGeneration':3,'lastTransitionTime':"
                "'2026-11-23T21:00:00Z','reason':'Programmed','message':"
                "'2 Services are exposed, and 2 ways between clusters in place'}],'clusters':["
                "{'name':'east','reachable':true,'reported':true,'exposed':1,'emitted':1,"
                "'workloadEntries':2,'withheld':0,'pending':0},"
                "{'name':'west','reachable':true,'reported':true,'exposed':1,'emitted':1,"
                "'workloadEntries':2,'withheld':0,'pending':0}]}");
    assert_true(json_equal(status, expected));
    assert_true(sw_standing_is_programmed(status));
}

static void the_same_again_is_not_to_be_written(void **state)
{
    struct sw_standing standing = sound();

    standing.before = make(*state, &standing, 1);
    standing.now_s += 3600;
    make(*state, &standing, 0);
    standing.generation++;
    make(*state, &standing, 1);
}

static void a_time_is_of_a_transition_alone(void **state)
{
    struct sw_standing standing = sound();
    json_t *status;

    standing.before = make(*state, &standing, 1);
    standing.now_s += 60;
    standing.acceptance.message = "another one";
    give_reason(&clusters[0], SW_SHARE_WITHHELD, "NoReadyPods");
    status = make(*state, &standing, 1);
    assert_string_equal(text_at(status, 0, "lastTransitionTime"), "2026-11-23T21:00:00Z");
    assert_string_equal(text_at(status, 1, "lastTransitionTime"), "2026-11-23T21:01:00Z");
}

static void conditions_of_others_do_not_count(void **state)
{
    struct sw_standing standing = sound();
    json_t *before = make(*state, &standing, 1);

    json_array_insert_new(json_object_get(before, "conditions"), 0,
                          sw_world_json(*state, "{'type':'Else','status':'False'}"));
    standing.before = before;
    make(*state, &standing, 0);
}

static void the_order_of_clusters_does_not_count(void **state)
{
    struct sw_standing standing = sound();
    json_t *before = make(*state, &standing, 1);
    json_t *list = json_object_get(before, "clusters");

    json_array_append(list, json_array_get(list, 0));
    json_array_remove(list, 0);
    standing.before = before;
    make(*state, &standing, 0);
    json_object_set_new(json_array_get(list, 1), "exposed", json_integer(9));
    make(*state, &standing, 1);
}

static void a_cluster_that_has_gone_does_count(void **state)
{
    struct sw_standing standing = sound();

    standing.before = make(*state, &standing, 1);
    standing.n_clusters = 1;
    make(*state, &standing, 1);
}

static void what_is_withheld_is_named(void **state)
{
    const struct sw_standing standing = sound();

    give_reason(&clusters[0], SW_SHARE_WITHHELD, "NoReadyPods");
    clusters[1].report = SW_NOT_REPORTED; /* of less weight */
    check_programmed(*state, &standing, "False", "NoReadyPods",
                     "1 of 3 ways between clusters are withheld: in east, shop/cart to x: it is");
}

static void a_cluster_that_says_nothing_is_unknown(void **state)
{
    const struct sw_standing standing = sound();

    give_reason(&clusters[0], SW_SHARE_PENDING, "WaitsForRemoteGateway"); /* follows from that */
    clusters[1].report = SW_NOT_REPORTED;
    clusters[1].detail = "install it";
    check_programmed(*state, &standing, "Unknown", "NotReported",
                     "west: no reconciler there has said what it does: install it");
}

static void a_cluster_out_of_reach_comes_before_one_that_says_nothing(void **state)
{
    const struct sw_standing standing = sound();

    clusters[0].report = SW_NOT_REPORTED;
    clusters[1].reachable = false;
    check_programmed(*state, &standing, "Unknown", "ClusterUnreachable", "west: ");
}

static void what_is_not_there_yet_is_false(void **state)
{
    const struct sw_standing standing = sound();

    give_reason(&clusters[1], SW_SHARE_PENDING, "WaitsForStub");
    check_programmed(*state, &standing, "False", "WaitsForStub", "not in place yet: in west");
}

static void what_cannot_be_exposed_is_told_and_does_no_harm(void **state)
{
    const struct sw_standing standing = sound();

    give_reason(&clusters[0], SW_SHARE_NOT_EXPOSED, "Headless");
    check_programmed(*state, &standing, "True", "Programmed",
                     "; 1 selected Services cannot be exposed: in east, shop/cart");
}

static void nothing_is_exposed_is_not_said_of_a_cluster_that_is_away(void **state)
{
    struct sw_standing standing = sound();

    clusters[0].share = clusters[1].share = (struct sw_share){0};
    clusters[1].reachable = false;
    check_programmed(*state, &standing, "Unknown", "ClusterUnreachable", "west: ");
    standing.asks = false; /* whatever is there, nothing is asked for */
    check_programmed(*state, &standing, "False", "NoSetting", "nothing is exposed");
}

static void nothing_is_exposed_is_not_said_of_clusters_nobody_knows(void **state)
{
    struct sw_standing standing = sound();

    clusters[0].share = clusters[1].share = (struct sw_share){0};
    standing.all_known = false;
    check_programmed(*state, &standing, "Unknown", "ClusterUnseen", "have not been seen yet");
}

static void where_nothing_is_exposed_the_reason_is_told(void **state)
{
    struct sw_standing standing = sound();

    clusters[0].share = clusters[1].share = (struct sw_share){0};
    check_programmed(*state, &standing, "False", "NotSelected", "nothing is exposed");
    give_reason(&clusters[1], SW_SHARE_NOT_EXPOSED, "Headless");
    check_programmed(*state, &standing, "False", "Headless", "in west, shop/cart");
    standing.asks = false;
    check_programmed(*state, &standing, "False", "NoSetting", "defaultEastWestGatewaySettings");
    standing.acceptance = (struct sw_acceptance){false, SW_WORKSPACE_UNKNOWN, "no such"};
    check_programmed(*state, &standing, "False", "WorkspaceUnknown", "see the condition Accepted");
}

static void one_cluster_alone_is_told_how_to_connect_others(void **state)
{
    struct sw_standing standing = sound();

    standing.n_clusters = 1;
    check_programmed(*state, &standing, "False", "NoOtherCluster", "spillway remote-secret");
    standing.all_known = false;
    check_programmed(*state, &standing, "Unknown", "ClusterUnseen", "Secrets");
}

static const json_t *west_of(const json_t *status)
{
    return json_array_get(json_object_get(status, "clusters"), 1);
}

static void when_a_cluster_was_seen_last_stays(void **state)
{
    struct sw_standing standing = sound();
    const json_t *status;

    clusters[1].reachable = false;
    clusters[1].seen_s = NOW_S - 60;
    status = make(*state, &standing, 1);
    assert_string_equal(json_string_value(json_object_get(west_of(status), "lastSeenTime")),
                        "2026-11-23T20:59:00Z");
    /* Another one leads, and has never seen it. */
    standing.before = status;
    clusters[1].seen_s = -1;
    make(*state, &standing, 0);
    clusters[1].reachable = true;
    assert_null(json_object_get(west_of(make(*state, &standing, 1)), "lastSeenTime"));
}

static void a_stale_report_has_its_time_and_its_numbers(void **state)
{
    const struct sw_standing standing = sound();
    const json_t *west;

    clusters[1].report = SW_REPORT_STALE;
    clusters[1].reported_s = 0;
    west = west_of(make(*state, &standing, 1));
    assert_string_equal(json_string_value(json_object_get(west, "reportedTime")),
                        "1970-01-01T00:00:00Z");
    assert_string_equal(json_string_value(json_object_get(west, "reason")), "ReportStale");
    assert_int_equal(json_integer_value(json_object_get(west, "emitted")), 1);
    assert_true(json_is_false(json_object_get(west, "reported")));
}

static void without_a_report_there_is_no_number_of_ways(void **state)
{
    const struct sw_standing standing = sound();
    const json_t *west;

    clusters[1].report = SW_NOT_REPORTED;
    clusters[1].share = (struct sw_share){.n_exposed = 4};
    west = west_of(make(*state, &standing, 1));
    assert_int_equal(json_integer_value(json_object_get(west, "exposed")), 4);
    assert_null(json_object_get(west, "emitted"));
}

static void without_memory_it_fails(void **state)
{
    const struct sw_standing standing = sound();
    struct sw_arena none;
    json_t *status = NULL;

    (void)state;
    sw_arena_init(&none, 64, 512);
    {
        SW_JSON_SCOPE(&none);
        assert_int_equal(sw_standing_make(&standing, &none, &status, NULL), SW_ENOMEM);
    }
    assert_null(status);
    sw_arena_release(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SW_WORLD_TEST(a_sound_one_is_true_twice),
        SW_WORLD_TEST(the_same_again_is_not_to_be_written),
        SW_WORLD_TEST(a_time_is_of_a_transition_alone),
        SW_WORLD_TEST(conditions_of_others_do_not_count),
        SW_WORLD_TEST(the_order_of_clusters_does_not_count),
        SW_WORLD_TEST(a_cluster_that_has_gone_does_count),
        SW_WORLD_TEST(what_is_withheld_is_named),
        SW_WORLD_TEST(a_cluster_that_says_nothing_is_unknown),
        SW_WORLD_TEST(a_cluster_out_of_reach_comes_before_one_that_says_nothing),
        SW_WORLD_TEST(what_is_not_there_yet_is_false),
        SW_WORLD_TEST(what_cannot_be_exposed_is_told_and_does_no_harm),
        SW_WORLD_TEST(nothing_is_exposed_is_not_said_of_a_cluster_that_is_away),
        SW_WORLD_TEST(nothing_is_exposed_is_not_said_of_clusters_nobody_knows),
        SW_WORLD_TEST(where_nothing_is_exposed_the_reason_is_told),
        SW_WORLD_TEST(one_cluster_alone_is_told_how_to_connect_others),
        SW_WORLD_TEST(when_a_cluster_was_seen_last_stays),
        SW_WORLD_TEST(a_stale_report_has_its_time_and_its_numbers),
        SW_WORLD_TEST(without_a_report_there_is_no_number_of_ways),
        SW_WORLD_TEST(without_memory_it_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

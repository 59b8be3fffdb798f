/* pkg/failover/advice.c: what is to be done about each reason, as one may paste it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "failover/advice.h"

#define CART                                                                                       \
    .namespace_ = SW_STR("shop"), .name = SW_STR("cart"), .remote = SW_STR("west"), .message =

static const enum sw_reason all[] = {
#define REASON(name, word, sentence) name,
    SW_REASON_MAP(REASON)
#undef REASON
};

#define N_REASONS (sizeof(all) / sizeof(*all))

/* Those that need no advice. Whoever adds a reason adds an advice, or says here why not. */
static const enum sw_reason without[] = {
    /* no plan says them: they are of reviews, of conditions or of operations */
    SW_EXPOSED,
    SW_NO_WORKSPACE,
    SW_NO_SETTING,
    SW_NOT_SELECTED,
    SW_STUB,
    SW_NAMESPACE_LABEL,
    SW_FAILOVER_LABEL,
    SW_HOST_NOT_EXPANDED,
    SW_HOST_SPANS,
    SW_INJECT_OFF,
    SW_ZONE_AWARE,
    SW_DISTRIBUTE,
    SW_LOCALITY_OPEN,
    SW_PASSTHROUGH,
    SW_TLS_MODE,
    SW_TLS_SNI,
    SW_MAX_EJECTION,
    SW_UNREADABLE,
    SW_GATEWAYS_MISPLACED,
    SW_WORKSPACE_UNKNOWN,
    SW_GATEWAY_UNKNOWN,
    SW_SERVICE_UNKNOWN,
    SW_WORKSPACE_EMPTY,
    SW_PARTLY_MATCHED,
    SW_CLUSTER_UNSEEN,
    SW_VIEW_STALE,
    SW_UNKNOWN_FIELD,
    SW_ALWAYS_REFUSED,
    SW_PRIORITY_WINS,
    SW_ACCEPTED,
    SW_PROGRAMMED,
    SW_OVERLAP,
    SW_NAMESPACE_UNKNOWN,
    SW_NO_OTHER_CLUSTER,
    SW_CLUSTER_AWAY,
    SW_NOT_REPORTED,
    SW_REPORT_STALE,
    SW_REPORT_UNREADABLE,
    SW_SETTING_UNREPORTED,
    SW_NO_LONGER_WANTED,
    SW_RELEASED,
    /* good news */
    SW_PLANNED,
    /* they end by themselves */
    SW_WAITS_NEW,
    SW_WAITS_ENTRIES,
    SW_WAITS_RELIST,
};

static struct sw_buf buf;

static int setup(void **state)
{
    (void)state;
    sw_buf_init(&buf, SW_ADVICE_MAX_BYTES);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_buf_release(&buf);
    return 0;
}

static const char *write_for(enum sw_reason reason, const struct sw_advice_about *about)
{
    sw_buf_clear(&buf);
    sw_advice_write(reason, about, &buf);
    sw_buf_append(&buf, "", 1);
    assert_int_equal(sw_buf_status(&buf, NULL), 0);
    return buf.data;
}

static void every_reason_of_a_plan_has_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_REASONS; i++) {
        bool is_without = false;

        for (size_t j = 0; j < sizeof(without) / sizeof(*without); j++)
            is_without = is_without || without[j] == all[i];
        if (is_without != !sw_advice_of(all[i]))
            fail_msg("%s: expected either advice or a place among those without",
                     sw_reason_word(all[i]));
    }
}

/* Each with all parts known: no part is left, and a command is the rest of the text. */
static void a_command_is_the_rest_of_its_text(void **state)
{
    const struct sw_advice_about about = {CART SW_STR("")};

    (void)state;
    for (size_t i = 0; i < N_REASONS; i++) {
        const char *text, *command;

        if (!sw_advice_of(all[i]))
            continue;
        text = write_for(all[i], &about);
        assert_null(strstr(text, "{kubectl}"));
        assert_null(strpbrk(text, "\n?"));
        command = strstr(text, "kubectl ");
        if (!command)
            continue;
        assert_true(command == text || strncmp(command - 2, ": ", 2) == 0);
        assert_null(strstr(command + 1, "kubectl"));
        assert_null(strstr(command, ", "));
    }
}

static void what_is_elsewhere_has_its_context(void **state)
{
    struct sw_advice_about about = {CART SW_STR("")};

    (void)state;
    assert_string_equal(write_for(SW_UNNAMED_PORT, &about),
                        "name the port: kubectl --context west edit service cart -n shop");
    about.remote = (struct sw_str){NULL, 0};
    assert_string_equal(write_for(SW_UNNAMED_PORT, &about),
                        "name the port: kubectl edit service cart -n shop");
    assert_non_null(strstr(write_for(SW_WAITS_GATEWAY, &about), "see in the other cluster "));
}

static void the_rule_is_the_one_that_the_message_names(void **state)
{
    struct sw_advice_about about = {CART SW_STR("DestinationRule pay/rule-1: localityLbSetting")};

    (void)state;
    assert_string_equal(
        write_for(SW_LOCALITY_OFF, &about),
        "take enabled: false out of it: kubectl edit destinationrule rule-1 -n pay");
    about.message = SW_STR("DestinationRule");
    assert_non_null(strstr(write_for(SW_CLIENT_RULE, &about), " destinationrule --all -n shop "));
    about.message = SW_STR("DestinationRule rule-1 lacks it");
    assert_non_null(strstr(write_for(SW_CLIENT_RULE, &about), " destinationrule --all -n shop "));
}

static void the_gateway_is_the_one_that_the_message_names(void **state)
{
    struct sw_advice_about about = {CART SW_STR("gateway mesh/east-west: it has no address yet")};

    (void)state;
    assert_string_equal(write_for(SW_GATEWAY_NOT_READY, &about),
                        "see to the gateway's Pods in west: kubectl --context west get pods -n "
                        "mesh");
    assert_non_null(
        strstr(write_for(SW_GATEWAY_NO_ADDRESS, &about), " service east-west -n mesh "));
    about.message = SW_STR("gateway: no pod of it is ready");
    assert_non_null(strstr(write_for(SW_GATEWAY_NO_SELECTOR, &about), " service cart -n shop"));
}

static void braces_that_are_no_part_stay(void **state)
{
    const struct sw_advice_about about = {CART SW_STR("")};

    (void)state;
    assert_non_null(strstr(write_for(SW_LOCAL_ONLY, &about),
                           "'{\"spec\":{\"internalTrafficPolicy\":\"Cluster\"}}'"));
}

/* What others wrote is in a command that is pasted into a shell. */
static void foreign_words_are_one_word_and_no_option(void **state)
{
    const struct sw_advice_about about = {.namespace_ = SW_STR("-A"), .name = SW_STR("a;b $c")};

    (void)state;
    assert_string_equal(write_for(SW_UNNAMED_PORT, &about),
                        "name the port: kubectl edit service a?b??c -n ?A");
}

static void a_number_that_is_no_reason_has_none(void **state)
{
    const struct sw_advice_about about = {CART SW_STR("")};

    (void)state;
    assert_string_equal(write_for((enum sw_reason)N_REASONS, &about), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_reason_of_a_plan_has_one),
        TEST(a_command_is_the_rest_of_its_text),
        TEST(what_is_elsewhere_has_its_context),
        TEST(the_rule_is_the_one_that_the_message_names),
        TEST(the_gateway_is_the_one_that_the_message_names),
        TEST(braces_that_are_no_part_stay),
        TEST(foreign_words_are_one_word_and_no_option),
        TEST(a_number_that_is_no_reason_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

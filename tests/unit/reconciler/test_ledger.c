/* reconciler/ledger.c: what plans say, kept and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "reconciler/ledger.h"

#define SERVICE_KINDS                                                                              \
    (1u << SW_MESH_DESTINATIONRULE | 1u << SW_MESH_STUB | 1u << SW_MESH_WORKLOADENTRY)

static struct sw_ledger *ledger;

static int setup(void **state)
{
    (void)state;
    return sw_ledger_new(&ledger, NULL);
}

static int teardown(void **state)
{
    (void)state;
    sw_ledger_free(ledger);
    return 0;
}

static struct sw_mesh_finding withheld(enum sw_reason reason, const char *message)
{
    return (struct sw_mesh_finding){
        .verdict = SW_MESH_WITHHELD,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), SW_STR("west")},
        .message = message,
    };
}

static struct sw_plan plan_of(struct sw_mesh_finding *findings, size_t n)
{
    return (struct sw_plan){
        .namespace_ = SW_STR("shop"),
        .service = SW_STR("cart"),
        .kinds = SERVICE_KINDS,
        .findings = {findings, n},
    };
}

static void note(const struct sw_plan *plan)
{
    assert_int_equal(sw_ledger_note(ledger, plan, NULL), 0);
}

static const struct sw_ledger_entry *cart(void)
{
    return sw_ledger_find(ledger, SW_LEDGER_SERVICE, SW_STR("shop"), SW_STR("cart"));
}

static void a_plan_is_taken_down(void **state)
{
    char message[] = "no pods";
    struct sw_mesh_finding finding = withheld(SW_NO_READY_PODS, message);
    struct sw_plan plan = plan_of(&finding, 1);

    (void)state;
    plan.wanteds.n = 3;
    note(&plan);
    memset(message, 'x', sizeof(message) - 1); /* nothing is borrowed */
    assert_int_equal(cart()->n_findings, 1);
    assert_int_equal(cart()->n_wanted, 3);
    assert_true(sw_str_is(cart()->findings[0].message, "no pods"));
    assert_true(sw_str_is(cart()->findings[0].remote, "west"));
    assert_int_equal(sw_ledger_count(ledger, SW_MESH_WITHHELD, SW_NO_READY_PODS), 1);
    assert_int_equal(sw_ledger_count(ledger, SW_MESH_WARNED, SW_NO_READY_PODS), 0);
}

static void a_finding_without_words_has_its_reasons(void **state)
{
    struct sw_mesh_finding finding = withheld(SW_HEADLESS, NULL);
    struct sw_plan plan = plan_of(&finding, 1);

    (void)state;
    note(&plan);
    assert_true(sw_str_is(cart()->findings[0].message, sw_reason_sentence(SW_HEADLESS)));
}

static void the_same_again_is_no_news(void **state)
{
    struct sw_mesh_finding finding = withheld(SW_HEADLESS, NULL);
    struct sw_plan plan = plan_of(&finding, 1);
    uint64_t version;

    (void)state;
    note(&plan);
    version = sw_ledger_version(ledger);
    note(&plan);
    assert_int_equal(sw_ledger_version(ledger), version);
    assert_int_equal(cart()->version, version);
    finding.reason = SW_STUB;
    note(&plan);
    assert_true(sw_ledger_version(ledger) > version);
    assert_int_equal(sw_ledger_count(ledger, SW_MESH_WITHHELD, SW_HEADLESS), 0);
    assert_int_equal(sw_ledger_count(ledger, SW_MESH_WITHHELD, SW_STUB), 1);
}

static void a_plan_that_says_nothing_leaves_nothing(void **state)
{
    struct sw_mesh_finding finding = withheld(SW_HEADLESS, NULL);
    struct sw_plan plan = plan_of(&finding, 1);

    (void)state;
    note(&plan);
    plan.findings.n = 0;
    note(&plan);
    assert_null(cart());
    assert_null(sw_ledger_next(ledger, NULL));
    assert_int_equal(sw_ledger_count(ledger, SW_MESH_WITHHELD, SW_HEADLESS), 0);
}

static void a_service_an_ingress_gateway_and_the_gateways_are_three_things(void **state)
{
    struct sw_mesh_finding finding = withheld(SW_PLANNED, NULL);
    struct sw_plan plan = plan_of(&finding, 1);
    size_t n = 0;

    (void)state;
    note(&plan);
    plan.kinds = 1u << SW_MESH_DEPLOYMENT | 1u << SW_MESH_GATEWAY_SERVICE;
    note(&plan);
    plan.kinds = 1u << SW_MESH_GATEWAY;
    plan.namespace_ = plan.service = (struct sw_str){NULL, 0};
    note(&plan);
    for (const struct sw_ledger_entry *entry = sw_ledger_next(ledger, NULL); entry;
         entry = sw_ledger_next(ledger, entry))
        n++;
    assert_int_equal(n, 3);
    assert_non_null(sw_ledger_find(ledger, SW_LEDGER_INGRESS, SW_STR("shop"), SW_STR("cart")));
    assert_non_null(
        sw_ledger_find(ledger, SW_LEDGER_GATEWAYS, (struct sw_str){NULL, 0}, SW_STR("")));
}

static void what_waits_is_kept_until_the_next_plan(void **state)
{
    struct sw_mesh_finding finding = withheld(SW_PLANNED, NULL);
    struct sw_plan plan = plan_of(&finding, 1);
    const struct sw_wait wait = {
        .verb = SW_OP_CREATE,
        .kind = SW_MESH_WORKLOADENTRY,
        .reason = SW_WAITS_RULE,
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
        .until_ms = 7,
    };

    (void)state;
    note(&plan);
    assert_int_equal(sw_ledger_note_wait(ledger, &wait, NULL), 0);
    assert_int_equal(sw_ledger_note_wait(ledger, &wait, NULL), 0);
    assert_int_equal(cart()->n_waits, 2);
    assert_int_equal(cart()->waits[1].until_ms, 7);
    assert_int_equal(sw_ledger_count_waits(ledger, SW_WAITS_RULE), 2);
    note(&plan);
    assert_int_equal(cart()->n_waits, 0);
    assert_int_equal(sw_ledger_count_waits(ledger, SW_WAITS_RULE), 0);
}

static void a_deletion_that_waits_has_an_entry_without_a_plan(void **state)
{
    const struct sw_wait wait = {
        .verb = SW_OP_DELETE,
        .kind = SW_MESH_WORKLOADENTRY,
        .reason = SW_WAITS_UNSEEN,
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
    };
    struct sw_plan plan = plan_of(NULL, 0);

    (void)state;
    assert_int_equal(sw_ledger_note_wait(ledger, &wait, NULL), 0);
    assert_int_equal(cart()->n_waits, 1);
    note(&plan);
    assert_null(cart());
    assert_int_equal(sw_ledger_count_waits(ledger, SW_WAITS_UNSEEN), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_taken_down),
        TEST(a_finding_without_words_has_its_reasons),
        TEST(the_same_again_is_no_news),
        TEST(a_plan_that_says_nothing_leaves_nothing),
        TEST(a_service_an_ingress_gateway_and_the_gateways_are_three_things),
        TEST(what_waits_is_kept_until_the_next_plan),
        TEST(a_deletion_that_waits_has_an_entry_without_a_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A filter of Events over a ledger that the test fills.
 *
 * For one test program: everything is static.
 */
#ifndef SW_TESTS_RECONCILER_EVENT_FIXTURE_H
#define SW_TESTS_RECONCILER_EVENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "reconciler/event_filter.h"

#define SERVICE_KINDS                                                                              \
    (1u << SW_MESH_DESTINATIONRULE | 1u << SW_MESH_STUB | 1u << SW_MESH_WORKLOADENTRY)
#define FIRST_ID 100

static struct sw_ledger *ledger;
static struct sw_event_filter *filter;
static struct sw_event event;
static int64_t now_ms;
static const struct sw_str *clusters;
static size_t n_clusters;

static const struct sw_str two[] = {{"west", 4}, {"north", 5}};

static inline void scan(void)
{
    sw_event_filter_scan(filter, ledger, clusters, n_clusters, now_ms);
}

/* Time passes until what is so would be news. */
static inline void settle(void)
{
    scan();
    now_ms += SW_EVENT_SETTLE_MS;
}

static inline int setup(void **state)
{
    (void)state;
    now_ms = 1000000;
    clusters = two;
    n_clusters = 2;
    return sw_ledger_new(&ledger, NULL) < 0 ? -1 : sw_event_filter_new(FIRST_ID, &filter, NULL);
}

static inline int teardown(void **state)
{
    (void)state;
    sw_event_filter_free(filter);
    sw_ledger_free(ledger);
    return 0;
}

static inline struct sw_mesh_finding finding(enum sw_mesh_verdict verdict, enum sw_reason reason,
                                             const char *remote)
{
    return (struct sw_mesh_finding){
        .verdict = verdict,
        .reason = reason,
        .about = {SW_STR("shop"), SW_STR("cart"), sw_str_from(remote)},
    };
}

/* What the next plan of shop/NAME says. */
static inline void say_of(const char *name, struct sw_mesh_finding *findings, size_t n)
{
    const struct sw_plan plan = {
        .namespace_ = SW_STR("shop"),
        .service = sw_str_from(name),
        .kinds = SERVICE_KINDS,
        .findings = {findings, n},
    };

    assert_int_equal(sw_ledger_note(ledger, &plan, NULL), 0);
}

static inline void say(enum sw_mesh_verdict verdict, enum sw_reason reason, const char *remote)
{
    struct sw_mesh_finding one = finding(verdict, reason, remote);

    say_of("cart", &one, 1);
}

static inline void say_emitted(void)
{
    say(SW_MESH_EMITTED, SW_PLANNED, "west");
}

static inline void say_withheld(void)
{
    say(SW_MESH_WITHHELD, SW_NO_READY_PODS, "west");
}

static inline void let_wait(enum sw_op_verb verb)
{
    const struct sw_wait wait = {
        .verb = verb,
        .kind = SW_MESH_WORKLOADENTRY,
        .reason = SW_WAITS_GATEWAY,
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
    };

    assert_int_equal(sw_ledger_note_wait(ledger, &wait, NULL), 0);
}

static inline bool next(void)
{
    scan();
    return sw_event_filter_next(filter, ledger, now_ms, &event);
}

static inline void assert_told(const char *reason, bool warning)
{
    assert_true(next());
    assert_string_equal(event.reason, reason);
    assert_int_equal(event.warning, warning);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

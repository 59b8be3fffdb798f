/* certs/plan.c: the next step for every state that there can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "certs/plan.h"
#include "maker.h"
#include "states.h"

static struct sw_cert_list cas, lists[2];

static struct sw_cert of_letter(char letter, const struct row *row)
{
    const char id[2] = {letter, '\0'};
    const int64_t days = letter == 'a' ? row->a_days : letter == 'b' ? row->b_days : 10;
    struct sw_cert cert = maker_made_up(id, NOW_S - days * DAY_S, CA_LIFE_S);

    cert.ours = !strchr("fe", letter);
    if (letter == 'e')
        cert.not_after_s = NOW_S;
    return cert;
}

static void take_authority(char letter, int64_t days, const struct row *row)
{
    if (days != NONE)
        maker_push(&cas, of_letter(letter, row));
}

static size_t take_bundles(const struct row *row)
{
    size_t n = 0;

    for (; n < 2 && row->bundles[n]; n++) {
        lists[n].n = lists[n].n_unread = 0;
        for (const char *letter = row->bundles[n]; *letter; letter++)
            maker_push(&lists[n], of_letter(*letter, row));
    }
    return n;
}

static struct sw_cert_state state_of(const struct row *row)
{
    static const struct sw_cert_list *const bundles[] = {&lists[0], &lists[1]};
    struct sw_cert_state state = {
        .now_s = NOW_S,
        .cert_lifetime_s = CERT_LIFE_S,
        .cas = &cas,
        .bundles = bundles,
        .n_bundles = take_bundles(row),
        .trusted_ms = row->trusted_ms,
        .served_ms = row->served_ms,
    };

    cas.n = 0;
    take_authority('a', row->a_days, row);
    take_authority('b', row->b_days, row);
    state.signer = row->no_key ? cas.n : 0;
    if (row->leaf) {
        int64_t issued_s = NOW_S - row->leaf_days * DAY_S;

        state.leaf = (struct sw_cert_served){true, issued_s - SW_CERT_SKEW_S,
                                             issued_s + CERT_LIFE_S, row->leaf == 'b'};
    }
    return state;
}

static void each_state_has_its_step(void **ignored)
{
    (void)ignored;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sw_cert_state state = state_of(&rows[i]);
        struct sw_cert_plan plan;

        sw_cert_plan(&state, &plan);
        if (plan.step != rows[i].step)
            fail_msg("%s: expected \"%s\", found \"%s\" (%s)", rows[i].about,
                     sw_cert_step_word(rows[i].step), sw_cert_step_word(plan.step), plan.why);
        if (plan.step == SW_CERT_WAIT && plan.wait_ms != rows[i].wait_ms)
            fail_msg("%s: expected to wait %lld ms, found %lld", rows[i].about,
                     (long long)rows[i].wait_ms, (long long)plan.wait_ms);
        assert_true(plan.why[0]);
    }
}

static struct sw_cert_state well(void)
{
    static const struct row row = {"", 1, NONE, false, 'a', 1, {"a", "a"}, LONG, LONG, 0, 0};

    return state_of(&row);
}

static void what_is_unread_in_a_bundle_goes(void **ignored)
{
    const struct sw_cert_state state = well();
    struct sw_cert_plan plan;

    (void)ignored;
    lists[1].n_unread = 1;
    assert_false(sw_cert_plan_differs(&state, &lists[0]));
    assert_true(sw_cert_plan_differs(&state, &lists[1]));
    sw_cert_plan(&state, &plan);
    assert_int_equal(plan.step, SW_CERT_WRITE_BUNDLES);
}

/* Somebody who breaks the key again and again makes us add one authority after the other. */
static void the_secret_does_not_grow_without_end(void **ignored)
{
    struct sw_cert_state state = well();
    size_t n = 0;

    (void)ignored;
    for (int i = 0; i < 20; i++) {
        char id[8];

        snprintf(id, sizeof(id), "%d", i);
        maker_push(&cas, maker_made_up(id, NOW_S, CA_LIFE_S));
    }
    state.leaf.ca = 17;
    state.served_ms = 0;
    for (size_t i = 0; i < cas.n; i++)
        n += sw_cert_plan_keeps_ca(&state, i);
    assert_int_equal(n, SW_CERT_CAS_MAX + 1);
    assert_true(sw_cert_plan_keeps_ca(&state, 17));
}

/* Somebody has put back what the Secret held before. */
static void an_authority_younger_than_the_signer_is_kept_for_as_long(void **ignored)
{
    static const struct row row = {"",           100,  50,   false,        'a', 1,
                                   {"ab", "ab"}, LONG, LONG, SW_CERT_REST, 0};
    struct sw_cert_state state = state_of(&row);

    (void)ignored;
    assert_true(sw_cert_plan_keeps_ca(&state, 1));
    state.now_s += 40 * DAY_S;
    assert_false(sw_cert_plan_keeps_ca(&state, 1));
}

/* A user's own authority in the Secret may have been made for less than our allowance. */
static void a_short_term_counts_whole(void **ignored)
{
    struct sw_cert_state state = well();
    struct sw_cert_plan plan;

    (void)ignored;
    state.leaf.not_before_s = NOW_S - 10;
    state.leaf.not_after_s = NOW_S + 50;
    sw_cert_plan(&state, &plan);
    assert_int_equal(plan.step, SW_CERT_REST);
    state.now_s += 30;
    sw_cert_plan(&state, &plan);
    assert_int_equal(plan.step, SW_CERT_NEW_LEAF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_step),
        cmocka_unit_test(what_is_unread_in_a_bundle_goes),
        cmocka_unit_test(the_secret_does_not_grow_without_end),
        cmocka_unit_test(an_authority_younger_than_the_signer_is_kept_for_as_long),
        cmocka_unit_test(a_short_term_counts_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

#define CA_LIFE_S   (360 * DAY_S)
#define CERT_LIFE_S (90 * DAY_S)

/* How long ago something was made, in days; NONE for not at all. */
#define NONE INT64_MIN

/* A state in words. Letters name certificates: a, b of ours; x, y of ours that the Secret does not
 * know; f foreign; e foreign and expired. */
struct row {
    const char *about;
    int64_t a_days;         /* age of authority a, which is the signer unless b is */
    int64_t b_days;         /* age of authority b, listed behind a; NONE */
    bool no_key;            /* no signer at all */
    char leaf;              /* its authority; 0 for none */
    int64_t leaf_days;      /* its age */
    const char *bundles[2]; /* letters; NULL ends */
    int64_t trusted_ms;
    int64_t served_ms;
    enum sw_cert_step step;
    int64_t wait_ms; /* of SW_CERT_WAIT */
};

#define LONG INT64_C(10000000)

static const struct row rows[] = {
    {"nothing at all", NONE, NONE, true, 0, 0, {"", ""}, -1, -1, SW_CERT_BEGIN, 0},
    {"nothing, and webhooks that only had what has expired",
     NONE,
     NONE,
     true,
     0,
     0,
     {"e", ""},
     -1,
     -1,
     SW_CERT_BEGIN,
     0},
    {"nothing, and nobody to call us", NONE, NONE, true, 0, 0, {NULL}, -1, -1, SW_CERT_BEGIN, 0},
    {"the Secret is gone, but somebody may serve",
     NONE,
     NONE,
     true,
     0,
     0,
     {"x", "x"},
     -1,
     -1,
     SW_CERT_NEW_CA,
     0},
    {"the Secret is gone, a bundle was reset",
     NONE,
     NONE,
     true,
     0,
     0,
     {"x", ""},
     -1,
     -1,
     SW_CERT_NEW_CA,
     0},
    {"a user's authority may serve", NONE, NONE, true, 0, 0, {"f", "f"}, -1, -1, SW_CERT_NEW_CA, 0},
    {"no key, a good certificate", 1, NONE, true, 'a', 1, {"a", "a"}, -1, LONG, SW_CERT_NEW_CA, 0},
    {"an authority, nothing served, nothing believed",
     0,
     NONE,
     false,
     0,
     0,
     {"", ""},
     -1,
     -1,
     SW_CERT_NEW_LEAF,
     0},
    {"a new authority that nobody believes yet",
     0,
     NONE,
     false,
     0,
     0,
     {"x", "x"},
     -1,
     -1,
     SW_CERT_WRITE_BUNDLES,
     0},
    {"one bundle of two", 0, NONE, false, 0, 0, {"xa", "x"}, -1, -1, SW_CERT_WRITE_BUNDLES, 0},
    {"all of them, just now", 0, NONE, false, 0, 0, {"xa", "xa"}, 0, -1, SW_CERT_WAIT, 15000},
    {"nearly long enough", 0, NONE, false, 0, 0, {"xa", "xa"}, 14999, -1, SW_CERT_WAIT, 1},
    {"long enough", 0, NONE, false, 0, 0, {"xa", "xa"}, 15000, -1, SW_CERT_NEW_LEAF, 0},
    {"served, others still may be",
     0,
     NONE,
     false,
     'a',
     0,
     {"xa", "xa"},
     20000,
     0,
     SW_CERT_WAIT,
     120000},
    {"served for long enough",
     0,
     NONE,
     false,
     'a',
     0,
     {"xa", "xa"},
     LONG,
     120000,
     SW_CERT_WRITE_BUNDLES,
     0},
    {"all is well", 1, NONE, false, 'a', 1, {"a", "a"}, LONG, LONG, SW_CERT_REST, 0},
    {"all is well, beside a user's",
     1,
     NONE,
     false,
     'a',
     1,
     {"fa", "af"},
     LONG,
     LONG,
     SW_CERT_REST,
     0},
    {"a user's that has expired",
     1,
     NONE,
     false,
     'a',
     1,
     {"a", "ea"},
     LONG,
     LONG,
     SW_CERT_WRITE_BUNDLES,
     0},
    {"a bundle was reset", 1, NONE, false, 'a', 1, {"a", ""}, -1, LONG, SW_CERT_WRITE_BUNDLES, 0},
    {"all were reset", 1, NONE, false, 'a', 1, {"", ""}, -1, LONG, SW_CERT_WRITE_BUNDLES, 0},
    {"a bundle was reset while one is due",
     1,
     NONE,
     false,
     'a',
     61,
     {"a", ""},
     -1,
     LONG,
     SW_CERT_WRITE_BUNDLES,
     0},
    {"a certificate before two thirds",
     1,
     NONE,
     false,
     'a',
     59,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_REST,
     0},
    {"a certificate after two thirds",
     1,
     NONE,
     false,
     'a',
     60,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_NEW_LEAF,
     0},
    {"the same, by a new leader", 1, NONE, false, 'a', 60, {"a", "a"}, 0, 0, SW_CERT_WAIT, 15000},
    {"a certificate that has expired",
     100,
     NONE,
     false,
     'a',
     91,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_NEW_LEAF,
     0},
    {"a certificate of the future",
     1,
     NONE,
     false,
     'a',
     -1,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_NEW_LEAF,
     0},
    {"a broken certificate", 1, NONE, false, 0, 0, {"a", "a"}, LONG, -1, SW_CERT_NEW_LEAF, 0},
    {"an authority before two thirds",
     239,
     NONE,
     false,
     'a',
     1,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_REST,
     0},
    {"an authority after two thirds",
     240,
     NONE,
     false,
     'a',
     1,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_NEW_CA,
     0},
    {"both are due: the old one signs once more",
     240,
     NONE,
     false,
     'a',
     60,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_NEW_LEAF,
     0},
    {"both are due, by a new leader",
     240,
     NONE,
     false,
     'a',
     60,
     {"a", "a"},
     0,
     0,
     SW_CERT_NEW_CA,
     0},
    {"an authority of the future",
     -1,
     NONE,
     false,
     'a',
     -1,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_NEW_CA,
     0},
    {"everything has expired",
     400,
     NONE,
     false,
     'a',
     400,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_BEGIN,
     0},
    {"rotating: made", 0, 240, false, 'b', 1, {"b", "b"}, -1, LONG, SW_CERT_WRITE_BUNDLES, 0},
    {"rotating: appended", 0, 240, false, 'b', 1, {"ba", "ba"}, 3000, LONG, SW_CERT_WAIT, 12000},
    {"rotating: known everywhere",
     0,
     240,
     false,
     'b',
     1,
     {"ba", "ba"},
     15000,
     LONG,
     SW_CERT_NEW_LEAF,
     0},
    {"rotating: issued", 0, 240, false, 'a', 0, {"ba", "ba"}, LONG, 0, SW_CERT_REST, 0},
    {"rotated: the old one has signed what is valid",
     89,
     329,
     false,
     'a',
     1,
     {"ba", "ba"},
     LONG,
     LONG,
     SW_CERT_REST,
     0},
    {"rotated: nothing of the old one is valid",
     90,
     330,
     false,
     'a',
     1,
     {"ba", "ba"},
     LONG,
     LONG,
     SW_CERT_DROP_CA,
     0},
    {"the same, by a new leader",
     90,
     330,
     false,
     'a',
     1,
     {"ba", "ba"},
     LONG,
     1000,
     SW_CERT_REST,
     0},
    {"rotated: dropped, but still in the bundles",
     90,
     NONE,
     false,
     'a',
     1,
     {"xa", "xa"},
     LONG,
     LONG,
     SW_CERT_WRITE_BUNDLES,
     0},
    {"rotated: the old one has expired",
     30,
     361,
     false,
     'a',
     1,
     {"a", "a"},
     LONG,
     LONG,
     SW_CERT_DROP_CA,
     0},
};

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

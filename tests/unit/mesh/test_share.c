/* mesh/share.c: counts and reasons of one setting in one cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "mesh/share.h"

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

static void note(struct sw_share *share, enum sw_share_state state, const char *word,
                 const char *example)
{
    const struct sw_share_reason reason = {state, sw_str_from(word), 1, sw_str_from(example),
                                           sw_str_from(example)};

    assert_int_equal(sw_share_note(share, &reason, &arena, NULL), 0);
}

static void check(const struct sw_share_reason *reason, const char *word, size_t n,
                  const char *example)
{
    assert_true(sw_str_is(reason->word, word));
    assert_int_equal(reason->n, n);
    assert_true(sw_str_is(reason->example, example));
    assert_true(sw_str_is(reason->message, example));
}

static void the_first_by_name_is_the_example(void **state)
{
    struct sw_share share = {0};

    (void)state;
    note(&share, SW_SHARE_WITHHELD, "NoReadyPods", "shop/cart");
    note(&share, SW_SHARE_WITHHELD, "NoReadyPods", "shop/ad");
    note(&share, SW_SHARE_WITHHELD, "NoReadyPods", "shop/till");
    assert_int_equal(share.n[SW_SHARE_WITHHELD], 3);
    assert_int_equal(share.n_reasons, 1);
    check(&share.reasons[0], "NoReadyPods", 3, "shop/ad");
}

static void one_word_of_two_states_is_two_reasons(void **state)
{
    struct sw_share share = {0};

    (void)state;
    note(&share, SW_SHARE_NOT_EXPOSED, "Headless", "shop/a");
    note(&share, SW_SHARE_WITHHELD, "Headless", "shop/b");
    assert_int_equal(share.n_reasons, 2);
    assert_int_equal(share.n[SW_SHARE_NOT_EXPOSED], 1);
}

static void settled_the_most_frequent_come_first_state_by_state(void **state)
{
    struct sw_share share = {0};

    (void)state;
    note(&share, SW_SHARE_NOT_EXPOSED, "Headless", "a");
    note(&share, SW_SHARE_WITHHELD, "NoSidecar", "b");
    note(&share, SW_SHARE_WITHHELD, "NoReadyPods", "c");
    note(&share, SW_SHARE_WITHHELD, "NoReadyPods", "d");
    sw_share_settle(&share);
    check(&share.reasons[0], "NoReadyPods", 2, "c");
    check(&share.reasons[1], "NoSidecar", 1, "b");
    check(&share.reasons[2], "Headless", 1, "a");
}

static void settled_the_rarest_go_and_stay_counted(void **state)
{
    struct sw_share share = {0};
    char word[8];

    (void)state;
    for (int i = 0; i < 2 * SW_SHARE_MAX_REASONS; i++) {
        snprintf(word, sizeof(word), "R%02d", i);
        note(&share, SW_SHARE_WITHHELD, word, "a");
    }
    note(&share, SW_SHARE_WITHHELD, "R11", "a");
    sw_share_settle(&share);
    assert_int_equal(share.n_reasons, SW_SHARE_MAX_REASONS);
    check(&share.reasons[0], "R11", 2, "a");
    assert_int_equal(share.n[SW_SHARE_WITHHELD], 13);
}

static void shares_add_up(void **state)
{
    struct sw_share a = {.n_exposed = 1, .n_emitted = 2, .n_entries = 3}, b = a;

    (void)state;
    note(&a, SW_SHARE_PENDING, "NotWritten", "shop/b");
    note(&b, SW_SHARE_PENDING, "NotWritten", "shop/a");
    b.n[SW_SHARE_PENDING] = 5; /* some of which no reason was kept */
    assert_int_equal(sw_share_add(&a, &b, &arena, NULL), 0);
    assert_int_equal(a.n_exposed, 2);
    assert_int_equal(a.n_emitted, 4);
    assert_int_equal(a.n_entries, 6);
    assert_int_equal(a.n[SW_SHARE_PENDING], 6);
    check(&a.reasons[0], "NotWritten", 2, "shop/a");
}

static void without_memory_nothing_is_counted(void **state)
{
    const struct sw_share_reason reason = {SW_SHARE_WITHHELD, SW_STR("NoSidecar"), 1, SW_STR("a"),
                                           SW_STR("a")};
    struct sw_share share = {0};
    struct sw_arena none;

    (void)state;
    sw_arena_init(&none, 16, 16);
    assert_int_equal(sw_share_note(&share, &reason, &none, NULL), SW_ENOMEM);
    assert_int_equal(share.n[SW_SHARE_WITHHELD], 0);
    assert_int_equal(share.n_reasons, 0);
    sw_arena_release(&none);
}

static void states_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < SW_SHARE_N_STATES; i++) {
        const enum sw_share_state each = (enum sw_share_state)i;

        assert_int_equal(sw_share_state_of(sw_str_from(sw_share_state_word(each))), each);
    }
    assert_int_equal(sw_share_state_of(SW_STR("Else")), SW_SHARE_N_STATES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_by_name_is_the_example, setup, teardown),
        cmocka_unit_test_setup_teardown(one_word_of_two_states_is_two_reasons, setup, teardown),
        cmocka_unit_test_setup_teardown(settled_the_most_frequent_come_first_state_by_state, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(settled_the_rarest_go_and_stay_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(shares_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_counted, setup, teardown),
        cmocka_unit_test(states_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* webhook/retry_table.c: what was told to come again is known, for a while, to every thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>

#include "webhook/retry_table.h"

#define UID      SW_STR("705ab4f5-6393-11e8-b7cc-42010a800002")
#define NOW_MS   ((uint64_t)5000000)
#define TTL_MS   ((uint64_t)SW_RETRY_TABLE_TTL_S * 1000)
#define CAPACITY (SW_RETRY_TABLE_BUCKETS * SW_RETRY_TABLE_WAYS)

static struct sw_retry_table table; /* too large for a stack frame that is looked at */

static int setup(void **state)
{
    (void)state;
    sw_retry_table_init(&table, 42);
    return 0;
}

static struct sw_str numbered(char text[32], size_t number)
{
    return (struct sw_str){text, (size_t)snprintf(text, 32, "uid-%zu", number)};
}

static void has_knows_nothing_at_first(void **state)
{
    (void)state;
    assert_false(sw_retry_table_has(&table, UID, NOW_MS));
    assert_false(sw_retry_table_has(&table, SW_STR(""), NOW_MS));
    assert_false(sw_retry_table_has(&table, UID, 0));
}

static void has_knows_what_was_noted_and_nothing_else(void **state)
{
    (void)state;
    sw_retry_table_note(&table, UID, NOW_MS);
    assert_true(sw_retry_table_has(&table, UID, NOW_MS));
    assert_true(sw_retry_table_has(&table, UID, NOW_MS + 1000));
    assert_false(
        sw_retry_table_has(&table, SW_STR("705ab4f5-6393-11e8-b7cc-42010a800003"), NOW_MS));
}

static void has_takes_the_unset_uid_like_any_other(void **state)
{
    (void)state;
    sw_retry_table_note(&table, (struct sw_str){NULL, 0}, NOW_MS);
    assert_true(sw_retry_table_has(&table, SW_STR(""), NOW_MS));
}

static void has_forgets_after_the_ttl(void **state)
{
    (void)state;
    sw_retry_table_note(&table, UID, NOW_MS);
    assert_true(sw_retry_table_has(&table, UID, NOW_MS + TTL_MS));
    assert_false(sw_retry_table_has(&table, UID, NOW_MS + TTL_MS + 1000));
}

static void has_works_in_the_first_second_of_a_boot(void **state)
{
    (void)state;
    sw_retry_table_note(&table, UID, 10);
    assert_true(sw_retry_table_has(&table, UID, 900));
    assert_true(sw_retry_table_has(&table, UID, 1500));
}

static void has_counts_on_when_the_seconds_come_round(void **state)
{
    uint64_t last_ms = (((uint64_t)1 << 24) - 1) * 1000;

    (void)state;
    sw_retry_table_note(&table, UID, last_ms);
    assert_true(sw_retry_table_has(&table, UID, last_ms + 3000));
    assert_false(sw_retry_table_has(&table, UID, last_ms + TTL_MS + 3000));
}

static void note_again_starts_the_time_anew(void **state)
{
    (void)state;
    sw_retry_table_note(&table, UID, NOW_MS);
    sw_retry_table_note(&table, UID, NOW_MS + TTL_MS);
    assert_true(sw_retry_table_has(&table, UID, NOW_MS + 2 * TTL_MS));
}

static void note_again_takes_no_second_place(void **state)
{
    char text[32];
    size_t n_known = 0;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        sw_retry_table_note(&table, UID, NOW_MS);
    for (size_t i = 0; i < SW_RETRY_TABLE_BUCKETS; i++)
        for (size_t j = 0; j < SW_RETRY_TABLE_WAYS; j++)
            n_known += atomic_load(&table.entries[i][j]) != 0;
    assert_int_equal(n_known, 1);
    assert_false(sw_retry_table_has(&table, numbered(text, 1), NOW_MS));
}

/* Far more than there is room for: the table stays what it is, and the newest is always known. */
static void note_pushes_out_the_oldest_of_a_full_bucket(void **state)
{
    char text[32];
    size_t n_newest = 0;

    (void)state;
    for (size_t i = 0; i < 4 * CAPACITY; i++) {
        sw_retry_table_note(&table, numbered(text, i), NOW_MS + i);
        assert_true(sw_retry_table_has(&table, numbered(text, i), NOW_MS + i));
    }
    for (size_t i = 3 * CAPACITY; i < 4 * CAPACITY; i++)
        n_newest += sw_retry_table_has(&table, numbered(text, i), NOW_MS + 4 * CAPACITY);
    /* Hashing spreads unevenly: some of the last CAPACITY met a bucket of newer ones. */
    assert_true(n_newest > CAPACITY / 2);
}

static void note_under_half_the_room_is_kept(void **state)
{
    char text[32];
    size_t n_known = 0;

    (void)state;
    for (size_t i = 0; i < CAPACITY / 8; i++)
        sw_retry_table_note(&table, numbered(text, i), NOW_MS);
    for (size_t i = 0; i < CAPACITY / 8; i++)
        n_known += sw_retry_table_has(&table, numbered(text, i), NOW_MS);
    assert_true(n_known >= CAPACITY / 8 - 2);
}

static void init_with_another_seed_spreads_otherwise(void **state)
{
    static struct sw_retry_table other;
    size_t n_same = 0;
    char text[32];

    (void)state;
    sw_retry_table_init(&other, 43);
    for (size_t i = 0; i < 64; i++) {
        sw_retry_table_note(&table, numbered(text, i), NOW_MS);
        sw_retry_table_note(&other, numbered(text, i), NOW_MS);
    }
    for (size_t i = 0; i < SW_RETRY_TABLE_BUCKETS; i++)
        n_same += atomic_load(&table.entries[i][0]) && atomic_load(&other.entries[i][0]);
    assert_true(n_same < 48);
}

/* Each thread notes uids of its own and finds them, while the others do the same. */
static void *note_and_look(void *argument)
{
    size_t first = *(size_t *)argument, n_lost = 0;
    char text[32];

    for (size_t i = 0; i < 20000; i++) {
        struct sw_str uid = numbered(text, first + i % 32);

        sw_retry_table_note(&table, uid, NOW_MS + i / 100);
        n_lost += !sw_retry_table_has(&table, uid, NOW_MS + i / 100);
    }
    return n_lost > 200 ? argument : NULL; /* a lost race for one entry is forgiven, and is rare */
}

static void threads_share_one_table(void **state)
{
    pthread_t threads[4];
    size_t firsts[4] = {0, 100, 200, 300};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, note_and_look, &firsts[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        void *failed = NULL;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(has_knows_nothing_at_first, setup),
        cmocka_unit_test_setup(has_knows_what_was_noted_and_nothing_else, setup),
        cmocka_unit_test_setup(has_takes_the_unset_uid_like_any_other, setup),
        cmocka_unit_test_setup(has_forgets_after_the_ttl, setup),
        cmocka_unit_test_setup(has_works_in_the_first_second_of_a_boot, setup),
        cmocka_unit_test_setup(has_counts_on_when_the_seconds_come_round, setup),
        cmocka_unit_test_setup(note_again_starts_the_time_anew, setup),
        cmocka_unit_test_setup(note_again_takes_no_second_place, setup),
        cmocka_unit_test_setup(note_pushes_out_the_oldest_of_a_full_bucket, setup),
        cmocka_unit_test_setup(note_under_half_the_room_is_kept, setup),
        cmocka_unit_test_setup(init_with_another_seed_spreads_otherwise, setup),
        cmocka_unit_test_setup(threads_share_one_table, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

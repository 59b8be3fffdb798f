/* webhook/snapshot.c: readers always see a whole value, and none is freed while it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "webhook/snapshot.h"

#define N_SLOTS 3
#define ALIVE   0x600dU
#define DEAD    0xdeadU

struct value {
    struct sw_snapshot_item item; /* first, so that one is the other */
    unsigned long alive;
    unsigned long number;
    size_t *n_freed; /* counted by the writer alone */
};

struct fixture {
    struct sw_snapshot snapshot;
    struct sw_snapshot_slot slots[N_SLOTS];
    size_t n_freed;
};

static void free_value(struct sw_snapshot_item *item)
{
    struct value *value = (struct value *)item;

    ++*value->n_freed;
    value->alive = DEAD; /* a reader that still looks sees it, or a sanitizer sees the reader */
    free(value);
}

static struct sw_snapshot_item *new_value(struct fixture *f, unsigned long number)
{
    struct value *value = calloc(1, sizeof(*value));

    assert_non_null(value);
    *value = (struct value){
        .item.free = free_value, .alive = ALIVE, .number = number, .n_freed = &f->n_freed};
    return &value->item;
}

static unsigned long number_of(const struct sw_snapshot_item *item)
{
    return ((const struct value *)item)->number;
}

static int setup(void **state)
{
    struct fixture *f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);

    if (!f)
        return -1;
    *f = (struct fixture){.n_freed = 0};
    sw_snapshot_init(&f->snapshot, new_value(f, 1), f->slots, N_SLOTS);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_snapshot_release(&f->snapshot);
    free(f);
    return 0;
}

static void enter_gets_what_is_published(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(number_of(sw_snapshot_enter(&f->snapshot, 0)), 1);
    sw_snapshot_leave(&f->snapshot, 0);
    sw_snapshot_publish(&f->snapshot, new_value(f, 2));
    assert_int_equal(number_of(sw_snapshot_enter(&f->snapshot, 0)), 2);
    sw_snapshot_leave(&f->snapshot, 0);
}

static void publish_frees_at_once_what_nobody_reads(void **state)
{
    struct fixture *f = *state;

    sw_snapshot_publish(&f->snapshot, new_value(f, 2));
    assert_int_equal(f->n_freed, 1);
    assert_int_equal(sw_snapshot_reclaim(&f->snapshot), 0);
}

static void publish_keeps_what_is_read_until_it_is_left(void **state)
{
    struct fixture *f = *state;
    struct sw_snapshot_item *read = sw_snapshot_enter(&f->snapshot, 1);

    sw_snapshot_publish(&f->snapshot, new_value(f, 2));
    sw_snapshot_publish(&f->snapshot, new_value(f, 3));
    assert_int_equal(f->n_freed, 0);
    assert_int_equal(sw_snapshot_reclaim(&f->snapshot), 2);
    assert_int_equal(number_of(read), 1);
    sw_snapshot_leave(&f->snapshot, 1);
    assert_int_equal(sw_snapshot_reclaim(&f->snapshot), 0);
    assert_int_equal(f->n_freed, 2);
}

static void reclaim_frees_what_is_older_than_every_reader(void **state)
{
    struct fixture *f = *state;
    struct sw_snapshot_item *read;

    sw_snapshot_enter(&f->snapshot, 0);
    sw_snapshot_publish(&f->snapshot, new_value(f, 2));
    read = sw_snapshot_enter(&f->snapshot, 2);
    sw_snapshot_publish(&f->snapshot, new_value(f, 3));
    sw_snapshot_leave(&f->snapshot, 0);
    assert_int_equal(sw_snapshot_reclaim(&f->snapshot), 1);
    assert_int_equal(f->n_freed, 1);
    assert_int_equal(number_of(read), 2);
    sw_snapshot_leave(&f->snapshot, 2);
}

static void release_frees_all_there_is(void **state)
{
    struct fixture *f = *state;

    sw_snapshot_enter(&f->snapshot, 0);
    sw_snapshot_publish(&f->snapshot, new_value(f, 2));
    sw_snapshot_leave(&f->snapshot, 0);
    sw_snapshot_release(&f->snapshot);
    assert_int_equal(f->n_freed, 2);
}

static void release_of_nothing_is_allowed(void **state)
{
    struct sw_snapshot zeroed = {.n_slots = 0};

    (void)state;
    sw_snapshot_release(NULL);
    sw_snapshot_release(&zeroed);
}

struct reader {
    struct fixture *f;
    size_t slot;
    _Atomic int *stop;
    bool failed;
    _Atomic unsigned long n_reads;
};

/* Values only ever become newer, and are whole for as long as they are looked at. */
static void *read_on(void *argument)
{
    struct reader *reader = argument;
    struct sw_snapshot *snapshot = &reader->f->snapshot;
    unsigned long last = 0;

    while (!atomic_load(reader->stop)) {
        const struct value *value = (const struct value *)sw_snapshot_enter(snapshot, reader->slot);

        for (int i = 0; i < 20; i++)
            reader->failed |= value->alive != ALIVE || value->number < last;
        last = value->number;
        sw_snapshot_leave(snapshot, reader->slot);
        atomic_fetch_add(&reader->n_reads, 1);
    }
    return NULL;
}

static bool all_have_read(struct reader *readers)
{
    for (size_t i = 0; i < N_SLOTS; i++) {
        if (atomic_load(&readers[i].n_reads) < 1000)
            return false;
    }
    return true;
}

static void readers_and_a_writer_at_the_same_time(void **state)
{
    struct fixture *f = *state;
    struct reader readers[N_SLOTS] = {0};
    pthread_t threads[N_SLOTS];
    _Atomic int stop = 0;
    unsigned long number = 1;

    for (size_t i = 0; i < N_SLOTS; i++) {
        readers[i] = (struct reader){.f = f, .slot = i, .stop = &stop};
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    }
    while (number < 20000 || !all_have_read(readers))
        sw_snapshot_publish(&f->snapshot, new_value(f, ++number));
    atomic_store(&stop, 1);
    for (size_t i = 0; i < N_SLOTS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(readers[i].failed);
    }
    assert_int_equal(sw_snapshot_reclaim(&f->snapshot), 0);
    assert_int_equal(f->n_freed, number - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(enter_gets_what_is_published, setup, teardown),
        cmocka_unit_test_setup_teardown(publish_frees_at_once_what_nobody_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(publish_keeps_what_is_read_until_it_is_left, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reclaim_frees_what_is_older_than_every_reader, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(release_frees_all_there_is, setup, teardown),
        cmocka_unit_test(release_of_nothing_is_allowed),
        cmocka_unit_test_setup_teardown(readers_and_a_writer_at_the_same_time, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

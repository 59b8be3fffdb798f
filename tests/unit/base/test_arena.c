/* pkg/base/arena.c: alignment, growth, the cap, and what outlives a clear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"

#define FIRST_CHUNK 256
#define MAX         4096

static struct sw_arena arena_of(size_t chunk_bytes, size_t max_bytes)
{
    struct sw_arena arena;

    sw_arena_init(&arena, chunk_bytes, max_bytes);
    return arena;
}

static void alloc_is_aligned_and_apart(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);
    char *pieces[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        pieces[i] = sw_arena_alloc(&arena, i + 1);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)i, i + 1);
    }
    for (size_t i = 0; i < 20; i++)
        for (size_t j = 0; j <= i; j++)
            assert_int_equal(pieces[i][j], i);
}

static void alloc_of_nothing_is_a_pointer(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);

    (void)state;
    assert_non_null(sw_arena_alloc(&arena, 0));
}

static void alloc_keeps_to_the_cap(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);
    size_t given = 0;

    (void)state;
    while (sw_arena_alloc(&arena, 64))
        given += 64;
    assert_true(given <= MAX);
    assert_true(arena.held_bytes <= MAX);
    assert_true(given >= MAX - FIRST_CHUNK);
    assert_null(sw_arena_alloc(&arena, 1));
}

static void alloc_can_take_the_whole_cap_at_once(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);

    (void)state;
    assert_null(sw_arena_alloc(&arena, MAX + 1));
    assert_non_null(sw_arena_alloc(&arena, MAX));
    assert_null(sw_arena_alloc(&arena, 1));
}

static void alloc_of_absurd_sizes_fails_even_without_a_cap(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, SIZE_MAX);

    (void)state;
    assert_null(sw_arena_alloc(&arena, SIZE_MAX));
    assert_null(sw_arena_alloc(&arena, SIZE_MAX - 100));
    assert_null(sw_arena_alloc(&arena, SIZE_MAX / 2));
    assert_null(sw_arena_push(&arena, NULL, 0, SIZE_MAX / 4 + 1));
}

static void zalloc_is_zeroed_after_reuse(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);
    unsigned char *memory = sw_arena_alloc(&arena, 100);

    (void)state;
    memset(memory, 0xff, 100);
    sw_arena_clear(&arena);
    memory = sw_arena_zalloc(&arena, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(memory[i], 0);
    assert_null(sw_arena_zalloc(&arena, MAX + 1));
}

static void clear_keeps_the_first_chunk_only(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);
    void *first = sw_arena_alloc(&arena, 1);

    (void)state;
    for (int i = 0; i < 30; i++)
        assert_non_null(sw_arena_alloc(&arena, 64));
    sw_arena_clear(&arena);
    assert_int_equal(arena.held_bytes, FIRST_CHUNK);
    assert_ptr_equal(sw_arena_alloc(&arena, 1), first);
}

static void clear_gives_back_a_first_chunk_made_for_one_large_piece(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);

    (void)state;
    assert_non_null(sw_arena_alloc(&arena, FIRST_CHUNK * 2));
    sw_arena_clear(&arena);
    assert_int_equal(arena.held_bytes, 0);
    assert_non_null(sw_arena_alloc(&arena, MAX));
}

static void release_leaves_a_usable_arena_and_accepts_null(void **state)
{
    struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);

    (void)state;
    sw_arena_release(NULL);
    assert_non_null(sw_arena_alloc(&arena, 1));
    sw_arena_release(&arena);
    assert_int_equal(arena.held_bytes, 0);
    sw_arena_release(&arena);
    assert_non_null(sw_arena_alloc(&arena, MAX));
    sw_arena_release(&arena);
}

static void wipe_leaves_a_usable_arena_and_accepts_null(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(16, MAX);

    (void)state;
    for (size_t i = 0; i < 20; i++)
        assert_non_null(sw_arena_copy(&arena, SW_STR("a token")).data);
    sw_arena_wipe(&arena);
    assert_int_equal(arena.held_bytes, 0);
    assert_string_equal(sw_arena_copy(&arena, SW_STR("again")).data, "again");
    sw_arena_wipe(NULL);
}

static void push_keeps_what_is_there_and_zeroes_what_is_new(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, 1 << 16);
    size_t *items = NULL;

    (void)state;
    for (size_t n = 0; n < 100; n++) {
        items = sw_arena_push(&arena, items, n, sizeof(*items));
        assert_non_null(items);
        assert_int_equal(items[n], 0);
        items[n] = n + 1;
    }
    for (size_t n = 0; n < 100; n++)
        assert_int_equal(items[n], n + 1);
}

static void push_over_the_cap_leaves_the_old_array(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, FIRST_CHUNK);
    size_t *items = NULL, *more, n = 0;

    (void)state;
    while ((more = sw_arena_push(&arena, items, n, sizeof(*items)))) {
        items = more;
        items[n] = n;
        n++;
    }
    assert_true(n >= 4 && n * sizeof(*items) <= FIRST_CHUNK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(items[i], i);
}

static void copy_is_apart_and_ends_in_nul(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(FIRST_CHUNK, MAX);
    char original[] = "a\0b";
    struct sw_str copy = sw_arena_copy(&arena, (struct sw_str){original, 3});

    (void)state;
    original[0] = 'x';
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.data, "a\0b", 4);
    copy = sw_arena_copy(&arena, (struct sw_str){NULL, 0});
    assert_string_equal(copy.data, "");
}

static void copies_stand_close_together(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(64, 64);

    (void)state;
    for (size_t i = 0; i < 12; i++)
        assert_non_null(sw_arena_copy(&arena, SW_STR("abc")).data);
    assert_non_null(sw_arena_alloc(&arena, 16)); /* 12 texts of 4 bytes have taken 48 */
    assert_null(sw_arena_copy(&arena, SW_STR("")).data);
}

/* Pieces of all sizes, some aligned and some not; the same for the same seed. */
static bool fill(struct sw_arena *arena, unsigned int seed)
{
    bool whole = true;

    for (size_t i = 0; i < 60; i++) {
        size_t size = (seed = seed * 1103515245 + 12345) >> 16 & 63;

        if (seed >> 8 & 1)
            whole = whole && sw_arena_alloc(arena, size);
        else
            whole = whole && sw_arena_printf(arena, "%0*d", (int)size + 1, 7);
    }
    return whole;
}

static void used_is_what_one_chunk_needs(void **state)
{
    (void)state;
    for (unsigned int seed = 0; seed < 200; seed++) {
        SW_CLEANUP(sw_arena_release) struct sw_arena many = arena_of(40, 1 << 16);
        struct sw_arena one;
        size_t used;

        assert_int_equal(sw_arena_used(&many), 0);
        assert_true(fill(&many, seed));
        used = sw_arena_used(&many);
        one = arena_of(used, used);
        assert_true(fill(&one, seed));
        assert_true(used < 60 * 80);
        sw_arena_release(&one);
    }
}

static void copy_over_the_cap_has_no_data(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(16, 16);
    struct sw_str copy = sw_arena_copy(&arena, SW_STR("sixteen letters."));

    (void)state;
    assert_null(copy.data);
    assert_int_equal(copy.len, 0);
}

static void printf_formats_or_fails(void **state)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = arena_of(32, 32);

    (void)state;
    assert_null(sw_arena_printf(&arena, "%040d", 7));
    assert_string_equal(sw_arena_printf(&arena, "%s[%d]", "ports", 2), "ports[2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_is_aligned_and_apart),
        cmocka_unit_test(alloc_of_nothing_is_a_pointer),
        cmocka_unit_test(alloc_keeps_to_the_cap),
        cmocka_unit_test(alloc_can_take_the_whole_cap_at_once),
        cmocka_unit_test(alloc_of_absurd_sizes_fails_even_without_a_cap),
        cmocka_unit_test(zalloc_is_zeroed_after_reuse),
        cmocka_unit_test(clear_keeps_the_first_chunk_only),
        cmocka_unit_test(clear_gives_back_a_first_chunk_made_for_one_large_piece),
        cmocka_unit_test(release_leaves_a_usable_arena_and_accepts_null),
        cmocka_unit_test(wipe_leaves_a_usable_arena_and_accepts_null),
        cmocka_unit_test(push_keeps_what_is_there_and_zeroes_what_is_new),
        cmocka_unit_test(push_over_the_cap_leaves_the_old_array),
        cmocka_unit_test(copy_is_apart_and_ends_in_nul),
        cmocka_unit_test(copies_stand_close_together),
        cmocka_unit_test(used_is_what_one_chunk_needs),
        cmocka_unit_test(copy_over_the_cap_has_no_data),
        cmocka_unit_test(printf_formats_or_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

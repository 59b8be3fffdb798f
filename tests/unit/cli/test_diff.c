/* pkg/cli/diff.c: unified diffs, as diff -u writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/diff.h"

struct fixture {
    struct sw_arena arena;
    struct sw_buf buf;
    char text[16384];
};

static const struct sw_diff_format plain = {0, false};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    sw_arena_init(&f->arena, 4096, (size_t)64 << 20);
    sw_buf_init(&f->buf, (size_t)1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_arena_release(&f->arena);
    sw_buf_release(&f->buf);
    free(f);
    return 0;
}

static void diff(struct fixture *f, const char *before, const char *after, size_t indent,
                 bool colours)
{
    struct sw_err err = {0};

    sw_buf_clear(&f->buf);
    assert_int_equal(sw_diff_write(sw_str_from(before), sw_str_from(after),
                                   (struct sw_diff_format){indent, colours}, &f->arena, &f->buf,
                                   &err),
                     0);
    assert_int_equal(sw_buf_status(&f->buf, &err), 0);
    snprintf(f->text, sizeof(f->text), "%.*s", SW_STR_ARG(sw_buf_str(&f->buf)));
}

static void assert_diff(struct fixture *f, const char *before, const char *after,
                        const char *expected)
{
    diff(f, before, after, 0, false);
    assert_string_equal(f->text, expected);
}

static void write_of_equal_texts_is_nothing(void **state)
{
    assert_diff(*state, "", "", "");
    assert_diff(*state, "a\nb\n", "a\nb\n", "");
}

static void write_shows_an_addition_in_its_context(void **state)
{
    assert_diff(*state, "1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nx\n5\n6\n7\n8\n",
                "@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n");
}

static void write_shows_a_removal(void **state)
{
    assert_diff(*state, "1\n2\n3\n", "1\n3\n", "@@ -1,3 +1,2 @@\n 1\n-2\n 3\n");
}

static void write_shows_a_change_as_both(void **state)
{
    assert_diff(*state, "1\n2\n3\n", "1\nx\n3\n", "@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n");
}

static void write_from_and_to_nothing(void **state)
{
    assert_diff(*state, "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n");
    assert_diff(*state, "a\n", "", "@@ -1 +0,0 @@\n-a\n");
}

static void write_joins_changes_with_six_equal_lines_between(void **state)
{
    assert_diff(*state, "a\n1\n2\n3\n4\n5\n6\nb\n", "1\n2\n3\n4\n5\n6\n",
                "@@ -1,8 +1,6 @@\n-a\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n");
}

static void write_parts_changes_with_seven_equal_lines_between(void **state)
{
    assert_diff(*state, "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "1\n2\n3\n4\n5\n6\n7\n",
                "@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n"
                "@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-b\n");
}

static void write_indents_and_colours(void **state)
{
    struct fixture *f = *state;

    diff(f, "1\n2\n", "1\n3\n", 2, true);
    assert_string_equal(f->text, "  \033[36m@@ -1,2 +1,2 @@\033[0m\n   1\n"
                                 "  \033[31m-2\033[0m\n  \033[32m+3\033[0m\n");
}

/* What patch(1) would make of `before`, to be compared with `after`. */
static void apply(struct fixture *f, const char *before, char *ret, size_t size)
{
    const char *rest = before;
    size_t line = 1, used = 0;

    for (char *p = f->text; *p; p = strchr(p, '\n') + 1) {
        size_t len = strcspn(p + 1, "\n") + 1;

        if (p[0] == '@') {
            char *end;
            size_t first = strtoull(p + strlen("@@ -"), &end, 10);
            size_t n = *end == ',' ? strtoull(end + 1, NULL, 10) : 1;

            for (first += n == 0; line < first; line++) {
                size_t whole = strcspn(rest, "\n") + 1;

                memcpy(ret + used, rest, whole);
                used += whole;
                rest += whole;
            }
            continue;
        }
        if (p[0] != '-') {
            memcpy(ret + used, p + 1, len);
            used += len;
        }
        if (p[0] != '+') {
            assert_memory_equal(rest, p + 1, len);
            rest += len;
            line++;
        }
    }
    assert_true(used + strlen(rest) < size);
    memcpy(ret + used, rest, strlen(rest) + 1);
}

static void write_turns_any_text_into_any_other(void **state)
{
    struct fixture *f = *state;
    unsigned int seed = 1;

    for (int round = 0; round < 2000; round++) {
        char before[64] = "", after[64] = "", got[256];

        for (int i = rand_r(&seed) % 20; i > 0; i--)
            strcat(before, (const char *[]){"a\n", "b\n", "c\n"}[rand_r(&seed) % 3]);
        for (int i = rand_r(&seed) % 20; i > 0; i--)
            strcat(after, (const char *[]){"a\n", "b\n", "c\n"}[rand_r(&seed) % 3]);
        diff(f, before, after, 0, false);
        apply(f, before, got, sizeof(got));
        assert_string_equal(got, after);
        sw_arena_clear(&f->arena);
    }
}

static void write_of_far_too_many_changes_replaces_all(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(sw_buf_release) struct sw_buf before, after;
    struct sw_err err = {0};
    struct sw_str first;

    sw_buf_init(&before, 100000);
    sw_buf_init(&after, 100000);
    for (int i = 0; i < 2000; i++) {
        sw_buf_printf(&before, "a%d\n", i);
        sw_buf_printf(&after, "b%d\n", i);
    }
    assert_int_equal(sw_diff_write(sw_buf_str(&before), sw_buf_str(&after), plain, &f->arena,
                                   &f->buf, &err),
                     0);
    first = sw_buf_str(&f->buf);
    assert_true(sw_str_is(sw_str_cut(&first, '\n'), "@@ -1,2000 +1,2000 @@"));
    assert_int_equal(first.len, before.len + after.len + 4000);
}

static void write_fails_without_memory(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};

    sw_arena_release(&f->arena);
    sw_arena_init(&f->arena, 64, 256);
    assert_int_equal(sw_diff_write(SW_STR("a\n"), SW_STR("b\n"), plain, &f->arena, &f->buf, &err),
                     SW_ENOMEM);
    assert_int_equal(err.code, SW_ENOMEM);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(write_of_equal_texts_is_nothing),
        TEST(write_shows_an_addition_in_its_context),
        TEST(write_shows_a_removal),
        TEST(write_shows_a_change_as_both),
        TEST(write_from_and_to_nothing),
        TEST(write_joins_changes_with_six_equal_lines_between),
        TEST(write_parts_changes_with_seven_equal_lines_between),
        TEST(write_indents_and_colours),
        TEST(write_turns_any_text_into_any_other),
        TEST(write_of_far_too_many_changes_replaces_all),
        TEST(write_fails_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

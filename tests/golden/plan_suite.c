#include "golden/plan_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "golden/find.h"
#include "json/read.h"

#define NOTHING_TO_RUN 255
#define CHUNK_BYTES    ((size_t)64 << 10)
#define MAX_CASE_BYTES ((size_t)512 << 20)

/* One cmocka test's state. */
struct item {
    struct golden_place place;
    golden_plan_suite_fn *run;
};

static void test_item(void **state)
{
    const struct item *item = *state;
    struct sw_err err = {0};
    struct golden_plan plan;
    struct sw_arena arena;
    int r;

    sw_arena_init(&arena, CHUNK_BYTES, MAX_CASE_BYTES);
    r = golden_plan_open(&item->place, &arena, &plan, &err);
    if (r == 0)
        r = item->run(&plan, &err);
    golden_plan_close(&plan);
    sw_arena_release(&arena);
    if (r < 0)
        fail_msg("%s", err.message);
}

static int list(const char *root, golden_plan_suite_fn *run, struct sw_arena *arena,
                struct golden_names *ret_names, struct item **ret, struct sw_err *reterr)
{
    const char *folder = sw_arena_printf(arena, "%s/plan", root);
    struct item *items;
    int r = folder ? golden_find(folder, arena, ret_names, reterr) : sw_err_nomem(reterr);

    if (r < 0)
        return r;
    items = sw_arena_zalloc(arena, ret_names->n * sizeof(*items));
    for (size_t i = 0; items && i < ret_names->n; i++) {
        items[i].run = run;
        items[i].place.root = root;
        items[i].place.folder = sw_arena_printf(arena, "%s/%s", folder, ret_names->items[i]);
        if (!items[i].place.folder)
            return sw_err_nomem(reterr);
    }
    *ret = items;
    return items ? 0 : sw_err_nomem(reterr);
}

int golden_plan_suite_main(int argc, char **argv, golden_plan_suite_fn *run)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_err err = {.message = "expected the path of tests/golden"};
    struct golden_names names = {0};
    struct CMUnitTest *tests = NULL;
    struct item *items = NULL;

    sw_json_setup();
    sw_arena_init(&arena, CHUNK_BYTES, MAX_CASE_BYTES);
    if (argc > 1 && list(argv[1], run, &arena, &names, &items, &err) == 0)
        tests = sw_arena_zalloc(&arena, names.n * sizeof(*tests));
    if (!tests || names.n == 0) {
        fprintf(stderr, "%s: %s\n", argv[0], tests ? "there is no case" : err.message);
        return NOTHING_TO_RUN;
    }
    for (size_t i = 0; i < names.n; i++)
        tests[i] = (struct CMUnitTest){
            .name = names.items[i], .test_func = test_item, .initial_state = &items[i]};
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return _cmocka_run_group_tests("plans", tests, names.n, NULL, NULL);
}

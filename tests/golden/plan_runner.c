/*
 * Runs every golden case below FOLDER/plan: what the reconciler of the first cluster finds, does
 * and sends must be what expected.yaml says. With SW_REFRESH_GOLDEN=1 expected.yaml is rewritten
 * instead: read what it says then.
 *
 * usage: golden_plan FOLDER [PATTERN]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "golden/diff.h"
#include "golden/plan_suite.h"

#define MAX_DIFF_BYTES ((size_t)1 << 20)

static int refresh(const struct golden_plan *plan, struct sw_str text, struct sw_err *reterr)
{
    const char *path = sw_arena_printf(plan->arena, "%s/expected.yaml", plan->place.folder);
    FILE *file = path ? fopen(path, "w") : NULL;
    bool written;

    if (!file)
        return sw_err_set(reterr, SW_EIO, "expected.yaml cannot be written");
    written = fwrite(text.data, 1, text.len, file) == text.len;
    written &= fclose(file) == 0;
    return written ? 0 : sw_err_set(reterr, SW_EIO, "expected.yaml cannot be written");
}

/* Prints where the two differ, line by line: cmocka cuts longer texts. */
static int complain(struct sw_str expected, struct sw_str found, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_str rest, line;

    sw_buf_init(&buf, MAX_DIFF_BYTES);
    golden_diff(expected, found, &buf);
    rest = sw_buf_status(&buf, NULL) < 0 ? SW_STR("(too much to show)\n") : sw_buf_str(&buf);
    while (rest.len) {
        line = sw_str_cut(&rest, '\n');
        print_error("%.*s\n", SW_STR_ARG(line));
    }
    return sw_err_set(reterr, SW_EINTERNAL,
                      expected.data ? "the plan is not the expected one (- expected, + found)"
                                    : "no expected.yaml: make it with SW_REFRESH_GOLDEN=1");
}

static int matches_expected(struct golden_plan *plan, struct sw_err *reterr)
{
    struct sw_str found;
    int r = golden_plan_settle(plan, reterr);

    if (r == 0)
        r = golden_plan_run(plan, &found, reterr);
    if (r < 0 || (plan->expected.data && sw_str_eq(plan->expected, found)))
        return r;
    if (getenv("SW_REFRESH_GOLDEN"))
        return refresh(plan, found, reterr);
    return complain(plan->expected, found, reterr);
}

int main(int argc, char **argv)
{
    return golden_plan_suite_main(argc, argv, matches_expected);
}

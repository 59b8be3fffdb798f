/*
 * Runs every golden case below FOLDER/admit: what sw_admit() answers must be what expected.yaml
 * says. With SW_REFRESH_GOLDEN=1 expected.yaml is rewritten instead: read what it says then.
 *
 * usage: golden_admit FOLDER [PATTERN]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "golden/check.h"
#include "golden/diff.h"
#include "golden/expected.h"
#include "golden/suite.h"
#include "json/apply.h"

#define MAX_DIFF_BYTES ((size_t)1 << 20)

/* Asks, checks what must hold for every answer, and writes the answer down. */
static int answer(const struct golden_case *golden, struct sw_arena *arena, struct sw_str *ret,
                  struct sw_err *reterr)
{
    const struct sw_admit_input input = golden_case_input(golden);
    SW_CLEANUP(sw_buf_release) struct sw_buf bytes;
    struct sw_admit_answer found;
    json_t *object;
    int r;

    sw_buf_init(&bytes, SW_ADMIT_MAX_BODY_BYTES);
    sw_admit(&input, arena, &found, &bytes);
    r = golden_expected_write(golden, &found, sw_buf_str(&bytes), arena, ret, reterr);
    if (r < 0 || !found.outcome.patch.n_ops)
        return r;
    object = golden_response_object(golden->body);
    r = sw_patch_apply(&found.outcome.patch, object, reterr);
    return r < 0 ? r : golden_check_settled(&input, object, arena, reterr);
}

static int refresh(const struct golden_case *golden, struct sw_str text, struct sw_arena *arena,
                   struct sw_err *reterr)
{
    const char *path = sw_arena_printf(arena, "%s/expected.yaml", golden->place.folder);
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
                      expected.data ? "the answer is not the expected one (- expected, + found)"
                                    : "no expected.yaml: make it with SW_REFRESH_GOLDEN=1");
}

static int matches_expected(const struct golden_case *golden, struct sw_arena *arena,
                            struct sw_err *reterr)
{
    struct sw_str found;
    int r = answer(golden, arena, &found, reterr);

    if (r < 0 || (golden->expected.data && sw_str_eq(golden->expected, found)))
        return r;
    if (getenv("SW_REFRESH_GOLDEN"))
        return refresh(golden, found, arena, reterr);
    return complain(golden->expected, found, reterr);
}

int main(int argc, char **argv)
{
    return golden_suite_main(argc, argv, matches_expected);
}

/*
 * Every golden case again, with its n-th allocation failing, for n = 1, 2, ... until none does: the
 * answer is then either the golden one to the letter, or "failed", a clean 500 that lets the
 * failurePolicy decide. Never another verdict, never a crash, never a block of memory left behind.
 *
 * usage: fault_admit FOLDER [PATTERN]
 */
#include "base/cleanup.h"
#include "fault/fault.h"
#include "golden/expected.h"
#include "golden/response.h"
#include "golden/suite.h"
#include "json/read.h"

/* A case with more allocations than this has only so many of them fail, evenly spread: a bound on
 * the time that a large case may take, and over what any case has today. */
#define MAX_FAULTS     4000

#define CHUNK_BYTES    ((size_t)16 << 10)
#define MAX_TEXT_BYTES ((size_t)64 << 20)

/* Did a 500 come out as one that an API server understands? */
static int check_failure(const struct golden_case *golden, const struct sw_admit_answer *answer,
                         struct sw_str bytes, struct sw_arena *arena, struct sw_err *reterr)
{
    struct golden_response response;

    if (answer->http_status != 500 || answer->error.code != SW_ENOMEM)
        return sw_err_set(reterr, SW_EINTERNAL, "status %d, code %d: %s", answer->http_status,
                          answer->error.code, answer->error.message);
    /* Where memory was short for the Status itself, the status line has to do. */
    if (bytes.len == 0)
        return 0;
    return golden_response_read(answer, golden->body, bytes, arena, &response, reterr);
}

static int check_answer(const struct golden_case *golden, const struct sw_admit_answer *answer,
                        struct sw_str bytes, struct sw_arena *arena, struct sw_err *reterr)
{
    SW_JSON_SCOPE(arena);
    struct sw_str text;
    int r;

    if (answer->verdict == SW_VERDICT_FAILED)
        return check_failure(golden, answer, bytes, arena, reterr);
    r = golden_expected_write(golden, answer, bytes, arena, &text, reterr);
    if (r == 0 && !sw_str_eq(text, golden->expected))
        return sw_err_set(reterr, SW_EINTERNAL, "another answer than the golden one: %.*s",
                          SW_STR_ARG(text));
    return r;
}

/* Asks with the `nth` allocation failing, 0 for none. *ret_count is how many there were. */
static int attempt(const struct golden_case *golden, size_t nth, size_t *ret_count,
                   struct sw_err *reterr)
{
    const struct sw_admit_input input = golden_case_input(golden);
    struct sw_arena arena, text_arena;
    struct sw_admit_answer answer;
    struct sw_buf bytes;
    long left;
    int r;

    /* A first chunk that a review outgrows, so that chunks fail too. */
    sw_arena_init(&arena, 512, SW_ADMIT_MAX_ARENA_BYTES);
    sw_arena_init(&text_arena, CHUNK_BYTES, MAX_TEXT_BYTES);
    sw_buf_init(&bytes, SW_ADMIT_MAX_BODY_BYTES);
    fault_arm(nth);
    sw_admit(&input, &arena, &answer, &bytes);
    *ret_count = fault_spare();
    r = check_answer(golden, &answer, sw_buf_str(&bytes), &text_arena, reterr);
    sw_buf_release(&bytes);
    sw_arena_release(&text_arena);
    sw_arena_release(&arena);
    left = fault_disarm();
    if (r == 0 && left != 0)
        return sw_err_set(reterr, SW_EINTERNAL, "%ld blocks of memory left behind", left);
    return r;
}

static int survives(const struct golden_case *golden, struct sw_arena *arena, struct sw_err *reterr)
{
    size_t n_allocations, count, stride;
    int r = attempt(golden, 0, &n_allocations, reterr);

    (void)arena;
    if (r < 0)
        return r;
    stride = n_allocations / MAX_FAULTS + 1;
    for (size_t nth = 1; nth <= n_allocations; nth += stride) {
        r = attempt(golden, nth, &count, reterr);
        if (r < 0)
            return sw_err_wrap(reterr, "allocation %zu of %zu", nth, n_allocations);
    }
    return 0;
}

int main(int argc, char **argv)
{
    return golden_suite_main(argc, argv, survives);
}

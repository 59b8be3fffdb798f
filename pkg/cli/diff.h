/*
 * The difference between two texts, line by line, as people know it from diff -u.
 */
#ifndef SW_CLI_DIFF_H
#define SW_CLI_DIFF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* Lines that stay the same and are shown around each change. */
#define SW_DIFF_CONTEXT 3

/* How it is to look. */
struct sw_diff_format {
    size_t indent; /* blanks before each line */
    bool colours;  /* those of a terminal */
};

/* Appends the hunks of a unified diff, without file names; nothing when the texts are equal. Texts
 * that have more than a thousand changed lines are shown as one large change. What it works with is
 * arena memory. Fails with SW_ENOMEM; a failure of the buffer stays in it. */
int sw_diff_write(struct sw_str before, struct sw_str after, struct sw_diff_format format,
                  struct sw_arena *arena, struct sw_buf *buf, struct sw_err *reterr);

#endif

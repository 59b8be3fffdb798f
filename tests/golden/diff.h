/*
 * Two texts, line by line.
 */
#ifndef GOLDEN_DIFF_H
#define GOLDEN_DIFF_H

#include "base/buf.h"

/* Appends every line of both: "  same", "- only in the first", "+ only in the second", by their
 * longest common subsequence. Texts of over 2,000 lines are shown one after the other. A failure
 * stays in buf. */
void golden_diff(struct sw_str expected, struct sw_str found, struct sw_buf *buf);

#endif

/*
 * Assertions that compare whole outcomes as text, so that a failing test shows what came out.
 *
 * As in world.h, ' stands for " in every text.
 */
#ifndef SW_TESTS_CHECK_H
#define SW_TESTS_CHECK_H

#include "failover/outcome.h"

/* Fails unless what was written reads as `expected`; releases the buffer either way. */
void sw_check_buf(struct sw_buf *buf, const char *expected);

/* Fails unless `value` reads as `expected`, members in their order. NULL reads as "NULL". */
void sw_check_json(const json_t *value, const char *expected);

/* Fails unless the patch reads as `expected`, a JSON array, members in their order. */
void sw_check_patch(const struct sw_patch *patch, const char *expected);

/* Fails unless the findings, one "<Word> <path>: <message>" a line, read as `expected`: a newline
 * between them, none at the end. */
void sw_check_findings(const struct sw_findings *findings, const char *expected);

/* Fails unless the outcome has this patch and these warnings, and no refusals. */
void sw_check(struct sw_outcome outcome, const char *patch, const char *warnings);

/* Fails unless `labels` write as `expected`, "a=b, c=d". */
struct sw_labels;
void sw_check_labels(const struct sw_labels *labels, const char *expected);

/* Fails unless `s` reads as `expected`; NULL expects the unset value and nothing else. */
void sw_check_str(struct sw_str s, const char *expected);

/* Fails unless `r` is `code`, and err holds it and a message that reads as `expected`. */
void sw_check_err(int r, const struct sw_err *err, int code, const char *expected);

#endif

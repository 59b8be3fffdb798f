/*
 * The answer to a review: an AdmissionReview with a response, as JSON.
 */
#ifndef SW_ADMISSION_RESPONSE_H
#define SW_ADMISSION_RESPONSE_H

#include "admission/review.h"
#include "base/buf.h"
#include "failover/outcome.h"

/* The API server cuts warnings once they are over 4,096 characters in all (apiserver
 * pkg/endpoints/filters/warning.go); what does not fit is counted instead. */
#define SW_RESPONSE_MAX_WARNING_BYTES 4096

/* Longest single warning; a longer one (a host name may have any length) ends in "...", so that
 * there is room for others beside it. */
#define SW_RESPONSE_MAX_WARNING_LEN 1000

/* A setting may have thousands of selectors; who must mend the first hundred will ask again. */
#define SW_RESPONSE_MAX_REFUSALS 100

/* Appends the response: allowed with the patch and the warnings, or, where there are refusals,
 * denied with code 422, all refusals in the message, and the warnings. Control characters in
 * messages become blanks, for a newline makes a warning vanish. A failure stays in buf. */
void sw_response_write(const struct sw_review *review, const struct sw_outcome *outcome,
                       struct sw_buf *buf);

/* Appends the message of a denial, as the user will read it: all refusals, one a line, and the
 * outcome's advice. */
void sw_response_write_refusals(const struct sw_outcome *outcome, struct sw_buf *buf);

#endif

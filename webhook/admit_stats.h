/*
 * What the admission handler counts.
 *
 *   spillway_admission_reviews_total{path,kind,verdict}  every review, by the words of its verdict
 *   spillway_admission_duration_seconds{path,kind}       from whole request to whole answer
 *   spillway_admission_findings_total{severity,reason}   warnings and refusals given to users
 *   spillway_admission_shed_total{reason}                reviews told to come again: "large",
 * others of the kind were being judged; "late", it had waited for too long
 *
 * What no rule reads, and what is no review, is of kind "other".
 */
#ifndef SW_WEBHOOK_ADMIT_STATS_H
#define SW_WEBHOOK_ADMIT_STATS_H

#include "admission/admit.h"
#include "failover/reason.h"
#include "metrics/metrics.h"

/* Kinds that are told apart on a path, "other" included. */
#define SW_ADMIT_STATS_KINDS_MAX 3

/* Why a review was not begun. */
enum sw_admit_shed { SW_ADMIT_SHED_LARGE, SW_ADMIT_SHED_LATE, SW_ADMIT_N_SHED };

/* How many reasons there are. */
enum {
#define SW_ADMIT_STATS_COUNT(name, word, sentence) +1
    SW_ADMIT_STATS_N_REASONS = 0 SW_REASON_MAP(SW_ADMIT_STATS_COUNT)
#undef SW_ADMIT_STATS_COUNT
};

/* Handles, borrowed from the registry. */
struct sw_admit_stats {
    /* By enum sw_admit_path, then by kind. */
    struct sw_counter *reviews[2][SW_ADMIT_STATS_KINDS_MAX][SW_N_VERDICTS];
    struct sw_histogram *duration[2][SW_ADMIT_STATS_KINDS_MAX];
    struct sw_counter *warnings[SW_ADMIT_STATS_N_REASONS]; /* by enum sw_reason */
    struct sw_counter *refusals[SW_ADMIT_STATS_N_REASONS];
    struct sw_counter *shed[SW_ADMIT_N_SHED];
};

/* "large" or "late"; static. */
const char *sw_admit_shed_word(enum sw_admit_shed why);

/* Adds the families and takes the handles, so that all series show from the start. Fails as
 * sw_metrics_add() does. */
int sw_admit_stats_init(struct sw_admit_stats *stats, struct sw_metrics *metrics,
                        struct sw_err *reterr);

/* Counts one answer. */
void sw_admit_stats_note(const struct sw_admit_stats *stats, enum sw_admit_path path,
                         const struct sw_admit_answer *answer, uint64_t duration_ns);

#endif

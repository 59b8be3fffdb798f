/*
 * Keeps the report (reconciler/report.h) in a ConfigMap of our own namespace, for `spillway status`
 * and for the reconciler that writes status conditions.
 *
 *   data["status.json"]  the report
 *   data["written"]      when it was written (Unix time, s)
 *
 * It is written when it has become another one, at most every SW_BULLETIN_GAP_MS and more rarely
 * where it is long; and every SW_BULLETIN_RENEW_MS, so that who reads it knows that somebody still
 * writes it, and one that was deleted comes back. One that the API server does not take (422) is
 * cleared of binaryData first, where one of our keys may stand, and written again. For the thread
 * that runs the sw_http.
 */
#ifndef SW_RECONCILER_BULLETIN_H
#define SW_RECONCILER_BULLETIN_H

#include "io/log.h"
#include "kube/call.h"
#include "reconciler/report.h"

#define SW_BULLETIN_NAME     "spillway-status"
#define SW_BULLETIN_KEY      "status.json"
#define SW_BULLETIN_WRITTEN  "written"

#define SW_BULLETIN_GAP_MS   5000
#define SW_BULLETIN_RENEW_MS 60000

/* After failures the gap doubles, up to this. */
#define SW_BULLETIN_MAX_RETRY_MS 80000

/* Borrowed for its life. */
struct sw_bulletin_options {
    struct sw_http *http;
    struct sw_str namespace_; /* ours; unset: nothing is ever written */
    struct sw_log *log;       /* NULL: nothing is logged */
};

struct sw_bulletin;

/* Writes nothing yet. Owned: sw_bulletin_free(). Fails with SW_ENOMEM. */
int sw_bulletin_new(const struct sw_bulletin_options *options, struct sw_bulletin **ret,
                    struct sw_err *reterr);

/* Gives up what is under way. NULL is allowed. */
void sw_bulletin_free(struct sw_bulletin *bulletin);

/* Where to write from now on, borrowed until the next call; NULL: nowhere. What is under way is
 * given up, and written again. */
void sw_bulletin_point(struct sw_bulletin *bulletin, struct sw_http_target *target);

/* Another may write meanwhile: the next report is written whatever it says. What is under way is
 * given up. */
void sw_bulletin_forget(struct sw_bulletin *bulletin);

/* When a report is wanted (monotonic); INT64_MAX while there is nowhere to write it, or one is
 * being written. */
int64_t sw_bulletin_due_ms(const struct sw_bulletin *bulletin);

/* Writes the report where that is due and says something new; its wall_minus_mono_ms is set here.
 * What fails is logged, and tried again. */
void sw_bulletin_post(struct sw_bulletin *bulletin, struct sw_report *report, int64_t now_ms);

#endif

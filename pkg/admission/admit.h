/*
 * One pure call from the bytes of a review to the bytes of its answer. The server, the command
 * line, the fuzzer and the golden tests all decide through it and through nothing else.
 */
#ifndef SW_ADMISSION_ADMIT_H
#define SW_ADMISSION_ADMIT_H

#include "admission/review.h"
#include "base/buf.h"
#include "failover/outcome.h"
#include "model/view.h"

/* Largest review that is read: two objects of at most 3 MiB, which is what an API server takes, and
 * less than 1 MiB of the rest. */
#define SW_ADMIT_MAX_BODY_BYTES ((size_t)7 << 20)

/* Memory that one review may take while it is judged: jansson makes a few times its text. */
#define SW_ADMIT_MAX_ARENA_BYTES ((size_t)256 << 20)

enum sw_admit_path {
    SW_ADMIT_MUTATE,   /* Services and DestinationRules are judged, all else is let through */
    SW_ADMIT_VALIDATE, /* WorkspaceSettings are judged, all else is let through */
};

struct sw_admit_input {
    enum sw_admit_path path;
    struct sw_str body;           /* borrowed */
    const struct sw_index *index; /* borrowed */
    bool retried; /* a review of this uid was answered SW_VERDICT_AGAIN before */
};

/* name, word for logs and metrics, HTTP status */
#define SW_VERDICT_MAP(X)                                                                          \
    X(SW_VERDICT_ALLOWED, "allowed", 200)     /* as it is */                                       \
    X(SW_VERDICT_PATCHED, "patched", 200)     /* with a patch */                                   \
    X(SW_VERDICT_REFUSED, "refused", 200)     /* denied: allowed is false */                       \
    X(SW_VERDICT_AGAIN, "again", 429)         /* would be refused; once more in a second */        \
    X(SW_VERDICT_UNSYNCED, "unsynced", 503)   /* the index is not synced yet */                    \
    X(SW_VERDICT_MALFORMED, "malformed", 400) /* not a review */                                   \
    X(SW_VERDICT_FAILED, "failed", 500)       /* a failure of ours, so that failurePolicy holds */

enum sw_verdict {
#define SW_VERDICT_ENUM(name, word, http_status) name,
    SW_VERDICT_MAP(SW_VERDICT_ENUM)
#undef SW_VERDICT_ENUM
        SW_N_VERDICTS
};

struct sw_admit_answer {
    enum sw_verdict verdict;
    int http_status;
    int retry_after_s; /* 0: no Retry-After */
    struct sw_review review;   /* valid but for SW_VERDICT_MALFORMED */
    struct sw_outcome outcome; /* findings and patch; empty where nothing was judged */
    struct sw_err error;       /* why, for malformed and failed; else unset */
};

/* Judges one review. Everything in *ret is in `arena` or borrowed from the input; the answer's JSON
 * (for a status other than 200 a Kubernetes Status) replaces what is in `ret_body`, which stays
 * empty when memory ran out. There is no failing: every outcome is an answer. A patch in it was
 * applied to the object and applied cleanly. */
void sw_admit(const struct sw_admit_input *input, struct sw_arena *arena,
              struct sw_admit_answer *ret, struct sw_buf *ret_body);

/* The word of a verdict: a static string. */
const char *sw_verdict_word(enum sw_verdict verdict);

#endif

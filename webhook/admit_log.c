#include "webhook/admit_log.h"

#include "base/banned.h"

#define QUIET_MS 1000

void sw_admit_log_init(struct sw_admit_log *log, struct sw_log *to)
{
    log->log = to;
    atomic_init(&log->quiet_ms, 0);
}

static void log_findings(const struct sw_admit_log *log, const char *message,
                         const struct sw_review *review, const struct sw_findings *findings,
                         size_t *n_lines)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct sw_finding *finding = &findings->items[i];

        if ((*n_lines)++ == SW_ADMIT_LOG_MAX_LINES) {
            sw_log(log->log, SW_LOG_INFO, "more was found, and not logged",
                   sw_log_str("uid", review->uid), sw_log_uint("findings", findings->n - i));
            return;
        }
        sw_log(log->log, SW_LOG_INFO, message, sw_log_str("uid", review->uid),
               sw_log_str("kind", review->kind_name), sw_log_str("namespace", review->namespace_),
               sw_log_str("name", review->name),
               sw_log_text("reason", sw_reason_word(finding->reason)),
               sw_log_text("path", finding->path), sw_log_text("message", finding->message));
    }
}

static void log_told(const struct sw_admit_log *log, const struct sw_admit_answer *answer)
{
    size_t n_lines = 0;

    log_findings(log, "refused", &answer->review, &answer->outcome.refusals, &n_lines);
    log_findings(log, "warned", &answer->review, &answer->outcome.warnings, &n_lines);
}

/* True for one caller a second. */
static bool may_speak(struct sw_admit_log *log, uint64_t now_ms)
{
    uint64_t until_ms = atomic_load_explicit(&log->quiet_ms, memory_order_relaxed);

    return now_ms >= until_ms &&
           atomic_compare_exchange_strong_explicit(&log->quiet_ms, &until_ms, now_ms + QUIET_MS,
                                                   memory_order_relaxed, memory_order_relaxed);
}

void sw_admit_log_answer(struct sw_admit_log *log, const struct sw_admit_answer *answer,
                         struct sw_str remote, uint64_t now_ms)
{
    const struct sw_review *review = &answer->review;

    switch (answer->verdict) {
    case SW_VERDICT_FAILED:
        sw_log(log->log, SW_LOG_ERROR, "review could not be judged", sw_log_str("uid", review->uid),
               sw_log_str("kind", review->kind_name), sw_log_str("namespace", review->namespace_),
               sw_log_str("name", review->name), sw_log_err(&answer->error));
        break;
    case SW_VERDICT_MALFORMED:
        if (may_speak(log, now_ms))
            sw_log(log->log, SW_LOG_WARN, "not a review", sw_log_str("remote", remote),
                   sw_log_err(&answer->error));
        break;
    case SW_VERDICT_UNSYNCED:
        if (may_speak(log, now_ms))
            sw_log(log->log, SW_LOG_WARN, "review came before the index was synced",
                   sw_log_str("uid", review->uid));
        break;
    case SW_VERDICT_AGAIN:
        sw_log(log->log, SW_LOG_DEBUG, "review is to come again", sw_log_str("uid", review->uid));
        break;
    case SW_VERDICT_ALLOWED:
    case SW_VERDICT_PATCHED:
    case SW_VERDICT_REFUSED:
    case SW_N_VERDICTS:
    default:
        log_told(log, answer);
    }
}

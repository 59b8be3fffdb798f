#include "reconciler/bulletin.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "kube/applier.h"
#include "model/meta.h"
#include "json/write.h"

#include "base/banned.h"

/* What is sorted for a report: pointers. */
#define CHUNK_BYTES    ((size_t)64 << 10)
#define MAX_SORT_BYTES ((size_t)64 << 20)

/* Quotes are escaped, and there are nearly no other characters that are. */
#define MAX_BODY_BYTES (2 * SW_REPORT_MAX_BYTES + 4096)

/* The answer repeats the object, which nobody reads. */
#define MAX_ANSWER_BYTES ((size_t)4 << 20)

/* Each so many bytes are a ms more between writes: the longest report is written twice a minute,
 * for etcd keeps all of them for a while. */
#define BYTES_PER_MS 32

/* A clock that was set by less is taken for the same: else times would change by a second now and
 * then, and the report with them. */
#define CLOCK_SLACK_MS 2000

/* A key may be in data or in binaryData. One that somebody has put there, as kubectl does with
 * files that are not UTF-8, is not ours to apply away; and we may not delete the ConfigMap. */
#define TIDY_BODY          "{\"binaryData\":null}"

#define HTTP_UNPROCESSABLE 422

struct sw_bulletin {
    struct sw_bulletin_options options;
    struct sw_http_target *target; /* NULL: nowhere */
    struct sw_call *call;          /* NULL: none is under way */
    struct sw_buf posted, sending; /* reports: as it stands there, and as it is being written */
    bool is_posted;                /* `posted` is what stands there */
    bool tidies;                   /* what is sent next, or is under way, is TIDY_BODY */
    bool is_tidied;                /* since the last answer that was not 422 */
    int64_t posted_ms;             /* when that was written */
    int64_t sent_ms;               /* when `sending` was sent */
    int64_t due_ms;
    int64_t retry_ms; /* wait after the last failure; 0: it was none */
    int64_t wall_minus_mono_ms;
};

int sw_bulletin_new(const struct sw_bulletin_options *options, struct sw_bulletin **ret,
                    struct sw_err *reterr)
{
    struct sw_bulletin *bulletin = calloc(1, sizeof(*bulletin));

    if (!bulletin)
        return sw_err_nomem(reterr);
    bulletin->options = *options;
    sw_buf_init(&bulletin->posted, SW_REPORT_MAX_BYTES);
    sw_buf_init(&bulletin->sending, SW_REPORT_MAX_BYTES);
    *ret = bulletin;
    return 0;
}

void sw_bulletin_free(struct sw_bulletin *bulletin)
{
    if (!bulletin)
        return;
    sw_call_cancel(bulletin->call);
    sw_buf_release(&bulletin->posted);
    sw_buf_release(&bulletin->sending);
    free(bulletin);
}

void sw_bulletin_forget(struct sw_bulletin *bulletin)
{
    sw_call_cancel(bulletin->call);
    bulletin->call = NULL;
    bulletin->is_posted = false;
    bulletin->tidies = bulletin->is_tidied = false;
}

void sw_bulletin_point(struct sw_bulletin *bulletin, struct sw_http_target *target)
{
    sw_bulletin_forget(bulletin);
    bulletin->target = target;
    bulletin->retry_ms = 0;
    bulletin->due_ms = 0;
}

int64_t sw_bulletin_due_ms(const struct sw_bulletin *bulletin)
{
    if (!bulletin->target || !bulletin->options.namespace_.len || bulletin->call)
        return INT64_MAX;
    return bulletin->due_ms;
}

/* It could not be written: later, each time twice as late. */
static void put_off(struct sw_bulletin *bulletin, const char *why, int64_t at_least_ms)
{
    const int64_t twice_ms = bulletin->retry_ms * 2;
    int64_t wait_ms = twice_ms > SW_BULLETIN_GAP_MS ? twice_ms : SW_BULLETIN_GAP_MS;

    if (!bulletin->retry_ms) /* once a series */
        sw_log(bulletin->options.log, SW_LOG_WARN, "cannot write the status ConfigMap",
               sw_log_text("error", why));
    if (wait_ms > SW_BULLETIN_MAX_RETRY_MS)
        wait_ms = SW_BULLETIN_MAX_RETRY_MS;
    bulletin->retry_ms = wait_ms;
    bulletin->due_ms = bulletin->sent_ms + (at_least_ms > wait_ms ? at_least_ms : wait_ms);
}

/* What stood in the way is gone: the report follows at once. */
static void on_tidied(struct sw_bulletin *bulletin, const struct sw_answer *answer)
{
    bulletin->tidies = false;
    if (answer->verdict == SW_ANSWER_OK || answer->verdict == SW_ANSWER_NOT_FOUND)
        bulletin->due_ms = bulletin->sent_ms;
    else
        put_off(bulletin, answer->message, answer->retry_after_s * 1000);
}

/* Once before each wait, what may stand in the way is cleared. */
static void on_refused(struct sw_bulletin *bulletin, const struct sw_answer *answer)
{
    const bool invalid = answer->http_status == HTTP_UNPROCESSABLE;

    bulletin->is_posted = false;
    bulletin->tidies = bulletin->is_tidied = invalid && !bulletin->is_tidied;
    if (bulletin->tidies)
        bulletin->due_ms = bulletin->sent_ms;
    else
        put_off(bulletin, answer->message, answer->retry_after_s * 1000);
}

static void on_answer(void *context, const struct sw_answer *answer)
{
    struct sw_bulletin *bulletin = context;
    const struct sw_buf posted = bulletin->posted;

    bulletin->call = NULL;
    if (bulletin->tidies) {
        on_tidied(bulletin, answer);
        return;
    }
    if (answer->verdict != SW_ANSWER_OK) {
        on_refused(bulletin, answer);
        return;
    }
    bulletin->is_tidied = false;
    if (bulletin->retry_ms)
        sw_log(bulletin->options.log, SW_LOG_INFO, "the status ConfigMap is written again");
    bulletin->retry_ms = 0;
    bulletin->posted = bulletin->sending;
    bulletin->sending = posted;
    bulletin->is_posted = true;
    bulletin->posted_ms = bulletin->sent_ms;
}

/* The object, of which every field is ours. */
static int write_body(const struct sw_bulletin *bulletin, int64_t wall_ms, struct sw_buf *body,
                      struct sw_err *reterr)
{
    sw_buf_reserve(body, bulletin->sending.len + bulletin->sending.len / 4 + CHUNK_BYTES);
    sw_buf_append_text(body, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                             "\"" SW_BULLETIN_NAME "\",\"namespace\":");
    sw_json_write_string(bulletin->options.namespace_, body);
    sw_buf_printf(body,
                  ",\"labels\":{\"" SW_LABEL_MANAGED_BY "\":\"" SW_MANAGED_BY "\"}},"
                  "\"data\":{\"" SW_BULLETIN_WRITTEN "\":\"%" PRId64 "\",\"" SW_BULLETIN_KEY "\":",
                  wall_ms / 1000);
    sw_json_write_string(sw_buf_str(&bulletin->sending), body);
    sw_buf_append_text(body, "}}");
    return sw_buf_status(body, reterr);
}

static int send(struct sw_bulletin *bulletin, int64_t wall_ms, struct sw_err *reterr)
{
    const struct sw_client client = {bulletin->options.http, bulletin->target};
    const struct sw_call_sink sink = {bulletin, on_answer};
    SW_CLEANUP(sw_buf_release) struct sw_buf body;
    struct sw_applier_op op = {
        .verb = SW_APPLIER_APPLY,
        .ref = {.gvr = sw_gvr(SW_GVR_CONFIG_MAP),
                .namespace_ = bulletin->options.namespace_,
                .name = SW_STR(SW_BULLETIN_NAME)},
        .force = true, /* the name is ours, and so is what it says */
        .max_bytes = MAX_ANSWER_BYTES,
    };
    int r;

    sw_buf_init(&body, MAX_BODY_BYTES);
    if (bulletin->tidies) {
        op.verb = SW_APPLIER_MERGE_PATCH;
        op.force = false;
        op.body = SW_STR(TIDY_BODY);
        return sw_applier_send(&client, &op, sink, &bulletin->call, reterr);
    }
    r = write_body(bulletin, wall_ms, &body, reterr);
    if (r < 0)
        return r;
    op.body = sw_buf_str(&body);
    return sw_applier_send(&client, &op, sink, &bulletin->call, reterr);
}

static void note_clock(struct sw_bulletin *bulletin, int64_t wall_ms, int64_t now_ms)
{
    const int64_t ahead_ms = wall_ms - now_ms - bulletin->wall_minus_mono_ms;

    if (ahead_ms > CLOCK_SLACK_MS || ahead_ms < -CLOCK_SLACK_MS)
        bulletin->wall_minus_mono_ms = wall_ms - now_ms;
}

static int write_report(struct sw_bulletin *bulletin, const struct sw_report *report,
                        struct sw_err *reterr)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;

    sw_arena_init(&arena, CHUNK_BYTES, MAX_SORT_BYTES);
    sw_buf_clear(&bulletin->sending);
    return sw_report_write(report, &arena, &bulletin->sending, reterr);
}

void sw_bulletin_post(struct sw_bulletin *bulletin, struct sw_report *report, int64_t now_ms)
{
    const int64_t wall_ms = (int64_t)sw_clock_wall_ms();
    struct sw_err err = {0};
    int r;

    if (now_ms < sw_bulletin_due_ms(bulletin))
        return;
    note_clock(bulletin, wall_ms, now_ms);
    report->wall_minus_mono_ms = bulletin->wall_minus_mono_ms;
    bulletin->sent_ms = now_ms;
    r = write_report(bulletin, report, &err);
    if (r == 0) {
        bulletin->due_ms =
            now_ms + SW_BULLETIN_GAP_MS + (int64_t)(bulletin->sending.len / BYTES_PER_MS);
        if (bulletin->is_posted && now_ms < bulletin->posted_ms + SW_BULLETIN_RENEW_MS &&
            sw_str_eq(sw_buf_str(&bulletin->posted), sw_buf_str(&bulletin->sending)))
            return;
        r = send(bulletin, wall_ms, &err);
    }
    if (r < 0)
        put_off(bulletin, err.message, 0);
}

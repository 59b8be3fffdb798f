#include "reconciler/events.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/utc.h"
#include "io/clock.h"
#include "kube/applier.h"
#include "kube/list.h"
#include "reconciler/budget.h"
#include "json/write.h"

#include "base/banned.h"

/* A message may double where all of it is escaped. */
#define MAX_BODY_BYTES ((size_t)8 << 10)

/* One Service, which may be as large as etcd lets it; nothing of it is read but its uid. */
#define CHUNK_BYTES ((size_t)16 << 10)
#define MAX_BYTES   ((size_t)8 << 20)

/* A name of 253 bytes at most, of which the object's own is the beginning. */
#define MAX_STEM_LEN 236

#define UID_SIZE     64

struct sw_events {
    struct sw_events_options options;
    struct sw_http_target *target; /* NULL: nowhere */
    struct sw_event_filter *filter;
    struct sw_budget budget;
    struct sw_events_stats stats;
    struct sw_arena arena; /* of `list` */
    struct sw_list *list;  /* under way: asks for the object; NULL for none */
    struct sw_call *call;  /* under way: writes the Event; NULL for none */
    bool has_event;        /* `event` is not written yet */
    unsigned int n_tries;  /* of it */
    struct sw_event event;
    char uid[UID_SIZE]; /* of the object that it is about; "" for none */
    int64_t pause_ms;   /* after the last failure; 0: it was none */
    int64_t not_before_ms;
};

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

SW_DEFINE_CLEANUP(cleanup_events, struct sw_events, sw_events_free);

int sw_events_new(const struct sw_events_options *options, struct sw_events **ret,
                  struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_events) struct sw_events *events = calloc(1, sizeof(*events));
    int r;

    if (!events)
        return sw_err_nomem(reterr);
    events->options = *options;
    sw_arena_init(&events->arena, CHUNK_BYTES, MAX_BYTES);
    sw_budget_init(&events->budget, SW_EVENTS_RATE_PER_S, SW_EVENTS_BURST);
    r = sw_event_filter_new(sw_clock_wall_ms() * 1000000, &events->filter, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(events);
    return 0;
}

static void cancel(struct sw_events *events)
{
    sw_list_cancel(events->list);
    sw_call_cancel(events->call);
    events->list = NULL;
    events->call = NULL;
}

void sw_events_free(struct sw_events *events)
{
    if (!events)
        return;
    cancel(events);
    sw_event_filter_free(events->filter);
    sw_arena_release(&events->arena);
    free(events);
}

void sw_events_point(struct sw_events *events, struct sw_http_target *target)
{
    cancel(events);
    events->target = target;
    events->pause_ms = 0;
    events->not_before_ms = 0;
}

void sw_events_forget(struct sw_events *events)
{
    cancel(events);
    events->has_event = false;
    sw_event_filter_forget(events->filter);
}

const struct sw_events_stats *sw_events_stats(const struct sw_events *events)
{
    return &events->stats;
}

/* --- what comes of it -------------------------------------------------------------------- */

static void drop(struct sw_events *events)
{
    events->has_event = false;
    events->stats.n_dropped++;
}

static void pause_for(struct sw_events *events, const struct sw_answer *answer)
{
    const int64_t after_ms = answer->retry_after_s < SW_EVENTS_MAX_PAUSE_MS / 1000
                                 ? answer->retry_after_s * 1000
                                 : SW_EVENTS_MAX_PAUSE_MS;

    if (!events->pause_ms) { /* once a series */
        sw_log(events->options.log, SW_LOG_WARN, "cannot write an Event",
               sw_log_text("error", answer->message));
        events->pause_ms = SW_EVENTS_PAUSE_MS;
    } else if (events->pause_ms < SW_EVENTS_MAX_PAUSE_MS / 2) {
        events->pause_ms *= 2;
    } else {
        events->pause_ms = SW_EVENTS_MAX_PAUSE_MS;
    }
    events->not_before_ms = now() + (after_ms > events->pause_ms ? after_ms : events->pause_ms);
}

/* What may go better the next time is tried again, a few times; what cannot is given up. A
 * namespace that is gone is nobody's fault, and no reason to wait. */
static void fail(struct sw_events *events, const struct sw_answer *answer)
{
    switch (answer->verdict) {
    case SW_ANSWER_NOT_FOUND:
    case SW_ANSWER_INVALID:
        drop(events);
        return;
    case SW_ANSWER_DENIED:
    case SW_ANSWER_CONFLICT:
    case SW_ANSWER_ALREADY_EXISTS:
        drop(events);
        break;
    default:
        if (++events->n_tries >= SW_EVENTS_TRIES)
            drop(events);
        break;
    }
    pause_for(events, answer);
}

static void fail_with(struct sw_events *events, const struct sw_err *err)
{
    struct sw_answer answer;

    sw_answer_make(SW_ANSWER_FAILED, SW_STR("write an Event"), err->message, &answer);
    fail(events, &answer);
}

static void on_written(void *context, const struct sw_answer *answer)
{
    struct sw_events *events = context;

    events->call = NULL;
    if (answer->verdict != SW_ANSWER_OK) {
        fail(events, answer);
        return;
    }
    if (events->pause_ms)
        sw_log(events->options.log, SW_LOG_INFO, "Events are written again");
    events->pause_ms = 0;
    events->has_event = false;
    events->stats.n_sent++;
}

/* --- writing it -------------------------------------------------------------------------- */

static const struct sw_gvr *gvr_of(const struct sw_event *event)
{
    return sw_gvr(event->subject == SW_LEDGER_INGRESS ? SW_GVR_INGRESS_GATEWAY : SW_GVR_SERVICE);
}

static void write_time(const char *key, int64_t at_ms, struct sw_buf *buf)
{
    char text[SW_UTC_SIZE];

    sw_utc_write(((int64_t)sw_clock_wall_ms() - (now() - at_ms)) / 1000, text);
    sw_buf_printf(buf, ",\"%s\":\"%s\"", key, text);
}

static void write_member(const char *before, const char *key, const char *value, struct sw_buf *buf)
{
    sw_buf_printf(buf, "%s\"%s\":", before, key);
    sw_json_write_string(sw_str_from(value), buf);
}

/* "cart.17a2c0...": the object's name, as long as there is room for it, and the series. */
static void write_name(const struct sw_event *event, struct sw_buf *buf)
{
    struct sw_str stem = sw_str_slice(sw_str_from(event->name), 0, MAX_STEM_LEN);

    while (stem.len && (stem.data[stem.len - 1] == '.' || stem.data[stem.len - 1] == '-'))
        stem.len--;
    sw_buf_printf(buf, "%.*s.%016" PRIx64, SW_STR_ARG(stem), event->id);
}

static void write_object(const struct sw_events *events, struct sw_buf *buf)
{
    const struct sw_gvr *gvr = gvr_of(&events->event);

    sw_buf_printf(buf, "{\"apiVersion\":\"%s%s%s\"", gvr->group, gvr->group[0] ? "/" : "",
                  gvr->version);
    write_member(",", "kind", gvr->kind, buf);
    write_member(",", "namespace", events->event.namespace_, buf);
    write_member(",", "name", events->event.name, buf);
    if (events->uid[0])
        write_member(",", "uid", events->uid, buf);
    sw_buf_append_text(buf, "}");
}

/* As core/v1 has it: `kubectl describe` goes by involvedObject, the policy by source. */
static void write_body(const struct sw_events *events, struct sw_str name, struct sw_buf *buf)
{
    const struct sw_event *event = &events->event;

    sw_buf_append_text(buf, "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":");
    sw_json_write_string(name, buf);
    write_member(",", "namespace", event->namespace_, buf);
    sw_buf_append_text(buf, "},\"involvedObject\":");
    write_object(events, buf);
    write_member(",", "type", event->warning ? "Warning" : "Normal", buf);
    write_member(",", "reason", event->reason, buf);
    write_member(",", "message", event->message, buf);
    sw_buf_printf(buf, ",\"count\":%" PRIu32, event->count);
    write_time("firstTimestamp", event->first_ms, buf);
    write_time("lastTimestamp", event->last_ms, buf);
    sw_buf_append_text(buf, ",\"source\":{\"component\":\"" SW_EVENTS_COMPONENT "\"}"
                            ",\"reportingComponent\":\"" SW_EVENTS_COMPONENT "\"}");
}

/* Applied, so that one that the API server has forgotten meanwhile comes back. */
static int send(struct sw_events *events, struct sw_err *reterr)
{
    const struct sw_client client = {events->options.http, events->target};
    const struct sw_call_sink sink = {events, on_written};
    SW_CLEANUP(sw_buf_release) struct sw_buf name, body;
    struct sw_applier_op op = {
        .verb = SW_APPLIER_APPLY,
        .ref = {.gvr = sw_gvr(SW_GVR_EVENT), .namespace_ = sw_str_from(events->event.namespace_)},
        .force = true, /* the name is ours, and so is what it says */
    };
    int r;

    sw_buf_init(&name, SW_EVENT_NAME_SIZE);
    sw_buf_init(&body, MAX_BODY_BYTES);
    write_name(&events->event, &name);
    write_body(events, sw_buf_str(&name), &body);
    r = sw_buf_status(&name, reterr);
    if (r == 0)
        r = sw_buf_status(&body, reterr);
    if (r < 0)
        return r;
    op.ref.name = sw_buf_str(&name);
    op.body = sw_buf_str(&body);
    return sw_applier_send(&client, &op, sink, &events->call, reterr);
}

/* Without its uid it would not be shown with the object. It is asked for each time, as the object
 * may be another one of that name by now. What keeps it from being found out does not keep the
 * Event from being written, unless the API server has no time for either. */
static void on_object(void *context, const struct sw_answer *answer, json_t *items)
{
    const json_t *metadata = json_object_get(json_array_get(items, 0), "metadata");
    const char *uid = json_string_value(json_object_get(metadata, "uid"));
    struct sw_events *events = context;
    struct sw_err err = {0};

    events->list = NULL;
    snprintf(events->uid, sizeof(events->uid), "%s", uid ? uid : "");
    sw_arena_clear(&events->arena);
    if (answer->verdict == SW_ANSWER_LATER || answer->verdict == SW_ANSWER_UNREACHABLE ||
        answer->verdict == SW_ANSWER_INTERRUPTED)
        fail(events, answer);
    else if (send(events, &err) < 0)
        fail_with(events, &err);
}

/* A list of one, for which the right to list is enough. */
static int look_up(struct sw_events *events, struct sw_err *reterr)
{
    const struct sw_client client = {events->options.http, events->target};
    const struct sw_list_sink sink = {events, on_object};
    struct sw_list_options options = {
        .gvr = gvr_of(&events->event),
        .namespace_ = sw_str_from(events->event.namespace_),
        .max_items = 1,
        .arena = &events->arena,
    };
    SW_CLEANUP(sw_buf_release) struct sw_buf selector;
    int r;

    sw_buf_init(&selector, SW_EVENT_NAME_SIZE + 16);
    sw_buf_printf(&selector, "metadata.name=%s", events->event.name);
    r = sw_buf_status(&selector, reterr);
    if (r < 0)
        return r;
    options.field_selector = sw_buf_str(&selector);
    return sw_list_send(&client, &options, sink, &events->list, reterr);
}

/* --- its turn ---------------------------------------------------------------------------- */

static int64_t later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

int64_t sw_events_due_ms(const struct sw_events *events, const struct sw_ledger *ledger)
{
    int64_t due_ms;

    if (!events->target || events->list || events->call)
        return INT64_MAX;
    if (events->has_event)
        return events->not_before_ms;
    due_ms = sw_event_filter_due_ms(events->filter, ledger);
    if (sw_event_filter_has_news(events->filter)) {
        const int64_t may_ms = later(events->not_before_ms, sw_budget_next(&events->budget, now()));

        due_ms = may_ms < due_ms ? may_ms : due_ms;
    }
    return due_ms;
}

void sw_events_step(struct sw_events *events, const struct sw_events_turn *turn)
{
    struct sw_err err = {0};

    if (turn->now_ms >= sw_event_filter_due_ms(events->filter, turn->ledger))
        sw_event_filter_scan(events->filter, turn->ledger, turn->clusters, turn->n_clusters,
                             turn->now_ms);
    if (!events->target || events->list || events->call || turn->now_ms < events->not_before_ms)
        return;
    if (!events->has_event) {
        if (!sw_budget_allows(&events->budget, turn->now_ms) ||
            !sw_event_filter_next(events->filter, turn->ledger, turn->now_ms, &events->event))
            return;
        sw_budget_spend(&events->budget);
        events->has_event = true;
        events->n_tries = 0;
    }
    if (look_up(events, &err) < 0)
        fail_with(events, &err);
}

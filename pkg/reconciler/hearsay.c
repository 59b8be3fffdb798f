#include "reconciler/hearsay.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "kube/applier.h"
#include "reconciler/bulletin.h"
#include "reconciler/tidings.h"

#include "base/banned.h"

/* The ConfigMap of a report at its longest, quotes escaped, and what the API server adds. */
#define MAX_ANSWER_BYTES (2 * SW_REPORT_MAX_BYTES + ((size_t)64 << 10))

/* Who is there is looked at so often at least. */
#define LOOK_MS 1000

/* One cluster. */
struct teller {
    struct sw_hearsay *hearsay;
    char *name;           /* owned */
    bool is_member;       /* private to the sweep */
    struct sw_call *call; /* NULL: none is under way */
    int64_t due_ms;
    bool answered;  /* something was said, if only that there is nothing */
    bool unaskable; /* there is no API server */
    enum sw_reason reason;
    struct sw_err detail; /* its message alone */
    struct sw_tidings tidings;
};

struct sw_hearsay {
    struct sw_hearsay_options options;
    struct teller **tellers; /* owned, as are they */
    size_t n;
    int64_t look_ms; /* when to look who is there */
    bool hurry;
    uint64_t version;
};

int sw_hearsay_new(const struct sw_hearsay_options *options, struct sw_hearsay **ret,
                   struct sw_err *reterr)
{
    struct sw_hearsay *hearsay = calloc(1, sizeof(*hearsay));

    if (!hearsay)
        return sw_err_nomem(reterr);
    hearsay->options = *options;
    *ret = hearsay;
    return 0;
}

static void free_teller(struct teller *teller)
{
    sw_call_cancel(teller->call);
    sw_tidings_release(&teller->tidings);
    free(teller->name);
    free(teller);
}

void sw_hearsay_forget(struct sw_hearsay *hearsay)
{
    while (hearsay->n)
        free_teller(hearsay->tellers[--hearsay->n]);
    hearsay->look_ms = 0;
    hearsay->version++;
}

void sw_hearsay_free(struct sw_hearsay *hearsay)
{
    if (!hearsay)
        return;
    sw_hearsay_forget(hearsay);
    free(hearsay->tellers);
    free(hearsay);
}

void sw_hearsay_move(struct sw_hearsay *hearsay)
{
    for (size_t i = 0; i < hearsay->n; i++) {
        sw_call_cancel(hearsay->tellers[i]->call);
        hearsay->tellers[i]->call = NULL;
        hearsay->tellers[i]->due_ms = 0;
    }
    hearsay->look_ms = 0;
}

void sw_hearsay_hurry(struct sw_hearsay *hearsay, bool hurry)
{
    hearsay->hurry = hurry;
}

static struct teller *find(const struct sw_hearsay *hearsay, struct sw_str name)
{
    for (size_t i = 0; i < hearsay->n; i++) {
        if (sw_str_is(name, hearsay->tellers[i]->name))
            return hearsay->tellers[i];
    }
    return NULL;
}

static int add(struct sw_hearsay *hearsay, struct sw_str name, struct teller **ret)
{
    struct teller **tellers = realloc(hearsay->tellers, (hearsay->n + 1) * sizeof(struct teller *));
    struct teller *teller;

    if (!tellers)
        return SW_ENOMEM;
    hearsay->tellers = tellers;
    teller = calloc(1, sizeof(*teller));
    if (!teller)
        return SW_ENOMEM;
    teller->name = sw_str_dup(name);
    if (!teller->name) {
        free(teller);
        return SW_ENOMEM;
    }
    teller->hearsay = hearsay;
    teller->reason = SW_NOT_REPORTED;
    sw_err_set(&teller->detail, SW_EIO, "it has not been asked yet");
    sw_tidings_init(&teller->tidings);
    tellers[hearsay->n++] = teller;
    *ret = teller;
    return 0;
}

/* It is told how the report is, once a series of the same. */
static void conclude(struct teller *teller, enum sw_reason reason, const struct sw_err *detail)
{
    struct sw_hearsay *hearsay = teller->hearsay;
    const bool first = !teller->answered;

    teller->answered = true;
    if (reason == teller->reason && strcmp(detail->message, teller->detail.message) == 0) {
        hearsay->version += first;
        return;
    }
    hearsay->version++;
    if (reason != SW_PROGRAMMED)
        sw_log(hearsay->options.log, SW_LOG_WARN, "no report of a cluster's reconciler",
               sw_log_text("cluster", teller->name), sw_log_text("reason", sw_reason_word(reason)),
               sw_log_text("error", detail->message));
    else if (!first)
        sw_log(hearsay->options.log, SW_LOG_INFO, "a cluster's reconciler reports again",
               sw_log_text("cluster", teller->name));
    teller->reason = reason;
    teller->detail = *detail;
}

/* Somebody writes it, or nobody does any more, as far as can be seen: `failure` says why it could
 * not be read just now, NULL that it was. One that was stale before stays so for the same reason:
 * how it fails may be another thing each time, and is no news. */
static void judge_age(struct teller *teller, const char *failure, int64_t now_ms)
{
    struct sw_err detail = {0};

    if (teller->reason != SW_PROGRAMMED && teller->reason != SW_REPORT_STALE)
        return;
    if (!sw_tidings_is_stale(&teller->tidings, now_ms)) {
        conclude(teller, SW_PROGRAMMED, &detail);
        return;
    }
    if (failure && teller->reason == SW_REPORT_STALE)
        return;
    if (failure)
        sw_err_set(&detail, SW_EIO,
                   "ConfigMap " SW_BULLETIN_NAME " in namespace %.*s there cannot be read: %s",
                   SW_STR_ARG(teller->hearsay->options.namespace_), failure);
    else
        sw_err_set(&detail, SW_EIO,
                   "ConfigMap " SW_BULLETIN_NAME
                   " in namespace %.*s is written every minute while a "
                   "reconciler runs there: see whether one does",
                   SW_STR_ARG(teller->hearsay->options.namespace_));
    conclude(teller, SW_REPORT_STALE, &detail);
}

static void on_report(struct teller *teller, const struct sw_answer *answer)
{
    const int64_t now_ms = (int64_t)sw_clock_mono_ms();
    struct sw_err why = {0}, detail = {0};
    int r = sw_tidings_take(&teller->tidings, answer, (int64_t)sw_clock_wall_ms(), now_ms, &why);

    if (r == SW_ENOMEM) { /* it is asked again */
        judge_age(teller, why.message, now_ms);
        return;
    }
    teller->hearsay->version += r == 1;
    if (r < 0) {
        sw_err_set(&detail, r, "ConfigMap " SW_BULLETIN_NAME " there: %s", why.message);
        conclude(teller, SW_REPORT_UNREADABLE, &detail);
        return;
    }
    if (teller->reason != SW_REPORT_STALE)
        conclude(teller, SW_PROGRAMMED, &detail);
    judge_age(teller, NULL, now_ms);
}

static void on_answer(void *context, const struct sw_answer *answer)
{
    struct teller *teller = context;
    const struct sw_str namespace_ = teller->hearsay->options.namespace_;
    struct sw_err detail = {0};

    teller->call = NULL;
    switch (answer->verdict) {
    case SW_ANSWER_OK:
        on_report(teller, answer);
        return;
    case SW_ANSWER_NOT_FOUND:
        sw_err_set(&detail, SW_ENOENT,
                   "expected ConfigMap " SW_BULLETIN_NAME " in namespace %.*s, found none: install "
                   "spillway-reconciler in that cluster",
                   SW_STR_ARG(namespace_));
        sw_tidings_release(&teller->tidings);
        conclude(teller, SW_NOT_REPORTED, &detail);
        return;
    case SW_ANSWER_DENIED:
        sw_err_set(&detail, SW_EIO,
                   "ConfigMap " SW_BULLETIN_NAME
                   " in namespace %.*s may not be read: run `spillway "
                   "remote-secret --apply` again, which gives the right to",
                   SW_STR_ARG(namespace_));
        conclude(teller, SW_NOT_REPORTED, &detail);
        return;
    case SW_ANSWER_UNREADABLE:
        sw_err_set(&detail, SW_EIO, "%s", answer->message);
        conclude(teller, SW_REPORT_UNREADABLE, &detail);
        return;
    default: /* it will be asked again; that it is away is known from its watches */
        judge_age(teller, answer->message, (int64_t)sw_clock_mono_ms());
        teller->hearsay->version += !teller->answered;
        teller->answered = true;
    }
}

static void ask(struct teller *teller, struct sw_http_target *target, int64_t now_ms)
{
    const struct sw_hearsay_options *options = &teller->hearsay->options;
    const struct sw_client client = {options->http, target};
    const struct sw_call_sink sink = {teller, on_answer};
    const struct sw_applier_op op = {
        .verb = SW_APPLIER_GET,
        .ref = {.gvr = sw_gvr(SW_GVR_CONFIG_MAP),
                .namespace_ = options->namespace_,
                .name = SW_STR(SW_BULLETIN_NAME)},
        .max_bytes = MAX_ANSWER_BYTES,
    };

    teller->due_ms = now_ms + (teller->hearsay->hurry ? SW_HEARSAY_HURRY_MS : SW_HEARSAY_PERIOD_MS);
    sw_applier_send(&client, &op, sink, &teller->call, NULL);
}

/* A folder has no reconciler; a kubeconfig that cannot be used is told of elsewhere. */
static void note_unaskable(struct teller *teller, bool readable)
{
    struct sw_err detail = {0};

    teller->unaskable = true;
    if (!readable)
        return;
    sw_err_set(&detail, SW_ENOENT, "it is read from a folder");
    conclude(teller, SW_NOT_REPORTED, &detail);
}

static void step_member(struct sw_hearsay *hearsay, const struct sw_member *member, int64_t now_ms)
{
    struct sw_http_target *target = sw_member_target(member);
    struct teller *teller = find(hearsay, sw_member_name(member));
    struct sw_member_health health;

    if (!teller && add(hearsay, sw_member_name(member), &teller) < 0)
        return; /* at the next look */
    teller->is_member = true;
    sw_member_health(member, now_ms, &health);
    teller->unaskable = false;
    if (!target)
        note_unaskable(teller, health.readable);
    else if (!health.readable)
        teller->unaskable = true;
    else if (!teller->call && now_ms >= teller->due_ms)
        ask(teller, target, now_ms);
}

int64_t sw_hearsay_step(struct sw_hearsay *hearsay, const struct sw_members *members,
                        struct sw_str local, int64_t now_ms)
{
    size_t kept = 0;

    if (!hearsay->options.namespace_.len)
        return INT64_MAX;
    if (now_ms < hearsay->look_ms)
        return hearsay->look_ms;
    hearsay->look_ms = now_ms + LOOK_MS;
    for (size_t i = 0; i < hearsay->n; i++)
        hearsay->tellers[i]->is_member = false;
    for (size_t i = 0; i < sw_members_count(members); i++) {
        const struct sw_member *member = sw_members_at(members, i);

        if (!sw_str_eq(sw_member_name(member), local))
            step_member(hearsay, member, now_ms);
    }
    for (size_t i = 0; i < hearsay->n; i++) {
        if (hearsay->tellers[i]->is_member)
            hearsay->tellers[kept++] = hearsay->tellers[i];
        else
            free_teller(hearsay->tellers[i]);
    }
    hearsay->n = kept;
    return hearsay->look_ms;
}

void sw_hearsay_of(const struct sw_hearsay *hearsay, struct sw_str cluster,
                   struct sw_hearsay_word *ret)
{
    const struct teller *teller = find(hearsay, cluster);

    *ret = (struct sw_hearsay_word){.reason = SW_NOT_REPORTED, .detail = "", .written_s = -1};
    if (!teller)
        return;
    ret->reason = teller->reason;
    ret->detail = teller->detail.message;
    ret->written_s = teller->tidings.written_s;
    if (!teller->tidings.known)
        return;
    ret->tally = &teller->tidings.tally;
    ret->omitted = teller->tidings.omitted;
}

bool sw_hearsay_is_settled(const struct sw_hearsay *hearsay, size_t n)
{
    if (hearsay->n < n)
        return false;
    for (size_t i = 0; i < hearsay->n; i++) {
        if (!hearsay->tellers[i]->answered && !hearsay->tellers[i]->unaskable)
            return false;
    }
    return true;
}

uint64_t sw_hearsay_version(const struct sw_hearsay *hearsay)
{
    return hearsay->version;
}

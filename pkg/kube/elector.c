#include "kube/elector.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "kube/applier.h"
#include "kube/lease_object.h"
#include "json/read.h"

#include "base/banned.h"

/* A Lease is less than a KiB; whatever others note in its metadata is kept. */
#define MAX_LEASE_BYTES ((size_t)256 << 10)
#define ARENA_CHUNK     ((size_t)8 << 10)
#define ARENA_MAX       ((size_t)4 << 20)

/* A name of Kubernetes, with its NUL. */
#define NAME_SIZE 254

struct sw_elector {
    struct sw_client client; /* its parts are borrowed */
    struct sw_elector_sink sink;
    struct sw_lease lease;
    char namespace_[NAME_SIZE];
    char name[NAME_SIZE];
    struct sw_call *call;  /* under way; NULL for none */
    struct sw_buf object;  /* the Lease as last seen, JSON; empty before */
    struct sw_arena arena; /* of one step; cleared after it */
    bool told;             /* leading() was, and lost() was not since */
    bool done;
    char failure[SW_ERR_MESSAGE_SIZE];
};

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

static int copy_name(struct sw_str from, const char *what, char to[NAME_SIZE],
                     struct sw_err *reterr)
{
    if (from.len == 0 || from.len >= NAME_SIZE)
        return sw_err_set(reterr, SW_ELIMIT, "the Lease's %s: %zu bytes, expected 1 to %d", what,
                          from.len, NAME_SIZE - 1);
    memcpy(to, from.data, from.len);
    to[from.len] = '\0';
    return 0;
}

/* HOST_RANDOM, as client-go's users make it: a Pod that starts anew under its old name is another
 * process all the same. */
static int make_identity(uint64_t random, char identity[SW_LEASE_HOLDER_SIZE],
                         struct sw_err *reterr)
{
    char host[HOST_NAME_MAX + 1] = "";

    if (gethostname(host, sizeof(host) - 1) < 0)
        return sw_err_set(reterr, SW_EIO, "the host's name cannot be read");
    snprintf(identity, SW_LEASE_HOLDER_SIZE, "%s_%016llx", host, (unsigned long long)random);
    return 0;
}

static int prepare(struct sw_elector *elector, const struct sw_elector_options *options,
                   struct sw_err *reterr)
{
    char made[SW_LEASE_HOLDER_SIZE];
    struct sw_str identity = options->identity;
    uint64_t random[2];
    int r;

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return sw_err_set(reterr, SW_EIO, "getrandom gives no random number");
    r = copy_name(options->namespace_, "namespace", elector->namespace_, reterr);
    if (r == 0)
        r = copy_name(options->name, "name", elector->name, reterr);
    if (r == 0 && !identity.len) {
        r = make_identity(random[0], made, reterr);
        identity = r == 0 ? sw_str_from(made) : identity;
    }
    return r < 0 ? r : sw_lease_init(&elector->lease, identity, &options->times, random[1], reterr);
}

int sw_elector_new(const struct sw_elector_options *options, struct sw_elector **ret,
                   struct sw_err *reterr)
{
    struct sw_elector *elector = calloc(1, sizeof(*elector));
    int r;

    if (!elector)
        return sw_err_nomem(reterr);
    elector->client = options->client;
    elector->sink = options->sink;
    sw_buf_init(&elector->object, MAX_LEASE_BYTES);
    sw_arena_init(&elector->arena, ARENA_CHUNK, ARENA_MAX);
    r = prepare(elector, options, reterr);
    if (r < 0) {
        free(elector);
        return r;
    }
    *ret = elector;
    return 0;
}

static const char *why_lost(const struct sw_elector *elector)
{
    if (elector->lease.resigned)
        return "resigned";
    if (elector->failure[0])
        return elector->failure;
    if (elector->lease.missing)
        return "the Lease was deleted";
    return strcmp(elector->lease.seen.holder, elector->lease.identity) != 0
               ? "another process holds the Lease"
               : "the Lease was not renewed in time";
}

/* Tells the caller what has become of us. */
static void tell(struct sw_elector *elector, int64_t now_ms)
{
    const struct sw_elector_sink *sink = &elector->sink;
    const bool leads = sw_lease_leads(&elector->lease, now_ms);

    if (leads == elector->told)
        return;
    elector->told = leads;
    if (leads && sink->leading)
        sink->leading(sink->context);
    else if (!leads && sink->lost)
        sink->lost(sink->context, why_lost(elector));
}

void sw_elector_free(struct sw_elector *elector)
{
    if (!elector)
        return;
    sw_call_cancel(elector->call);
    if (elector->told && elector->sink.lost)
        elector->sink.lost(elector->sink.context, "given up");
    sw_buf_release(&elector->object);
    sw_arena_release(&elector->arena);
    free(elector);
}

/* Reads what came, and keeps it to be written back changed. Only what could be read: a write is on
 * condition of the version that it was made from, and must not be that of a renewal unseen. */
static int take_object(struct sw_elector *elector, const struct sw_answer *answer,
                       struct sw_lease_record *ret, struct sw_err *reterr)
{
    json_t *object = NULL;
    int r;

    SW_JSON_SCOPE(&elector->arena);

    r = sw_answer_object(answer, &elector->arena, &object, reterr);
    if (r == 0)
        r = sw_lease_object_read(object, ret, reterr);
    if (r < 0)
        return r;
    sw_buf_clear(&elector->object);
    sw_buf_append_str(&elector->object, answer->body);
    return sw_buf_status(&elector->object, reterr);
}

static void fail(struct sw_elector *elector, const char *why, int64_t retry_after_s)
{
    snprintf(elector->failure, sizeof(elector->failure), "%s", why);
    sw_lease_failed(&elector->lease, now(), retry_after_s * 1000);
}

static void take_answer(struct sw_elector *elector, const struct sw_answer *answer)
{
    struct sw_lease *lease = &elector->lease;
    struct sw_lease_record record;
    struct sw_err err = {0};

    switch (answer->verdict) {
    case SW_ANSWER_OK:
        if (take_object(elector, answer, &record, &err) < 0) {
            sw_err_wrap(&err, "the Lease %s/%s", elector->namespace_, elector->name);
            fail(elector, err.message, 0);
            return;
        }
        elector->failure[0] = '\0';
        sw_lease_found(lease, now(), &record);
        return;
    case SW_ANSWER_ALREADY_EXISTS:
    case SW_ANSWER_CONFLICT:
        sw_lease_conflict(lease, now());
        return;
    case SW_ANSWER_NOT_FOUND:
        /* To a create it means that the namespace is not there. */
        if (lease->asked != SW_LEASE_CREATE) {
            sw_lease_missing(lease, now());
            return;
        }
        fail(elector, answer->message, 0);
        return;
    default:
        fail(elector, answer->message, answer->retry_after_s);
        return;
    }
}

static void on_done(void *context, const struct sw_answer *answer)
{
    struct sw_elector *elector = context;

    elector->call = NULL;
    tell(elector, now()); /* a time that has passed was lost, whatever this answer says */
    take_answer(elector, answer);
    sw_arena_clear(&elector->arena);
    tell(elector, now());
}

/* The Lease to write: the one that was seen, or a new one, with another spec. */
static int make_object(struct sw_elector *elector, const struct sw_lease_write *write, json_t **ret,
                       struct sw_err *reterr)
{
    json_t *object = NULL;
    int r = 0;

    if (write->version)
        r = sw_json_read(sw_buf_str(&elector->object), &object, reterr);
    else
        object = sw_lease_object_new(elector->namespace_, elector->name);
    if (r == 0 && !object)
        r = sw_err_nomem(reterr);
    if (r == 0)
        r = sw_lease_object_write(object, write, sw_clock_wall_ms(), reterr);
    if (r == 0)
        *ret = object;
    return r;
}

static int send_request(struct sw_elector *elector, enum sw_lease_action action,
                        const struct sw_lease_write *write, struct sw_err *reterr)
{
    struct sw_applier_op op = {
        .verb = SW_APPLIER_GET,
        .ref = {.gvr = sw_gvr(SW_GVR_LEASE),
                .namespace_ = sw_str_from(elector->namespace_),
                .name = sw_str_from(elector->name)},
        .timeout_ms = elector->lease.times.renew_deadline_ms,
        .max_bytes = MAX_LEASE_BYTES,
    };
    json_t *object = NULL;

    SW_JSON_SCOPE(&elector->arena);

    if (action != SW_LEASE_READ) {
        int r = make_object(elector, write, &object, reterr);

        if (r < 0)
            return r;
        op.verb = action == SW_LEASE_CREATE ? SW_APPLIER_CREATE : SW_APPLIER_UPDATE;
        op.object = object;
    }
    return sw_applier_send(&elector->client, &op, (struct sw_call_sink){elector, on_done},
                           &elector->call, reterr);
}

static void send_or_fail(struct sw_elector *elector, enum sw_lease_action action,
                         const struct sw_lease_write *write)
{
    struct sw_err err = {0};

    if (send_request(elector, action, write, &err) < 0)
        fail(elector, err.message, 0);
    sw_arena_clear(&elector->arena);
}

static void abandon(struct sw_elector *elector)
{
    sw_call_cancel(SW_TAKE(elector->call));
    snprintf(elector->failure, sizeof(elector->failure),
             "the API server does not answer about the Lease %s/%s", elector->namespace_,
             elector->name);
}

int64_t sw_elector_step(void *context, int64_t now_ms)
{
    struct sw_elector *elector = context;
    struct sw_lease_write write = {0};
    int64_t wake_ms = now_ms;

    tell(elector, now_ms);
    for (;;) {
        enum sw_lease_action action = sw_lease_next(&elector->lease, now_ms, &wake_ms, &write);

        switch (action) {
        case SW_LEASE_READ:
        case SW_LEASE_CREATE:
        case SW_LEASE_UPDATE:
            send_or_fail(elector, action, &write);
            break;
        case SW_LEASE_ABORT:
            abandon(elector);
            break;
        case SW_LEASE_DONE:
            elector->done = true;
            return INT64_MAX;
        case SW_LEASE_WAIT:
        default:
            return wake_ms;
        }
    }
}

bool sw_elector_leads(const struct sw_elector *elector, int64_t now_ms)
{
    return sw_lease_leads(&elector->lease, now_ms);
}

void sw_elector_resign(struct sw_elector *elector, int64_t now_ms)
{
    sw_lease_resign(&elector->lease, now_ms);
    tell(elector, now_ms);
}

bool sw_elector_is_done(const struct sw_elector *elector)
{
    return elector->done;
}

void sw_elector_leave(struct sw_elector *elector)
{
    sw_elector_resign(elector, now());
    for (;;) {
        int64_t wake_ms = sw_elector_step(elector, now());

        if (elector->done)
            return;
        sw_http_wait(elector->client.http, wake_ms - now());
        sw_http_run(elector->client.http);
    }
}

const char *sw_elector_holder(const struct sw_elector *elector)
{
    return elector->lease.seen.holder;
}

const char *sw_elector_identity(const struct sw_elector *elector)
{
    return elector->lease.identity;
}

const char *sw_elector_failure(const struct sw_elector *elector)
{
    return elector->failure;
}

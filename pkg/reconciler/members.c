#include "reconciler/members.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "io/clock.h"

#include "base/banned.h"

/* After something that there was no memory for. */
#define AGAIN_MS 1000

struct sw_members {
    struct sw_members_options options;
    struct sw_member **items; /* owned, as are they */
    size_t n;
    size_t cap;
    uint64_t n_moves;          /* clusters that came, and all changes of those that went */
    struct sw_str *taken;      /* owned; the names of the command line */
    struct sw_fleet *fleet;    /* NULL: no Secrets are looked for */
    bool unwatched;            /* the Secrets have to be watched elsewhere, and are not yet */
    struct sw_err fleet_error; /* as last logged */
    bool fleet_known;          /* as last logged */
};

SW_DEFINE_CLEANUP(cleanup_members, struct sw_members, sw_members_free);

static size_t find(const struct sw_members *members, struct sw_str name)
{
    size_t i = 0;

    while (i < members->n && !sw_str_eq(sw_member_name(members->items[i]), name))
        i++;
    return i;
}

static int make_room(struct sw_members *members, struct sw_err *reterr)
{
    size_t cap = members->cap ? members->cap * 2 : 8;
    struct sw_member **items;

    if (members->n < members->cap)
        return 0;
    items = realloc(members->items, cap * sizeof(struct sw_member *));
    if (!items)
        return sw_err_nomem(reterr);
    members->items = items;
    members->cap = cap;
    return 0;
}

static int add(struct sw_members *members, const struct sw_member_options *options,
               struct sw_err *reterr)
{
    int r = make_room(members, reterr);

    if (r == 0)
        r = sw_member_new(options, &members->items[members->n], reterr);
    if (r < 0)
        return r;
    members->n++;
    members->n_moves++;
    return 0;
}

/* The Secrets are where the local cluster is. */
static void move_local(void *context, struct sw_http_target *target)
{
    struct sw_members *members = context;

    if (members->fleet)
        members->unwatched =
            sw_fleet_watch(members->fleet, members->options.http, target, NULL) < 0;
    if (members->options.on_move)
        members->options.on_move(members->options.move_context, target);
}

static void move_remote(void *context, struct sw_http_target *target)
{
    const struct sw_members_options *options = &((const struct sw_members *)context)->options;

    (void)target;
    if (options->on_remote_move)
        options->on_remote_move(options->remote_move_context);
}

static struct sw_str local_name(const struct sw_members *members)
{
    const struct sw_clusters *clusters = members->options.clusters;

    return clusters->items[clusters->local].name;
}

static int add_given(struct sw_members *members, size_t i, struct sw_err *reterr)
{
    const struct sw_members_options *options = &members->options;
    const struct sw_clusters *clusters = options->clusters;
    struct sw_member_options member = {
        .http = options->http,
        .state = options->state,
        .name = clusters->items[i].name,
        .cluster = &clusters->items[i],
        .role = {.local = i == clusters->local, .config = i == clusters->config},
        .root_namespace = options->root_namespace,
        .local_name = i == clusters->local ? (struct sw_str){NULL, 0} : local_name(members),
        .on_move = i == clusters->local ? move_local : move_remote,
        .move_context = members,
    };
    int r;

    r = add(members, &member, reterr);
    return r < 0 ? sw_err_wrap(reterr, "cluster %.*s", SW_STR_ARG(member.name)) : 0;
}

/* One of a Secret. */
static int add_found(struct sw_members *members, const struct sw_fleet_event *event,
                     struct sw_err *reterr)
{
    const struct sw_member_options member = {
        .http = members->options.http,
        .state = members->options.state,
        .name = event->cluster,
        .root_namespace = members->options.root_namespace,
        .local_name = local_name(members),
        .on_move = move_remote,
        .move_context = members,
    };
    int r = add(members, &member, reterr);

    if (r < 0)
        return r;
    r = sw_member_give(members->items[members->n - 1], event->kubeconfig, event->error, reterr);
    if (r < 0)
        sw_member_free(members->items[--members->n]);
    else
        sw_log(members->options.log, SW_LOG_INFO, "remote cluster added",
               sw_log_str("cluster", event->cluster));
    return r;
}

static void drop(struct sw_members *members, size_t at)
{
    members->n_moves += sw_member_changes(members->items[at]) + 1;
    sw_member_free(members->items[at]);
    for (members->n--; at < members->n; at++)
        members->items[at] = members->items[at + 1];
}

static int on_event(void *context, const struct sw_fleet_event *event, struct sw_err *reterr)
{
    struct sw_members *members = context;
    size_t at = find(members, event->cluster);
    int r;

    if (event->change == SW_FLEET_REMOVED) {
        if (at == members->n)
            return 0;
        drop(members, at);
        if (members->options.on_gone)
            members->options.on_gone(members->options.gone_context, event->cluster);
        sw_log(members->options.log, SW_LOG_INFO, "remote cluster is gone",
               sw_log_str("cluster", event->cluster));
        return 0;
    }
    if (at == members->n)
        return add_found(members, event, reterr);
    r = sw_member_give(members->items[at], event->kubeconfig, event->error, reterr);
    if (r == 0)
        sw_log(members->options.log, SW_LOG_INFO, "remote cluster's kubeconfig changed",
               sw_log_str("cluster", event->cluster), sw_log_bool("usable", !event->error));
    return r;
}

static void on_finding(void *context, const char *message)
{
    struct sw_members *members = context;

    sw_log(members->options.log, SW_LOG_WARN, "Secrets of remote clusters",
           sw_log_text("finding", message));
}

static int begin_fleet(struct sw_members *members, struct sw_err *reterr)
{
    const struct sw_clusters *clusters = members->options.clusters;
    struct sw_fleet_options fleet = {
        .namespace_ = members->options.secrets_namespace,
        .local = clusters->items[clusters->local].name,
        .n_taken = clusters->n,
        .max_clusters = SW_CLUSTERS_MAX - clusters->n,
        .seed = sw_clock_mono_ns(),
        .sink = {members, on_event, on_finding},
    };

    if (!fleet.namespace_.len)
        return 0;
    members->taken = calloc(clusters->n, sizeof(*members->taken));
    if (!members->taken)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < clusters->n; i++)
        members->taken[i] = clusters->items[i].name;
    fleet.taken = members->taken;
    return sw_fleet_new(&fleet, &members->fleet, reterr);
}

int sw_members_new(const struct sw_members_options *options, struct sw_members **ret,
                   struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_members) struct sw_members *members = calloc(1, sizeof(*members));
    int r;

    if (!members)
        return sw_err_nomem(reterr);
    members->options = *options;
    r = begin_fleet(members, reterr);
    for (size_t i = 0; r == 0 && i < options->clusters->n; i++)
        r = add_given(members, i, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(members);
    return 0;
}

void sw_members_free(struct sw_members *members)
{
    if (!members)
        return;
    sw_fleet_free(members->fleet);
    members->fleet = NULL;
    while (members->n)
        sw_member_free(members->items[--members->n]);
    free(members->items);
    free(members->taken);
    free(members);
}

/* The Secrets were seen for the first time, cannot be seen, or can be seen again. */
static void log_fleet(struct sw_members *members, int64_t now_ms)
{
    struct sw_fleet_status status;

    sw_fleet_status(members->fleet, now_ms, &status);
    if (status.error.code && strcmp(status.error.message, members->fleet_error.message) != 0)
        sw_log(members->options.log, SW_LOG_WARN, "Secrets of remote clusters cannot be seen",
               sw_log_err(&status.error));
    if ((status.synced && !members->fleet_known) ||
        (members->fleet_error.code && !status.error.code))
        sw_log(members->options.log, SW_LOG_INFO, "Secrets of remote clusters seen",
               sw_log_uint("clusters", status.n_clusters));
    members->fleet_error = status.error;
    members->fleet_known = status.synced;
}

static const struct sw_member *local_of(const struct sw_members *members)
{
    return members->items[members->options.clusters->local];
}

static int64_t step_fleet(struct sw_members *members, int64_t now_ms)
{
    struct sw_http_target *target = sw_member_target(local_of(members));
    int64_t wake_ms;

    if (members->unwatched && target)
        members->unwatched =
            sw_fleet_watch(members->fleet, members->options.http, target, NULL) < 0;
    wake_ms = sw_fleet_step(members->fleet, now_ms);
    log_fleet(members, now_ms);
    return members->unwatched && now_ms + AGAIN_MS < wake_ms ? now_ms + AGAIN_MS : wake_ms;
}

static void log_trouble(struct sw_members *members, struct sw_member *member, int64_t now_ms)
{
    struct sw_err trouble;

    if (!sw_member_trouble(member, now_ms, &trouble))
        return;
    if (trouble.code)
        sw_log(members->options.log, SW_LOG_WARN, "cluster cannot be read",
               sw_log_str("cluster", sw_member_name(member)), sw_log_err(&trouble));
    else
        sw_log(members->options.log, SW_LOG_INFO, "cluster is read again",
               sw_log_str("cluster", sw_member_name(member)));
}

int64_t sw_members_step(struct sw_members *members, int64_t now_ms)
{
    int64_t wake_ms = INT64_MAX;

    /* The fleet first: who comes with it is stepped in the same round. */
    if (members->fleet)
        wake_ms = step_fleet(members, now_ms);
    for (size_t i = 0; i < members->n; i++) {
        int64_t own_ms = sw_member_step(members->items[i], now_ms);

        log_trouble(members, members->items[i], now_ms);
        if (own_ms < wake_ms)
            wake_ms = own_ms;
    }
    return wake_ms;
}

size_t sw_members_count(const struct sw_members *members)
{
    return members->n;
}

const struct sw_member *sw_members_at(const struct sw_members *members, size_t i)
{
    return members->items[i];
}

bool sw_members_are_known(const struct sw_members *members)
{
    return !members->fleet || members->fleet_known;
}

void sw_members_fleet(const struct sw_members *members, int64_t now_ms, struct sw_fleet_status *ret)
{
    if (members->fleet)
        sw_fleet_status(members->fleet, now_ms, ret);
    else
        *ret = (struct sw_fleet_status){.synced = true};
}

uint64_t sw_members_changes(const struct sw_members *members)
{
    uint64_t n = members->n_moves;

    for (size_t i = 0; i < members->n; i++)
        n += sw_member_changes(members->items[i]);
    return n;
}

static bool is_synced(const struct sw_member *member, int64_t now_ms)
{
    struct sw_member_health health;

    sw_member_health(member, now_ms, &health);
    return health.synced;
}

bool sw_members_are_seen(const struct sw_members *members, int64_t now_ms)
{
    const struct sw_clusters *clusters = members->options.clusters;

    return is_synced(members->items[clusters->local], now_ms) &&
           is_synced(members->items[clusters->config], now_ms);
}

static void explain(const struct sw_member *member, int64_t now_ms, struct sw_err *ret)
{
    struct sw_member_health health;

    sw_member_health(member, now_ms, &health);
    sw_err_set(ret, SW_EIO, "cluster %.*s: %s", SW_STR_ARG(sw_member_name(member)),
               health.error.code ? health.error.message : "not seen yet");
}

bool sw_members_are_ready(const struct sw_members *members, bool patient, int64_t now_ms,
                          struct sw_err *ret_missing)
{
    const struct sw_clusters *clusters = members->options.clusters;

    for (size_t i = 0; i < members->n; i++) {
        bool needed = patient || i == clusters->local || i == clusters->config;

        if (!needed || is_synced(members->items[i], now_ms))
            continue;
        explain(members->items[i], now_ms, ret_missing);
        return false;
    }
    if (patient && !sw_members_are_known(members)) {
        sw_err_set(ret_missing, SW_EIO, "the Secrets that name remote clusters were not seen yet");
        return false;
    }
    return true;
}

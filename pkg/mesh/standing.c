#include "mesh/standing.h"

#include "base/utc.h"

#include "base/banned.h"

#define ACCEPTED   "Accepted"
#define PROGRAMMED "Programmed"

/* A condition in the making. */
struct verdict {
    const char *status;
    struct sw_str reason;
    const char *message; /* arena or static; NULL is the allocation that failed */
};

/* All clusters together. */
struct sums {
    size_t n_exposed;
    size_t n_emitted;
    size_t n[SW_SHARE_N_STATES];
    /* The most frequent reason of each state, and where that is; NULL for none. */
    const struct sw_share_reason *top[SW_SHARE_N_STATES];
    const struct sw_standing_cluster *at[SW_SHARE_N_STATES];
};

static void sum_up(const struct sw_standing *standing, struct sums *ret)
{
    *ret = (struct sums){0};
    for (size_t i = 0; i < standing->n_clusters; i++) {
        const struct sw_share *share = &standing->clusters[i].share;

        ret->n_exposed += share->n_exposed;
        ret->n_emitted += share->n_emitted;
        for (size_t j = 0; j < SW_SHARE_N_STATES; j++)
            ret->n[j] += share->n[j];
        for (size_t j = 0; j < share->n_reasons; j++) {
            const struct sw_share_reason *reason = &share->reasons[j];

            if (ret->top[reason->state] && ret->top[reason->state]->n >= reason->n)
                continue;
            ret->top[reason->state] = reason;
            ret->at[reason->state] = &standing->clusters[i];
        }
    }
}

static struct verdict of_reason(const char *status, enum sw_reason reason, const char *message)
{
    return (struct verdict){status, sw_str_from(sw_reason_word(reason)), message};
}

/* "1 of 8 ways between clusters are withheld: in east, shop/cart to west: it has no ..." */
static struct verdict of_ways(const struct sums *sums, enum sw_share_state state, const char *word,
                              struct sw_arena *arena)
{
    const size_t all = sums->n_emitted + sums->n[SW_SHARE_WITHHELD] + sums->n[SW_SHARE_PENDING];
    const struct sw_share_reason *top = sums->top[state];

    if (!top) /* a report that counts without reasons is none of ours */
        return of_reason("False", SW_NOT_WRITTEN,
                         sw_arena_printf(arena, "%zu of %zu ways between clusters are %s",
                                         sums->n[state], all, word));
    return (struct verdict){
        "False", top->word,
        sw_arena_printf(arena, "%zu of %zu ways between clusters are %s: in %.*s, %.*s: %.*s",
                        sums->n[state], all, word, SW_STR_ARG(sums->at[state]->name),
                        SW_STR_ARG(top->example), SW_STR_ARG(top->message))};
}

/* The first cluster that is out of reach, else the first of which there is no report. */
static const struct sw_standing_cluster *find_silent(const struct sw_standing *standing)
{
    const struct sw_standing_cluster *silent = NULL;

    for (size_t i = 0; i < standing->n_clusters; i++) {
        const struct sw_standing_cluster *cluster = &standing->clusters[i];

        if (!cluster->reachable)
            return cluster;
        if (!silent && cluster->report != SW_PROGRAMMED)
            silent = cluster;
    }
    return silent;
}

static struct verdict of_silence(const struct sw_standing_cluster *cluster, struct sw_arena *arena)
{
    const enum sw_reason reason = cluster->reachable ? cluster->report : SW_CLUSTER_AWAY;
    const char *detail = cluster->detail && cluster->reachable ? cluster->detail : NULL;

    return of_reason("Unknown", reason,
                     sw_arena_printf(arena, "%.*s: %s%s%s", SW_STR_ARG(cluster->name),
                                     sw_reason_sentence(reason), detail ? ": " : "",
                                     detail ? detail : ""));
}

static struct verdict of_unseen(void)
{
    return of_reason("Unknown", SW_CLUSTER_UNSEEN,
                     "the Secrets that name other clusters have not been seen yet");
}

/* A cluster that is away may be the one that exposes something. */
static struct verdict of_nothing(const struct sw_standing *standing, const struct sums *sums,
                                 const struct sw_standing_cluster *silent, struct sw_arena *arena)
{
    const struct sw_share_reason *top = sums->top[SW_SHARE_NOT_EXPOSED];

    if (!standing->acceptance.accepted)
        return of_reason("False", standing->acceptance.reason,
                         "nothing is exposed: see the condition Accepted");
    if (!standing->asks)
        return of_reason("False", SW_NO_SETTING,
                         "nothing is exposed: no WorkspaceSetting of the workspace has "
                         "spec.defaultEastWestGatewaySettings");
    if (!top && !standing->all_known)
        return of_unseen();
    if (!top && silent && !silent->reachable)
        return of_silence(silent, arena);
    if (!top)
        return of_reason("False", SW_NOT_SELECTED,
                         "nothing is exposed: in no cluster does an exposedServices item select a "
                         "Service of the workspace that is not another setting's");
    return (struct verdict){"False", top->word,
                            sw_arena_printf(arena, "nothing is exposed: in %.*s, %.*s: %.*s",
                                            SW_STR_ARG(sums->at[SW_SHARE_NOT_EXPOSED]->name),
                                            SW_STR_ARG(top->example), SW_STR_ARG(top->message))};
}

static struct verdict of_success(const struct sums *sums, struct sw_arena *arena)
{
    const struct sw_share_reason *top = sums->top[SW_SHARE_NOT_EXPOSED];
    const char *message =
        sw_arena_printf(arena, "%zu Services are exposed, and %zu ways between clusters in place",
                        sums->n_exposed, sums->n_emitted);

    if (message && top)
        message = sw_arena_printf(
            arena, "%s; %zu selected Services cannot be exposed: in %.*s, %.*s: %.*s", message,
            sums->n[SW_SHARE_NOT_EXPOSED], SW_STR_ARG(sums->at[SW_SHARE_NOT_EXPOSED]->name),
            SW_STR_ARG(top->example), SW_STR_ARG(top->message));
    return of_reason("True", SW_PROGRAMMED, message);
}

static struct verdict judge(const struct sw_standing *standing, struct sw_arena *arena)
{
    const struct sw_standing_cluster *silent = find_silent(standing);
    struct sums sums;

    sum_up(standing, &sums);
    if (sums.n_exposed == 0)
        return of_nothing(standing, &sums, silent, arena);
    if (sums.n[SW_SHARE_WITHHELD])
        return of_ways(&sums, SW_SHARE_WITHHELD, "withheld", arena);
    if (!standing->all_known)
        return of_unseen();
    if (standing->n_clusters < 2)
        return of_reason("False", SW_NO_OTHER_CLUSTER,
                         "no other cluster is connected: `spillway remote-secret` prints the "
                         "Secret that connects one");
    if (silent)
        return of_silence(silent, arena);
    if (sums.n[SW_SHARE_PENDING])
        return of_ways(&sums, SW_SHARE_PENDING, "not in place yet", arena);
    return of_success(&sums, arena);
}

static json_t *text(struct sw_str s)
{
    return json_stringn(s.data ? s.data : "", s.len);
}

static json_t *time_of(int64_t unix_s)
{
    char written[SW_UTC_SIZE];

    sw_utc_write(unix_s, written);
    return json_string(written);
}

/* The item of list `key` whose `member` is `value`; NULL for none. */
static const json_t *find_item(const json_t *before, const char *key, const char *member,
                               struct sw_str value)
{
    const json_t *list = json_object_get(before, key);
    const char *found;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);

        found = json_string_value(json_object_get(item, member));
        if (found && sw_str_is(value, found))
            return item;
    }
    return NULL;
}

bool sw_standing_is_programmed(const json_t *status)
{
    const json_t *programmed = find_item(status, "conditions", "type", SW_STR(PROGRAMMED));
    const char *found = json_string_value(json_object_get(programmed, "status"));

    return found && strcmp(found, "True") == 0;
}

/* When the condition became what it is. */
static json_t *transition(const struct sw_standing *standing, const char *type, const char *status)
{
    const json_t *before = find_item(standing->before, "conditions", "type", sw_str_from(type));
    const char *was = json_string_value(json_object_get(before, "status"));
    const char *since = json_string_value(json_object_get(before, "lastTransitionTime"));

    return was && since && strcmp(was, status) == 0 ? json_string(since) : time_of(standing->now_s);
}

static json_t *make_condition(const struct sw_standing *standing, const char *type,
                              const struct verdict *verdict)
{
    json_t *condition = json_object();
    int r = condition && verdict->message ? 0 : -1;

    r |= json_object_set_new(condition, "type", json_string(type));
    r |= json_object_set_new(condition, "status", json_string(verdict->status));
    if (standing->generation)
        r |= json_object_set_new(condition, "observedGeneration",
                                 json_integer(standing->generation));
    r |= json_object_set_new(condition, "lastTransitionTime",
                             transition(standing, type, verdict->status));
    r |= json_object_set_new(condition, "reason", text(verdict->reason));
    r |= json_object_set_new(condition, "message",
                             json_string(verdict->message ? verdict->message : ""));
    return r == 0 ? condition : NULL;
}

static json_t *make_conditions(const struct sw_standing *standing, struct sw_arena *arena)
{
    const struct sw_acceptance *acceptance = &standing->acceptance;
    const struct verdict accepted =
        of_reason(acceptance->accepted ? "True" : "False", acceptance->reason, acceptance->message);
    const struct verdict programmed = judge(standing, arena);
    json_t *conditions = json_array();
    int r = json_array_append_new(conditions, make_condition(standing, ACCEPTED, &accepted));

    r |= json_array_append_new(conditions, make_condition(standing, PROGRAMMED, &programmed));
    return r == 0 ? conditions : NULL;
}

static json_t *make_reason(const struct sw_share_reason *reason)
{
    json_t *made = json_object();
    int r = json_object_set_new(made, "state", json_string(sw_share_state_word(reason->state)));

    r |= json_object_set_new(made, "reason", text(reason->word));
    r |= json_object_set_new(made, "count", json_integer((json_int_t)reason->n));
    r |= json_object_set_new(made, "example", text(reason->example));
    if (reason->message.len)
        r |= json_object_set_new(made, "message", text(reason->message));
    return r == 0 ? made : NULL;
}

static int set_count(json_t *object, const char *key, size_t n)
{
    return json_object_set_new(object, key, json_integer((json_int_t)n));
}

/* What its reconciler says, or what of that is seen from here. */
static int set_share(json_t *made, const struct sw_standing_cluster *cluster)
{
    const struct sw_share *share = &cluster->share;
    json_t *reasons = json_array();
    int r = set_count(made, "exposed", share->n_exposed);

    if (cluster->report == SW_PROGRAMMED || share->n_emitted || share->n[SW_SHARE_WITHHELD]) {
        r |= set_count(made, "emitted", share->n_emitted);
        r |= set_count(made, "workloadEntries", share->n_entries);
        r |= set_count(made, "withheld", share->n[SW_SHARE_WITHHELD]);
        r |= set_count(made, "pending", share->n[SW_SHARE_PENDING]);
    }
    if (share->n[SW_SHARE_NOT_EXPOSED])
        r |= set_count(made, "notExposed", share->n[SW_SHARE_NOT_EXPOSED]);
    for (size_t i = 0; r == 0 && i < share->n_reasons; i++)
        r = json_array_append_new(reasons, make_reason(&share->reasons[i]));
    if (json_array_size(reasons))
        r |= json_object_set_new(made, "reasons", reasons);
    return r;
}

/* When it was last seen: what is known, else what was known to whoever wrote the status before. */
static json_t *last_seen(const struct sw_standing *standing,
                         const struct sw_standing_cluster *cluster)
{
    const json_t *before = find_item(standing->before, "clusters", "name", cluster->name);
    const char *seen = json_string_value(json_object_get(before, "lastSeenTime"));

    if (cluster->seen_s >= 0)
        return time_of(cluster->seen_s);
    return seen ? json_string(seen) : NULL;
}

static json_t *make_cluster(const struct sw_standing *standing,
                            const struct sw_standing_cluster *cluster)
{
    const bool reported = cluster->report == SW_PROGRAMMED;
    json_t *made = json_object(), *seen;
    int r = json_object_set_new(made, "name", text(cluster->name));

    r |= json_object_set_new(made, "reachable", json_boolean(cluster->reachable));
    seen = cluster->reachable ? NULL : last_seen(standing, cluster);
    if (seen)
        r |= json_object_set_new(made, "lastSeenTime", seen);
    r |= json_object_set_new(made, "reported", json_boolean(reported));
    if (!reported) {
        if (cluster->report == SW_REPORT_STALE && cluster->reported_s >= 0)
            r |= json_object_set_new(made, "reportedTime", time_of(cluster->reported_s));
        r |= json_object_set_new(made, "reason", json_string(sw_reason_word(cluster->report)));
        r |= json_object_set_new(
            made, "message",
            json_string(cluster->detail ? cluster->detail : sw_reason_sentence(cluster->report)));
    }
    r |= set_share(made, cluster);
    return r == 0 ? made : NULL;
}

/* Lists are maps for an API server, by the name of the cluster: their order says nothing. */
static bool has_same_clusters(const json_t *before, const json_t *status)
{
    const json_t *clusters = json_object_get(status, "clusters");

    if (json_array_size(json_object_get(before, "clusters")) != json_array_size(clusters))
        return false;
    for (size_t i = 0; i < json_array_size(clusters); i++) {
        const json_t *wanted = json_array_get(clusters, i);
        const char *name = json_string_value(json_object_get(wanted, "name"));

        if (!json_equal(find_item(before, "clusters", "name", sw_str_from(name)), wanted))
            return false;
    }
    return true;
}

/* Does the status before say it all? Conditions of others may stand beside ours. */
static bool says(const json_t *before, const json_t *status)
{
    const json_t *conditions = json_object_get(status, "conditions");

    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *wanted = json_array_get(conditions, i);
        const char *type = json_string_value(json_object_get(wanted, "type"));
        const json_t *found = find_item(before, "conditions", "type", sw_str_from(type));

        if (!json_equal(found, wanted))
            return false;
    }
    return has_same_clusters(before, status) &&
           json_equal(json_object_get(before, "observedGeneration"),
                      json_object_get(status, "observedGeneration"));
}

int sw_standing_make(const struct sw_standing *standing, struct sw_arena *arena, json_t **ret,
                     struct sw_err *reterr)
{
    json_t *status = json_object(), *clusters = json_array();
    int r = 0;

    if (standing->generation)
        r = json_object_set_new(status, "observedGeneration", json_integer(standing->generation));
    r |= json_object_set_new(status, "conditions", make_conditions(standing, arena));
    for (size_t i = 0; r == 0 && i < standing->n_clusters; i++)
        r = json_array_append_new(clusters, make_cluster(standing, &standing->clusters[i]));
    r |= json_object_set_new(status, "clusters", clusters);
    if (r != 0)
        return sw_err_nomem(reterr);
    *ret = status;
    return standing->before ? !says(standing->before, status) : 1;
}

#include "mesh/rules.h"

#include "failover/host.h"

#include "base/banned.h"

struct sw_rules_walk sw_rules_begin(const struct sw_mesh_cluster *cluster, struct sw_str namespace_,
                                    struct sw_str service)
{
    struct sw_rules_walk walk = {.cluster = cluster, .namespace_ = namespace_, .service = service};
    size_t n;

    walk.at = sw_mesh_rules_for(cluster, namespace_, service, &n);
    walk.end = walk.at + n;
    return walk;
}

const struct sw_mesh_rule *sw_rules_next(struct sw_rules_walk *walk)
{
    size_t n;

    if (walk->at < walk->end && !walk->wild)
        return walk->cluster->rules[walk->at++];
    if (!walk->wild) {
        walk->wild = true;
        walk->at = sw_mesh_rules_wild(walk->cluster, &n);
        walk->end = walk->at + n;
    }
    while (walk->at < walk->end) {
        const struct sw_mesh_rule *rule = walk->cluster->rules[walk->at++];
        struct sw_host host = sw_host_read(rule->host, rule->namespace_);

        if (sw_host_covers(&host, walk->namespace_, walk->service))
            return rule;
    }
    return NULL;
}

/* Whose view of the rules is asked for. */
enum audience {
    INSIDE,  /* clients in the Service's own namespace */
    OUTSIDE, /* clients of any other */
};

/* One question: what do these clients go by, of the rules that stand in this namespace? */
struct question {
    const struct sw_mesh_cluster *cluster;
    struct sw_str namespace_; /* of the Service */
    struct sw_str service;
    struct sw_str within; /* the rules' own namespace */
    enum audience audience;
};

static struct sw_rules_walk begin(const struct question *q)
{
    return sw_rules_begin(q->cluster, q->namespace_, q->service);
}

static bool exports_to(const struct sw_mesh_rule *rule, struct sw_str what)
{
    for (size_t i = 0; i < rule->n_export_to; i++) {
        if (sw_str_eq(rule->export_to[i], what))
            return true;
    }
    return false;
}

static bool is_public(const struct sw_mesh_rule *rule)
{
    return rule->n_export_to == 0 || exports_to(rule, SW_STR("*"));
}

static bool is_seen_by(const struct sw_mesh_rule *rule, const struct question *q)
{
    if (rule->ours || rule->selects_workloads || !sw_str_eq(rule->namespace_, q->within))
        return false;
    if (is_public(rule))
        return true;
    return q->audience == INSIDE &&
           (exports_to(rule, q->namespace_) ||
            (sw_str_eq(rule->namespace_, q->namespace_) && exports_to(rule, SW_STR("."))));
}

static bool detects(const struct sw_mesh_rule *rule)
{
    return rule->has_policy && rule->outlier && rule->ports_outlier;
}

/* A host without `*` before one with, the longer before the shorter (istio: host.MoreSpecific). */
static bool more_specific(const struct sw_mesh_rule *a, const struct sw_mesh_rule *b)
{
    bool wild_a = a->host.len && a->host.data[0] == '*';
    bool wild_b = b->host.len && b->host.data[0] == '*';

    if (wild_a != wild_b)
        return wild_b;
    return wild_a && a->host.len > b->host.len;
}

static const struct sw_mesh_rule *most_specific(const struct question *q)
{
    struct sw_rules_walk walk = begin(q);
    const struct sw_mesh_rule *rule, *best = NULL;

    while ((rule = sw_rules_next(&walk))) {
        if (is_seen_by(rule, q) && (!best || more_specific(rule, best)))
            best = rule;
    }
    return best;
}

static bool same_exports(const struct sw_mesh_rule *a, const struct sw_mesh_rule *b)
{
    if (a->n_export_to != b->n_export_to)
        return false;
    for (size_t i = 0; i < a->n_export_to; i++) {
        if (!sw_str_eq(a->export_to[i], b->export_to[i]))
            return false;
    }
    return true;
}

static bool is_older(const struct sw_mesh_rule *a, const struct sw_mesh_rule *b)
{
    int order = sw_str_cmp(a->created, b->created);

    if (order && (!a->created.len || !b->created.len))
        return !b->created.len; /* what has no time is not on a cluster yet */
    return order ? order < 0 : sw_str_cmp(a->name, b->name) < 0;
}

/* The rule whose trafficPolicy stands where `rule` and others of its host are merged. */
static const struct sw_mesh_rule *head_of(const struct question *q, const struct sw_mesh_rule *rule)
{
    struct sw_rules_walk walk = begin(q);
    const struct sw_mesh_rule *other, *head = rule;

    while ((other = sw_rules_next(&walk))) {
        if (!is_seen_by(other, q) || !other->has_policy || more_specific(other, rule) ||
            more_specific(rule, other) || !same_exports(other, rule))
            continue;
        if (!head->has_policy || is_older(other, head))
            head = other;
    }
    return head;
}

/* Judges by the rules that answer the question; false if there are none. */
static bool judge(const struct question *q, struct sw_rules *ret)
{
    const struct sw_mesh_rule *best = most_specific(q), *rule, *head;
    struct sw_rules_walk walk = begin(q);

    if (!best)
        return false;
    while ((rule = sw_rules_next(&walk))) {
        if (!is_seen_by(rule, q) || more_specific(best, rule))
            continue;
        head = head_of(q, rule);
        if (!detects(head))
            ret->lacking = head;
        if (head->locality_off)
            ret->locality_off = head;
        if (rule->seen_ms > ret->seen_ms)
            ret->seen_ms = rule->seen_ms;
    }
    return true;
}

/* Rules that some of the clients go by, whoever these are: those with a workloadSelector or an
 * exportTo that names namespaces, and those of a client's own namespace. */
static void judge_others(const struct sw_mesh *mesh, const struct question *q, struct sw_rules *ret)
{
    struct sw_rules_walk walk = begin(q);
    const struct sw_mesh_rule *rule;

    while ((rule = sw_rules_next(&walk))) {
        bool own = sw_str_eq(rule->namespace_, q->namespace_);

        if (rule->ours || detects(rule))
            continue;
        if (own &&
            (rule->selects_workloads || (rule->n_export_to && !exports_to(rule, SW_STR("*")) &&
                                         !exports_to(rule, SW_STR("."))))) {
            ret->lacking = rule;
        } else if (!own && !sw_str_eq(rule->namespace_, mesh->root_namespace) && !ret->client) {
            ret->client = rule;
        }
    }
}

/* A user's rule in the root namespace that covers the Service, whoever may see it. */
static const struct sw_mesh_rule *root_rule(const struct sw_mesh *mesh, const struct question *q)
{
    struct sw_rules_walk walk = begin(q);
    const struct sw_mesh_rule *rule;

    while ((rule = sw_rules_next(&walk))) {
        if (!rule->ours && !rule->selects_workloads &&
            sw_str_eq(rule->namespace_, mesh->root_namespace))
            return rule;
    }
    return NULL;
}

/* Ours, as it was seen: takes its time into account. */
static void judge_ours(const struct sw_mesh *mesh, const struct question *q, struct sw_rules *ret)
{
    struct sw_rules_walk walk = begin(q);
    const struct sw_mesh_rule *rule;

    ret->wants_ours = true;
    while ((rule = sw_rules_next(&walk))) {
        if (!rule->ours || !detects(rule) || !sw_str_eq(rule->namespace_, mesh->root_namespace))
            continue;
        if (rule->seen_ms > ret->seen_ms)
            ret->seen_ms = rule->seen_ms;
        return;
    }
    ret->seen_ms = 0;
}

struct sw_rules sw_rules_judge(const struct sw_mesh *mesh, struct sw_str namespace_,
                               struct sw_str service)
{
    struct question q = {sw_mesh_local(mesh), namespace_, service, namespace_, INSIDE};
    const struct sw_mesh_rule *root;
    struct sw_rules rules = {0};
    bool covered = judge(&q, &rules);

    q.audience = OUTSIDE;
    covered &= judge(&q, &rules);
    judge_others(mesh, &q, &rules);
    if (covered)
        return rules;
    root = root_rule(mesh, &q);
    q.within = mesh->root_namespace;
    if (!root)
        judge_ours(mesh, &q, &rules);
    else if (!judge(&q, &rules))
        rules.lacking = root; /* private to its namespace: others go by none */
    return rules;
}

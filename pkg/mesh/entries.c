#include "mesh/entries.h"

#include "base/cleanup.h"
#include "failover/policy.h"
#include "mesh/workloadentry.h"

#include "base/banned.h"

#define LABEL_TLS_MODE  "security.istio.io/tlsMode"
#define FAILOVER_PREFIX "failover.tetrate.io/"

/* More than Istio takes of labels and ports, names at their longest. */
#define MAX_SPEC_BYTES ((size_t)256 << 10)

/* Adds a label in its place, unless there is one of its key. Fails with SW_ENOMEM. */
static int add_label(struct sw_labels *labels, struct sw_label label, struct sw_arena *arena,
                     struct sw_err *reterr)
{
    struct sw_label *pairs;
    size_t at = 0;
    int order = 1;

    while (at < labels->n && (order = sw_str_cmp(labels->pairs[at].key, label.key)) < 0)
        at++;
    if (at < labels->n && order == 0)
        return 0;
    /* The pairs are ours: they were never anyone else's. */
    pairs = sw_arena_push(arena, (struct sw_label *)labels->pairs, labels->n, sizeof(*pairs));
    if (!pairs)
        return sw_err_nomem(reterr);
    memmove(&pairs[at + 1], &pairs[at], (labels->n - at) * sizeof(*pairs));
    pairs[at] = label;
    labels->pairs = pairs;
    labels->n++;
    return 0;
}

/* Adds those whose key begins with `prefix`. */
static int add_labels(struct sw_labels *labels, const struct sw_labels *from, const char *prefix,
                      struct sw_arena *arena, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < from->n; i++) {
        if (sw_str_has_prefix(from->pairs[i].key, sw_str_from(prefix)))
            r = add_label(labels, from->pairs[i], arena, reterr);
    }
    return r;
}

bool sw_entries_label(struct sw_str key)
{
    return sw_str_is(key, LABEL_TLS_MODE) || sw_str_is(key, SW_LABEL_REMOTE) ||
           sw_str_has_prefix(key, SW_STR(FAILOVER_PREFIX));
}

/* The labels of a group's entries. What comes first stands: without tlsMode there is no mTLS,
 * without the whole local selector istiod does not take the entry. */
static int group_labels(const struct sw_subject *subject, const struct sw_remote *remote,
                        const struct sw_mesh_group *group, struct sw_labels *ret,
                        struct sw_err *reterr)
{
    const struct sw_label own[] = {
        {SW_STR(LABEL_TLS_MODE), SW_STR("istio")},
        {SW_STR(SW_LABEL_REMOTE), remote->cluster->name},
    };
    struct sw_labels labels = {NULL, 0};
    int r = add_label(&labels, own[0], subject->arena, reterr);

    if (r == 0)
        r = add_label(&labels, own[1], subject->arena, reterr);
    if (r == 0)
        r = add_labels(&labels, &subject->shape->selector, "", subject->arena, reterr);
    if (r == 0)
        r = add_labels(&labels, &group->labels, "", subject->arena, reterr);
    if (r == 0)
        r = add_labels(&labels, &remote->service->meta.labels, FAILOVER_PREFIX, subject->arena,
                       reterr);
    if (r == 0)
        *ret = labels;
    return r;
}

static uint32_t weight(const struct sw_mesh_group *group, const struct sw_remote *remote)
{
    uint32_t share = group->n_ready / (uint32_t)remote->n_addresses;

    return share ? share : 1;
}

static enum sw_reason gate(const struct sw_subject *subject,
                           const struct sw_remote_address *address)
{
    if (!address->held)
        return SW_WAITS_GATEWAY;
    return subject->local || subject->stub_there ? SW_PLANNED : SW_WAITS_STUB;
}

/* One entry for each address; they differ from `model` in that alone. */
static int want_addresses(const struct sw_subject *subject, const struct sw_remote *remote,
                          const struct sw_workloadentry *model, struct sw_err *reterr)
{
    struct sw_workloadentry *entries =
        sw_arena_alloc(subject->arena, remote->n_addresses * sizeof(*entries));
    SW_CLEANUP(sw_buf_release) struct sw_buf common;
    int r;

    sw_buf_init(&common, MAX_SPEC_BYTES);
    if (!entries)
        return sw_err_nomem(reterr);
    sw_workloadentry_write_common(model, &common);
    r = sw_buf_status(&common, reterr);
    for (size_t i = 0; r == 0 && i < remote->n_addresses; i++) {
        entries[i] = *model;
        entries[i].address = remote->addresses[i].ip;
        r = sw_workloadentry_want(&entries[i], sw_buf_str(&common),
                                  gate(subject, &remote->addresses[i]), subject->arena,
                                  &subject->plan->wanteds, reterr);
    }
    return r;
}

static int want_group(const struct sw_subject *subject, const struct sw_remote *remote,
                      const struct sw_mesh_group *group, const struct sw_shared *shared,
                      struct sw_err *reterr)
{
    struct sw_port_keys keys = {NULL, 0};
    struct sw_workloadentry model = {
        .namespace_ = subject->plan->namespace_,
        .service = subject->plan->service,
        .remote = remote->cluster->name,
        .network = remote->cluster->network,
        .locality = group->locality,
        .service_account = group->service_account,
        .port = remote->addresses[0].port,
        .weight = weight(group, remote),
    };
    const struct sw_service *victim;
    int r = group_labels(subject, remote, group, &model.labels, reterr);

    if (r < 0)
        return r;
    victim = sw_shared_victim(subject, shared, remote->view, &model.labels);
    if (victim)
        return sw_subject_find(subject, SW_MESH_WITHHELD, SW_SELECTOR_SHARED, remote->cluster->name,
                               reterr,
                               "Service %.*s would take the WorkloadEntry too, and has neither a "
                               "counterpart exposed there nor outlierDetection: expose it there, "
                               "or give it a DestinationRule with outlierDetection",
                               SW_STR_ARG(victim->meta.name));
    r = sw_ports_add_keys(subject->shape, subject->arena, &keys, reterr);
    if (r == 0)
        r = sw_shared_add_keys(subject, shared, &model.labels, &keys, reterr);
    if (r < 0)
        return r;
    model.ports = keys.items;
    model.n_ports = keys.n;
    return want_addresses(subject, remote, &model, reterr);
}

int sw_entries_plan(const struct sw_subject *subject, const struct sw_remote *remote,
                    const struct sw_shared *shared, struct sw_err *reterr)
{
    size_t before = subject->plan->wanteds.n, n;
    int r = 0;

    for (size_t i = 0; r == 0 && i < remote->backends->n_groups; i++)
        r = want_group(subject, remote, &remote->backends->groups[i], shared, reterr);
    n = subject->plan->wanteds.n - before;
    if (r < 0 || n == 0)
        return r;
    return sw_subject_find(subject, SW_MESH_EMITTED, SW_PLANNED, remote->cluster->name, reterr,
                           "%zu WorkloadEntr%s", n, n == 1 ? "y" : "ies");
}

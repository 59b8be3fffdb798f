#include "mesh/plan.h"

#include "mesh/destinationrule.h"
#include "mesh/entries.h"
#include "mesh/stub.h"
#include "json/read.h"

#include "base/banned.h"

/* The setting that exposes the Service: where it is exposed here, that one; else the first remote
 * cluster's. NULL where it is exposed nowhere. */
static const struct sw_setting *choose_setting(const struct sw_subject *subject,
                                               const struct sw_remote *remotes, size_t n_remotes)
{
    struct sw_exposure here = {.reason = SW_NO_WORKSPACE};

    if (subject->local)
        here = sw_expose(subject->mesh->index, subject->view, subject->local);
    if (here.reason == SW_EXPOSED)
        return here.setting;
    return n_remotes ? remotes[0].exposure.setting : NULL;
}

/* Our rule, where clients here need outlierDetection to fail over, or the gateway here needs a
 * subset to be reached by. */
static int plan_rule(const struct sw_subject *subject, const struct sw_setting *setting,
                     bool clients, struct sw_err *reterr)
{
    struct sw_about about = {subject->plan->namespace_, subject->plan->service, {NULL, 0}};
    struct sw_subsets subsets = {NULL, 0};
    int r = sw_subsets_gather(subject->mesh, about, subject->arena, &subject->plan->findings,
                              &subsets, reterr);

    if (r < 0 || !(clients || (subsets.n && subject->local)))
        return r;
    return sw_destinationrule_plan(subject, setting, &subsets, reterr);
}

static int warn_rules(const struct sw_subject *subject, struct sw_err *reterr)
{
    const struct sw_mesh_rule *client = subject->rules.client, *off = subject->rules.locality_off;
    int r = 0;

    if (client)
        r = sw_subject_find(subject, SW_MESH_WARNED, SW_CLIENT_RULE, (struct sw_str){NULL, 0},
                            reterr,
                            "DestinationRule %.*s/%.*s lacks outlierDetection: healthy traffic of "
                            "clients in namespace %.*s leaves the cluster",
                            SW_STR_ARG(client->namespace_), SW_STR_ARG(client->name),
                            SW_STR_ARG(client->namespace_));
    if (r == 0 && off)
        r = sw_subject_find(subject, SW_MESH_WARNED, SW_LOCALITY_OFF, (struct sw_str){NULL, 0},
                            reterr, "DestinationRule %.*s/%.*s: localityLbSetting is %s",
                            SW_STR_ARG(off->namespace_), SW_STR_ARG(off->name),
                            sw_reason_sentence(SW_LOCALITY_OFF));
    return r;
}

static int plan_entries(const struct sw_subject *subject, struct sw_remote *remotes, size_t n,
                        struct sw_err *reterr)
{
    struct sw_shared shared = {NULL, 0};
    int r = sw_shared_gather(subject, &shared, reterr);

    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = sw_remote_judge(subject, &remotes[i], reterr);
        if (r == 1)
            r = sw_entries_plan(subject, &remotes[i], &shared, reterr);
    }
    return r < 0 ? r : 0;
}

/* What a stub is made after: the first cluster that exposes the Service. While not all clusters
 * have been seen, that may have been another one: the stub that is there stays as it is. */
static const struct sw_service *stub_shape(const struct sw_subject *subject,
                                           const struct sw_remote *remotes)
{
    const struct sw_plan *plan = subject->plan;

    if (subject->stub_there && !sw_mesh_is_seen(subject->mesh))
        return sw_view_service(subject->view, plan->namespace_, plan->service);
    return remotes[0].service;
}

/* What clients here need; `remotes` expose the Service. */
static int plan_clients(struct sw_subject *subject, struct sw_remote *remotes, size_t n,
                        struct sw_err *reterr)
{
    int r = 0;

    if (!subject->shape) {
        subject->shape = stub_shape(subject, remotes);
        r = sw_stub_plan(subject, reterr);
    }
    if (r == 0)
        r = warn_rules(subject, reterr);
    return r < 0 ? r : plan_entries(subject, remotes, n, reterr);
}

static int plan_subject(struct sw_subject *subject, struct sw_err *reterr)
{
    struct sw_plan *plan = subject->plan;
    const struct sw_setting *setting;
    struct sw_remote *remotes = NULL;
    enum sw_reason reason;
    bool clients;
    size_t n = 0;
    int r = sw_remote_gather(subject, &remotes, &n, reterr);

    setting = r < 0 ? NULL : choose_setting(subject, remotes, n);
    if (!setting)
        return r;
    reason = sw_subject_judge(subject);
    clients = n && reason == SW_PLANNED;
    if (n && !clients)
        r = sw_subject_find(subject, SW_MESH_WITHHELD, reason, (struct sw_str){NULL, 0}, reterr,
                            NULL);
    subject->rules = sw_rules_judge(subject->mesh, plan->namespace_, plan->service);
    plan->own_rule = subject->rules.wants_ours;
    plan->rule_seen_ms = subject->rules.lacking ? 0 : subject->rules.seen_ms;
    if (r == 0 && subject->rules.wants_ours)
        r = plan_rule(subject, setting, clients, reterr);
    if (r == 0 && clients)
        r = plan_clients(subject, remotes, n, reterr);
    return r;
}

int sw_plan_service(const struct sw_mesh *mesh, struct sw_plan_key key, struct sw_arena *arena,
                    struct sw_plan *ret, struct sw_err *reterr)
{
    struct sw_plan plan = {
        .namespace_ = key.namespace_,
        .service = key.name,
        .kinds = 1u << SW_MESH_DESTINATIONRULE | 1u << SW_MESH_STUB | 1u << SW_MESH_WORKLOADENTRY,
    };
    struct sw_subject subject;
    SW_JSON_SCOPE(arena);
    int r = sw_subject_init(&subject, mesh, &plan, arena, reterr);

    if (r == 0)
        r = plan_subject(&subject, reterr);
    if (r == 0)
        *ret = plan;
    return r;
}

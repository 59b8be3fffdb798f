#include "mesh/remote.h"

#include "mesh/remote_gateway.h"
#include "mesh/subsets.h"

#include "base/banned.h"

/* Add a finding about `remote`; 0, or a failure. */
#define WITHHOLD(reason, ...)                                                                      \
    sw_subject_find(subject, SW_MESH_WITHHELD, (reason), remote->cluster->name, reterr, __VA_ARGS__)
#define WARN(reason, ...)                                                                          \
    sw_subject_find(subject, SW_MESH_WARNED, (reason), remote->cluster->name, reterr, __VA_ARGS__)

/* Judgements return 1 to go on, 0 where a finding withholds, or a failure. */
static int withheld(int r)
{
    return r < 0 ? r : 0;
}

/* Is it a cluster to send traffic to at all? */
static int judge_cluster(const struct sw_subject *subject, const struct sw_remote *remote,
                         struct sw_err *reterr)
{
    const struct sw_mesh *mesh = subject->mesh;
    const struct sw_mesh_cluster *there = remote->cluster, *here = sw_mesh_local(mesh);

    if (!there->name.len || !sw_str_is_label_value(there->name))
        return withheld(WITHHOLD(SW_LABEL_VALUE,
                                 "the cluster's name \"%.*s\" cannot be a label value: give it a "
                                 "name of at most 63 letters, digits, '-', '_' and '.'",
                                 SW_STR_ARG(there->name)));
    if (sw_mesh_is_native(mesh, there->name))
        return withheld(WITHHOLD(SW_NATIVE, NULL));
    if (mesh->remote_ttl_ms && !there->readable && there->age_ms > mesh->remote_ttl_ms)
        return withheld(WITHHOLD(SW_REMOTE_EXPIRED, NULL));
    if (there->yields_to)
        return withheld(WITHHOLD(SW_NETWORK_SHARED,
                                 "network \"%.*s\" is that of cluster %.*s, which keeps it: if "
                                 "%.*s is a second name for it, disconnect %.*s, else give it a "
                                 "network of its own",
                                 SW_STR_ARG(there->network), SW_STR_ARG(there->yields_to->name),
                                 SW_STR_ARG(there->name), SW_STR_ARG(there->name)));
    if (there->root_cert.len && here->root_cert.len &&
        !sw_str_eq(there->root_cert, here->root_cert))
        return withheld(WITHHOLD(SW_ROOT_CERT, NULL));
    if (sw_mesh_mtls_disabled(mesh, there, subject->plan->namespace_))
        return withheld(WITHHOLD(SW_MTLS_DISABLED, NULL));
    return 1;
}

/* True if any cluster exposes the Service that they all have by this name. */
static bool is_exposed(const struct sw_subject *subject)
{
    const struct sw_mesh *mesh = subject->mesh;

    for (size_t i = 0; i < mesh->index->n_views; i++) {
        const struct sw_view *view = mesh->index->views[i];
        const struct sw_service *service =
            mesh->clusters[i]->seen
                ? sw_view_service(view, subject->plan->namespace_, subject->plan->service)
                : NULL;

        if (service && sw_expose(mesh->index, view, service).reason == SW_EXPOSED)
            return true;
    }
    return false;
}

/* Worth a word is what a setting selects; that its owner there has opted out of it only where
 * others have not, who would look for it. */
static bool is_worth_a_word(const struct sw_subject *subject, enum sw_reason reason)
{
    return reason > SW_STUB || (reason == SW_DISABLED && is_exposed(subject));
}

static int gather(const struct sw_subject *subject, size_t at, struct sw_remote **remotes,
                  size_t *n, struct sw_err *reterr)
{
    const struct sw_mesh *mesh = subject->mesh;
    struct sw_remote found = {.cluster = mesh->clusters[at], .view = mesh->index->views[at]};
    const struct sw_remote *remote = &found;
    struct sw_remote *items;
    int r;

    found.service = sw_view_service(found.view, subject->plan->namespace_, subject->plan->service);
    if (!found.service || !found.cluster->seen)
        return 0;
    found.exposure = sw_expose(mesh->index, found.view, found.service);
    if (is_worth_a_word(subject, found.exposure.reason))
        return WITHHOLD(found.exposure.reason, NULL);
    r = found.exposure.reason == SW_EXPOSED ? judge_cluster(subject, remote, reterr) : 0;
    if (r <= 0)
        return r;
    items = sw_arena_push(subject->arena, *remotes, *n, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    items[(*n)++] = found;
    *remotes = items;
    return 0;
}

int sw_remote_gather(const struct sw_subject *subject, struct sw_remote **ret, size_t *ret_n,
                     struct sw_err *reterr)
{
    struct sw_remote *remotes = NULL;
    size_t n = 0;
    int r = 0;

    for (size_t i = 0; r == 0 && i < subject->mesh->index->n_views; i++) {
        if (i != subject->mesh->index->local)
            r = gather(subject, i, &remotes, &n, reterr);
    }
    if (r < 0)
        return r;
    *ret = remotes;
    *ret_n = n;
    return 0;
}

static int judge_ports(const struct sw_subject *subject, struct sw_remote *remote,
                       struct sw_err *reterr)
{
    struct sw_ports ports = sw_ports_compare(subject->shape, remote->service);
    int r = 1;

    if (ports.mismatch)
        return withheld(WITHHOLD(SW_PORT_MISMATCH, "port %.*s is %u here and %u there",
                                 SW_STR_ARG(ports.mismatch->name), ports.mismatch->number,
                                 ports.there->number));
    if (ports.n_same == 0)
        return withheld(WITHHOLD(SW_PORT_MISMATCH, "no port has the same number here and there"));
    if (ports.absent)
        r = WARN(SW_PORT_ABSENT, "port %.*s (%u) is absent there, so it will not fail over",
                 SW_STR_ARG(ports.absent->name), ports.absent->number);
    return r < 0 ? r : 1;
}

static int judge_pods(const struct sw_subject *subject, struct sw_remote *remote,
                      struct sw_err *reterr)
{
    remote->backends =
        sw_mesh_backends(remote->cluster, subject->plan->namespace_, subject->plan->service);
    if (remote->backends && remote->backends->n_groups)
        return 1;
    if (remote->backends && remote->backends->n_plain)
        return withheld(WITHHOLD(SW_NO_SIDECAR, NULL));
    return withheld(WITHHOLD(SW_NO_READY_PODS, NULL));
}

/* D2: without outlierDetection, remote and local endpoints would share the traffic. */
static int judge_rules(const struct sw_subject *subject, struct sw_remote *remote,
                       struct sw_err *reterr)
{
    const struct sw_mesh_rule *lacking = subject->rules.lacking;
    const struct sw_mesh_subset *absent;
    int r = 1;

    if (lacking)
        return withheld(WITHHOLD(SW_NO_OUTLIER_DETECTION,
                                 "DestinationRule %.*s/%.*s lacks outlierDetection%s: without it "
                                 "healthy traffic would leave the cluster",
                                 SW_STR_ARG(lacking->namespace_), SW_STR_ARG(lacking->name),
                                 lacking->outlier ? " in portLevelSettings" : ""));
    absent = sw_subsets_absent(subject->mesh, remote->cluster, subject->plan->namespace_,
                               subject->plan->service);
    if (absent)
        r = WARN(SW_SUBSET_ABSENT, "no rule there has subset %.*s, so it will not fail over",
                 SW_STR_ARG(absent->name));
    return r < 0 ? r : 1;
}

int sw_remote_judge(const struct sw_subject *subject, struct sw_remote *remote,
                    struct sw_err *reterr)
{
    static int (*const judgements[])(const struct sw_subject *, struct sw_remote *,
                                     struct sw_err *) = {
        judge_ports,
        judge_pods,
        sw_remote_find_addresses,
        judge_rules,
    };
    int r = 1;

    for (size_t i = 0; r == 1 && i < sizeof(judgements) / sizeof(*judgements); i++)
        r = judgements[i](subject, remote, reterr);
    return r;
}

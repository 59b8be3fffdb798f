#include "mesh/gateways.h"

#include "base/cleanup.h"
#include "failover/expose.h"
#include "failover/host.h"
#include "failover/search.h"
#include "mesh/name.h"
#include "mesh/passthrough.h"
#include "json/read.h"

#include "base/banned.h"

/* A gateway Service of the local cluster, and the hosts of the Gateway that is made for it. */
struct workload {
    const struct sw_mesh_gateway *gateway;
    enum sw_reason reason;                   /* SW_PLANNED, or why there is none for it */
    const struct sw_mesh_passthrough *users; /* for SW_PASSTHROUGH_TAKEN */
    struct workload *head; /* whose Gateway serves these pods: its own or another's; NULL if none */
    struct sw_str *hosts;  /* arena; of heads; sorted when complete */
    size_t n_hosts;
    size_t n_held; /* of them, those that are withdrawn */
};

struct work {
    const struct sw_mesh *mesh;
    const struct sw_mesh_cluster *local;
    struct sw_withdrawals *withdrawals;
    uint64_t now_ms;
    struct sw_arena *arena;
    struct sw_plan *plan;
    struct workload *workloads; /* as local->gateways */
};

static int find(const struct work *work, const struct workload *workload,
                enum sw_mesh_verdict verdict, enum sw_reason reason, const char *detail,
                struct sw_err *reterr)
{
    const struct sw_meta *meta = &workload->gateway->service->meta;
    struct sw_mesh_finding finding = {
        .verdict = verdict,
        .reason = reason,
        .about = {meta->namespace_, meta->name, {NULL, 0}},
    };

    return sw_mesh_find(&work->plan->findings, work->arena, finding, reterr, "gateway: %s",
                        detail ? detail : sw_reason_sentence(reason));
}

static enum sw_reason judge(const struct work *work, struct workload *workload)
{
    if (workload->gateway->service->selector.n == 0)
        return SW_GATEWAY_NO_SELECTOR;
    if (workload->gateway->foreign_pods)
        return SW_GATEWAY_FOREIGN_PODS;
    workload->users = sw_passthrough_users(work->local, workload->gateway);
    return workload->users ? SW_PASSTHROUGH_TAKEN : SW_PLANNED;
}

/* The fit workload with the widest selector that contains this one's pods. */
static struct workload *head_of(const struct work *work, const struct workload *workload)
{
    const struct sw_labels *own = &workload->gateway->service->selector;
    struct workload *head = NULL;

    for (size_t i = 0; i < work->local->n_gateways; i++) {
        struct workload *other = &work->workloads[i];
        const struct sw_labels *theirs = &other->gateway->service->selector;

        if (other->reason == SW_PLANNED && sw_labels_match(theirs, own) &&
            other->gateway->port == workload->gateway->port &&
            (!head || theirs->n < head->gateway->service->selector.n))
            head = other;
    }
    return head;
}

static int init_workloads(struct work *work, struct sw_err *reterr)
{
    size_t n = work->local->n_gateways;

    work->workloads = sw_arena_zalloc(work->arena, n * sizeof(*work->workloads));
    if (!work->workloads)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < n; i++) {
        work->workloads[i].gateway = work->local->gateways[i];
        work->workloads[i].reason = judge(work, &work->workloads[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (work->workloads[i].reason == SW_PLANNED)
            work->workloads[i].head = head_of(work, &work->workloads[i]);
    }
    return 0;
}

static int push_host(const struct work *work, struct workload *head, struct sw_str host,
                     struct sw_err *reterr)
{
    struct sw_str *hosts = sw_arena_push(work->arena, head->hosts, head->n_hosts, sizeof(*hosts));

    if (!hosts || !host.data)
        return sw_err_nomem(reterr);
    hosts[head->n_hosts++] = host;
    head->hosts = hosts;
    return 0;
}

/* Gives the host of an exposed Service to every Gateway that it is reached through. */
static int add_service(const struct work *work, const struct sw_service *service,
                       const struct sw_gateway_setting *setting, struct sw_err *reterr)
{
    struct sw_str host = sw_mesh_host(work->arena, service->meta.namespace_, service->meta.name);
    int r = 0;

    for (size_t i = 0; r == 0 && i < work->local->n_gateways; i++) {
        struct workload *head = work->workloads[i].head;

        if (!head || !sw_search_is_gateway(setting, work->workloads[i].gateway->service) ||
            (head->n_hosts && sw_str_eq(head->hosts[head->n_hosts - 1], host)))
            continue;
        r = push_host(work, head, host, reterr);
    }
    return r;
}

static int add_services(const struct work *work, struct sw_err *reterr)
{
    const struct sw_view *view = sw_index_local(work->mesh->index);
    int r = 0;

    for (size_t i = 0; r == 0 && i < view->n_services; i++) {
        struct sw_exposure exposure = sw_expose(work->mesh->index, view, view->services[i]);

        if (exposure.reason == SW_EXPOSED)
            r = add_service(work, view->services[i], exposure.gateways, reterr);
    }
    return r;
}

/* Does a cluster that can be read still send requests for the host here? */
static bool is_needed(const struct work *work, struct sw_str host)
{
    struct sw_host service = sw_host_read(host, (struct sw_str){NULL, 0});

    for (size_t i = 0; i < work->mesh->index->n_views; i++) {
        const struct sw_mesh_cluster *cluster = work->mesh->clusters[i];
        size_t n, first = sw_mesh_entries_for(cluster, service.namespace_, service.name, &n);

        if (cluster == work->local || !cluster->seen || !cluster->readable)
            continue;
        for (size_t j = first; j < first + n; j++) {
            if (sw_str_eq(cluster->entries[j]->remote, work->local->name))
                return true;
        }
    }
    return false;
}

static int hold_host(const struct work *work, struct workload *head, struct sw_str host,
                     struct sw_err *reterr)
{
    const struct sw_meta *meta = &head->gateway->service->meta;
    struct sw_str gateway = sw_mesh_path(work->arena, meta->namespace_, meta->name);
    uint64_t since_ms = 0, until_ms;
    int r;

    if (!gateway.data)
        return sw_err_nomem(reterr);
    r = sw_withdrawals_since(work->withdrawals, gateway, host, work->now_ms, &since_ms, reterr);
    until_ms = since_ms + SW_WITHDRAWN_MAX_MS;
    if (r < 0 || work->now_ms >= until_ms)
        return r;
    if (!work->plan->again_ms || until_ms < work->plan->again_ms)
        work->plan->again_ms = until_ms;
    head->n_held++;
    return push_host(work, head, host, reterr);
}

static int by_text(const void *a, const void *b)
{
    return sw_str_cmp(*(const struct sw_str *)a, *(const struct sw_str *)b);
}

static void sort_hosts(struct workload *head)
{
    if (head->n_hosts)
        qsort(head->hosts, head->n_hosts, sizeof(*head->hosts), by_text);
}

/* Keeps what our Gateway holds by now and others still need. */
static int add_withdrawn(const struct work *work, struct workload *head, struct sw_str name,
                         struct sw_err *reterr)
{
    size_t n_exposed = head->n_hosts;
    int r = 0;

    for (size_t i = 0; i < work->local->n_passthroughs; i++) {
        const struct sw_mesh_passthrough *server = work->local->passthroughs[i];

        if (!server->ours || !sw_str_eq(server->name, name) ||
            !sw_str_eq(server->namespace_, head->gateway->service->meta.namespace_))
            continue;
        for (size_t j = 0; r == 0 && j < server->n_hosts; j++) {
            struct sw_str host = server->hosts[j];

            if (!(n_exposed && bsearch(&host, head->hosts, n_exposed, sizeof(host), by_text)) &&
                is_needed(work, host))
                r = hold_host(work, head, host, reterr);
        }
    }
    return r;
}

static json_t *gateway_spec(const struct workload *head)
{
    json_auto_t *hosts = json_array();

    for (size_t i = 0; hosts && i < head->n_hosts; i++) {
        if (json_array_append_new(hosts, sw_wanted_str(head->hosts[i])) < 0)
            return NULL;
    }
    if (!hosts)
        return NULL;
    return json_pack("{s:o,s:[{s:{s:s,s:i,s:s},s:{s:s},s:O}]}", "selector",
                     sw_wanted_labels(&head->gateway->service->selector), "servers", "port", "name",
                     "tls-east-west", "number", head->gateway->port, "protocol", "TLS", "tls",
                     "mode", "AUTO_PASSTHROUGH", "hosts", hosts);
}

/* What its Gateway is to hold, in words. */
static int find_hosts(const struct work *work, const struct workload *head, struct sw_err *reterr)
{
    const char *noun = head->n_hosts == 1 ? "host" : "hosts";
    char detail[64];

    if (head->n_held)
        snprintf(detail, sizeof(detail), "%zu %s, %zu on the way out", head->n_hosts, noun,
                 head->n_held);
    else
        snprintf(detail, sizeof(detail), "%zu %s", head->n_hosts, noun);
    return find(work, head, SW_MESH_EMITTED, SW_PLANNED, detail, reterr);
}

static int plan_head(const struct work *work, struct workload *head, struct sw_err *reterr)
{
    const struct sw_meta *service = &head->gateway->service->meta;
    struct sw_wanted_meta meta = {
        .kind = SW_MESH_GATEWAY,
        .namespace_ = service->namespace_,
        .name = sw_mesh_name(work->arena, service->name, (struct sw_str){NULL, 0}),
    };
    int r;

    if (!meta.name.data)
        return sw_err_nomem(reterr);
    sort_hosts(head);
    r = add_withdrawn(work, head, meta.name, reterr);
    if (r < 0 || head->n_hosts == 0)
        return r;
    sort_hosts(head);
    r = sw_wanted_add(&work->plan->wanteds, work->arena, &meta, gateway_spec(head), reterr);
    return r < 0 ? r : find_hosts(work, head, reterr);
}

static int plan_withheld(const struct work *work, const struct workload *workload,
                         struct sw_err *reterr)
{
    const struct sw_mesh_passthrough *users = workload->users;
    const char *detail = NULL;

    if (users) {
        detail = sw_arena_printf(work->arena,
                                 "Gateway %.*s/%.*s serves the same pods and port with "
                                 "AUTO_PASSTHROUGH: it must hold every host that is exposed",
                                 SW_STR_ARG(users->namespace_), SW_STR_ARG(users->name));
        if (!detail)
            return sw_err_nomem(reterr);
    }
    return find(work, workload, SW_MESH_WITHHELD, workload->reason, detail, reterr);
}

static int plan_workloads(struct work *work, struct sw_err *reterr)
{
    int r = init_workloads(work, reterr);

    if (r == 0)
        r = add_services(work, reterr);
    for (size_t i = 0; r == 0 && i < work->local->n_gateways; i++) {
        struct workload *workload = &work->workloads[i];

        if (workload->head == workload)
            r = plan_head(work, workload, reterr);
        else if (!workload->head)
            r = plan_withheld(work, workload, reterr);
    }
    return r;
}

int sw_plan_gateways(const struct sw_mesh *mesh, struct sw_withdrawals *withdrawals,
                     uint64_t now_ms, struct sw_arena *arena, struct sw_plan *ret,
                     struct sw_err *reterr)
{
    /* A WorkloadEntry of which it is not known what it is for is for nothing, unless the plan of a
     * Service knows it by its name. */
    struct sw_plan plan = {.kinds = 1u << SW_MESH_GATEWAY | 1u << SW_MESH_WORKLOADENTRY};
    struct work work = {
        .mesh = mesh,
        .local = sw_mesh_local(mesh),
        .withdrawals = withdrawals,
        .now_ms = now_ms,
        .arena = arena,
        .plan = &plan,
    };
    SW_JSON_SCOPE(arena);
    int r = plan_workloads(&work, reterr);

    if (r < 0)
        return r;
    sw_withdrawals_sweep(withdrawals);
    *ret = plan;
    return 0;
}

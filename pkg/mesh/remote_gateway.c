#include "mesh/remote_gateway.h"

#include "failover/search.h"
#include "mesh/passthrough.h"

#include "base/banned.h"

/* What is gathered from the gateways. */
struct gathering {
    const struct sw_subject *subject;
    struct sw_remote *remote;
    size_t n_gateways; /* that the setting matches */
};

static int find(const struct gathering *all, const struct sw_mesh_gateway *gateway,
                enum sw_mesh_verdict verdict, enum sw_reason reason, struct sw_err *reterr)
{
    const struct sw_meta *meta = &gateway->service->meta;

    return sw_subject_find(all->subject, verdict, reason, all->remote->cluster->name, reterr,
                           "gateway %.*s/%.*s: %s%s%.*s", SW_STR_ARG(meta->namespace_),
                           SW_STR_ARG(meta->name), sw_reason_sentence(reason),
                           gateway->source.len ? ": " : "", SW_STR_ARG(gateway->source));
}

/* Does the gateway's istiod show the Service to it? (pilot model/sidecar.go: a gateway knows what
 * is exported to its namespace.) */
static bool is_exported(const struct gathering *all, const struct sw_mesh_gateway *gateway)
{
    const struct sw_mesh_backends *backends = all->remote->backends;
    struct sw_str namespace_ = gateway->service->meta.namespace_;

    for (size_t i = 0; i < backends->n_export_to; i++) {
        struct sw_str to = backends->export_to[i];

        if (sw_str_is(to, "*") || sw_str_eq(to, namespace_) ||
            (sw_str_is(to, ".") && sw_str_eq(namespace_, backends->namespace_)))
            return true;
    }
    return backends->n_export_to == 0;
}

/* A user's server there, beside which ours is not made (D10), and no other that takes the host: it
 * will not find its way until the user does something about it. */
static const struct sw_mesh_passthrough *taken_by(const struct gathering *all,
                                                  const struct sw_mesh_gateway *gateway)
{
    const struct sw_mesh_cluster *cluster = all->remote->cluster;

    return sw_passthrough_holds(cluster, gateway, all->subject->host)
               ? NULL
               : sw_passthrough_users(cluster, gateway);
}

static int find_taken(const struct gathering *all, const struct sw_mesh_gateway *gateway,
                      struct sw_err *reterr)
{
    const struct sw_mesh_passthrough *users = taken_by(all, gateway);
    const struct sw_meta *meta = &gateway->service->meta;

    return sw_subject_find(all->subject, SW_MESH_WITHHELD, SW_PASSTHROUGH_TAKEN,
                           all->remote->cluster->name, reterr,
                           "gateway %.*s/%.*s: Gateway %.*s/%.*s serves it with AUTO_PASSTHROUGH "
                           "and does not hold this host",
                           SW_STR_ARG(meta->namespace_), SW_STR_ARG(meta->name),
                           SW_STR_ARG(users->namespace_), SW_STR_ARG(users->name));
}

/* May traffic be sent to this gateway at all? */
static enum sw_reason judge(const struct gathering *all, const struct sw_mesh_gateway *gateway)
{
    if (gateway->service->selector.n == 0)
        return SW_GATEWAY_NO_SELECTOR;
    if (gateway->foreign_pods)
        return SW_GATEWAY_FOREIGN_PODS;
    if (gateway->n_ready == 0)
        return SW_GATEWAY_NOT_READY;
    if (gateway->network_view != SW_VIEW_SET ||
        !sw_str_eq(gateway->view, all->remote->cluster->network))
        return SW_GATEWAY_VIEW;
    if (!is_exported(all, gateway))
        return SW_NOT_EXPORTED;
    if (taken_by(all, gateway))
        return SW_PASSTHROUGH_TAKEN;
    return gateway->n_addresses ? SW_PLANNED : gateway->no_address;
}

/* Adds one address in its place, unless it is known: two gateway Services may share one. */
static int add(struct gathering *all, struct sw_remote_address address, struct sw_err *reterr)
{
    struct sw_remote *remote = all->remote;
    struct sw_remote_address *items;
    size_t at = 0;

    while (at < remote->n_addresses && sw_str_cmp(remote->addresses[at].ip, address.ip) < 0)
        at++;
    if (at < remote->n_addresses && sw_str_eq(remote->addresses[at].ip, address.ip))
        return 0;
    items =
        sw_arena_push(all->subject->arena, remote->addresses, remote->n_addresses, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    memmove(&items[at + 1], &items[at], (remote->n_addresses - at) * sizeof(*items));
    items[at] = address;
    remote->addresses = items;
    remote->n_addresses++;
    return 0;
}

/* A literal with a colon is IPv6. */
static bool has_family(const struct sw_mesh *mesh, struct sw_str ip)
{
    bool six = sw_str_find(ip, ':') < ip.len;

    return (!mesh->ipv4 && !mesh->ipv6) || (six ? mesh->ipv6 : mesh->ipv4);
}

static int add_gateway(struct gathering *all, const struct sw_mesh_gateway *gateway,
                       struct sw_err *reterr)
{
    struct sw_remote_address address = {.port = gateway->port};
    size_t n = 0;
    int r = 0;

    address.held = sw_passthrough_holds(all->remote->cluster, gateway, all->subject->host);
    for (size_t i = 0; r == 0 && i < gateway->n_addresses; i++) {
        address.ip = gateway->addresses[i];
        if (!has_family(all->subject->mesh, address.ip))
            continue;
        n++;
        r = add(all, address, reterr);
    }
    if (r < 0)
        return r;
    if (n == 0)
        return find(all, gateway, SW_MESH_WITHHELD, SW_ADDRESS_FAMILY, reterr);
    return gateway->ingress ? find(all, gateway, SW_MESH_WARNED, SW_GATEWAY_INGRESS, reterr) : 0;
}

int sw_remote_find_addresses(const struct sw_subject *subject, struct sw_remote *remote,
                             struct sw_err *reterr)
{
    const struct sw_mesh_cluster *cluster = remote->cluster;
    struct gathering all = {subject, remote, 0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < cluster->n_gateways; i++) {
        const struct sw_mesh_gateway *gateway = cluster->gateways[i];
        enum sw_reason reason;

        if (!sw_search_is_gateway(remote->exposure.gateways, gateway->service))
            continue;
        all.n_gateways++;
        reason = judge(&all, gateway);
        if (reason == SW_PLANNED)
            r = add_gateway(&all, gateway, reterr);
        else if (reason == SW_PASSTHROUGH_TAKEN)
            r = find_taken(&all, gateway, reterr);
        else
            r = find(&all, gateway, SW_MESH_WITHHELD, reason, reterr);
    }
    if (r == 0 && all.n_gateways == 0)
        r = sw_subject_find(subject, SW_MESH_WITHHELD, SW_NO_GATEWAY, cluster->name, reterr, NULL);
    if (r < 0)
        return r;
    return remote->n_addresses > 0;
}

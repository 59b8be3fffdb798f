#include "weigh.h"

static size_t of_str(struct sw_str s)
{
    return s.data ? s.len + 1 : 0;
}

static size_t of_strs(const struct sw_str *items, size_t n)
{
    size_t bytes = n * sizeof(*items);

    for (size_t i = 0; i < n; i++)
        bytes += of_str(items[i]);
    return bytes;
}

static size_t of_labels(const struct sw_labels *labels)
{
    size_t bytes = labels->n * sizeof(*labels->pairs);

    for (size_t i = 0; i < labels->n; i++)
        bytes += of_str(labels->pairs[i].key) + of_str(labels->pairs[i].value);
    return bytes;
}

static size_t of_meta(const struct sw_meta *meta)
{
    return of_str(meta->namespace_) + of_str(meta->name) + of_str(meta->created) +
           of_labels(&meta->labels);
}

static size_t of_service(const struct sw_service *service)
{
    size_t bytes = sizeof(*service) + of_meta(&service->meta) + of_labels(&service->selector) +
                   service->n_ports * sizeof(*service->ports);

    for (size_t i = 0; i < service->n_ports; i++)
        bytes += of_str(service->ports[i].name) + of_str(service->ports[i].target_name) +
                 of_str(service->ports[i].app_protocol);
    return bytes;
}

/* Workspaces and settings are few. */
static size_t of_view(const struct sw_view *view)
{
    size_t bytes = sizeof(*view) + view->n_services * sizeof(*view->services) +
                   view->n_namespaces * sizeof(*view->namespaces);

    for (size_t i = 0; i < view->n_services; i++)
        bytes += of_service(view->services[i]);
    for (size_t i = 0; i < view->n_namespaces; i++)
        bytes += sizeof(*view->namespaces[i]) + of_meta(&view->namespaces[i]->meta);
    return bytes;
}

static size_t of_backends(const struct sw_mesh_backends *backends)
{
    size_t bytes = sizeof(*backends) + of_str(backends->namespace_) + of_str(backends->service) +
                   of_strs(backends->export_to, backends->n_export_to);

    for (size_t i = 0; i < backends->n_groups; i++) {
        const struct sw_mesh_group *group = &backends->groups[i];

        bytes += sizeof(*group) + of_str(group->service_account) + of_labels(&group->labels) +
                 of_str(group->locality);
    }
    return bytes;
}

static size_t of_rule(const struct sw_mesh_rule *rule)
{
    size_t bytes = sizeof(*rule) + of_str(rule->namespace_) + of_str(rule->name) +
                   of_str(rule->host) + of_str(rule->created) +
                   of_strs(rule->export_to, rule->n_export_to);

    for (size_t i = 0; i < rule->n_subsets; i++)
        bytes += sizeof(rule->subsets[i]) + of_str(rule->subsets[i].name) +
                 of_labels(&rule->subsets[i].labels);
    return bytes;
}

static size_t of_passthrough(const struct sw_mesh_passthrough *server)
{
    return sizeof(*server) + of_str(server->namespace_) + of_str(server->name) +
           of_labels(&server->selector) + of_strs(server->hosts, server->n_hosts);
}

static size_t of_gateway(const struct sw_mesh_gateway *gateway)
{
    return sizeof(*gateway) + of_strs(gateway->addresses, gateway->n_addresses) +
           of_str(gateway->source) + of_labels(&gateway->pod_labels) + of_str(gateway->view);
}

static size_t of_entry(const struct sw_mesh_entry *entry)
{
    return sizeof(*entry) + of_str(entry->namespace_) + of_str(entry->service) +
           of_str(entry->remote) + of_str(entry->address);
}

static size_t of_cluster(const struct sw_mesh_cluster *cluster)
{
    size_t bytes =
        sizeof(*cluster) + cluster->n_mtls * sizeof(*cluster->mtls) +
        sizeof(void *) * (cluster->n_backends + cluster->n_gateways + cluster->n_passthroughs +
                          cluster->n_rules + cluster->n_entries);

    for (size_t i = 0; i < cluster->n_backends; i++)
        bytes += of_backends(cluster->backends[i]);
    for (size_t i = 0; i < cluster->n_gateways; i++)
        bytes += of_gateway(cluster->gateways[i]);
    for (size_t i = 0; i < cluster->n_passthroughs; i++)
        bytes += of_passthrough(cluster->passthroughs[i]);
    for (size_t i = 0; i < cluster->n_rules; i++)
        bytes += of_rule(cluster->rules[i]);
    for (size_t i = 0; i < cluster->n_entries; i++)
        bytes += of_entry(cluster->entries[i]);
    return bytes;
}

static size_t of_owned(const struct sw_mesh_owned *owned)
{
    return sizeof(*owned) + of_str(owned->namespace_) + of_str(owned->name) + of_str(owned->uid) +
           of_str(owned->resource_version) + of_str(owned->for_namespace) +
           of_str(owned->for_service) + of_str(owned->remote);
}

size_t weigh_mesh(const struct sw_mesh *mesh)
{
    size_t bytes = sizeof(*mesh) + mesh->n_owned * sizeof(*mesh->owned);

    for (size_t i = 0; i < mesh->index->n_views; i++)
        bytes += of_view(mesh->index->views[i]) + of_cluster(mesh->clusters[i]);
    for (size_t i = 0; i < mesh->n_owned; i++)
        bytes += of_owned(mesh->owned[i]);
    return bytes;
}

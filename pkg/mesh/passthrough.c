#include "mesh/passthrough.h"

#include "base/banned.h"

bool sw_passthrough_serves(const struct sw_mesh_passthrough *server,
                           const struct sw_mesh_gateway *gateway)
{
    return server->port == gateway->port &&
           (sw_labels_match(&server->selector, &gateway->service->selector) ||
            sw_labels_match(&server->selector, &gateway->pod_labels));
}

static bool is_wildcard(struct sw_str host)
{
    return host.len && host.data[0] == '*';
}

bool sw_passthrough_takes(const struct sw_mesh_passthrough *server, struct sw_str host)
{
    size_t low = 0, high = server->n_hosts;

    /* `*` sorts before what host names are made of. */
    for (; low < high && is_wildcard(server->hosts[low]); low++) {
        if (sw_str_has_suffix(host, sw_str_slice(server->hosts[low], 1, SIZE_MAX)))
            return true;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sw_str_cmp(server->hosts[middle], host);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool sw_passthrough_holds(const struct sw_mesh_cluster *cluster,
                          const struct sw_mesh_gateway *gateway, struct sw_str host)
{
    for (size_t i = 0; i < cluster->n_passthroughs; i++) {
        if (sw_passthrough_serves(cluster->passthroughs[i], gateway) &&
            sw_passthrough_takes(cluster->passthroughs[i], host))
            return true;
    }
    return false;
}

const struct sw_mesh_passthrough *sw_passthrough_users(const struct sw_mesh_cluster *cluster,
                                                       const struct sw_mesh_gateway *gateway)
{
    for (size_t i = 0; i < cluster->n_passthroughs; i++) {
        if (!cluster->passthroughs[i]->ours &&
            sw_passthrough_serves(cluster->passthroughs[i], gateway))
            return cluster->passthroughs[i];
    }
    return NULL;
}

#include "mesh/network.h"

#include "base/banned.h"

/* FNV-1a, 64 bits. */
#define PRINT_BASIS 0xcbf29ce484222325u
#define PRINT_PRIME 0x100000001b3u

static bool has_entries(const struct sw_mesh *mesh, const struct sw_mesh_cluster *cluster)
{
    for (size_t i = 0; i < mesh->n_owned; i++) {
        const struct sw_mesh_owned *owned = mesh->owned[i];

        if (owned->kind == SW_MESH_WORKLOADENTRY && owned->managed &&
            sw_str_eq(owned->remote, cluster->name))
            return true;
    }
    return false;
}

/* Who has the higher one keeps the network. */
static int claim(const struct sw_mesh *mesh, const struct sw_mesh_cluster *cluster)
{
    if (cluster == sw_mesh_local(mesh))
        return 3;
    if (has_entries(mesh, cluster))
        return 2;
    return cluster->readable ? 1 : 0;
}

static bool comes_before(const struct sw_mesh *mesh, const struct sw_mesh_cluster *a,
                         const struct sw_mesh_cluster *b)
{
    int more = claim(mesh, a) - claim(mesh, b);

    return more ? more > 0 : sw_str_cmp(a->name, b->name) < 0;
}

const struct sw_mesh_cluster *sw_network_yields_to(const struct sw_mesh *mesh,
                                                   const struct sw_mesh_cluster *cluster)
{
    const struct sw_mesh_cluster *first = cluster;

    for (size_t i = 0; i < mesh->index->n_views; i++) {
        if (mesh->clusters[i] != cluster &&
            sw_str_eq(mesh->clusters[i]->network, cluster->network) &&
            comes_before(mesh, mesh->clusters[i], first))
            first = mesh->clusters[i];
    }
    return first == cluster ? NULL : first;
}

static uint64_t add_bytes(uint64_t print, const void *data, size_t len)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < len; i++)
        print = (print ^ bytes[i]) * PRINT_PRIME;
    return print;
}

bool sw_network_is_stale(struct sw_networks *networks, const struct sw_mesh *mesh)
{
    uint64_t print = add_bytes(PRINT_BASIS, &mesh->index->local, sizeof(mesh->index->local));
    bool stale;

    for (size_t i = 0; i < mesh->index->n_views; i++) {
        struct sw_str network = mesh->clusters[i]->network;

        /* The address too: one that is forgotten is not to be yielded to any more. */
        print = add_bytes(print, &mesh->clusters[i], sizeof(mesh->clusters[i]));
        print = add_bytes(print, &network.len, sizeof(network.len));
        print = add_bytes(print, network.data, network.len);
    }
    stale = networks->shared || print != networks->print;
    networks->print = print;
    return stale;
}

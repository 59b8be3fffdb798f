#include "mesh/world.h"

#include "failover/host.h"

#include "base/banned.h"

static const struct {
    const char *version;
    const char *name;
} kinds[] = {
#define KIND_ROW(name, version, kind) [name] = {version, kind},
    SW_MESH_KIND_MAP(KIND_ROW)
#undef KIND_ROW
};

const char *sw_mesh_kind_name(enum sw_mesh_kind kind)
{
    return kinds[kind].name;
}

const char *sw_mesh_kind_version(enum sw_mesh_kind kind)
{
    return kinds[kind].version;
}

/* The order of two pairs of strings, of which the first decides first. */
static int cmp_pair(struct sw_str a1, struct sw_str a2, struct sw_str b1, struct sw_str b2)
{
    int order = sw_str_cmp(a1, b1);

    return order ? order : sw_str_cmp(a2, b2);
}

int sw_mesh_backends_cmp(const struct sw_mesh_backends *a, const struct sw_mesh_backends *b)
{
    return cmp_pair(a->namespace_, a->service, b->namespace_, b->service);
}

int sw_mesh_entry_cmp(const struct sw_mesh_entry *a, const struct sw_mesh_entry *b)
{
    int order = cmp_pair(a->namespace_, a->service, b->namespace_, b->service);

    return order ? order : cmp_pair(a->remote, a->address, b->remote, b->address);
}

int sw_mesh_owned_cmp(const struct sw_mesh_owned *a, const struct sw_mesh_owned *b)
{
    int order = cmp_pair(a->for_namespace, a->for_service, b->for_namespace, b->for_service);

    if (order == 0 && a->kind != b->kind)
        order = a->kind < b->kind ? -1 : 1;
    return order ? order : cmp_pair(a->namespace_, a->name, b->namespace_, b->name);
}

/* Where rules of this kind of host stand: exact ones, wildcards, and what covers nothing. */
static int rank(const struct sw_host *host)
{
    switch (host->kind) {
    case SW_HOST_SERVICE:
        return 0;
    case SW_HOST_WILDCARD:
        return 1;
    case SW_HOST_UNEXPANDED:
    case SW_HOST_FOREIGN:
    default:
        return 2;
    }
}

int sw_mesh_rule_cmp(const struct sw_mesh_rule *a, const struct sw_mesh_rule *b)
{
    struct sw_host x = sw_host_read(a->host, a->namespace_);
    struct sw_host y = sw_host_read(b->host, b->namespace_);
    int order = rank(&x) - rank(&y);

    if (order == 0 && x.kind == SW_HOST_SERVICE)
        order = cmp_pair(x.namespace_, x.name, y.namespace_, y.name);
    return order ? order : cmp_pair(a->namespace_, a->name, b->namespace_, b->name);
}

/* Position of the first of n items that does not come before the key. */
typedef int compare_at(const void *list, size_t at, struct sw_str namespace_, struct sw_str name);

static size_t lower_bound(const void *list, size_t n, compare_at *compare, struct sw_str namespace_,
                          struct sw_str name)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(list, middle, namespace_, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The items that compare equal: *ret_n of them from the returned position. */
static size_t equal_range(const void *list, size_t n, compare_at *compare,
                          const struct sw_str key[2], size_t *ret_n)
{
    size_t first = lower_bound(list, n, compare, key[0], key[1]);
    size_t end = first;

    while (end < n && compare(list, end, key[0], key[1]) == 0)
        end++;
    *ret_n = end - first;
    return first;
}

static int backends_at(const void *list, size_t at, struct sw_str namespace_, struct sw_str name)
{
    const struct sw_mesh_backends *item = ((const struct sw_mesh_backends *const *)list)[at];

    return cmp_pair(item->namespace_, item->service, namespace_, name);
}

static int entry_at(const void *list, size_t at, struct sw_str namespace_, struct sw_str name)
{
    const struct sw_mesh_entry *item = ((const struct sw_mesh_entry *const *)list)[at];

    return cmp_pair(item->namespace_, item->service, namespace_, name);
}

static int owned_at(const void *list, size_t at, struct sw_str namespace_, struct sw_str name)
{
    const struct sw_mesh_owned *item = ((const struct sw_mesh_owned *const *)list)[at];

    return cmp_pair(item->for_namespace, item->for_service, namespace_, name);
}

static int rule_at(const void *list, size_t at, struct sw_str namespace_, struct sw_str name)
{
    const struct sw_mesh_rule *item = ((const struct sw_mesh_rule *const *)list)[at];
    struct sw_host host = sw_host_read(item->host, item->namespace_);

    if (host.kind != SW_HOST_SERVICE)
        return 1;
    return cmp_pair(host.namespace_, host.name, namespace_, name);
}

/* Exact rules come before wildcards, wildcards are equal to each other. */
static int wildcard_at(const void *list, size_t at, struct sw_str namespace_, struct sw_str name)
{
    const struct sw_mesh_rule *item = ((const struct sw_mesh_rule *const *)list)[at];
    struct sw_host host = sw_host_read(item->host, item->namespace_);

    (void)namespace_;
    (void)name;
    return rank(&host) - 1;
}

static int mtls_at(const void *list, size_t at, struct sw_str namespace_, struct sw_str name)
{
    (void)name;
    return sw_str_cmp(((const struct sw_mesh_mtls *)list)[at].namespace_, namespace_);
}

static int name_at(const void *list, size_t at, struct sw_str unused, struct sw_str name)
{
    (void)unused;
    return sw_str_cmp(((const struct sw_str *)list)[at], name);
}

const struct sw_mesh_cluster *sw_mesh_cluster(const struct sw_mesh *mesh, struct sw_str name)
{
    for (size_t i = 0; i < mesh->index->n_views; i++) {
        if (sw_str_eq(mesh->clusters[i]->name, name))
            return mesh->clusters[i];
    }
    return NULL;
}

bool sw_mesh_is_seen(const struct sw_mesh *mesh)
{
    for (size_t i = 0; i < mesh->index->n_views; i++) {
        if (!mesh->clusters[i]->seen)
            return false;
    }
    return mesh->fleet_known;
}

const struct sw_mesh_backends *sw_mesh_backends(const struct sw_mesh_cluster *cluster,
                                                struct sw_str namespace_, struct sw_str service)
{
    const struct sw_str key[2] = {namespace_, service};
    size_t n, at = equal_range(cluster->backends, cluster->n_backends, backends_at, key, &n);

    return n ? cluster->backends[at] : NULL;
}

size_t sw_mesh_owned_for(const struct sw_mesh *mesh, struct sw_str namespace_,
                         struct sw_str service, size_t *ret_n)
{
    const struct sw_str key[2] = {namespace_, service};

    return equal_range(mesh->owned, mesh->n_owned, owned_at, key, ret_n);
}

size_t sw_mesh_entries_for(const struct sw_mesh_cluster *cluster, struct sw_str namespace_,
                           struct sw_str service, size_t *ret_n)
{
    const struct sw_str key[2] = {namespace_, service};

    return equal_range(cluster->entries, cluster->n_entries, entry_at, key, ret_n);
}

size_t sw_mesh_rules_for(const struct sw_mesh_cluster *cluster, struct sw_str namespace_,
                         struct sw_str service, size_t *ret_n)
{
    const struct sw_str key[2] = {namespace_, service};

    return equal_range(cluster->rules, cluster->n_rules, rule_at, key, ret_n);
}

size_t sw_mesh_rules_wild(const struct sw_mesh_cluster *cluster, size_t *ret_n)
{
    const struct sw_str key[2] = {{NULL, 0}, {NULL, 0}};
    size_t n = cluster->n_rules;

    *ret_n = 0;
    if (n == 0 || wildcard_at(cluster->rules, n - 1, key[0], key[1]) < 0)
        return n; /* exact ones only, as in most clusters: no need to search */
    return equal_range(cluster->rules, n, wildcard_at, key, ret_n);
}

static const struct sw_mesh_mtls *mtls_of(const struct sw_mesh_cluster *cluster,
                                          struct sw_str namespace_)
{
    const struct sw_str key[2] = {namespace_, {NULL, 0}};
    size_t n, at = equal_range(cluster->mtls, cluster->n_mtls, mtls_at, key, &n);

    return n ? &cluster->mtls[at] : NULL;
}

bool sw_mesh_mtls_disabled(const struct sw_mesh *mesh, const struct sw_mesh_cluster *cluster,
                           struct sw_str namespace_)
{
    const struct sw_mesh_mtls *said = mtls_of(cluster, namespace_);

    if (!said)
        said = mtls_of(cluster, mesh->root_namespace);
    return said && said->disabled;
}

bool sw_mesh_is_native(const struct sw_mesh *mesh, struct sw_str cluster)
{
    const struct sw_str key[2] = {{NULL, 0}, cluster};
    size_t n;

    equal_range(mesh->native, mesh->n_native, name_at, key, &n);
    return mesh->native_some || n;
}

#include "mesh/subsets.h"

#include "base/banned.h"

static bool same_labels(const struct sw_labels *a, const struct sw_labels *b)
{
    return a->n == b->n && sw_labels_match(a, b);
}

/* True for a rule whose subsets count: those of a client's own namespace are for its clients. */
static bool is_for_all(const struct sw_mesh *mesh, const struct sw_mesh_rule *rule,
                       struct sw_str namespace_)
{
    return sw_str_eq(rule->namespace_, namespace_) ||
           sw_str_eq(rule->namespace_, mesh->root_namespace);
}

static const struct sw_mesh_subset *find(const struct sw_mesh_subset *items, size_t n,
                                         struct sw_str name)
{
    for (size_t i = 0; i < n; i++) {
        if (sw_str_eq(items[i].name, name))
            return &items[i];
    }
    return NULL;
}

/* What is gathered, and where to. */
struct gathering {
    struct sw_arena *arena;
    struct sw_about about; /* the Service, and the cluster whose rules are read */
    struct sw_mesh_findings *findings;
    struct sw_subsets subsets;
};

static int add(struct gathering *all, const struct sw_mesh_subset *subset, struct sw_err *reterr)
{
    const struct sw_mesh_subset *known = find(all->subsets.items, all->subsets.n, subset->name);
    struct sw_mesh_subset *items;

    if (known && same_labels(&known->labels, &subset->labels))
        return 0;
    if (known)
        return sw_mesh_find(
            all->findings, all->arena,
            (struct sw_mesh_finding){SW_MESH_WARNED, SW_SUBSET_CONFLICT, all->about, NULL}, reterr,
            "subset %.*s has other labels in cluster %.*s: the first one's stand",
            SW_STR_ARG(subset->name), SW_STR_ARG(all->about.cluster));
    items = sw_arena_push(all->arena, all->subsets.items, all->subsets.n, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    items[all->subsets.n++] = *subset;
    all->subsets.items = items;
    return 0;
}

static int add_cluster(const struct sw_mesh *mesh, const struct sw_mesh_cluster *cluster,
                       struct gathering *all, struct sw_err *reterr)
{
    struct sw_rules_walk walk = sw_rules_begin(cluster, all->about.namespace_, all->about.name);
    const struct sw_mesh_rule *rule;
    int r = 0;

    all->about.cluster = cluster->name;
    while (r == 0 && (rule = sw_rules_next(&walk))) {
        if (rule->ours || !is_for_all(mesh, rule, all->about.namespace_))
            continue; /* ours are made of the others: they would keep what is gone alive */
        for (size_t i = 0; r == 0 && i < rule->n_subsets; i++)
            r = add(all, &rule->subsets[i], reterr);
    }
    return r;
}

/* Those of our own rule, which may be those of a cluster that has not been seen since the start. */
static int add_kept(const struct sw_mesh *mesh, struct gathering *all, struct sw_err *reterr)
{
    struct sw_rules_walk walk =
        sw_rules_begin(sw_mesh_local(mesh), all->about.namespace_, all->about.name);
    const struct sw_mesh_rule *rule;
    int r = 0;

    all->about.cluster = sw_mesh_local(mesh)->name;
    while (r == 0 && (rule = sw_rules_next(&walk))) {
        if (!rule->ours || !sw_str_eq(rule->namespace_, mesh->root_namespace))
            continue;
        for (size_t i = 0; r == 0 && i < rule->n_subsets; i++)
            r = add(all, &rule->subsets[i], reterr);
    }
    return r;
}

int sw_subsets_gather(const struct sw_mesh *mesh, struct sw_about service, struct sw_arena *arena,
                      struct sw_mesh_findings *findings, struct sw_subsets *ret,
                      struct sw_err *reterr)
{
    struct gathering all = {.arena = arena, .about = service, .findings = findings};
    int r = sw_mesh_is_seen(mesh) ? 0 : add_kept(mesh, &all, reterr);

    if (r == 0)
        r = add_cluster(mesh, sw_mesh_local(mesh), &all, reterr);
    for (size_t i = 0; r == 0 && i < mesh->index->n_views; i++) {
        if (i != mesh->index->local)
            r = add_cluster(mesh, mesh->clusters[i], &all, reterr);
    }
    if (r == 0)
        *ret = all.subsets;
    return r;
}

static bool has_subset(const struct sw_mesh *mesh, const struct sw_mesh_cluster *cluster,
                       struct sw_rules_walk walk, struct sw_str name)
{
    const struct sw_mesh_rule *rule;

    walk = sw_rules_begin(cluster, walk.namespace_, walk.service);
    while ((rule = sw_rules_next(&walk))) {
        if (is_for_all(mesh, rule, walk.namespace_) && find(rule->subsets, rule->n_subsets, name))
            return true;
    }
    return false;
}

const struct sw_mesh_subset *sw_subsets_absent(const struct sw_mesh *mesh,
                                               const struct sw_mesh_cluster *remote,
                                               struct sw_str namespace_, struct sw_str service)
{
    struct sw_rules_walk walk = sw_rules_begin(sw_mesh_local(mesh), namespace_, service);
    const struct sw_mesh_rule *rule;

    while ((rule = sw_rules_next(&walk))) {
        if (rule->ours || !is_for_all(mesh, rule, namespace_))
            continue;
        for (size_t i = 0; i < rule->n_subsets; i++) {
            if (!has_subset(mesh, remote, walk, rule->subsets[i].name))
                return &rule->subsets[i];
        }
    }
    return NULL;
}

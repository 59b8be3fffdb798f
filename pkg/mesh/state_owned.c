#include "mesh/state_cluster.h"

#include "mesh/name.h"
#include "mesh/observed.h"
#include "model/owner.h"

#include "base/banned.h"

/* NAMESPACE/NAME, of our annotation; what is not understood leaves both unset. */
static void read_for(struct sw_str text, struct sw_mesh_owned *ret)
{
    struct sw_str name = text, namespace_ = sw_str_cut(&name, '/');

    if (!namespace_.len || !name.len || sw_str_find(name, '/') < name.len)
        return;
    ret->for_namespace = namespace_;
    ret->for_service = name;
}

/* The same by its name, `k-<service>-<32 hex>` or `k-<service>.<namespace>`, where somebody has
 * taken our annotation off: it is put right, or goes, with all else that is for this Service. A
 * name that may have been cut says nothing: where such an entry is wanted, mesh/diff knows it. */
static void read_for_by_name(const struct sw_meta *meta, struct sw_mesh_owned *ret)
{
    const size_t hash_len = sizeof("-") - 1 + SW_DIGEST_SIZE; /* half of it, in hex */
    struct sw_str name = meta->name, service;

    if (!sw_str_has_prefix(name, SW_STR("k-")) ||
        (ret->kind == SW_MESH_WORKLOADENTRY && name.len >= SW_DNS_LABEL_MAX))
        return;
    name = sw_str_slice(name, sizeof("k-") - 1, name.len);
    if (ret->kind == SW_MESH_DESTINATIONRULE) {
        service = sw_str_cut(&name, '.');
        ret->for_namespace = name;
        ret->for_service = name.len ? service : name;
    } else if (ret->kind == SW_MESH_WORKLOADENTRY && name.len > hash_len &&
               name.data[name.len - hash_len] == '-') {
        ret->for_namespace = meta->namespace_;
        ret->for_service = sw_str_slice(name, 0, name.len - hash_len);
    }
}

/* Kinds of which the label alone says nothing: whoever installs something by Helm or kustomize may
 * give it to all that he installs, as our own manifests do. */
static bool is_common(enum sw_mesh_kind kind)
{
    return kind == SW_MESH_SERVICEACCOUNT || kind == SW_MESH_DEPLOYMENT ||
           kind == SW_MESH_GATEWAY_SERVICE || kind == SW_MESH_STUB;
}

/* What an object of this kind is for. */
static void read_purpose(const struct sw_meta *meta, struct sw_str annotation,
                         struct sw_mesh_owned *ret)
{
    const struct sw_str *remote = sw_labels_get(&meta->labels, SW_STR("spillway.dev/remote"));

    if (remote && ret->kind == SW_MESH_WORKLOADENTRY)
        ret->remote = *remote;
    if (is_common(ret->kind)) {
        ret->for_namespace = meta->namespace_; /* the Service or IngressGateway of that name */
        ret->for_service = meta->name;
    } else if (ret->kind != SW_MESH_GATEWAY) {
        read_for(annotation, ret);
        if (!ret->for_service.len)
            read_for_by_name(meta, ret);
    }
}

int sw_state_read_owned(const json_t *object, const struct sw_meta *meta, enum sw_mesh_kind kind,
                        struct sw_arena *arena, struct sw_mesh_owned *ret, struct sw_err *reterr)
{
    struct sw_observed observed;
    struct sw_str annotation;
    struct sw_owner owner;
    int r;

    if (!sw_meta_is_ours(meta))
        return 0;
    r = sw_meta_annotation(object, SW_ANNOTATION_SERVICE, arena, &annotation, reterr);
    if (r == 0)
        r = sw_owner_read(object, arena, &owner, reterr);
    if (r == 0)
        r = sw_observed_read(object, &observed, reterr);
    if (r < 0)
        return r;
    if (is_common(kind) && !observed.managed && !annotation.data)
        return 0;
    if (kind == SW_MESH_GATEWAY_SERVICE && annotation.data)
        kind = SW_MESH_STUB;
    *ret = (struct sw_mesh_owned){
        .kind = kind,
        .namespace_ = meta->namespace_,
        .name = meta->name,
        .uid = owner.uid,
        .resource_version = owner.version,
        .managed = observed.managed,
        .shared = observed.shared,
        .digest = observed.digest,
    };
    read_purpose(meta, annotation, ret);
    if (kind == SW_MESH_STUB && observed.shared)
        r = sw_observed_others(object, arena, &ret->others, reterr);
    return r < 0 ? r : 1;
}

bool sw_state_is_local(const struct sw_state_cluster *cluster)
{
    return sw_str_eq(cluster->mesh.name, cluster->state->config.local);
}

/* Of what is for no Service, any plan may know one by its name; but a Gateway is for all. Entries
 * and rules are what comes back most, after each write, and the Gateways are made without them. */
static void mark_owned(struct sw_state_cluster *cluster, const struct sw_mesh_owned *owned)
{
    struct sw_dirty *dirty = &cluster->state->dirty;

    if (!sw_state_is_local(cluster))
        return;
    if (owned->kind == SW_MESH_GATEWAY)
        dirty->gateways = true;
    else if (!owned->for_service.len)
        sw_dirty_add_all(dirty);
    else if (owned->kind == SW_MESH_WORKLOADENTRY || owned->kind == SW_MESH_DESTINATIONRULE)
        sw_dirty_add_pods(dirty, owned->for_namespace, owned->for_service);
    else
        sw_dirty_add(dirty, owned->for_namespace, owned->for_service);
}

/* The list is kept in every cluster: which one is local is said later, or anew. */
int sw_state_add_owned(struct sw_state_cluster *cluster, const struct sw_mesh_owned *owned,
                       struct sw_err *reterr)
{
    int r;

    mark_owned(cluster, owned);
    r = sw_sorted_add(&cluster->owned, owned, reterr);
    if (r == 0)
        cluster->n_owned_of[owned->kind]++;
    return r;
}

void sw_state_remove_owned(struct sw_state_cluster *cluster, const struct sw_mesh_owned *owned)
{
    const size_t n = cluster->owned.n;

    mark_owned(cluster, owned);
    sw_sorted_remove(&cluster->owned, owned);
    cluster->n_owned_of[owned->kind] -= n - cluster->owned.n;
}

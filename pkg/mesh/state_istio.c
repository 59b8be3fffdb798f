#include "mesh/state_cluster.h"

#include "model/ingressgateway.h"
#include "model/peerauth.h"
#include "json/get.h"

#include "base/banned.h"

/* WorkloadEntries of others are nobody's concern here: pods are counted, not endpoints. */
static int read_entry(const json_t *object, struct sw_arena *arena, void *item,
                      struct sw_err *reterr)
{
    struct sw_item_ours *entry = item;
    json_t *spec = NULL;
    int r = sw_meta_read(object, arena, &entry->meta, reterr);

    if (r < 0)
        return r;
    sw_state_default_namespace(&entry->meta);
    r = sw_state_read_owned(object, &entry->meta, SW_MESH_WORKLOADENTRY, arena, &entry->owned,
                            reterr);
    if (r <= 0)
        return r;
    r = sw_get_object(object, "spec", NULL, &spec, reterr);
    if (r >= 0)
        r = sw_model_copy_str(spec, "address", SW_AT_KEY(NULL, "spec"), arena,
                              &entry->entry.address, reterr);
    entry->entry.namespace_ = entry->meta.namespace_;
    entry->entry.service = entry->owned.for_service;
    entry->entry.remote = entry->owned.remote;
    return r < 0 ? r : 1;
}

/* Who sends requests to whom: the Gateways of whom they lead to keep the host. Of our own, it is
 * the owned object that counts. */
static void mark_entry(struct sw_state_cluster *cluster, const struct sw_mesh_entry *entry)
{
    if (!sw_state_is_local(cluster))
        sw_dirty_add(&cluster->state->dirty, entry->namespace_, entry->service);
}

static int entry_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_ours *entry = item;
    int r = sw_state_add_owned(cluster, &entry->owned, reterr);

    mark_entry(cluster, &entry->entry);
    if (r == 0 && entry->entry.service.len)
        r = sw_sorted_add(&cluster->entries, &entry->entry, reterr);
    return r;
}

static void entry_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_ours *entry = item;

    sw_state_remove_owned(cluster, &entry->owned);
    mark_entry(cluster, &entry->entry);
    sw_sorted_remove(&cluster->entries, &entry->entry);
}

/* Of use is only what holds for a namespace, or for the mesh. */
static int read_mtls(const json_t *object, struct sw_arena *arena, void *item,
                     struct sw_err *reterr)
{
    struct sw_item_mtls *mtls = item;
    struct sw_peerauth from;
    int r = sw_peerauth_read(object, arena, &from, reterr);

    if (r < 0)
        return r;
    sw_state_default_namespace(&from.meta);
    mtls->meta = from.meta;
    mtls->disabled = from.mode == SW_MTLS_DISABLE;
    return from.selector.n == 0 && from.mode != SW_MTLS_UNSET;
}

static void mark_mtls(struct sw_state_cluster *cluster, const struct sw_item_mtls *mtls)
{
    cluster->mtls_stale = true;
    if (sw_state_is_root(cluster->state, mtls->meta.namespace_))
        sw_dirty_add_all(&cluster->state->dirty);
    else
        sw_state_mark_namespace(cluster->state, mtls->meta.namespace_);
}

static int mtls_arrives(void *context, void *item, struct sw_err *reterr)
{
    (void)reterr;
    mark_mtls(context, item);
    return 0;
}

static void mtls_leaves(void *context, void *item)
{
    mark_mtls(context, item);
}

static int read_cert(const json_t *object, struct sw_arena *arena, void *item,
                     struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "data");
    struct sw_item_cert *cert = item;
    char hex[2 * SW_DIGEST_SIZE];
    struct sw_digest digest;
    struct sw_sha256 hash;
    struct sw_str pem = {NULL, 0};
    json_t *data = NULL;
    int r = sw_meta_read(object, arena, &cert->meta, reterr);

    if (r < 0)
        return r;
    sw_state_default_namespace(&cert->meta);
    if (!sw_str_is(cert->meta.name, SW_ROOT_CERT_NAME))
        return 0;
    r = sw_get_object(object, "data", NULL, &data, reterr);
    if (r >= 0)
        r = sw_get_str(data, SW_ROOT_CERT_KEY, at, &pem, reterr);
    if (r < 0 || pem.len == 0)
        return r < 0 ? r : 0;
    sw_sha256_init(&hash);
    sw_sha256_add_str(&hash, pem);
    digest = sw_sha256_digest(&hash);
    sw_digest_hex(&digest, hex, sizeof(hex));
    cert->digest = sw_arena_copy(arena, (struct sw_str){hex, sizeof(hex)});
    return cert->digest.data ? 1 : sw_err_nomem(reterr);
}

static int cert_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;

    (void)reterr;
    if (sw_state_is_root(cluster->state, ((struct sw_item_cert *)item)->meta.namespace_))
        sw_dirty_add_all(&cluster->state->dirty);
    return 0;
}

static void cert_leaves(void *context, void *item)
{
    cert_arrives(context, item, NULL);
}

static int read_ingress(const json_t *object, struct sw_arena *arena, void *item,
                        struct sw_err *reterr)
{
    struct sw_item_ingress *ingress = item;
    struct sw_ingressgateway from;
    int r = sw_ingressgateway_read(object, arena, &from, reterr);

    if (r < 0)
        return r;
    sw_state_default_namespace(&from.meta);
    ingress->meta = from.meta;
    ingress->ingress = (struct sw_mesh_ingress){
        .namespace_ = from.meta.namespace_,
        .name = from.meta.name,
        .service_annotations = from.service_annotations,
        .replicas = from.replicas,
    };
    return from.east_west_only;
}

static int ingress_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_ingress *ingress = item;

    sw_dirty_add(&cluster->state->dirty, ingress->meta.namespace_, ingress->meta.name);
    return sw_sorted_add(&cluster->ingresses, &ingress->ingress, reterr);
}

static void ingress_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_ingress *ingress = item;

    sw_dirty_add(&cluster->state->dirty, ingress->meta.namespace_, ingress->meta.name);
    sw_sorted_remove(&cluster->ingresses, &ingress->ingress);
}

const struct sw_table_kind *sw_state_mesh_kind(enum sw_resource resource)
{
    static const struct sw_table_kind kinds[SW_N_RESOURCES] = {
        [SW_RESOURCE_WORKLOADENTRY] = {sizeof(struct sw_item_ours), 512, read_entry, NULL,
                                       entry_arrives, entry_leaves},
        [SW_RESOURCE_PEERAUTH] = {sizeof(struct sw_item_mtls), 512, read_mtls, NULL, mtls_arrives,
                                  mtls_leaves},
        [SW_RESOURCE_ROOT_CERT] = {sizeof(struct sw_item_cert), 512, read_cert, NULL, cert_arrives,
                                   cert_leaves},
        [SW_RESOURCE_INGRESSGATEWAY] = {sizeof(struct sw_item_ingress), 512, read_ingress, NULL,
                                        ingress_arrives, ingress_leaves},
    };

    return kinds[resource].read ? &kinds[resource] : NULL;
}

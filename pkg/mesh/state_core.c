#include "mesh/state_cluster.h"

#include "mesh/content.h"

#include "base/banned.h"

void sw_state_default_namespace(struct sw_meta *meta)
{
    if (meta->namespace_.len == 0)
        meta->namespace_ = SW_STR("default");
}

static int read_namespace(const json_t *object, struct sw_arena *arena, void *item,
                          struct sw_err *reterr)
{
    struct sw_namespace *namespace_ = item;
    int r = sw_namespace_read(object, arena, namespace_, reterr);

    namespace_->meta.namespace_ = (struct sw_str){NULL, 0};
    return r < 0 ? r : 1;
}

/* The network of a cluster is a label of istio-system. */
static void mark_namespace(struct sw_state_cluster *cluster, const struct sw_namespace *namespace_)
{
    if (sw_state_is_root(cluster->state, namespace_->meta.name) ||
        sw_str_is(namespace_->meta.name, "istio-system"))
        sw_dirty_add_all(&cluster->state->dirty);
    else
        sw_state_mark_namespace(cluster->state, namespace_->meta.name);
}

static int namespace_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;

    mark_namespace(cluster, item);
    return sw_sorted_add(&cluster->namespaces, item, reterr);
}

static void namespace_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;

    mark_namespace(cluster, item);
    sw_sorted_remove(&cluster->namespaces, item);
}

/* Which of our Services it is, should it lack the annotation: that of an IngressGateway is known by
 * its port, or else by its label. */
static enum sw_mesh_kind kind_of(const struct sw_item_service *item)
{
    const struct sw_str *app = sw_labels_get(&item->service.meta.labels, SW_STR("app"));

    return item->is_gateway || (app && sw_str_eq(*app, item->service.meta.name))
               ? SW_MESH_GATEWAY_SERVICE
               : SW_MESH_STUB;
}

static int read_service(const json_t *object, struct sw_arena *arena, void *item,
                        struct sw_err *reterr)
{
    struct sw_item_service *service = item;
    int r = sw_service_read(object, arena, &service->service, reterr);

    if (r == 0)
        r = sw_frontage_read(object, arena, &service->front, reterr);
    if (r < 0)
        return r;
    sw_state_default_namespace(&service->service.meta);
    service->is_gateway = sw_service_has_tcp_port(&service->service, SW_GATEWAY_PORT);
    r = sw_state_read_owned(object, &service->service.meta, kind_of(service), arena,
                            &service->owned, reterr);
    service->is_owned = r == 1;
    return r < 0 ? r : 1;
}

static void mark_service(struct sw_state_cluster *cluster, const struct sw_item_service *item,
                         struct sw_backing *backing)
{
    const struct sw_meta *meta = &item->service.meta;

    sw_dirty_add(&cluster->state->dirty, meta->namespace_, meta->name);
    if (item->is_gateway) {
        cluster->gateways_stale = true;
        cluster->gateway_services_changed = true;
        cluster->state->names_stale = true;
    }
    if (backing)
        sw_slices_stale(&cluster->slices, backing);
}

static int service_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_service *service = item;
    const struct sw_meta *meta = &service->service.meta;
    struct sw_backing *backing =
        sw_slices_keep(&cluster->slices, meta->namespace_, meta->name, reterr);
    int r;

    mark_service(cluster, service, backing);
    cluster->n_ipv4 += service->front.ipv4;
    cluster->n_ipv6 += service->front.ipv6;
    if (!backing)
        return SW_ENOMEM;
    r = sw_sorted_add(&cluster->services, service, reterr);
    if (r == 0 && service->is_owned)
        r = sw_state_add_owned(cluster, &service->owned, reterr);
    return r;
}

static void service_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;
    struct sw_item_service *service = item;
    const struct sw_meta *meta = &service->service.meta;
    struct sw_backing *backing = sw_slices_find(&cluster->slices, meta->namespace_, meta->name);

    mark_service(cluster, service, backing);
    sw_state_mark_sharers_of(cluster, &service->service);
    cluster->n_ipv4 -= service->front.ipv4;
    cluster->n_ipv6 -= service->front.ipv6;
    sw_sorted_remove(&cluster->services, service);
    if (service->is_owned)
        sw_state_remove_owned(cluster, &service->owned);
    if (backing)
        sw_slices_unkeep(&cluster->slices, backing);
}

static int read_workspace(const json_t *object, struct sw_arena *arena, void *item,
                          struct sw_err *reterr)
{
    struct sw_item_workspace *read = item;
    int r = sw_workspace_read(object, arena, &read->workspace, reterr);

    sw_state_default_namespace(&read->workspace.meta);
    if (r == 0)
        r = sw_content_digest(object, &read->content, reterr);
    return r < 0 ? r : 1;
}

static int read_setting(const json_t *object, struct sw_arena *arena, void *item,
                        struct sw_err *reterr)
{
    struct sw_item_setting *read = item;
    int r = sw_setting_read(object, arena, &read->setting, reterr);

    sw_state_default_namespace(&read->setting.meta);
    if (r == 0)
        r = sw_content_digest(object, &read->content, reterr);
    return r < 0 ? r : 1;
}

/* The status of both is written as often as what it counts changes: nothing follows from that. */
static bool is_same_workspace(const void *old, const void *item)
{
    const struct sw_item_workspace *a = old, *b = item;

    return sw_digest_eq(&a->content, &b->content);
}

static bool is_same_setting(const void *old, const void *item)
{
    const struct sw_item_setting *a = old, *b = item;

    return sw_digest_eq(&a->content, &b->content);
}

/* Who exposes what, and which Services are gateways, may be other ones everywhere. */
static void mark_config(struct sw_state_cluster *cluster)
{
    struct sw_state *state = cluster->state;

    cluster->claims_stale = true;
    if (sw_state_config_cluster(state) != cluster)
        return;
    for (size_t i = 0; i < state->n_clusters; i++)
        state->clusters[i]->gateways_stale = true;
    state->names_stale = true;
    sw_dirty_add_all(&state->dirty);
}

static int workspace_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;

    mark_config(cluster);
    return sw_sorted_add(&cluster->workspaces, item, reterr);
}

static void workspace_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;

    mark_config(cluster);
    sw_sorted_remove(&cluster->workspaces, item);
}

static int setting_arrives(void *context, void *item, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;

    mark_config(cluster);
    return sw_sorted_add(&cluster->settings, item, reterr);
}

static void setting_leaves(void *context, void *item)
{
    struct sw_state_cluster *cluster = context;

    mark_config(cluster);
    sw_sorted_remove(&cluster->settings, item);
}

/* ServiceAccounts and Deployments: of use only where they are ours. */
static int read_ours(const json_t *object, enum sw_mesh_kind kind, struct sw_arena *arena,
                     struct sw_item_ours *ret, struct sw_err *reterr)
{
    int r = sw_meta_read(object, arena, &ret->meta, reterr);

    sw_state_default_namespace(&ret->meta);
    return r < 0 ? r : sw_state_read_owned(object, &ret->meta, kind, arena, &ret->owned, reterr);
}

static int read_account(const json_t *object, struct sw_arena *arena, void *item,
                        struct sw_err *reterr)
{
    return read_ours(object, SW_MESH_SERVICEACCOUNT, arena, item, reterr);
}

static int read_deployment(const json_t *object, struct sw_arena *arena, void *item,
                           struct sw_err *reterr)
{
    return read_ours(object, SW_MESH_DEPLOYMENT, arena, item, reterr);
}

static int ours_arrives(void *context, void *item, struct sw_err *reterr)
{
    return sw_state_add_owned(context, &((struct sw_item_ours *)item)->owned, reterr);
}

static void ours_leaves(void *context, void *item)
{
    sw_state_remove_owned(context, &((struct sw_item_ours *)item)->owned);
}

const struct sw_table_kind *sw_state_core_kind(enum sw_resource resource)
{
    static const struct sw_table_kind kinds[SW_N_RESOURCES] = {
        [SW_RESOURCE_NAMESPACE] = {sizeof(struct sw_namespace), 512, read_namespace, NULL,
                                   namespace_arrives, namespace_leaves},
        [SW_RESOURCE_SERVICE] = {sizeof(struct sw_item_service), 512, read_service, NULL,
                                 service_arrives, service_leaves},
        [SW_RESOURCE_WORKSPACE] = {sizeof(struct sw_item_workspace), 1024, read_workspace, NULL,
                                   workspace_arrives, workspace_leaves, is_same_workspace},
        [SW_RESOURCE_SETTING] = {sizeof(struct sw_item_setting), 1024, read_setting, NULL,
                                 setting_arrives, setting_leaves, is_same_setting},
        [SW_RESOURCE_SERVICEACCOUNT] = {sizeof(struct sw_item_ours), 512, read_account, NULL,
                                        ours_arrives, ours_leaves},
        [SW_RESOURCE_DEPLOYMENT] = {sizeof(struct sw_item_ours), 512, read_deployment, NULL,
                                    ours_arrives, ours_leaves},
    };

    return kinds[resource].read ? &kinds[resource] : NULL;
}

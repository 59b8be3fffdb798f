#include "failover/search.h"

#include "failover/expose.h"

#include <stdint.h>

#include "base/banned.h"

/* How far a name or a label value may be from the wanted one and still count as a slip of the pen;
 * everything further is equally far. */
#define NEAR 8

/* What it costs a candidate gateway to be wrong in one respect, so that the one that needs the
 * least mending is named: a Service that is all but for the port before one elsewhere. */
#define COST_NO_PORT         2
#define COST_OTHER_NAMESPACE 3
#define COST_NO_LABEL        ((size_t)NEAR + 2)

bool sw_search_is_gateway(const struct sw_gateway_setting *gateways,
                          const struct sw_service *service)
{
    return sw_str_eq(service->meta.namespace_, gateways->namespace_) &&
           sw_service_has_tcp_port(service, SW_GATEWAY_PORT) &&
           (sw_labels_match(&gateways->labels, &service->selector) ||
            sw_labels_match(&gateways->labels, &service->meta.labels));
}

bool sw_search_is_any_gateway(const struct sw_view *config, const struct sw_service *service)
{
    if (!sw_service_has_tcp_port(service, SW_GATEWAY_PORT))
        return false;
    for (size_t i = 0; i < config->n_settings; i++) {
        for (size_t j = 0; j < config->settings[i]->n_gateways; j++) {
            if (sw_search_is_gateway(&config->settings[i]->gateways[j], service))
                return true;
        }
    }
    return false;
}

bool sw_search_gateway(const struct sw_view *view, const struct sw_gateway_setting *gateways)
{
    size_t n, first = sw_view_services_in(view, gateways->namespace_, &n);

    for (size_t i = first; i < first + n; i++) {
        if (sw_search_is_gateway(gateways, view->services[i]))
            return true;
    }
    return false;
}

int sw_search_owned(const struct sw_index *index, const struct sw_view *view,
                    const struct sw_workspace *workspace, struct sw_arena *arena,
                    struct sw_owned *ret, struct sw_err *reterr)
{
    struct sw_owned owned = {.view = view};
    struct sw_str namespace_ = {NULL, 0}; /* of the Service before: they are sorted by it */
    bool is_owned = false;

    owned.services = sw_arena_alloc(arena, view->n_services * sizeof(*owned.services));
    if (!owned.services)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < view->n_services; i++) {
        struct sw_str own = view->services[i]->meta.namespace_;

        if (!namespace_.data || !sw_str_eq(namespace_, own)) {
            const struct sw_workspace *owner = sw_scope_owner(index, view->source.cluster, own);

            is_owned = owner && sw_workspace_is_same(owner, workspace);
            namespace_ = own;
        }
        if (is_owned)
            owned.services[owned.n++] = view->services[i];
    }
    *ret = owned;
    return 0;
}

bool sw_search_service(const struct sw_owned *owned, const struct sw_labels *selector)
{
    for (size_t i = 0; selector && i < owned->n; i++) {
        if (sw_expose_selects(selector, owned->view, owned->services[i]))
            return true;
    }
    return !selector && owned->n;
}

static void write_hierarchy(const struct sw_workspace *workspace, struct sw_buf *buf)
{
    sw_buf_printf(buf, "workspace %.*s of organization \"%.*s\", tenant \"%.*s\"",
                  SW_STR_ARG(workspace->meta.name), SW_STR_ARG(workspace->hierarchy.organization),
                  SW_STR_ARG(workspace->hierarchy.tenant));
}

void sw_search_nearest_workspace(const struct sw_index *index, const struct sw_hierarchy *hierarchy,
                                 struct sw_buf *buf)
{
    const struct sw_view *config = sw_index_config(index);
    const struct sw_workspace *nearest = NULL;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < config->n_workspaces; i++) {
        size_t far = sw_str_distance(config->workspaces[i]->meta.name, hierarchy->workspace, NEAR);

        if (far < least) {
            least = far;
            nearest = config->workspaces[i];
        }
    }
    if (!nearest) {
        sw_buf_append_text(buf, "there is no Workspace at all: apply it first");
        return;
    }
    sw_buf_append_text(buf, "the nearest is ");
    write_hierarchy(nearest, buf);
}

/* How much of `wanted` a set of labels lacks: 0 when it has all of it. */
static size_t labels_cost(const struct sw_labels *wanted, const struct sw_labels *labels)
{
    size_t cost = 0;

    for (size_t i = 0; i < wanted->n; i++) {
        const struct sw_str *value = sw_labels_get(labels, wanted->pairs[i].key);

        if (value)
            cost += sw_str_distance(*value, wanted->pairs[i].value, NEAR);
        else
            cost += COST_NO_LABEL;
    }
    return cost;
}

/* Of a gateway Service's two sets of labels, the one that comes nearer. */
static const struct sw_labels *gateway_labels(const struct sw_gateway_setting *gateways,
                                              const struct sw_service *service)
{
    return labels_cost(&gateways->labels, &service->meta.labels) <
                   labels_cost(&gateways->labels, &service->selector)
               ? &service->meta.labels
               : &service->selector;
}

static size_t gateway_cost(const struct sw_gateway_setting *gateways,
                           const struct sw_service *service)
{
    size_t cost = labels_cost(&gateways->labels, gateway_labels(gateways, service));

    if (!sw_service_has_tcp_port(service, SW_GATEWAY_PORT))
        cost += COST_NO_PORT + (cost ? COST_NO_LABEL : 0);
    if (!sw_str_eq(service->meta.namespace_, gateways->namespace_))
        cost += COST_OTHER_NAMESPACE;
    return cost;
}

static void write_service(const struct sw_view *view, const struct sw_service *service,
                          const struct sw_labels *labels, struct sw_buf *buf)
{
    sw_buf_printf(buf, "the nearest is Service %.*s/%.*s in cluster %.*s, which has ",
                  SW_STR_ARG(service->meta.namespace_), SW_STR_ARG(service->meta.name),
                  SW_STR_ARG(view->source.cluster));
    if (labels->n)
        sw_labels_write(labels, buf);
    else
        sw_buf_append_text(buf, "no labels");
}

void sw_search_nearest_gateway(const struct sw_index *index,
                               const struct sw_gateway_setting *gateways, struct sw_buf *buf)
{
    /* What shares neither port nor labels with a gateway is no neighbour. */
    size_t least = gateways->labels.n * COST_NO_LABEL + COST_NO_PORT + COST_OTHER_NAMESPACE;
    const struct sw_service *nearest = NULL;
    const struct sw_view *where = NULL;

    for (size_t i = 0; i < index->n_views; i++) {
        const struct sw_view *view = index->views[i];

        for (size_t j = 0; j < view->n_services; j++) {
            size_t cost = gateway_cost(gateways, view->services[j]);

            if (cost < least) {
                least = cost;
                nearest = view->services[j];
                where = view;
            }
        }
    }
    if (!nearest) {
        sw_buf_append_text(buf,
                           "there is none: an IngressGateway with eastWestOnly: true makes one");
        return;
    }
    write_service(where, nearest, gateway_labels(gateways, nearest), buf);
    if (!sw_service_has_tcp_port(nearest, SW_GATEWAY_PORT))
        sw_buf_printf(buf, " but no TCP port %d", SW_GATEWAY_PORT);
}

void sw_search_nearest_service(const struct sw_owned *owned, size_t n_owned,
                               const struct sw_labels *selector, struct sw_buf *buf)
{
    const struct sw_service *nearest = NULL;
    const struct sw_view *where = NULL;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < n_owned; i++) {
        for (size_t j = 0; j < owned[i].n; j++) {
            size_t cost = labels_cost(selector, &owned[i].services[j]->meta.labels);

            if (cost < least) {
                least = cost;
                nearest = owned[i].services[j];
                where = owned[i].view;
            }
        }
    }
    if (nearest)
        write_service(where, nearest, &nearest->meta.labels, buf);
    else
        sw_buf_append_text(buf, "the workspace has no Service at all");
}

/* The owner of this namespace of the view, if `workspace` covers it and is another. */
static const struct sw_workspace *other_owner(const struct sw_index *index,
                                              const struct sw_view *view,
                                              const struct sw_workspace *workspace,
                                              struct sw_str namespace_)
{
    const struct sw_workspace *owner = sw_scope_owner(index, view->source.cluster, namespace_);

    if (!owner || sw_workspace_is_same(owner, workspace) ||
        !sw_workspace_covers(workspace, view->source.cluster, namespace_))
        return NULL;
    return owner;
}

static bool write_other_owner(const struct sw_index *index, const struct sw_view *view,
                              const struct sw_workspace *workspace, struct sw_buf *buf)
{
    struct sw_str namespace_ = {NULL, 0}; /* of the Service before: they are sorted by it */

    for (size_t i = 0; i < view->n_services; i++) {
        struct sw_str own = view->services[i]->meta.namespace_;
        const struct sw_workspace *owner;

        if (namespace_.data && sw_str_eq(namespace_, own))
            continue;
        namespace_ = own;
        owner = other_owner(index, view, workspace, own);
        if (!owner)
            continue;
        sw_buf_printf(buf, "; namespace %.*s of %.*s belongs to ", SW_STR_ARG(own),
                      SW_STR_ARG(view->source.cluster));
        write_hierarchy(owner, buf);
        sw_buf_append_text(buf, ", which is older: correct the namespaces of one of the two");
        return true;
    }
    return false;
}

void sw_search_other_owner(const struct sw_index *index, const struct sw_workspace *workspace,
                           struct sw_buf *buf)
{
    for (size_t i = 0; i < index->n_views; i++) {
        if (write_other_owner(index, index->views[i], workspace, buf))
            return;
    }
}

#include "failover/expose.h"

#include "failover/search.h"

#include "base/banned.h"

#define LABEL_DATAPLANE_MODE "istio.io/dataplane-mode"

struct sw_str sw_expose_failover_label(const struct sw_view *view, const struct sw_service *service)
{
    const struct sw_str *own = sw_labels_get(&service->meta.labels, SW_STR(SW_LABEL_FAILOVER));
    const struct sw_namespace *namespace_;

    if (own)
        return *own;
    namespace_ = sw_view_namespace(view, service->meta.namespace_);
    own = namespace_ ? sw_labels_get(&namespace_->meta.labels, SW_STR(SW_LABEL_FAILOVER)) : NULL;
    return own ? *own : (struct sw_str){NULL, 0};
}

bool sw_expose_selects(const struct sw_labels *selector, const struct sw_view *view,
                       const struct sw_service *service)
{
    for (size_t i = 0; i < selector->n; i++) {
        const struct sw_label *want = &selector->pairs[i];
        const struct sw_str *own = sw_labels_get(&service->meta.labels, want->key);
        struct sw_str inherited;

        if (!own && sw_str_is(want->key, SW_LABEL_FAILOVER)) {
            inherited = sw_expose_failover_label(view, service);
            own = inherited.data ? &inherited : NULL;
        }
        if (!own || !sw_str_eq(*own, want->value))
            return false;
    }
    return true;
}

static bool gateways_select(const struct sw_gateway_setting *gateways, const struct sw_view *view,
                            const struct sw_service *service)
{
    for (size_t i = 0; i < gateways->n_exposed; i++) {
        if (sw_expose_selects(&gateways->exposed[i], view, service))
            return true;
    }
    return gateways->n_exposed == 0;
}

/* Finds the first gateway settings of the workspace, in order of precedence, that select the
 * Service. */
static enum sw_reason select_gateways(const struct sw_index *index, const struct sw_view *view,
                                      const struct sw_service *service, struct sw_exposure *ret)
{
    enum sw_reason reason = SW_NO_SETTING;
    const struct sw_setting *setting;
    size_t at = 0;

    while ((setting = sw_scope_next_setting(index, ret->workspace, &at))) {
        for (size_t i = 0; i < setting->n_gateways; i++) {
            reason = SW_NOT_SELECTED;
            if (gateways_select(&setting->gateways[i], view, service)) {
                ret->setting = setting;
                ret->gateways = &setting->gateways[i];
                return SW_EXPOSED;
            }
        }
    }
    return reason;
}

static bool is_ambient(const struct sw_view *view, struct sw_str name)
{
    const struct sw_namespace *namespace_ = sw_view_namespace(view, name);
    const struct sw_str *mode =
        namespace_ ? sw_labels_get(&namespace_->meta.labels, SW_STR(LABEL_DATAPLANE_MODE)) : NULL;

    return mode && sw_str_is(*mode, "ambient");
}

static bool has_named_tcp_port(const struct sw_service *service)
{
    for (size_t i = 0; i < service->n_ports; i++) {
        if (service->ports[i].tcp && service->ports[i].name.len)
            return true;
    }
    return false;
}

/* Can Istio give this Service WorkloadEntries at all? (pilot serviceInstancesFromWorkloadInstances;
 * and ztunnel, of the ambient data plane, does no SNI.) */
static enum sw_reason representable(const struct sw_view *view, const struct sw_service *service)
{
    if (sw_meta_is_ours(&service->meta))
        return SW_STUB;
    if (is_ambient(view, service->meta.namespace_))
        return SW_AMBIENT;
    if (service->external_name)
        return SW_EXTERNAL_NAME;
    if (service->headless)
        return SW_HEADLESS;
    if (service->selector.n == 0)
        return SW_NO_SELECTOR;
    if (service->local_only)
        return SW_LOCAL_ONLY;
    if (!has_named_tcp_port(service))
        return SW_NO_NAMED_TCP_PORT;
    return SW_EXPOSED;
}

struct sw_exposure sw_expose(const struct sw_index *index, const struct sw_view *view,
                             const struct sw_service *service)
{
    struct sw_exposure exposure = {.reason = SW_NO_WORKSPACE};

    exposure.workspace = sw_scope_owner(index, view->source.cluster, service->meta.namespace_);
    if (!exposure.workspace)
        return exposure;
    exposure.reason = select_gateways(index, view, service, &exposure);
    if (exposure.reason != SW_EXPOSED)
        return exposure;
    if (sw_str_is(sw_expose_failover_label(view, service), SW_FAILOVER_DISABLE))
        exposure.reason = SW_DISABLED;
    else if (sw_search_is_any_gateway(sw_index_config(index), service))
        exposure.reason = SW_IS_GATEWAY; /* a gateway behind a gateway: a detour, or a loop */
    else
        exposure.reason = representable(view, service);
    return exposure;
}

#include "failover/cover.h"

#include "base/banned.h"

/* Takes one covered Service into account. A Service of no workspace in another cluster says nothing
 * about the rule, which acts on this cluster's clients. */
static void consider(const struct sw_index *index, const struct sw_view *view,
                     const struct sw_service *service, struct sw_cover *cover)
{
    struct sw_exposure exposure = sw_expose(index, view, service);
    bool local = view == sw_index_local(index);

    if (!exposure.workspace) {
        cover->spans |= local;
        return;
    }
    if (!cover->workspace)
        cover->workspace = exposure.workspace;
    cover->spans |= !sw_workspace_is_same(cover->workspace, exposure.workspace);
    if (exposure.reason == SW_EXPOSED && !cover->service) {
        cover->service = service;
        cover->setting = exposure.setting;
    }
}

static void consider_view(const struct sw_index *index, const struct sw_view *view,
                          const struct sw_host *host, struct sw_cover *cover)
{
    size_t first = 0, n = view->n_services;

    if (host->kind != SW_HOST_WILDCARD) {
        const struct sw_service *service = sw_view_service(view, host->namespace_, host->name);

        if (service)
            consider(index, view, service, cover);
        return;
    }
    if (!host->any_name)
        first = sw_view_services_in(view, host->namespace_, &n);
    /* Once there is a Service and the host reaches too far, nothing can change any more. */
    for (size_t i = first; i < first + n && !(cover->spans && cover->service); i++) {
        const struct sw_meta *meta = &view->services[i]->meta;

        if (sw_host_covers(host, meta->namespace_, meta->name))
            consider(index, view, view->services[i], cover);
    }
}

struct sw_cover sw_cover_find(const struct sw_index *index, const struct sw_host *host)
{
    struct sw_cover cover = {0};

    if (host->kind == SW_HOST_FOREIGN)
        return cover;
    consider_view(index, sw_index_local(index), host, &cover);
    for (size_t i = 0; i < index->n_views; i++) {
        if (i != index->local)
            consider_view(index, index->views[i], host, &cover);
    }
    if (host->kind != SW_HOST_WILDCARD)
        cover.spans = false;
    return cover;
}

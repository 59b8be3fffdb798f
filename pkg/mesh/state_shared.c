#include "mesh/state_cluster.h"

#include "mesh/shared.h"

#include "base/banned.h"

static void mark(struct sw_state *state, const struct sw_service *other)
{
    const struct sw_view *view = state->views[state->index.local];
    size_t n, first = sw_view_services_in(view, other->meta.namespace_, &n);

    for (size_t i = first; i < first + n && !state->dirty.all; i++) {
        const struct sw_service *service = view->services[i];

        if (service != other && sw_shared_may_take(&state->mesh, other, service))
            sw_dirty_add_pods(&state->dirty, service->meta.namespace_, service->meta.name);
    }
}

/* Before the first look at the mesh, everything has changed. */
void sw_state_mark_sharers(struct sw_state *state)
{
    const struct sw_record *at = NULL;
    struct sw_plan_key key;

    while (!state->dirty.all && sw_dirty_next_wide(&state->dirty, &at, &key)) {
        const struct sw_service *service =
            sw_view_service(state->views[state->index.local], key.namespace_, key.name);

        if (service)
            mark(state, service);
    }
}

/* The list may be out of order: a look at all of it is what a Service's change costs. */
void sw_state_mark_sharers_of(struct sw_state_cluster *cluster, const struct sw_service *service)
{
    struct sw_dirty *dirty = &cluster->state->dirty;

    if (!sw_state_is_local(cluster))
        return;
    for (size_t i = 0; i < cluster->services.n && !dirty->all; i++) {
        const struct sw_service *other = cluster->services.items[i];

        if (other != service && sw_str_eq(other->meta.namespace_, service->meta.namespace_) &&
            sw_labels_agree(&other->selector, &service->selector))
            sw_dirty_add_pods(dirty, other->meta.namespace_, other->meta.name);
    }
}

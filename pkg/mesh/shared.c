#include "mesh/shared.h"

#include "failover/expose.h"
#include "mesh/entries.h"

#include "base/banned.h"

/* Does istiod give it WorkloadEntries? (A stub of ours takes them like any other Service.) */
static bool takes_entries(const struct sw_service *service)
{
    return service->selector.n && !service->headless && !service->external_name;
}

/* Do pods of the Service have this label, wherever they are? */
static bool have_pods(const struct sw_mesh *mesh, const struct sw_service *service,
                      const struct sw_label *label)
{
    for (size_t i = 0; i < mesh->index->n_views; i++) {
        const struct sw_mesh_backends *backends =
            sw_mesh_backends(mesh->clusters[i], service->meta.namespace_, service->meta.name);

        for (size_t j = 0; backends && j < backends->n_groups; j++) {
            const struct sw_str *value = sw_labels_get(&backends->groups[j].labels, label->key);

            if (value && sw_str_eq(*value, label->value))
                return true;
        }
    }
    return false;
}

bool sw_shared_may_take(const struct sw_mesh *mesh, const struct sw_service *other,
                        const struct sw_service *service)
{
    if (!takes_entries(other))
        return false;
    for (size_t i = 0; i < other->selector.n; i++) {
        const struct sw_label *label = &other->selector.pairs[i];
        const struct sw_str *value = sw_labels_get(&service->selector, label->key);

        if (value ? !sw_str_eq(*value, label->value)
                  : !sw_entries_label(label->key) && !have_pods(mesh, service, label))
            return false;
    }
    return true;
}

int sw_shared_gather(const struct sw_subject *subject, struct sw_shared *ret, struct sw_err *reterr)
{
    size_t n, first = sw_view_services_in(subject->view, subject->plan->namespace_, &n);
    struct sw_shared shared = {0};

    for (size_t i = first; i < first + n; i++) {
        const struct sw_service *service = subject->view->services[i], **services;

        if (sw_str_eq(service->meta.name, subject->plan->service) || !takes_entries(service) ||
            !sw_labels_agree(&service->selector, &subject->shape->selector))
            continue;
        services = sw_arena_push(subject->arena, shared.services, shared.n, sizeof(*services));
        if (!services)
            return sw_err_nomem(reterr);
        services[shared.n++] = service;
        shared.services = services;
    }
    *ret = shared;
    return 0;
}

static bool is_exposed(const struct sw_mesh *mesh, const struct sw_view *view,
                       const struct sw_service *local)
{
    const struct sw_service *service =
        sw_view_service(view, local->meta.namespace_, local->meta.name);

    return service && sw_expose(mesh->index, view, service).reason == SW_EXPOSED;
}

const struct sw_service *sw_shared_victim(const struct sw_subject *subject,
                                          const struct sw_shared *shared,
                                          const struct sw_view *remote,
                                          const struct sw_labels *labels)
{
    for (size_t i = 0; i < shared->n; i++) {
        const struct sw_service *service = shared->services[i];
        struct sw_rules rules;

        if (!sw_labels_match(&service->selector, labels) ||
            is_exposed(subject->mesh, remote, service))
            continue;
        rules = sw_rules_judge(subject->mesh, service->meta.namespace_, service->meta.name);
        if (rules.lacking || !rules.seen_ms)
            return service;
    }
    return NULL;
}

int sw_shared_add_keys(const struct sw_subject *subject, const struct sw_shared *shared,
                       const struct sw_labels *labels, struct sw_port_keys *keys,
                       struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < shared->n; i++) {
        if (sw_labels_match(&shared->services[i]->selector, labels))
            r = sw_ports_add_keys(shared->services[i], subject->arena, keys, reterr);
    }
    return r;
}

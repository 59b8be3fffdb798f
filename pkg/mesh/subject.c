#include "mesh/subject.h"

#include "failover/expose.h"
#include "failover/search.h"
#include "mesh/name.h"

#include "base/banned.h"

#define LABEL_STUB           "spillway.dev/stub"
#define LABEL_DATAPLANE_MODE "istio.io/dataplane-mode"

/* True if the Service that carries our label is a stub. One that another manager has fields of is
 * its own Service already: we are about to let go. */
static bool is_stub(const struct sw_mesh *mesh, const struct sw_plan *plan)
{
    size_t n, first = sw_mesh_owned_for(mesh, plan->namespace_, plan->service, &n);

    for (size_t i = first; i < first + n; i++) {
        if (mesh->owned[i]->kind == SW_MESH_STUB)
            return mesh->owned[i]->managed && !mesh->owned[i]->shared;
    }
    return false;
}

int sw_subject_init(struct sw_subject *subject, const struct sw_mesh *mesh, struct sw_plan *plan,
                    struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_view *view = sw_index_local(mesh->index);
    const struct sw_service *service = sw_view_service(view, plan->namespace_, plan->service);

    *subject = (struct sw_subject){
        .mesh = mesh,
        .view = view,
        .arena = arena,
        .plan = plan,
        .host = sw_mesh_host(arena, plan->namespace_, plan->service),
        .stub_there = service && sw_meta_is_ours(&service->meta) && is_stub(mesh, plan),
    };
    if (!subject->host.data)
        return sw_err_nomem(reterr);
    subject->local = subject->stub_there ? NULL : service;
    subject->shape = subject->local;
    return 0;
}

static bool has_label(const struct sw_namespace *namespace_, const char *key, const char *value)
{
    const struct sw_str *found = sw_labels_get(&namespace_->meta.labels, sw_str_from(key));

    return found && sw_str_is(*found, value);
}

/* Would istiod give this Service WorkloadEntries, and its clients use them? */
static enum sw_reason judge_service(const struct sw_service *service)
{
    if (service->external_name)
        return SW_EXTERNAL_NAME;
    if (service->headless)
        return SW_HEADLESS;
    if (service->selector.n == 0)
        return SW_NO_SELECTOR;
    return service->local_only ? SW_LOCAL_ONLY : SW_PLANNED;
}

enum sw_reason sw_subject_judge(const struct sw_subject *subject)
{
    struct sw_str namespace_name = subject->plan->namespace_;
    const struct sw_namespace *namespace_ = sw_view_namespace(subject->view, namespace_name);
    struct sw_service absent = {.meta = {.namespace_ = namespace_name}};
    struct sw_str failover;

    if (!namespace_ || namespace_->meta.deleting)
        return SW_NO_NAMESPACE;
    failover = sw_expose_failover_label(subject->view, subject->local ? subject->local : &absent);
    if (sw_str_is(failover, SW_FAILOVER_DISABLE))
        return SW_DISABLED;
    if (has_label(namespace_, LABEL_DATAPLANE_MODE, "ambient"))
        return SW_AMBIENT;
    if (sw_mesh_mtls_disabled(subject->mesh, sw_mesh_local(subject->mesh), namespace_name))
        return SW_MTLS_DISABLED;
    if (subject->local &&
        sw_search_is_any_gateway(sw_index_config(subject->mesh->index), subject->local))
        return SW_IS_GATEWAY;
    if (subject->local)
        return judge_service(subject->local);
    return has_label(namespace_, LABEL_STUB, "disabled") ? SW_STUB_DISABLED : SW_PLANNED;
}

int sw_subject_find(const struct sw_subject *subject, enum sw_mesh_verdict verdict,
                    enum sw_reason reason, struct sw_str cluster, struct sw_err *reterr,
                    const char *format, ...)
{
    struct sw_mesh_finding finding = {
        .verdict = verdict,
        .reason = reason,
        .about = {subject->plan->namespace_, subject->plan->service, cluster},
    };
    char *message = NULL;
    va_list args;

    if (format) {
        va_start(args, format);
        message = sw_arena_vprintf(subject->arena, format, args);
        va_end(args);
        if (!message)
            return sw_err_nomem(reterr);
    }
    return sw_mesh_find(&subject->plan->findings, subject->arena, finding, reterr,
                        message ? "%s" : NULL, message);
}

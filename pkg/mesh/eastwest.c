#include "mesh/eastwest.h"

#include "base/cleanup.h"
#include "json/read.h"

#include "base/banned.h"

#define LABEL_APP       "app"
#define LABEL_INJECT    "sidecar.istio.io/inject"
#define LABEL_INJECTION "istio-injection"
#define STATUS_PORT     15021 /* what load balancers ask whether the gateway is ready */

static const struct sw_mesh_ingress *find_ingress(const struct sw_mesh *mesh,
                                                  struct sw_plan_key key)
{
    for (size_t i = 0; i < mesh->n_ingresses; i++) {
        if (sw_str_eq(mesh->ingresses[i]->namespace_, key.namespace_) &&
            sw_str_eq(mesh->ingresses[i]->name, key.name))
            return mesh->ingresses[i];
    }
    return NULL;
}

static bool is_injection_off(const struct sw_mesh *mesh, struct sw_str name)
{
    const struct sw_namespace *namespace_ = sw_view_namespace(sw_index_local(mesh->index), name);
    const struct sw_str *said =
        namespace_ ? sw_labels_get(&namespace_->meta.labels, SW_STR(LABEL_INJECTION)) : NULL;

    return said && sw_str_is(*said, "disabled");
}

/* The one container: the injector fills in its image and everything else. The network view keeps
 * it from sending on to other networks (D1); the rest is what Istio's own gateway chart asks for.
 */
static json_t *container(struct sw_str network)
{
    return json_pack("{s:s,s:s,s:[{s:s,s:o}],s:[{s:i,s:s,s:s}],s:{s:{s:s,s:s}},"
                     "s:{s:b,s:b,s:b,s:b,s:{s:[s]}}}",
                     "name", "istio-proxy", "image", "auto", "env", "name",
                     "ISTIO_META_REQUESTED_NETWORK_VIEW", "value", sw_wanted_str(network), "ports",
                     "containerPort", SW_GATEWAY_PORT, "name", "tls", "protocol", "TCP",
                     "resources", "requests", "cpu", "100m", "memory", "128Mi", "securityContext",
                     "allowPrivilegeEscalation", 0, "privileged", 0, "readOnlyRootFilesystem", 1,
                     "runAsNonRoot", 1, "capabilities", "drop", "ALL");
}

static json_t *pod_template(const struct sw_mesh_ingress *ingress, struct sw_str network)
{
    return json_pack("{s:{s:{s:s},s:{s:o,s:s}},s:{s:o,s:[o]}}", "metadata", "annotations",
                     "inject.istio.io/templates", "gateway", "labels", LABEL_APP,
                     sw_wanted_str(ingress->name), LABEL_INJECT, "true", "spec",
                     "serviceAccountName", sw_wanted_str(ingress->name), "containers",
                     container(network));
}

static json_t *deployment(const struct sw_mesh_ingress *ingress, struct sw_str network)
{
    json_auto_t *spec =
        json_pack("{s:{s:{s:o}},s:o}", "selector", "matchLabels", LABEL_APP,
                  sw_wanted_str(ingress->name), "template", pod_template(ingress, network));

    /* Unset, it is left to whoever scales the Deployment. */
    if (spec && ingress->replicas &&
        json_object_set_new(spec, "replicas", json_integer(ingress->replicas)) < 0)
        return NULL;
    return SW_TAKE(spec);
}

static json_t *service(const struct sw_mesh_ingress *ingress)
{
    return json_pack("{s:s,s:{s:o},s:[{s:s,s:i,s:s,s:i},{s:s,s:i,s:s,s:i}]}", "type",
                     "LoadBalancer", "selector", LABEL_APP, sw_wanted_str(ingress->name), "ports",
                     "name", "status-port", "port", STATUS_PORT, "protocol", "TCP", "targetPort",
                     STATUS_PORT, "name", "tls", "port", SW_GATEWAY_PORT, "protocol", "TCP",
                     "targetPort", SW_GATEWAY_PORT);
}

static int plan_ingress(const struct sw_mesh_ingress *ingress, struct sw_str network,
                        struct sw_arena *arena, struct sw_plan *plan, struct sw_err *reterr)
{
    const struct sw_label app = {SW_STR(LABEL_APP), ingress->name};
    const struct sw_labels labels = {&app, 1};
    struct sw_wanted_meta meta = {
        .kind = SW_MESH_SERVICEACCOUNT,
        .namespace_ = ingress->namespace_,
        .name = ingress->name,
        .labels = &labels,
    };
    int r = sw_wanted_add(&plan->wanteds, arena, &meta, json_null(), reterr);

    meta.kind = SW_MESH_DEPLOYMENT;
    if (r == 0)
        r = sw_wanted_add(&plan->wanteds, arena, &meta, deployment(ingress, network), reterr);
    meta.kind = SW_MESH_GATEWAY_SERVICE;
    meta.annotations = &ingress->service_annotations;
    return r < 0 ? r : sw_wanted_add(&plan->wanteds, arena, &meta, service(ingress), reterr);
}

int sw_plan_eastwest(const struct sw_mesh *mesh, struct sw_plan_key key, struct sw_arena *arena,
                     struct sw_plan *ret, struct sw_err *reterr)
{
    const struct sw_mesh_ingress *ingress = find_ingress(mesh, key);
    struct sw_plan plan = {
        .namespace_ = key.namespace_,
        .service = key.name,
        .kinds =
            1u << SW_MESH_SERVICEACCOUNT | 1u << SW_MESH_DEPLOYMENT | 1u << SW_MESH_GATEWAY_SERVICE,
    };
    struct sw_mesh_finding finding = {.about = {key.namespace_, key.name, {NULL, 0}}};
    SW_JSON_SCOPE(arena);
    int r = 0;

    if (ingress && is_injection_off(mesh, key.namespace_)) {
        finding.verdict = SW_MESH_WITHHELD;
        finding.reason = SW_INJECTION_OFF;
        r = sw_mesh_find(&plan.findings, arena, finding, reterr, NULL);
    } else if (ingress) {
        finding.verdict = SW_MESH_EMITTED;
        finding.reason = SW_PLANNED;
        r = plan_ingress(ingress, sw_mesh_local(mesh)->network, arena, &plan, reterr);
        if (r == 0)
            r = sw_mesh_find(&plan.findings, arena, finding, reterr, "an east-west gateway");
    }
    if (r == 0)
        *ret = plan;
    return r;
}

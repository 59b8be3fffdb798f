/* pkg/mesh/eastwest.c: the objects of an IngressGateway with eastWestOnly. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"

static struct sw_mesh_ingress ew = {.namespace_ = {"gw", 2}, .name = {"ew", 2}};

static struct sw_plan *plan(struct mesh *mesh)
{
    mesh->ingresses[0] = &ew;
    mesh->mesh.n_ingresses = 1;
    return mesh_plan_eastwest(mesh, "ew");
}

static void eastwest_is_three_objects(void **state)
{
    mesh_begin(*state, "east");
    mesh_check_wanted(plan(*state), "ServiceAccount gw/ew\nDeployment gw/ew\nService gw/ew");
    mesh_check_findings(plan(*state), "Emitted Planned : an east-west gateway");
}

static void eastwest_account_has_no_spec(void **state)
{
    mesh_begin(*state, "east");
    sw_check_json(mesh_wanted_json(plan(*state), SW_MESH_SERVICEACCOUNT),
                  "{'apiVersion':'v1','kind':'ServiceAccount','metadata':{'name':'ew',"
                  "'namespace':'gw','labels':{'app':'ew',"
                  "'app.kubernetes.io/managed-by':'spillway'}}}");
}

/* D1 on our own gateways: their view is the cluster's network. */
static void d1_eastwest_has_its_network_view(void **state)
{
    struct mesh *mesh = *state;
    json_t *spec;

    mesh_begin(mesh, "east");
    mesh->clusters[EAST].cluster.network = SW_STR("net-e");
    spec = json_object_get(mesh_wanted_json(plan(mesh), SW_MESH_DEPLOYMENT), "spec");
    sw_check_json(
        spec,
        "{'selector':{'matchLabels':{'app':'ew'}},'template':{'metadata':{'annotations':"
        "{'inject.istio.io/templates':'gateway'},'labels':{'app':'ew',"
        "'sidecar.istio.io/inject':'true'}},'spec':{'serviceAccountName':'ew','containers':["
        "{'name':'istio-proxy','image':'auto','env':[{'name':'ISTIO_META_REQUESTED_NETWORK_VIEW',"
        "'value':'net-e'}],'ports':[{'containerPort':15443,'name':'tls','protocol':'TCP'}],"
        "'resources':{'requests':{'cpu':'100m','memory':'128Mi'}},'securityContext':"
        "{'allowPrivilegeEscalation':false,'privileged':false,'readOnlyRootFilesystem':true,"
        "'runAsNonRoot':true,'capabilities':{'drop':['ALL']}}}]}}}");
}

/* D9: a network label on it would send local traffic through the load balancer. */
static void d9_eastwest_service_has_no_network_label(void **state)
{
    struct sw_mesh_ingress annotated = ew;
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    annotated.service_annotations = mesh_labels(mesh, "{'cloud/lb':'internal'}");
    mesh->ingresses[0] = &annotated;
    mesh->mesh.n_ingresses = 1;
    sw_check_json(mesh_wanted_json(mesh_plan_eastwest(mesh, "ew"), SW_MESH_GATEWAY_SERVICE),
                  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'ew','namespace':'gw',"
                  "'labels':{'app':'ew','app.kubernetes.io/managed-by':'spillway'},"
                  "'annotations':{'cloud/lb':'internal'}},'spec':{'type':'LoadBalancer',"
                  "'selector':{'app':'ew'},'ports':["
                  "{'name':'status-port','port':15021,'protocol':'TCP','targetPort':15021},"
                  "{'name':'tls','port':15443,'protocol':'TCP','targetPort':15443}]}}");
}

static void eastwest_replicas_are_the_users_where_given(void **state)
{
    struct sw_mesh_ingress scaled = ew;
    struct mesh *mesh = *state;
    json_t *spec;

    mesh_begin(mesh, "east");
    scaled.replicas = 3;
    mesh->ingresses[0] = &scaled;
    mesh->mesh.n_ingresses = 1;
    spec = json_object_get(mesh_wanted_json(mesh_plan_eastwest(mesh, "ew"), SW_MESH_DEPLOYMENT),
                           "spec");
    sw_check_json(json_object_get(spec, "replicas"), "3");
}

static void eastwest_where_injection_is_off_is_withheld(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    sw_world_namespace(mesh->world, "gw", "{'istio-injection':'disabled'}");
    mesh_check_wanted(plan(mesh), "");
    mesh_check_findings(plan(mesh), "Withheld InjectionOff : istio-injection: disabled, so there "
                                    "is no gateway");
}

static void eastwest_that_is_gone_is_deleted_service_first(void **state)
{
    struct mesh *mesh = *state;

    mesh_begin(mesh, "east");
    mesh_own(mesh, plan(mesh));
    mesh_check_diff(mesh, plan(mesh), 1, "");
    mesh->mesh.n_ingresses = 0;
    mesh_check_diff(mesh, mesh_plan_eastwest(mesh, "ew"), 1,
                    "delete Service ew\ndelete Deployment ew\ndelete ServiceAccount ew");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MESH_TEST(eastwest_is_three_objects),
        MESH_TEST(eastwest_account_has_no_spec),
        MESH_TEST(d1_eastwest_has_its_network_view),
        MESH_TEST(d9_eastwest_service_has_no_network_label),
        MESH_TEST(eastwest_replicas_are_the_users_where_given),
        MESH_TEST(eastwest_where_injection_is_off_is_withheld),
        MESH_TEST(eastwest_that_is_gone_is_deleted_service_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

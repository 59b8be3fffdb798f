#include "life_show.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fields.h"

json_t *sim_json(const char *format, ...)
{
    char text[4096];
    json_t *value;
    va_list args;

    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) >= (int)sizeof(text))
        abort();
    va_end(args);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    value = json_loads(text, 0, NULL);
    if (!value)
        abort();
    return value;
}

void sim_put_namespace(struct sim_cluster *cluster, const char *name, const char *labels)
{
    sim_cluster_put(
        cluster,
        sim_json("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'%s','labels':{"
                 "'kubernetes.io/metadata.name':'%s'%s}}}",
                 name, name, labels),
        SIM_USER);
}

static void put_pod(struct sim_cluster *cluster, const char *namespace_, const char *name,
                    const char *labels, const char *spec)
{
    sim_cluster_put(cluster,
                    sim_json("{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'%s','name':"
                             "'%s','labels':{%s}},'spec':{'nodeName':'n1',%s}}",
                             namespace_, name, labels, spec),
                    "kubelet");
}

/* The slice of a Service with pods NAME-0 and so on. */
static void put_slice(struct sim_cluster *cluster, const char *namespace_, const char *name,
                      unsigned int pods)
{
    json_t *endpoints = json_array(), *slice;

    for (unsigned int i = 0; i < pods; i++)
        json_array_append_new(
            endpoints, sim_json("{'addresses':['10.9.0.%u'],'conditions':{'ready':true},"
                                "'targetRef':{'kind':'Pod','namespace':'%s','name':'%s-%u'}}",
                                i, namespace_, name, i));
    slice = sim_json("{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{"
                     "'namespace':'%s','name':'%s-1','labels':{'kubernetes.io/service-name':'%s'}},"
                     "'addressType':'IPv4'}",
                     namespace_, name, name);
    json_object_set_new(slice, "endpoints", endpoints);
    sim_cluster_put(cluster, slice, "controller");
}

static void show_pods(const struct sim_life_cluster *c, size_t s)
{
    const struct sim_life_service *service = &c->services[s];
    const struct sim_service_name *id = &sim_services[s];
    char name[64], labels[256], spec[128];

    snprintf(labels, sizeof(labels), "'app':'%s','version':'v%u'%s", id->name, service->version,
             service->sidecar ? ",'security.istio.io/tlsMode':'istio'" : "");
    snprintf(spec, sizeof(spec), "'serviceAccountName':'sa%u'", service->account);
    for (unsigned int i = 0; i < 4; i++) {
        snprintf(name, sizeof(name), "%s-%u", id->name, i);
        if (service->exists && i < service->pods)
            put_pod(c->cluster, id->namespace_, name, labels, spec);
        else
            sim_cluster_delete(c->cluster, SW_RESOURCE_POD, id->namespace_, name);
    }
    if (service->exists)
        put_slice(c->cluster, id->namespace_, id->name, service->pods);
    else {
        snprintf(name, sizeof(name), "%s-1", id->name);
        sim_cluster_delete(c->cluster, SW_RESOURCE_ENDPOINTSLICE, id->namespace_, name);
    }
}

void sim_show_service(const struct sim_life_cluster *c, size_t s)
{
    const struct sim_life_service *service = &c->services[s];
    const struct sim_service_name *id = &sim_services[s];
    const json_t *live = sim_cluster_get(c->cluster, SW_RESOURCE_SERVICE, id->namespace_, id->name);
    char target[32];

    if (!c->pay_namespace && strcmp(id->namespace_, "pay") == 0)
        return;
    snprintf(target, sizeof(target), service->target_name ? "'web'" : "%u", 8080);
    if (service->exists)
        sim_cluster_apply(
            c->cluster,
            sim_json("{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'%s','name':'%s',"
                     "'labels':{'app':'%s'%s%s}},'spec':{'selector':{'app':'%s'},'ports':[{'name':"
                     "'http','port':%u,'protocol':'TCP','targetPort':%s}]}}",
                     id->namespace_, id->name, id->name,
                     service->disabled ? ",'failover':'disable'" : "",
                     service->gold ? ",'tier':'gold'" : "", id->name, service->port, target),
            SIM_USER);
    else if (live && sim_fields_has(live, SIM_USER))
        sim_cluster_delete(c->cluster, SW_RESOURCE_SERVICE, id->namespace_, id->name);
    show_pods(c, s);
}

void sim_show_gateway(const struct sim_life_cluster *c)
{
    const char *view = c->gateway_view ? c->cluster->name : "elsewhere";
    json_t *service =
        sim_json("{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'gw',"
                 "'name':'ew','labels':{'app':'ew'}},'spec':{'type':'LoadBalancer',"
                 "'ipFamilies':['IPv4'],'selector':{'app':'ew'},'ports':[{'name':'tls',"
                 "'port':15443,'protocol':'TCP'}]}}");
    json_t *ingress = json_array();
    char spec[256];

    for (unsigned int i = 0; i < c->n_addresses; i++)
        json_array_append_new(ingress,
                              sim_json("{'ip':'10.%zu.%u.%u'}", c->cluster->index + 1,
                                       (c->addresses + i) / 200, 1 + (c->addresses + i) % 200));
    json_object_set_new(service, "status",
                        json_pack("{s:{s:o}}", "loadBalancer", "ingress", ingress));
    sim_cluster_put(c->cluster, service, SIM_USER);
    snprintf(spec, sizeof(spec),
             "'containers':[{'name':'istio-proxy','env':[{'name':"
             "'ISTIO_META_REQUESTED_NETWORK_VIEW','value':'%s'}]}]",
             view);
    put_pod(c->cluster, "gw", "ew-0", "'app':'ew','security.istio.io/tlsMode':'istio'", spec);
    put_slice(c->cluster, "gw", "ew", c->gateway_ready ? 1 : 0);
}

void sim_show_node(const struct sim_life_cluster *c)
{
    sim_cluster_put(c->cluster,
                    sim_json("{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1','labels':{"
                             "'topology.kubernetes.io/region':'r%zu','topology.kubernetes.io/zone':"
                             "'z%u'}}}",
                             c->cluster->index, c->zone),
                    "kubelet");
}

void sim_put_cert(struct sim_cluster *cluster, const char *text)
{
    sim_cluster_put(cluster,
                    sim_json("{'apiVersion':'v1','kind':'ConfigMap','metadata':{'namespace':"
                             "'istio-system','name':'istio-ca-root-cert'},'data':{'root-cert.pem':"
                             "'%s'}}",
                             text),
                    "istiod");
}

void sim_put_workspace(struct sim_cluster *cluster, const char *names)
{
    sim_cluster_put(
        cluster,
        sim_json("{'apiVersion':'tsb.tetrate.io/v2','kind':'Workspace','metadata':{"
                 "'namespace':'tsb','name':'ws','annotations':{"
                 "'tsb.tetrate.io/organization':'o','tsb.tetrate.io/tenant':'t'}},'spec':{"
                 "'namespaceSelector':{'names':[%s]}}}",
                 names),
        SIM_USER);
}

void sim_put_setting(struct sim_cluster *cluster, const char *exposed)
{
    sim_cluster_put(
        cluster,
        sim_json("{'apiVersion':'tsb.tetrate.io/v2','kind':'WorkspaceSetting','metadata':{"
                 "'namespace':'tsb','name':'set','annotations':{"
                 "'tsb.tetrate.io/organization':'o','tsb.tetrate.io/tenant':'t',"
                 "'tsb.tetrate.io/workspace':'ws'}},'spec':{"
                 "'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw',"
                 "'labels':{'app':'ew'}}%s}]}}",
                 exposed),
        SIM_USER);
}

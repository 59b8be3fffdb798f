#include "life.h"

#include <stdio.h>
#include <stdlib.h>

#include "life_show.h"

static unsigned int below(struct sim_life *life, unsigned int bound)
{
    return sim_below(life->random, bound);
}

static bool chance(struct sim_life *life, unsigned int n)
{
    return sim_chance(life->random, n);
}

static bool is_ours(const json_t *object)
{
    return strcmp(json_string_value(json_object_get(
                      json_object_get(json_object_get(object, "metadata"), "labels"),
                      "app.kubernetes.io/managed-by"))
                      ?: "",
                  "spillway") == 0;
}

static void begin_cluster(struct sim_life *life, struct sim_life_cluster *c)
{
    static const char *const namespaces[] = {"istio-system", "gw", "shop", "pay", "tsb", "clients"};

    for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
        sim_put_namespace(c->cluster, namespaces[i], "");
    sim_put_cert(c->cluster, "one");
    c->addresses = 1;
    c->n_addresses = 1 + (below(life, 4) == 0);
    c->gateway_ready = c->gateway_view = c->pay_namespace = true;
    c->zone = below(life, 3);
    sim_show_node(c);
    sim_show_gateway(c);
    for (size_t s = 0; s < SIM_SERVICES; s++) {
        c->services[s] = (struct sim_life_service){
            .exists = chance(life, 750),
            .sidecar = true,
            .target_name = chance(life, 400),
            .gold = chance(life, 500),
            .pods = 1 + below(life, 3),
            .version = 1,
            .account = 1,
            .port = 80,
        };
        sim_show_service(c, s);
    }
}

void sim_life_begin(struct sim_life *life)
{
    for (size_t i = 0; i < life->n; i++)
        begin_cluster(life, &life->clusters[i]);
    sim_put_workspace(life->clusters[0].cluster, "'*/shop','*/pay'");
    sim_put_setting(life->clusters[0].cluster, "");
}

static void change_service(struct sim_life *life, struct sim_life_cluster *c, size_t s)
{
    struct sim_life_service *service = &c->services[s];

    switch (below(life, 9)) {
    case 0:
    case 1:
        service->exists = !service->exists;
        break;
    case 2:
    case 3:
        service->pods = below(life, 5);
        break;
    case 4:
        service->version = 1 + below(life, 2);
        break;
    case 5:
        service->account = 1 + below(life, 2);
        break;
    case 6:
        service->disabled = !service->disabled;
        break;
    case 7:
        service->gold = !service->gold;
        service->sidecar = chance(life, 900);
        break;
    default:
        service->port = chance(life, 850) ? 80 : 81;
        service->target_name = chance(life, 400);
        break;
    }
    sim_show_service(c, s);
}

static void change_gateway(struct sim_life *life, struct sim_life_cluster *c)
{
    if (chance(life, 600)) {
        c->addresses += c->n_addresses;
        c->n_addresses = below(life, 12) ? 1 + (below(life, 4) == 0) : 0;
    }
    c->gateway_ready = chance(life, 900);
    c->gateway_view = chance(life, 930);
    sim_show_gateway(c);
}

static const char policy_full[] = "'trafficPolicy':{'outlierDetection':{'consecutive5xxErrors':5}}";
static const char policy_ports[] =
    "'trafficPolicy':{'outlierDetection':{},'portLevelSettings':[{'port':{'number':80},"
    "'connectionPool':{}}]}";
static const char policy_bare[] = "'trafficPolicy':{'connectionPool':{}}";
static const char policy_none[] = "'subsets':[{'name':'v1','labels':{'version':'v1'}}]";

/* A user's rule for a Service comes, changes or goes; in its namespace, in istio-system or in a
 * client's. */
static void change_rule(struct sim_life *life, struct sim_life_cluster *c, size_t s)
{
    static const char *const policies[] = {policy_full, policy_full, policy_ports, policy_bare,
                                           policy_none};
    const struct sim_service_name *id = &sim_services[s];
    const char *namespace_ = chance(life, 600)   ? id->namespace_
                             : chance(life, 500) ? "istio-system"
                                                 : "clients";
    char name[64];

    snprintf(name, sizeof(name), "user-%s", id->name);
    if (sim_cluster_delete(c->cluster, SW_RESOURCE_DESTINATIONRULE, namespace_, name) &&
        chance(life, 700))
        return;
    if (!sim_cluster_get(c->cluster, SW_RESOURCE_NAMESPACE, "", namespace_))
        return;
    sim_cluster_put(
        c->cluster,
        sim_json("{'apiVersion':'networking.istio.io/v1','kind':'DestinationRule','metadata':{"
                 "'namespace':'%s','name':'%s'},'spec':{'host':'%s.%s.svc.cluster.local',%s}}",
                 namespace_, name, id->name, id->namespace_,
                 policies[below(life, sizeof(policies) / sizeof(policies[0]))]),
        SIM_USER);
}

static void change_user_gateway(struct sim_life *life, struct sim_life_cluster *c)
{
    if (sim_cluster_delete(c->cluster, SW_RESOURCE_GATEWAY, "gw", "cross-network") ||
        chance(life, 600))
        return;
    sim_cluster_put(
        c->cluster,
        sim_json("{'apiVersion':'networking.istio.io/v1','kind':'Gateway','metadata':{"
                 "'namespace':'gw','name':'cross-network'},'spec':{'selector':{'app':'ew'},"
                 "'servers':[{'port':{'number':15443,'name':'tls','protocol':'TLS'},'tls':{"
                 "'mode':'AUTO_PASSTHROUGH'},'hosts':['%s']}]}}",
                 chance(life, 500) ? "*.local" : "*.shop.svc.cluster.local"),
        SIM_USER);
}

static void delete_namespace(struct sim_cluster *cluster, const char *name)
{
    for (size_t i = cluster->n_kept; i-- > 0;) {
        const struct sim_kept kept = cluster->kept[i];
        char object[SIM_NAME_SIZE];

        if (strcmp(kept.namespace_, name) != 0)
            continue;
        snprintf(object, sizeof(object), "%s", kept.name);
        sim_cluster_delete(cluster, kept.resource, name, object);
    }
    sim_cluster_delete(cluster, SW_RESOURCE_NAMESPACE, "", name);
}

static void change_namespace(struct sim_life *life, struct sim_life_cluster *c)
{
    static const char *const labels[] = {"",
                                         "",
                                         "",
                                         ",'failover':'disable'",
                                         ",'istio.io/dataplane-mode':'ambient'",
                                         ",'spillway.dev/stub':'disabled'"};

    if (chance(life, 700)) {
        sim_put_namespace(c->cluster, "shop", labels[below(life, 6)]);
        return;
    }
    c->pay_namespace = !c->pay_namespace;
    if (!c->pay_namespace) {
        for (size_t s = 0; s < SIM_SERVICES; s++)
            c->services[s].exists &= strcmp(sim_services[s].namespace_, "pay") != 0;
        delete_namespace(c->cluster, "pay");
    } else {
        sim_put_namespace(c->cluster, "pay", "");
    }
}

static void change_config(struct sim_life *life)
{
    static const char *const names[] = {"'*/shop','*/pay'", "'*/shop','*/pay'", "'*/shop'",
                                        "'c1/shop','c2/shop','*/pay'", "'*/s*','*/pay'"};
    static const char *const exposed[] = {
        "", "", "", ",'exposedServices':[{'serviceLabels':{'tier':'gold'}}]",
        ",'exposedServices':[{'serviceLabels':{'app':'cart'}},{'serviceLabels':{'app':'card'}}]"};

    if (chance(life, 500))
        sim_put_workspace(life->clusters[0].cluster, names[below(life, 5)]);
    else if (chance(life, 80))
        sim_cluster_delete(life->clusters[0].cluster, SW_RESOURCE_SETTING, "tsb", "set");
    else
        sim_put_setting(life->clusters[0].cluster, exposed[below(life, 5)]);
}

/* Somebody meddles with what is ours: deletes it, changes it, or takes a stub over. */
static void meddle(struct sim_life *life, struct sim_life_cluster *c)
{
    struct sim_cluster *cluster = c->cluster;
    size_t first = cluster->n_kept ? below(life, (unsigned int)cluster->n_kept) : 0;

    for (size_t i = 0; i < cluster->n_kept; i++) {
        const struct sim_kept *kept = &cluster->kept[(first + i) % cluster->n_kept];
        char namespace_[64], name[SIM_NAME_SIZE];
        json_t *object;

        if (!is_ours(kept->value) || strcmp(kept->name, "copied") == 0)
            continue;
        snprintf(namespace_, sizeof(namespace_), "%s", kept->namespace_);
        snprintf(name, sizeof(name), "%s", kept->name);
        if (chance(life, 500)) {
            sim_cluster_delete(cluster, kept->resource, namespace_, name);
            return;
        }
        object = json_deep_copy(kept->value);
        if (chance(life, 250))
            json_object_del(json_object_get(object, "metadata"), "annotations");
        else if (kept->resource == SW_RESOURCE_SERVICE)
            json_object_set_new(json_object_get(object, "spec"), "selector",
                                json_pack("{s:s}", "app", "theirs"));
        else if (kept->resource == SW_RESOURCE_WORKLOADENTRY)
            json_object_set_new(json_object_get(object, "spec"), "weight", json_integer(77));
        else if (kept->resource == SW_RESOURCE_DESTINATIONRULE)
            json_object_del(json_object_get(object, "spec"), "trafficPolicy");
        else
            json_object_set_new(json_object_get(json_object_get(object, "metadata"), "labels"),
                                "theirs", json_string("yes"));
        sim_cluster_put(cluster, object, "meddler");
        return;
    }
}

/* Somebody applies what he found in another cluster, our label and all. */
static void copy_ours(struct sim_cluster *cluster)
{
    if (sim_cluster_delete(cluster, SW_RESOURCE_WORKLOADENTRY, "shop", "copied"))
        return;
    sim_cluster_put(
        cluster,
        sim_json("{'apiVersion':'networking.istio.io/v1','kind':'WorkloadEntry','metadata':{"
                 "'namespace':'shop','name':'copied','labels':{'app.kubernetes.io/managed-by':"
                 "'spillway','spillway.dev/remote':'c2'},'annotations':{'spillway.dev/service':"
                 "'shop/cart'}},'spec':{'address':'10.250.0.1'}}"),
        SIM_USER);
}

static void change_mtls(struct sim_life *life, struct sim_life_cluster *c)
{
    if (sim_cluster_delete(c->cluster, SW_RESOURCE_PEERAUTH, "shop", "mtls") || chance(life, 700))
        return;
    sim_cluster_put(c->cluster,
                    sim_json("{'apiVersion':'security.istio.io/v1','kind':'PeerAuthentication',"
                             "'metadata':{'namespace':'shop','name':'mtls'},'spec':{'mtls':{'mode':"
                             "'%s'}}}",
                             chance(life, 500) ? "DISABLE" : "STRICT"),
                    SIM_USER);
}

static void change_ingress(struct sim_life *life, struct sim_life_cluster *c)
{
    if (sim_cluster_delete(c->cluster, SW_RESOURCE_INGRESSGATEWAY, "gw", "more") ||
        chance(life, 500))
        return;
    sim_cluster_put(c->cluster,
                    sim_json("{'apiVersion':'install.tetrate.io/v1alpha1','kind':'IngressGateway',"
                             "'metadata':{'namespace':'gw','name':'more'},'spec':{'eastWestOnly':"
                             "true}}"),
                    SIM_USER);
}

void sim_life_goes_on(struct sim_life *life, void (*trace)(void *, const char *), void *context)
{
    struct sim_life_cluster *c = &life->clusters[below(life, (unsigned int)life->n)];
    unsigned int dice = below(life, 100), s = below(life, SIM_SERVICES);
    char said[128];

    snprintf(said, sizeof(said), "life: %u in %s, %s", dice, c->cluster->name,
             sim_services[s].name);
    if (trace)
        trace(context, said);
    if (dice < 45)
        change_service(life, c, s);
    else if (dice < 55)
        change_gateway(life, c);
    else if (dice < 68)
        change_rule(life, c, s);
    else if (dice < 72)
        change_user_gateway(life, c);
    else if (dice < 77)
        change_namespace(life, c);
    else if (dice < 82)
        change_config(life);
    else if (dice < 91)
        meddle(life, c);
    else if (dice < 94)
        change_mtls(life, c);
    else if (dice < 96)
        change_ingress(life, c);
    else if (dice < 98)
        copy_ours(c->cluster);
    else if (dice < 99)
        sim_put_cert(c->cluster, chance(life, 800) ? "one" : "two");
    else {
        c->zone = below(life, 3);
        sim_show_node(c);
    }
}

void sim_life_move_gateway(struct sim_life *life, size_t cluster)
{
    struct sim_life_cluster *c = &life->clusters[cluster];

    c->addresses += c->n_addresses ? c->n_addresses : 1;
    c->n_addresses = 1 + (below(life, 4) == 0);
    sim_show_gateway(c);
}

void sim_life_disable(struct sim_life *life, size_t cluster, size_t service, bool disabled)
{
    life->clusters[cluster].services[service].disabled = disabled;
    sim_show_service(&life->clusters[cluster], service);
}

void sim_life_relabel(struct sim_life *life, size_t cluster, size_t service)
{
    struct sim_life_service *s = &life->clusters[cluster].services[service];

    s->version = 3 - s->version;
    sim_show_service(&life->clusters[cluster], service);
}

/*
 * What the tests of the DestinationRule rule share: a world with one exposed Service, and rules for
 * it.
 */
#ifndef SW_TESTS_DESTINATIONRULE_H
#define SW_TESTS_DESTINATIONRULE_H

#include "failover/destinationrule_rule.h"
#include "lib/judge.h"

#define OUTLIER                                                                                    \
    "{'consecutiveGatewayErrors':5,'consecutive5xxErrors':0,'interval':'10s',"                     \
    "'baseEjectionTime':'30s','maxEjectionPercent':100,'minHealthPercent':1}"
#define LOCALITY                                                                                   \
    "{'enabled':true,'failoverPriority':['topology.istio.io/network',"                             \
    "'topology.kubernetes.io/region','topology.kubernetes.io/zone','spillway.dev/remote']}"
#define BALANCER           "{'localityLbSetting':" LOCALITY "}"

#define ADD(path, value)   "{'op':'add','path':'/spec/" path "','value':" value "}"
#define ADD_OUTLIER(path)  ADD(path "/outlierDetection", OUTLIER)
#define ADD_BALANCER(path) ADD(path "/loadBalancer", BALANCER)
#define ADD_LOCALITY(path) ADD(path "/loadBalancer/localityLbSetting", LOCALITY)
#define ADD_BOTH(path)     ADD_OUTLIER(path) "," ADD_BALANCER(path)

#define TOP                "trafficPolicy"
#define PORTS              "/portLevelSettings/"

/* What makes a policy complete, so that a test sees only the level it is about. */
#define DONE "'outlierDetection':" OUTLIER ",'loadBalancer':" BALANCER

/* A world of one cluster, east, with workspace shop over namespace shop, a setting of it, and an
 * exposed Service, cart. */
static inline void begin(struct sw_world *world, const char *setting)
{
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_setting(world, "shop", setting);
    sw_world_service(world, "shop", "cart", "{}");
}

static inline struct sw_outcome judge_object(struct sw_world *world, json_t *object)
{
    return sw_judge(world, sw_destinationrule_rule, object);
}

/* Judges a rule of namespace shop for host cart; `spec` is what else is in its spec, begun with a
 * comma. */
static inline struct sw_outcome judge(struct sw_world *world, const char *spec)
{
    return judge_object(world, sw_world_jsonf(world,
                                              "{'metadata':{'name':'r','namespace':'shop'},"
                                              "'spec':{'host':'cart'%s}}",
                                              spec));
}

/* The same for another host and an empty spec. */
static inline struct sw_outcome judge_host(struct sw_world *world, const char *host)
{
    return judge_object(world, sw_world_jsonf(world,
                                              "{'metadata':{'name':'r','namespace':'shop'},"
                                              "'spec':{'host':'%s'}}",
                                              host));
}

#endif

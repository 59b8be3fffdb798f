/*
 * What the tests of the WorkspaceSetting rule share: a world with one workspace, one Service and
 * one gateway, and settings for it.
 */
#ifndef SW_TESTS_SETTING_H
#define SW_TESTS_SETTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "failover/setting_rule.h"
#include "lib/check.h"
#include "lib/world.h"

#define NAMED(name)                                                                                \
    "'tsb.tetrate.io/organization':'acme','tsb.tetrate.io/tenant':'prod',"                         \
    "'tsb.tetrate.io/workspace':'" name "'"

/* A spec with one gateway item, of these labels, and these exposedServices. */
#define SPEC(labels, exposed)                                                                      \
    "{'defaultEastWestGatewaySettings':[{'workloadSelector':{'namespace':'gw','labels':" labels    \
    "},'exposedServices':" exposed "}]}"

#define AT       "spec.defaultEastWestGatewaySettings[0]"
#define AT_LABEL AT ".exposedServices[0].serviceLabels"

#define UNKNOWN_GATEWAY                                                                            \
    "GatewayUnknown " AT ".workloadSelector: matches no gateway: looked for a "                    \
    "Service in namespace gw with TCP port 15443 and labels app=wg in east; the nearest is "       \
    "Service gw/gw in cluster east, which has app=gw"
#define UNKNOWN_SERVICE                                                                            \
    "ServiceUnknown " AT_LABEL                                                                     \
    ": matches no Service: looked for labels app=crat in "                                         \
    "workspace shop (namespaces */shop) in east; the nearest is Service shop/cart in cluster "     \
    "east, which has app=cart"
#define ADVICE "To let it in unmatched, annotate it spillway.dev/allow-unmatched: \"true\""

static inline void add_gateway(struct sw_world *world)
{
    sw_world_add(world, "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'gw','name':"
                        "'gw'},'spec':{'selector':{'app':'gw'},'ports':[{'port':15443}]}}");
}

/* A world of one cluster, east, with workspace shop over namespace shop, which has one Service, and
 * a gateway. */
static inline void begin(struct sw_world *world)
{
    sw_world_cluster(world, "east");
    sw_world_workspace(world, "shop", "['*/shop']");
    sw_world_service(world, "shop", "cart", "{'app':'cart'}");
    add_gateway(world);
}

/* Judges `object` in the place of `old`, which may be NULL. Builds the world. */
static inline struct sw_outcome judge_update(struct sw_world *world, const char *object,
                                             const char *old)
{
    json_t *now = sw_world_json(world, object);
    json_t *before = old ? sw_world_json(world, old) : NULL;
    struct sw_outcome outcome;
    struct sw_err err = {0};

    sw_outcome_init(&outcome, &world->arena);
    if (!world->index.views)
        sw_world_build(world);
    if (sw_setting_is_unjudged(now, before, &world->arena, &err) == 1)
        return outcome;
    if (sw_setting_rule(&world->index, now, &outcome, &err) < 0)
        fail_msg("%s", err.message);
    sw_check_patch(&outcome.patch, "[]");
    return outcome;
}

/* A setting with these annotations and this spec. */
static inline const char *setting(struct sw_world *world, const char *annotations, const char *spec)
{
    return sw_arena_printf(&world->arena, "{'metadata':{'annotations':{%s}},'spec':%s}",
                           annotations, spec);
}

/* Judges a setting of workspace shop with this spec. */
static inline struct sw_outcome judge(struct sw_world *world, const char *spec)
{
    return judge_update(world, setting(world, NAMED("shop"), spec), NULL);
}

static inline void check(struct sw_outcome outcome, const char *refusals, const char *warnings)
{
    sw_check_findings(&outcome.refusals, refusals);
    sw_check_findings(&outcome.warnings, warnings);
}

#endif

/*
 * WorkspaceSetting (tsb.tetrate.io/v2): the east-west gateways of a workspace, which Services they
 * expose, and how clients fail over to them.
 */
#ifndef SW_MODEL_SETTING_H
#define SW_MODEL_SETTING_H

#include "model/outlier.h"
#include "model/workspace.h"

/* One item of spec.defaultEastWestGatewaySettings. */
struct sw_gateway_setting {
    struct sw_str namespace_;          /* workloadSelector.namespace */
    struct sw_labels labels;           /* workloadSelector.labels */
    const struct sw_labels *exposed;   /* exposedServices[].serviceLabels */
    size_t n_exposed;                  /* 0: every Service of the workspace */
};

/* failoverSettings.topologyChoice: what a client keeps to for as long as it can. */
enum sw_topology {
    SW_TOPOLOGY_CLUSTER = 0, /* its own cluster first, then the nearest; the default */
    SW_TOPOLOGY_LOCALITY,    /* the nearest endpoint first, in whichever cluster */
    SW_TOPOLOGY_NONE,        /* no order of ours: Istio's mesh-wide locality settings decide */
};

struct sw_regional_failover {
    struct sw_str from;
    struct sw_str to;
};

struct sw_setting {
    struct sw_meta meta;
    struct sw_hierarchy hierarchy;
    const struct sw_gateway_setting *gateways;
    size_t n_gateways;
    struct sw_outlier outlier; /* defaultTrafficSetting.outlierDetection */
    enum sw_topology topology; /* failoverSettings.topologyChoice */
    const struct sw_str *priority; /* failoverSettings.failoverPriority; wins over the topology */
    size_t n_priority;
    const struct sw_regional_failover *regional; /* failoverSettings.regionalFailover; without
                                                    failoverSettings, spec.regionalFailover */
    size_t n_regional;
    const char **unknown; /* paths of members of gateway items that nothing reads, in their order: a
                             misspelt exposedServices would expose everything */
    size_t n_unknown;
    bool slipped_gateways; /* defaultEastWestGatewaySettings stands beside spec, not in it */
};

/* Reads a whole object; strings are copied into `arena`. What no rule reads is passed over.
 * Fails with SW_ETYPE (message names the path, what was expected, what was found; an empty selector
 * or serviceLabels and a regionalFailover from a region to itself are such) and SW_ENOMEM. */
int sw_setting_read(const json_t *object, struct sw_arena *arena, struct sw_setting *ret,
                    struct sw_err *reterr);

/* Order of precedence among the settings of one workspace: the older, then by namespace and name.
 */
int sw_setting_cmp(const struct sw_setting *a, const struct sw_setting *b);

#endif

/*
 * DestinationRule (networking.istio.io), flattened into the levels at which a traffic policy can
 * stand.
 *
 * Istio merges the levels field by field in one place and not at all in another, so a rule must
 * look at each by itself: a subset's trafficPolicy overrides the top one field by field; an entry
 * of portLevelSettings replaces everything above it (pilot networking/util MergeTrafficPolicy and
 * GetPortLevelTrafficPolicy).
 */
#ifndef SW_MODEL_DESTINATIONRULE_H
#define SW_MODEL_DESTINATIONRULE_H

#include "model/meta.h"
#include "model/outlier.h"

enum sw_level_kind {
    SW_LEVEL_TOP,         /* spec.trafficPolicy */
    SW_LEVEL_PORT,        /* spec.trafficPolicy.portLevelSettings[port] */
    SW_LEVEL_SUBSET,      /* spec.subsets[subset].trafficPolicy */
    SW_LEVEL_SUBSET_PORT, /* spec.subsets[subset].trafficPolicy.portLevelSettings[port] */
};

/* loadBalancer.localityLbSetting, as far as failover depends on it. */
struct sw_locality_lb {
    bool present;
    bool disabled;     /* enabled: false */
    bool distributes;  /* distribute is given */
    bool prioritizes;  /* failoverPriority is given */
};

struct sw_level {
    enum sw_level_kind kind;
    size_t subset; /* index in spec.subsets, for the two subset kinds */
    size_t port;   /* index in portLevelSettings, for the two port kinds */
    bool present;  /* the policy stands in the object; false only for the top level */
    struct sw_outlier outlier;
    bool has_load_balancer;
    struct sw_str simple;         /* loadBalancer.simple; unset when absent */
    struct sw_locality_lb locality;
    bool zone_aware;              /* loadBalancer.zoneAwareLbSetting is given */
    struct sw_str tls_mode;       /* tls.mode; unset when there is no tls */
    struct sw_str sni;            /* tls.sni; unset when absent */
};

struct sw_destinationrule {
    struct sw_meta meta;
    struct sw_str host;
    bool inject_off; /* annotation spillway.dev/inject: "false" */
    const struct sw_level *levels; /* the top level first, always there, then in document order */
    size_t n_levels;
};

/* Most levels that are read: far over what people write, and a bound on the patch. */
#define SW_DESTINATIONRULE_MAX_LEVELS 2048

/* The annotation by which a user keeps a DestinationRule as written. */
#define SW_ANNOTATION_INJECT "spillway.dev/inject"

/* Reads a whole object; strings are copied into `arena`.
 * Fails with SW_ETYPE (message names the path, what was expected, what was found; too many levels
 * are such too) and SW_ENOMEM. */
int sw_destinationrule_read(const json_t *object, struct sw_arena *arena,
                            struct sw_destinationrule *ret, struct sw_err *reterr);

#endif

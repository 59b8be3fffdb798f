/*
 * Istio's OutlierDetection (networking.istio.io DestinationRule
 * spec.trafficPolicy.outlierDetection), field by field, each set or not.
 */
#ifndef SW_MODEL_OUTLIER_H
#define SW_MODEL_OUTLIER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "json/at.h"

#include <jansson.h>

/* name, JSON member, shape */
#define SW_OUTLIER_MAP(X)                                                                          \
    X(SW_OUTLIER_GATEWAY_ERRORS, "consecutiveGatewayErrors", SW_OUTLIER_COUNT)                     \
    X(SW_OUTLIER_5XX_ERRORS, "consecutive5xxErrors", SW_OUTLIER_COUNT)                             \
    X(SW_OUTLIER_INTERVAL, "interval", SW_OUTLIER_DURATION)                                        \
    X(SW_OUTLIER_BASE_EJECTION, "baseEjectionTime", SW_OUTLIER_DURATION)                           \
    X(SW_OUTLIER_MAX_EJECTION, "maxEjectionPercent", SW_OUTLIER_PERCENT)                           \
    X(SW_OUTLIER_MIN_HEALTH, "minHealthPercent", SW_OUTLIER_PERCENT)                               \
    X(SW_OUTLIER_SPLIT_LOCAL, "splitExternalLocalOriginErrors", SW_OUTLIER_FLAG)                   \
    X(SW_OUTLIER_LOCAL_FAILURES, "consecutiveLocalOriginFailures", SW_OUTLIER_COUNT)

enum sw_outlier_field {
#define SW_OUTLIER_ENUM(name, member, shape) name,
    SW_OUTLIER_MAP(SW_OUTLIER_ENUM)
#undef SW_OUTLIER_ENUM
        SW_OUTLIER_N_FIELDS
};

enum sw_outlier_shape {
    SW_OUTLIER_COUNT,    /* 0 .. 2^32-1 */
    SW_OUTLIER_PERCENT,  /* 0 .. 100 */
    SW_OUTLIER_FLAG,     /* false or true, as 0 or 1 */
    SW_OUTLIER_DURATION, /* text such as "10s", at least 1ms, in whole ms */
};

struct sw_outlier_value {
    bool set;
    int64_t number;     /* for every shape but a duration */
    struct sw_str text; /* for a duration */
};

struct sw_outlier {
    bool present; /* there is an outlierDetection, be it empty */
    struct sw_outlier_value fields[SW_OUTLIER_N_FIELDS];
};

/* Reads member `outlierDetection` of `object`, which stands at `at`. Members that are not in the
 * list above are passed over. Durations are copied into `arena`.
 * Fails with SW_ETYPE (message names the path) and SW_ENOMEM. */
int sw_outlier_read(const json_t *object, const struct sw_at *at, struct sw_arena *arena,
                    struct sw_outlier *ret, struct sw_err *reterr);

/* `base` with each field that `over` sets taken from there. */
struct sw_outlier sw_outlier_overlay(const struct sw_outlier *base, const struct sw_outlier *over);

/* The JSON object, set fields only, in the order of the list; a new reference, NULL when out of
 * memory. */
json_t *sw_outlier_json(const struct sw_outlier *outlier);

#endif

/*
 * The outlier detection and the locality settings that a DestinationRule gets: the defaults, with
 * what the workspace's setting overrides.
 */
#ifndef SW_FAILOVER_POLICY_H
#define SW_FAILOVER_POLICY_H

#include "model/setting.h"

/* Only our WorkloadEntries carry it: as the last of failoverPriority it keeps local endpoints first
 * even where networks and zones are labelled badly. */
#define SW_LABEL_REMOTE "spillway.dev/remote"

/* The outlierDetection object: the defaults, overlaid field by field with the setting's
 * defaultTrafficSetting.outlierDetection. A new reference; NULL when out of memory. */
json_t *sw_policy_outlier(const struct sw_setting *setting);

/* True unless the setting leaves locality to Istio (topologyChoice NONE and nothing else). */
bool sw_policy_has_locality(const struct sw_setting *setting);

/* The localityLbSetting object: `enabled: true` with failoverPriority and failover as the setting
 * asks. istiod refuses failover beside a failoverPriority by region or zone, so our own list leaves
 * those out where the setting has regionalFailover, and a list of the user's wins over it
 * (sw_policy_priority_wins). A new reference; NULL when out of memory. */
json_t *sw_policy_locality(const struct sw_setting *setting);

/* True if the setting has both a failoverPriority by region, zone or subzone and a
 * regionalFailover, which exclude each other. */
bool sw_policy_priority_wins(const struct sw_setting *setting);

#endif

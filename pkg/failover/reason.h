/*
 * Why something is so: the one list of reasons that warnings, refusals, status and `explain` give.
 *
 * A reason has a name for code, a word for machines (stable: it appears in logs, metrics and JSON
 * output) and a sentence for people, which a message completes with what was found.
 */
#ifndef SW_FAILOVER_REASON_H
#define SW_FAILOVER_REASON_H

/* name, word, sentence */
#define SW_REASON_MAP(X)                                                                           \
    /* exposure of a Service */                                                                    \
    X(SW_EXPOSED, "Exposed", "reachable from other clusters")                                      \
    X(SW_NO_WORKSPACE, "NoWorkspace", "its namespace is in no workspace")                          \
    X(SW_NO_SETTING, "NoSetting", "no WorkspaceSetting of its workspace has gateway settings")     \
    X(SW_NOT_SELECTED, "NotSelected", "no exposedServices item selects it")                        \
    X(SW_DISABLED, "Disabled", "failover: disable")                                                \
    X(SW_STUB, "Stub", "it is a stub made by Spillway")                                            \
    X(SW_AMBIENT, "Ambient", "its namespace is in the ambient data plane, which has no sidecars")  \
    X(SW_EXTERNAL_NAME, "ExternalName", "an ExternalName Service has no endpoints")                \
    X(SW_HEADLESS, "Headless", "Istio gives a headless Service no WorkloadEntries")                \
    X(SW_NO_SELECTOR, "NoSelector", "a Service without a selector takes no WorkloadEntries")       \
    X(SW_LOCAL_ONLY, "LocalTrafficPolicy",                                                         \
      "internalTrafficPolicy: Local keeps traffic on the node")                                    \
    X(SW_NO_NAMED_TCP_PORT, "NoNamedTCPPort",                                                      \
      "it has no named TCP port, and an unnamed port cannot go through a WorkloadEntry")           \
    X(SW_UNNAMED_PORT, "UnnamedPort", "an unnamed port cannot go through a WorkloadEntry")         \
    X(SW_NAMESPACE_LABEL, "NamespaceLabel", "the namespace's failover label is not understood")    \
    X(SW_FAILOVER_LABEL, "FailoverLabel", "neither enable nor disable, so it opts nothing out")    \
    X(SW_LABEL_VALUE, "LabelValue", "the name cannot be a label value")                            \
    /* DestinationRules */                                                                         \
    X(SW_HOST_NOT_EXPANDED, "HostNotExpanded", "Istio does not expand this host name")             \
    X(SW_HOST_SPANS, "HostSpans", "the host covers more than one workspace's namespaces")          \
    X(SW_INJECT_OFF, "InjectOff", "spillway.dev/inject is \"false\"")                              \
    X(SW_ZONE_AWARE, "ZoneAware", "excludes localityLbSetting, and failover with it")              \
    X(SW_DISTRIBUTE, "Distribute", "turns failover off")                                           \
    X(SW_LOCALITY_OFF, "LocalityOff",                                                              \
      "turned off, so healthy traffic leaves the cluster too")                                     \
    X(SW_LOCALITY_OPEN, "LocalityOpen",                                                            \
      "without failoverPriority, remote endpoints of the same zone share the traffic")             \
    X(SW_PASSTHROUGH, "Passthrough", "PASSTHROUGH ignores WorkloadEntries")                        \
    X(SW_TLS_MODE, "TLSMode", "only ISTIO_MUTUAL passes an east-west gateway")                     \
    X(SW_TLS_SNI, "TLSSNI", "a custom SNI is unknown to the east-west gateways")                   \
    X(SW_MAX_EJECTION, "MaxEjectionPercent", "under 100, some failing pods keep their traffic")    \
    X(SW_UNREADABLE, "Unreadable", "the object cannot be read")                                    \
    /* WorkspaceSettings */                                                                        \
    X(SW_GATEWAYS_MISPLACED, "GatewaysMisplaced", "stands beside spec")                            \
    X(SW_WORKSPACE_UNKNOWN, "WorkspaceUnknown", "no such workspace")                               \
    X(SW_GATEWAY_UNKNOWN, "GatewayUnknown", "matches no gateway")                                  \
    X(SW_SERVICE_UNKNOWN, "ServiceUnknown", "matches no Service")                                  \
    X(SW_WORKSPACE_EMPTY, "WorkspaceEmpty", "the workspace has no Service")                        \
    X(SW_PARTLY_MATCHED, "PartlyMatched", "matched in some clusters only")                         \
    X(SW_CLUSTER_UNSEEN, "ClusterUnseen", "a cluster has not been seen yet")                       \
    X(SW_UNKNOWN_FIELD, "UnknownField", "no such field: nothing reads it")                         \
    X(SW_PRIORITY_WINS, "PriorityWins",                                                            \
      "failoverPriority by region or zone excludes regionalFailover")

enum sw_reason {
#define SW_REASON_ENUM(name, word, sentence) name,
    SW_REASON_MAP(SW_REASON_ENUM)
#undef SW_REASON_ENUM
};

/* The word and the sentence of a reason: static strings. */
const char *sw_reason_word(enum sw_reason reason);
const char *sw_reason_sentence(enum sw_reason reason);

#endif

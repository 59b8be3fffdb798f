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
    X(SW_IS_GATEWAY, "IsGateway", "it is itself a gateway that a WorkspaceSetting selects")        \
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
    X(SW_VIEW_STALE, "ViewStale", "decided on what is known of clusters that cannot be read now")  \
    X(SW_UNKNOWN_FIELD, "UnknownField", "no such field: nothing reads it")                         \
    X(SW_ALWAYS_REFUSED, "AlwaysRefused", "refused because it asks for it")                        \
    X(SW_PRIORITY_WINS, "PriorityWins",                                                            \
      "failoverPriority by region or zone excludes regionalFailover")                              \
    /* plan: emitted, and waits */                                                                 \
    X(SW_PLANNED, "Planned", "failover is in place")                                               \
    X(SW_WAITS_RULE, "WaitsForDestinationRule",                                                    \
      "waits until a DestinationRule with outlierDetection has been visible for 2 s")              \
    X(SW_WAITS_GATEWAY, "WaitsForRemoteGateway", "waits until the gateway there holds the host")   \
    X(SW_WAITS_STUB, "WaitsForStub", "waits until the stub Service is there")                      \
    X(SW_WAITS_NEW, "WaitsForReplacement", "stays until what replaces it is there")                \
    X(SW_WAITS_ENTRIES, "WaitsForWorkloadEntries",                                                 \
      "stays until the WorkloadEntries that need it are gone")                                     \
    X(SW_WAITS_RELIST, "WaitsForRelist",                                                           \
      "many would go after a relist: waits for one more complete list, or 30 s")                   \
    X(SW_WAITS_UNSEEN, "WaitsForCluster",                                                          \
      "the cluster has not been seen yet: what leads there stays as it is")                        \
    X(SW_NO_LONGER_WANTED, "NoLongerWanted", "nothing asks for it any more")                       \
    X(SW_RELEASED, "Released", "another manager has taken it over")                                \
    X(SW_FOREIGN, "NotOurs", "it lacks our label or our field manager, so it is left alone")       \
    /* plan: withheld */                                                                           \
    X(SW_NO_READY_PODS, "NoReadyPods", "it has no ready pods there")                               \
    X(SW_NO_SIDECAR, "NoSidecar", "its ready pods there have no sidecar")                          \
    X(SW_NO_OUTLIER_DETECTION, "NoOutlierDetection",                                               \
      "without outlierDetection, healthy traffic would leave the cluster")                         \
    X(SW_CLIENT_RULE, "ClientRuleWithoutOutlierDetection",                                         \
      "a DestinationRule of a client namespace lacks outlierDetection")                            \
    X(SW_NO_GATEWAY, "NoGateway", "no gateway there matches the setting")                          \
    X(SW_GATEWAY_NOT_READY, "GatewayNotReady", "no pod of the gateway is ready")                   \
    X(SW_GATEWAY_FOREIGN_PODS, "GatewaySelectsOthers",                                             \
      "pods of another namespace match the gateway Service's selector")                            \
    X(SW_GATEWAY_NO_SELECTOR, "GatewayNoSelector", "the gateway Service has no selector")          \
    X(SW_GATEWAY_VIEW, "GatewayNetworkView",                                                       \
      "ISTIO_META_REQUESTED_NETWORK_VIEW must be its network, or requests could go "               \
      "round in a loop")                                                                           \
    X(SW_GATEWAY_INGRESS, "GatewayIsIngress", "its ingress routes will not fail over")             \
    X(SW_GATEWAY_NO_ADDRESS, "GatewayNoAddress", "the gateway has no address yet")                 \
    X(SW_GATEWAY_UNRESOLVED, "GatewayUnresolved", "the gateway's name has no addresses")           \
    X(SW_GATEWAY_DNS_OFF, "GatewayDNSOff",                                                         \
      "ENABLE_DNS_RESOLUTION_AT_EDGE is false, and the gateway has a name only")                   \
    X(SW_ADDRESS_FAMILY, "AddressFamily", "the gateway has no address of this cluster's families") \
    X(SW_NETWORK_SHARED, "NetworkShared", "two clusters share a network name")                     \
    X(SW_NATIVE, "NativeMultiCluster", "istiod already reads that cluster itself")                 \
    X(SW_PORT_MISMATCH, "PortMismatch", "a port has another number there")                         \
    X(SW_PORT_ABSENT, "PortAbsent", "a port is absent there, so it will not fail over")            \
    X(SW_NOT_EXPORTED, "NotExported", "exportTo hides it from the gateway")                        \
    X(SW_MTLS_DISABLED, "MTLSDisabled", "PeerAuthentication disables mTLS")                        \
    X(SW_ROOT_CERT, "RootCertificate", "the clusters have different root certificates")            \
    X(SW_REMOTE_EXPIRED, "RemoteExpired",                                                          \
      "the cluster has been out of reach for longer than --remote-ttl")                            \
    X(SW_SELECTOR_SHARED, "SelectorShared", "another Service would select the WorkloadEntry too")  \
    X(SW_SUBSET_CONFLICT, "SubsetConflict", "the clusters give a subset different labels")         \
    X(SW_SUBSET_ABSENT, "SubsetAbsent", "the rule there lacks a subset")                           \
    X(SW_PASSTHROUGH_TAKEN, "PassthroughTaken",                                                    \
      "a user's AUTO_PASSTHROUGH Gateway serves the same workload and port")                       \
    X(SW_NO_NAMESPACE, "NoNamespace", "there is no such namespace here")                           \
    X(SW_STUB_DISABLED, "StubDisabled", "spillway.dev/stub: disabled")                             \
    X(SW_INJECTION_OFF, "InjectionOff", "istio-injection: disabled, so there is no gateway")       \
    /* status conditions */                                                                        \
    X(SW_ACCEPTED, "Accepted", "it can be read, and what it names exists")                         \
    X(SW_PROGRAMMED, "Programmed", "what is exposed is in place everywhere")                       \
    X(SW_OVERLAP, "Overlap", "an older workspace owns a namespace that it claims")                 \
    X(SW_NAMESPACE_UNKNOWN, "NamespaceUnknown", "matches no namespace")                            \
    X(SW_NO_OTHER_CLUSTER, "NoOtherCluster", "no other cluster is connected")                      \
    X(SW_NOT_WRITTEN, "NotWritten", "planned, and not in the cluster yet")                         \
    X(SW_CLUSTER_AWAY, "ClusterUnreachable", "the cluster is out of reach")                        \
    X(SW_NOT_REPORTED, "NotReported", "no reconciler there has said what it does")                 \
    X(SW_REPORT_STALE, "ReportStale", "its reconciler has written nothing for a while")            \
    X(SW_REPORT_UNREADABLE, "ReportUnreadable", "what its reconciler says cannot be read")         \
    X(SW_SETTING_UNREPORTED, "SettingUnknown", "its reconciler knows no such WorkspaceSetting")

enum sw_reason {
#define SW_REASON_ENUM(name, word, sentence) name,
    SW_REASON_MAP(SW_REASON_ENUM)
#undef SW_REASON_ENUM
};

/* The word and the sentence of a reason: static strings. */
const char *sw_reason_word(enum sw_reason reason);
const char *sw_reason_sentence(enum sw_reason reason);

#endif

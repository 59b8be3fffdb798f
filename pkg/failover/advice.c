#include "failover/advice.h"

#include "base/banned.h"

#define REWRITE                                                                                    \
    "let the webhook complete it: kubectl annotate --overwrite destinationrule {rule} "            \
    "spillway.dev/rewritten=\"$(date +%s)\""
#define NAMED   "name the port: {kubectl} edit service {service}"
#define CONNECT "see to the way to {remote}: `spillway remote-secret` prints a new Secret"
#define ADDRESSES                                                                                  \
    "say its addresses: {kubectl} annotate --overwrite service {gateway} "                         \
    "xcp.tetrate.io/cluster-external-addresses=ADDRESS"

/* The parts:
 *   {kubectl}            "kubectl", with --context where it is about another cluster
 *   {service}            "NAME -n NAMESPACE"
 *   {rule}               the same of the DestinationRule that the message begins with, else of all
 *                        in the namespace
 *   {gateway}            the same of the gateway that the message begins with, else as {service}
 *   {gateway-namespace}  the namespace of that alone
 *   {namespace}, {remote}
 * Reasons that are absent need nothing: they are good news, or end by themselves in a minute. */
static const char *const advices[] = {
    [SW_DISABLED] =
        "if failover is wanted: {kubectl} label --overwrite service {service} failover=enable",
    [SW_IS_GATEWAY] =
        "a gateway needs no failover of its own; if it does, let no workloadSelector of a "
        "WorkspaceSetting match it",
    [SW_AMBIENT] = "if sidecars are wanted: {kubectl} label --overwrite namespace {namespace} "
                   "istio.io/dataplane-mode- istio-injection=enabled",
    [SW_EXTERNAL_NAME] = "where it is to fail over, give it a selector and no externalName: "
                         "{kubectl} edit service {service}",
    [SW_HEADLESS] = "clients that are to fail over need a Service with an address beside it; this "
                    "is what to copy: {kubectl} get service {service} -o yaml",
    [SW_NO_SELECTOR] = "where it is to fail over, give it a selector: {kubectl} edit service "
                       "{service}",
    [SW_LOCAL_ONLY] = "where it is to fail over: {kubectl} patch service {service} --type=merge -p "
                      "'{\"spec\":{\"internalTrafficPolicy\":\"Cluster\"}}'",
    [SW_NO_NAMED_TCP_PORT] = NAMED,
    [SW_UNNAMED_PORT] = NAMED,
    [SW_LABEL_VALUE] = "connect that cluster by a name of at most 63 letters, digits, '-', '_' and "
                       "'.': kubectl get secrets -n spillway-system -l spillway.dev/cluster=true",
    [SW_LOCALITY_OFF] = "take enabled: false out of it: kubectl edit destinationrule {rule}",
    [SW_WAITS_RULE] = "if it stays so, see to that rule: kubectl get destinationrules -A -l "
                      "app.kubernetes.io/managed-by=spillway",
    [SW_WAITS_GATEWAY] = "if it stays so, see in {remote} whether its reconciler runs and keeps "
                         "the Gateway: {kubectl} get gateways.networking.istio.io -A -l "
                         "app.kubernetes.io/managed-by=spillway",
    [SW_WAITS_STUB] = "if it stays so, see to that Service: kubectl get service {service}",
    [SW_WAITS_UNSEEN] = CONNECT,
    [SW_NOT_WRITTEN] = "if it stays so, the log says why: kubectl logs -n spillway-system "
                       "deployment/spillway-reconciler",
    [SW_FOREIGN] = "an object of its name is somebody else's: delete that, or leave the name to it",
    [SW_NO_READY_PODS] = "see to its Pods in {remote}: {kubectl} get pods -n {namespace}",
    [SW_NO_SIDECAR] = "let Istio inject its Pods in {remote}, and restart them: {kubectl} label "
                      "--overwrite namespace {namespace} istio-injection=enabled",
    [SW_NO_OUTLIER_DETECTION] = REWRITE,
    [SW_CLIENT_RULE] = REWRITE,
    [SW_NO_GATEWAY] = "install the east-west gateway that the WorkspaceSetting selects in "
                      "{remote}, or correct its workloadSelector: {kubectl} get services -A",
    [SW_GATEWAY_NOT_READY] =
        "see to the gateway's Pods in {remote}: {kubectl} get pods -n {gateway-namespace}",
    [SW_GATEWAY_FOREIGN_PODS] =
        "narrow the selector of the gateway's Service: {kubectl} edit service {gateway}",
    [SW_GATEWAY_NO_SELECTOR] =
        "give the gateway's Service a selector: {kubectl} edit service {gateway}",
    [SW_GATEWAY_VIEW] = "set ISTIO_META_REQUESTED_NETWORK_VIEW of the gateway's Pods to the "
                        "network of {remote}: {kubectl} get deployments -n {gateway-namespace}",
    [SW_GATEWAY_INGRESS] = "an east-west gateway of its own has none of that: an IngressGateway "
                           "with eastWestOnly: true makes one",
    [SW_GATEWAY_NO_ADDRESS] = "see to its load balancer in {remote}, or " ADDRESSES,
    [SW_GATEWAY_UNRESOLVED] = "see to its DNS name, or " ADDRESSES,
    [SW_GATEWAY_DNS_OFF] = ADDRESSES,
    [SW_ADDRESS_FAMILY] = "give it an address of this cluster's family too: {kubectl} get service "
                          "{gateway} -o yaml",
    [SW_NETWORK_SHARED] =
        "if {remote} is a second name for one cluster, delete the Secret that connects it; else "
        "give each a network of its own, as in its values.global.network: kubectl label "
        "--overwrite namespace istio-system topology.istio.io/network=NAME",
    [SW_NATIVE] = "take istiod's own remote Secrets away, or leave failover to it: kubectl get "
                  "secrets -n istio-system -l istio/multiCluster=true",
    [SW_PORT_MISMATCH] =
        "give the port the same number in all clusters: {kubectl} edit service {service}",
    [SW_PORT_ABSENT] = "add the port there, where it is to fail over: {kubectl} edit service "
                       "{service}",
    [SW_NOT_EXPORTED] = "let the gateway's namespace see it: {kubectl} annotate service {service} "
                        "networking.istio.io/exportTo-",
    [SW_MTLS_DISABLED] = "take mode DISABLE out of the PeerAuthentication: {kubectl} get "
                         "peerauthentications.security.istio.io -A",
    [SW_ROOT_CERT] = "let the clusters share a root; the one of {remote}: {kubectl} get configmap "
                     "istio-ca-root-cert -n istio-system -o yaml",
    [SW_REMOTE_EXPIRED] = CONNECT,
    [SW_SELECTOR_SHARED] = "expose the other Service there too, or give it a DestinationRule with "
                           "outlierDetection, or both selectors that do not overlap: kubectl get "
                           "services -n {namespace} -o wide",
    [SW_SUBSET_CONFLICT] = "give the subset the same labels in all clusters: {kubectl} get "
                           "destinationrules -n {namespace} -o yaml",
    [SW_SUBSET_ABSENT] = "add the subset to its DestinationRule there: {kubectl} get "
                         "destinationrules -n {namespace}",
    [SW_PASSTHROUGH_TAKEN] =
        "let that Gateway hold the host, or delete it, and ours takes its place: {kubectl} get "
        "gateways.networking.istio.io -A",
    [SW_NO_NAMESPACE] = "where failover is wanted here: kubectl create namespace {namespace}",
    [SW_STUB_DISABLED] =
        "if a Service is wanted here: kubectl label namespace {namespace} spillway.dev/stub-",
    [SW_INJECTION_OFF] = "let Istio inject the gateway: kubectl label --overwrite namespace "
                         "{namespace} istio-injection=enabled",
};

const char *sw_advice_of(enum sw_reason reason)
{
    return (size_t)reason < sizeof(advices) / sizeof(advices[0]) ? advices[reason] : NULL;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

/* A name that a shell takes as one word, and kubectl for no option; what others wrote may be
 * anything. */
static void write_word(struct sw_str word, struct sw_buf *buf)
{
    for (size_t i = 0; i < word.len; i++)
        sw_buf_append(
            buf, is_plain(word.data[i]) && (i || word.data[i] != '-') ? &word.data[i] : "?", 1);
}

static void write_place(struct sw_str namespace_, struct sw_str name, struct sw_buf *buf)
{
    if (name.len)
        write_word(name, buf);
    else
        sw_buf_append_text(buf, "--all");
    sw_buf_append_text(buf, " -n ");
    write_word(namespace_, buf);
}

/* The "NAMESPACE/NAME" behind `begin` at the beginning of the message; false where it begins
 * otherwise. */
static bool find_named(struct sw_str message, const char *begin, struct sw_str *ret_namespace,
                       struct sw_str *ret_name)
{
    const struct sw_str prefix = sw_str_from(begin);
    struct sw_str rest, name, namespace_;

    if (!sw_str_has_prefix(message, prefix))
        return false;
    rest = sw_str_slice(message, prefix.len, message.len);
    name = sw_str_cut(&rest, ' ');
    if (name.len && name.data[name.len - 1] == ':')
        name.len--;
    namespace_ = sw_str_cut(&name, '/');
    if (!namespace_.len || !name.len)
        return false;
    *ret_namespace = namespace_;
    *ret_name = name;
    return true;
}

static void write_kubectl(const struct sw_advice_about *about, struct sw_buf *buf)
{
    sw_buf_append_text(buf, "kubectl");
    if (!about->remote.len)
        return;
    sw_buf_append_text(buf, " --context ");
    write_word(about->remote, buf);
}

/* False for a word that is no part: a brace that begins none of them is the text's own. */
static bool write_part(struct sw_str part, const struct sw_advice_about *about, struct sw_buf *buf)
{
    struct sw_str namespace_ = about->namespace_, name = about->name;

    if (sw_str_is(part, "kubectl")) {
        write_kubectl(about, buf);
    } else if (sw_str_is(part, "service")) {
        write_place(namespace_, name, buf);
    } else if (sw_str_is(part, "namespace")) {
        write_word(namespace_, buf);
    } else if (sw_str_is(part, "rule")) {
        if (!find_named(about->message, "DestinationRule ", &namespace_, &name))
            name = (struct sw_str){NULL, 0};
        write_place(namespace_, name, buf);
    } else if (sw_str_is(part, "gateway")) {
        find_named(about->message, "gateway ", &namespace_, &name);
        write_place(namespace_, name, buf);
    } else if (sw_str_is(part, "gateway-namespace")) {
        find_named(about->message, "gateway ", &namespace_, &name);
        write_word(namespace_, buf);
    } else if (sw_str_is(part, "remote")) {
        if (about->remote.len)
            write_word(about->remote, buf);
        else
            sw_buf_append_text(buf, "the other cluster");
    } else {
        return false;
    }
    return true;
}

void sw_advice_write(enum sw_reason reason, const struct sw_advice_about *about, struct sw_buf *buf)
{
    struct sw_str text = sw_str_from(sw_advice_of(reason));

    while (text.len) {
        const size_t open = sw_str_find(text, '{');
        struct sw_str rest = sw_str_slice(text, open + 1, text.len);
        struct sw_str part = sw_str_cut(&rest, '}');

        sw_buf_append_str(buf, sw_str_slice(text, 0, open));
        text = sw_str_slice(text, open, text.len);
        if (text.len && write_part(part, about, buf)) {
            text = rest;
        } else if (text.len) {
            sw_buf_append_text(buf, "{");
            text = sw_str_slice(text, 1, text.len);
        }
    }
}

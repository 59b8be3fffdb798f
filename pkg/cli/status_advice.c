#include "cli/status_advice.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "failover/reason.h"

#include "base/banned.h"

#define MAX_BYTES 4096

#define REWRITE                                                                                    \
    "let the webhook complete it: kubectl annotate --overwrite destinationrule {rule} "            \
    "spillway.dev/rewritten=\"$(date +%s)\""

/* {service}: "NAME -n NAMESPACE"; {rule}: the same of the DestinationRule that the message begins
 * with, else of all in the namespace; {namespace} and {remote} are what they are. */
static const struct {
    enum sw_reason reason;
    const char *text;
} advices[] = {
    {SW_NO_OUTLIER_DETECTION, REWRITE},
    {SW_CLIENT_RULE, REWRITE},
    {SW_NO_READY_PODS, "see to its Pods in {remote}: kubectl --context {remote} get pods -n "
                       "{namespace}"},
    {SW_NO_SIDECAR, "let Istio inject its Pods in {remote}: kubectl --context {remote} label "
                    "namespace {namespace} istio-injection=enabled, and restart them"},
    {SW_DISABLED, "if failover is wanted: kubectl label service {service} failover-"},
    {SW_AMBIENT, "if sidecars are wanted: kubectl label namespace {namespace} "
                 "istio.io/dataplane-mode- istio-injection=enabled"},
    {SW_UNNAMED_PORT, "name the port: kubectl edit service {service}"},
    {SW_NO_NAMED_TCP_PORT, "name a port: kubectl edit service {service}"},
    {SW_LOCAL_ONLY, "kubectl patch service {service} --type=merge -p "
                    "'{\"spec\":{\"internalTrafficPolicy\":\"Cluster\"}}'"},
    {SW_NO_GATEWAY, "install the east-west gateway that the WorkspaceSetting selects in {remote}, "
                    "or correct its workloadSelector"},
    {SW_GATEWAY_NOT_READY, "see to the gateway's Pods in {remote}"},
    {SW_GATEWAY_NO_ADDRESS, "see to the address of the gateway's LoadBalancer in {remote}: kubectl "
                            "--context {remote} get services -A"},
    {SW_GATEWAY_UNRESOLVED, "see to the DNS name of the gateway in {remote}, or say its addresses "
                            "in annotation xcp.tetrate.io/cluster-external-addresses"},
    {SW_GATEWAY_DNS_OFF, "say the gateway's addresses in annotation "
                         "xcp.tetrate.io/cluster-external-addresses of its Service in {remote}"},
    {SW_GATEWAY_VIEW, "set ISTIO_META_REQUESTED_NETWORK_VIEW of the gateway's Pods in {remote} to "
                      "that cluster's network"},
    {SW_NETWORK_SHARED, "give each cluster a network of its own: kubectl label namespace "
                        "istio-system --overwrite topology.istio.io/network=NAME, in both"},
    {SW_NATIVE, "take istiod's own remote Secrets away (label istio/multiCluster), or leave "
                "failover to it: kubectl get secrets -n istio-system -l istio/multiCluster=true"},
    {SW_PORT_MISMATCH, "give the port the same number in all clusters"},
    {SW_NOT_EXPORTED, "widen exportTo of the Service in {remote}, so that the gateway sees it"},
    {SW_MTLS_DISABLED, "take mode DISABLE out of the PeerAuthentication: kubectl get "
                       "peerauthentications -A"},
    {SW_ROOT_CERT, "let the clusters share a root: compare ConfigMap istio-ca-root-cert of both"},
    {SW_REMOTE_EXPIRED, "see to the way to {remote}: spillway remote-secret prints a new Secret"},
    {SW_WAITS_UNSEEN, "see to the way to {remote}: spillway remote-secret prints a new Secret"},
    {SW_FOREIGN, "it is somebody else's: delete it, or leave that name to it"},
    {SW_PASSTHROUGH_TAKEN, "delete that Gateway, or move it to another port or workload"},
    {SW_SELECTOR_SHARED, "give the Services selectors that do not overlap"},
    {SW_SUBSET_CONFLICT, "give the subset the same labels in all clusters"},
    {SW_SUBSET_ABSENT, "add the subset to the DestinationRule in {remote}"},
    {SW_NO_NAMESPACE, "kubectl create namespace {namespace}, where failover is wanted here"},
};

static const char *advice_of(struct sw_str reason)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (sw_str_is(reason, sw_reason_word(advices[i].reason)))
            return advices[i].text;
    }
    return NULL;
}

/* A name that a shell takes as one word; what others wrote may be anything. */
static void write_word(struct sw_str word, struct sw_buf *buf)
{
    for (size_t i = 0; i < word.len; i++) {
        const char c = word.data[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';

        sw_buf_append(buf, plain ? &c : "?", 1);
    }
}

static void write_place(struct sw_str namespace_, struct sw_str name, struct sw_buf *buf)
{
    write_word(name, buf);
    sw_buf_append_text(buf, " -n ");
    write_word(namespace_, buf);
}

static void write_rule(const struct sw_status_row *row, struct sw_buf *buf)
{
    const struct sw_str begin = SW_STR("DestinationRule ");
    struct sw_str rest = row->message, name;

    if (!sw_str_has_prefix(rest, begin)) {
        write_place(row->namespace_, SW_STR("--all"), buf);
        return;
    }
    rest = sw_str_slice(rest, begin.len, rest.len);
    name = sw_str_cut(&rest, ' ');
    rest = sw_str_cut(&name, '/');
    write_place(rest, name, buf);
}

static void write_part(const struct sw_status_row *row, struct sw_str part, struct sw_buf *buf)
{
    if (sw_str_is(part, "service"))
        write_place(row->namespace_, row->name, buf);
    else if (sw_str_is(part, "rule"))
        write_rule(row, buf);
    else if (sw_str_is(part, "namespace"))
        write_word(row->namespace_, buf);
    else if (row->remote.len)
        write_word(row->remote, buf);
    else
        sw_buf_append_text(buf, "the other cluster");
}

/* A brace that begins none of the parts is the text's own. */
static bool is_part(struct sw_str word)
{
    return sw_str_is(word, "service") || sw_str_is(word, "rule") || sw_str_is(word, "namespace") ||
           sw_str_is(word, "remote");
}

int sw_status_advise(struct sw_status_row *row, struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_str text = sw_str_from(advice_of(row->reason));
    SW_CLEANUP(sw_buf_release) struct sw_buf buf = {0};

    if (!text.len || row->state == SW_STATUS_EMITTED)
        return 0;
    sw_buf_init(&buf, MAX_BYTES);
    while (text.len) {
        const size_t open = sw_str_find(text, '{');
        struct sw_str rest = sw_str_slice(text, open + 1, text.len), word = sw_str_cut(&rest, '}');

        sw_buf_append_str(&buf, sw_str_slice(text, 0, open));
        text = sw_str_slice(text, open, text.len);
        if (text.len && is_part(word)) {
            write_part(row, word, &buf);
            text = rest;
        } else if (text.len) {
            sw_buf_append_text(&buf, "{");
            text = sw_str_slice(text, 1, text.len);
        }
    }
    if (sw_buf_status(&buf, reterr) < 0)
        return buf.failure;
    row->advice = sw_arena_copy(arena, sw_buf_str(&buf)).data;
    return row->advice ? 0 : sw_err_nomem(reterr);
}

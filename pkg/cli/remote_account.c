#include "cli/remote_account.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "json/get.h"

#include "base/banned.h"

#define TOKEN_SECRET SW_REMOTE_ACCOUNT "-token"

/* No managed-by: of ServiceAccounts that have it, the reconciler takes those for its own that were
 * written under its field manager, which is ours here. */
#define LABELS                                                                                     \
    "\"app.kubernetes.io/name\":\"spillway\",\"app.kubernetes.io/component\":\"reader\","          \
    "\"app.kubernetes.io/part-of\":\"spillway\""
#define MANAGED ",\"app.kubernetes.io/managed-by\":\"spillway\""

#define RBAC    "\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":"
#define GROUP   "\"apiGroup\":\"rbac.authorization.k8s.io\""
#define READ    "\"verbs\":[\"list\",\"watch\"]"

/* As manifests/namespace.yaml has it. */
static const char namespace_body[] =
    "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%.*s\",\"labels\":{"
    "\"app.kubernetes.io/name\":\"spillway\",\"app.kubernetes.io/part-of\":\"spillway\"" MANAGED
    ",\"spillway.dev/admission\":\"disabled\",\"istio-injection\":\"disabled\","
    "\"pod-security.kubernetes.io/enforce\":\"restricted\"}}}";

static const char account_body[] =
    "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"" SW_REMOTE_ACCOUNT
    "\",\"namespace\":\"%.*s\",\"labels\":{" LABELS "}},\"automountServiceAccountToken\":false}";

/* What pkg/reconciler/reader.c and the webhook's index read of a remote cluster, and of one that is
 * the config cluster. Of ConfigMaps, Istio's root certificate, which every namespace has, and what
 * the reconciler there reports, for status conditions. */
static const char role_body[] =
    "{" RBAC "\"ClusterRole\",\"metadata\":{\"name\":\"" SW_REMOTE_ACCOUNT
    "\",\"labels\":{" LABELS MANAGED "}},\"rules\":["
    "{\"apiGroups\":[\"\"],\"resources\":[\"namespaces\",\"services\",\"nodes\",\"pods\"]," READ
    "},{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],"
    "\"resourceNames\":[\"istio-ca-root-cert\"]," READ
    "},{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],"
    "\"resourceNames\":[\"spillway-status\"],\"verbs\":[\"get\"]"
    "},{\"apiGroups\":[\"discovery.k8s.io\"],\"resources\":[\"endpointslices\"]," READ
    "},{\"apiGroups\":[\"networking.istio.io\"],\"resources\":[\"destinationrules\",\"gateways\","
    "\"workloadentries\"]," READ
    "},{\"apiGroups\":[\"security.istio.io\"],\"resources\":[\"peerauthentications\"]," READ
    "},{\"apiGroups\":[\"tsb.tetrate.io\"],\"resources\":[\"workspaces\",\"workspacesettings\"]"
    "," READ "}]}";

static const char binding_body[] =
    "{" RBAC "\"ClusterRoleBinding\",\"metadata\":{\"name\":\"" SW_REMOTE_ACCOUNT
    "\",\"labels\":{" LABELS MANAGED "}},\"roleRef\":{" GROUP
    ",\"kind\":\"ClusterRole\",\"name\":\"" SW_REMOTE_ACCOUNT "\"},"
    "\"subjects\":[{\"kind\":\"ServiceAccount\",\"name\":\"" SW_REMOTE_ACCOUNT
    "\",\"namespace\":\"%.*s\"}]}";

static const char token_body[] =
    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"" TOKEN_SECRET
    "\",\"namespace\":\"%.*s\",\"labels\":{" LABELS "},\"annotations\":{"
    "\"kubernetes.io/service-account.name\":\"" SW_REMOTE_ACCOUNT "\"}},"
    "\"type\":\"kubernetes.io/service-account-token\"}";

static int apply(const struct sw_remote_api *api, struct sw_gvr_ref ref, const char *body,
                 struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_applier_op op = {
        .verb = SW_APPLIER_APPLY, .ref = ref, .body = sw_str_from(body)};
    struct sw_answer answer;

    if (!body)
        return sw_err_nomem(reterr);
    api->call(api->context, &op, arena, &answer);
    return sw_answer_status(&answer, reterr);
}

static struct sw_gvr_ref ref_of(enum sw_gvr_id id, struct sw_str namespace_, const char *name)
{
    return (struct sw_gvr_ref){
        .gvr = sw_gvr(id), .namespace_ = namespace_, .name = sw_str_from(name)};
}

/* Returns 1 with *ret (of the arena) where it is there, 0 where it is not. */
static int look(const struct sw_remote_api *api, struct sw_gvr_ref ref, struct sw_arena *arena,
                json_t **ret, struct sw_err *reterr)
{
    const struct sw_applier_op op = {.verb = SW_APPLIER_GET, .ref = ref};
    struct sw_answer answer;
    int r;

    api->call(api->context, &op, arena, &answer);
    if (answer.verdict == SW_ANSWER_NOT_FOUND)
        return 0;
    r = sw_answer_status(&answer, reterr);
    if (r == 0)
        r = sw_answer_object(&answer, arena, ret, reterr);
    return r < 0 ? r : 1;
}

/* One that is there is somebody's, who has its labels as they should be. */
static int make_namespace(const struct sw_remote_api *api, struct sw_str name,
                          struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_gvr_ref ref = {.gvr = sw_gvr(SW_GVR_NAMESPACE), .name = name};
    json_t *there = NULL;
    int r = look(api, ref, arena, &there, reterr);

    if (r != 0)
        return r < 0 ? r : 0;
    return apply(api, ref, sw_arena_printf(arena, namespace_body, SW_STR_ARG(name)), arena, reterr);
}

int sw_remote_account_apply(const struct sw_remote_api *api, struct sw_str namespace_, bool lasting,
                            struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_str none = {NULL, 0};
    int r = make_namespace(api, namespace_, arena, reterr);

    if (r == 0)
        r = apply(api, ref_of(SW_GVR_SERVICE_ACCOUNT, namespace_, SW_REMOTE_ACCOUNT),
                  sw_arena_printf(arena, account_body, SW_STR_ARG(namespace_)), arena, reterr);
    if (r == 0)
        r = apply(api, ref_of(SW_GVR_CLUSTER_ROLE, none, SW_REMOTE_ACCOUNT), role_body, arena,
                  reterr);
    if (r == 0)
        r = apply(api, ref_of(SW_GVR_CLUSTER_ROLE_BINDING, none, SW_REMOTE_ACCOUNT),
                  sw_arena_printf(arena, binding_body, SW_STR_ARG(namespace_)), arena, reterr);
    if (r == 0 && lasting)
        r = apply(api, ref_of(SW_GVR_SECRET, namespace_, TOKEN_SECRET),
                  sw_arena_printf(arena, token_body, SW_STR_ARG(namespace_)), arena, reterr);
    return r;
}

/* A value of a Secret, decoded; unset where it has no such key. */
static int read_value(const json_t *secret, const char *key, struct sw_arena *arena,
                      struct sw_str *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "data");
    json_t *data = NULL;
    struct sw_str text = {0};
    int r = sw_get_object(secret, "data", NULL, &data, reterr);

    if (r == 1)
        r = sw_get_str(data, key, at, &text, reterr);
    if (r < 0 || text.len == 0)
        return r < 0 ? r : 0;
    return sw_base64_decode(text, arena, ret, reterr);
}

static int say_missing(const struct sw_remote_api *api, struct sw_str namespace_,
                       struct sw_arena *arena, struct sw_err *reterr)
{
    json_t *account = NULL;
    int r = look(api, ref_of(SW_GVR_SERVICE_ACCOUNT, namespace_, SW_REMOTE_ACCOUNT), arena,
                 &account, reterr);

    if (r < 0)
        return r;
    if (r == 0)
        return sw_err_set(reterr, SW_ENOENT,
                          "there is no ServiceAccount %.*s/" SW_REMOTE_ACCOUNT
                          " yet: --apply makes it there, with the rights to read what Spillway "
                          "needs",
                          SW_STR_ARG(namespace_));
    return sw_err_set(reterr, SW_ENOENT,
                      "ServiceAccount %.*s/" SW_REMOTE_ACCOUNT " has no token that lasts: --apply "
                      "makes the Secret " TOKEN_SECRET " there, or have one that expires with "
                      "--duration",
                      SW_STR_ARG(namespace_));
}

int sw_remote_token_read(const struct sw_remote_api *api, struct sw_str namespace_, bool patient,
                         struct sw_arena *arena, struct sw_remote_token *ret, struct sw_err *reterr)
{
    struct sw_gvr_ref ref = ref_of(SW_GVR_SECRET, namespace_, TOKEN_SECRET);
    int64_t waited_ms = 0;

    *ret = (struct sw_remote_token){0};
    for (;;) {
        json_t *secret = NULL;
        int r = look(api, ref, arena, &secret, reterr);

        if (r == 0)
            return say_missing(api, namespace_, arena, reterr);
        if (r > 0)
            r = read_value(secret, "token", arena, &ret->text, reterr);
        if (r == 0)
            r = read_value(secret, "ca.crt", arena, &ret->ca_pem, reterr);
        if (r < 0 || ret->text.len)
            return r;
        if (!patient || waited_ms >= SW_REMOTE_PATIENCE_MS)
            break;
        api->pause(api->context, SW_REMOTE_RELOOK_MS);
        waited_ms += SW_REMOTE_RELOOK_MS;
    }
    return sw_err_set(reterr, SW_EIO,
                      "Secret %.*s/" TOKEN_SECRET " has no token: kube-controller-manager's token "
                      "controller fills it in; where there is none, have one that expires with "
                      "--duration",
                      SW_STR_ARG(namespace_));
}

int sw_remote_token_request(const struct sw_remote_api *api, struct sw_str namespace_,
                            uint64_t life_s, struct sw_arena *arena, struct sw_remote_token *ret,
                            struct sw_err *reterr)
{
    struct sw_applier_op op = {
        .verb = SW_APPLIER_CREATE,
        .ref = ref_of(SW_GVR_SERVICE_ACCOUNT, namespace_, SW_REMOTE_ACCOUNT),
    };
    const struct sw_at *at = SW_AT_KEY(NULL, "status");
    json_t *request = NULL, *status = NULL;
    struct sw_answer answer;
    int r;

    *ret = (struct sw_remote_token){0};
    op.ref.subresource = "token";
    op.body = sw_str_from(sw_arena_printf(arena,
                                          "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":"
                                          "\"TokenRequest\",\"spec\":{\"expirationSeconds\":%ju}}",
                                          (uintmax_t)life_s));
    if (!op.body.data)
        return sw_err_nomem(reterr);
    api->call(api->context, &op, arena, &answer);
    if (answer.verdict == SW_ANSWER_NOT_FOUND)
        return say_missing(api, namespace_, arena, reterr);
    r = sw_answer_status(&answer, reterr);
    if (r == 0)
        r = sw_answer_object(&answer, arena, &request, reterr);
    if (r == 0)
        r = sw_get_object(request, "status", NULL, &status, reterr);
    if (r >= 0)
        r = sw_get_str(status, "token", at, &ret->text, reterr);
    if (r >= 0)
        r = sw_get_str(status, "expirationTimestamp", at, &ret->expires, reterr);
    if (r >= 0 && (!ret->text.len || !ret->expires.len))
        return sw_err_set(reterr, SW_ETYPE, "the API server's answer to a TokenRequest has no %s",
                          ret->text.len ? "expirationTimestamp" : "token");
    return r < 0 ? r : 0;
}

int sw_remote_own_ca(const struct sw_remote_api *api, struct sw_str namespace_,
                     struct sw_arena *arena, struct sw_str *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(NULL, "data");
    json_t *config = NULL, *data = NULL;
    int r = look(api, ref_of(SW_GVR_CONFIG_MAP, namespace_, "kube-root-ca.crt"), arena, &config,
                 reterr);

    *ret = (struct sw_str){NULL, 0};
    if (r == 1)
        r = sw_get_object(config, "data", NULL, &data, reterr);
    if (r == 1)
        r = sw_get_str(data, "ca.crt", at, ret, reterr);
    return r < 0 ? r : 0;
}

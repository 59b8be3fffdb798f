/* Whether the caller may do what `kubectl apply --server-side -k manifests` does. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/preflight_checks.h"
#include "json/get.h"

#include "base/banned.h"

#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

/* A line for each right: some twenty kinds, three verbs. */
#define MAX_MISSING_BYTES ((size_t)8 << 10)

#define RBAC              "rbac.authorization.k8s.io"
#define ADMISSION         "admissionregistration.k8s.io"

struct right {
    const char *group;
    const char *resource;
    const char *namespace_; /* "" for what is in none */
};

/* Each kind that manifests/ hold. tests/integration/test_preflight.py holds it to them. */
static const struct right rights[] = {
    {"", "namespaces", ""},
    {"", "resourcequotas", SW_PREFLIGHT_NAMESPACE},
    {"apiextensions.k8s.io", "customresourcedefinitions", ""},
    {"", "serviceaccounts", SW_PREFLIGHT_NAMESPACE},
    {RBAC, "roles", SW_PREFLIGHT_NAMESPACE},
    {RBAC, "rolebindings", SW_PREFLIGHT_NAMESPACE},
    {RBAC, "roles", SW_PREFLIGHT_ROOT},
    {RBAC, "rolebindings", SW_PREFLIGHT_ROOT},
    {RBAC, "clusterroles", ""},
    {RBAC, "clusterrolebindings", ""},
    {"", "configmaps", SW_PREFLIGHT_NAMESPACE},
    {"", "services", SW_PREFLIGHT_NAMESPACE},
    {"apps", "deployments", SW_PREFLIGHT_NAMESPACE},
    {"policy", "poddisruptionbudgets", SW_PREFLIGHT_NAMESPACE},
    {"networking.k8s.io", "networkpolicies", SW_PREFLIGHT_NAMESPACE},
    {ADMISSION, "validatingadmissionpolicies", ""},
    {ADMISSION, "validatingadmissionpolicybindings", ""},
    {ADMISSION, "mutatingwebhookconfigurations", ""},
    {ADMISSION, "validatingwebhookconfigurations", ""},
};

/* A server-side apply is a patch; where it makes the object, a create as well. */
static const char *const verbs[] = {"get", "create", "patch"};

/* Returns 1 if the caller has it, 0 if not. */
static int has_right(struct sw_preflight *run, const char *verb, const struct right *right,
                     struct sw_err *reterr)
{
    const char *body = sw_arena_printf(
        run->arena,
        "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SelfSubjectAccessReview\",\"spec\":"
        "{\"resourceAttributes\":{\"verb\":\"%s\",\"group\":\"%s\",\"resource\":\"%s\","
        "\"namespace\":\"%s\"}}}",
        verb, right->group, right->resource, right->namespace_);
    json_t *review = NULL, *status = NULL;
    struct sw_answer answer;
    bool allowed = false;
    int r;

    if (!body)
        return sw_err_nomem(reterr);
    run->api->ask(run->api->context, SW_STR(REVIEWS), sw_str_from(body), run->arena, &answer);
    r = sw_answer_status(&answer, reterr);
    if (r == 0)
        r = sw_answer_object(&answer, run->arena, &review, reterr);
    if (r == 0)
        r = sw_get_object(review, "status", NULL, &status, reterr);
    if (r >= 0)
        r = sw_get_bool(status, "allowed", NULL, &allowed, reterr);
    return r < 0 ? r : allowed;
}

/* Appends "create deployments.apps in spillway-system". */
static void write_right(struct sw_buf *buf, const char *verb, const struct right *right)
{
    sw_buf_printf(buf, "%s%s %s%s%s%s%s", buf->len ? ", " : "", verb, right->resource,
                  *right->group ? "." : "", right->group, *right->namespace_ ? " in " : "",
                  right->namespace_);
}

static int list_missing(struct sw_preflight *run, struct sw_buf *missing, struct sw_err *reterr)
{
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        for (size_t j = 0; j < sizeof(verbs) / sizeof(verbs[0]); j++) {
            int r = has_right(run, verbs[j], &rights[i], reterr);

            if (r < 0)
                return r;
            if (r == 0)
                write_right(missing, verbs[j], &rights[i]);
        }
    }
    return sw_buf_status(missing, reterr);
}

int sw_preflight_check_rights(struct sw_preflight *run, struct sw_err *reterr)
{
    static const struct right all = {"*", "*", ""}, roles = {RBAC, "clusterroles", ""};
    SW_CLEANUP(sw_buf_release) struct sw_buf missing;
    int r;

    sw_buf_init(&missing, MAX_MISSING_BYTES);
    r = has_right(run, "*", &all, reterr);
    if (r != 0)
        return r < 0 ? r : 0; /* a cluster-admin, as most who install */
    r = list_missing(run, &missing, reterr);
    if (r == 0 && missing.len)
        r = sw_preflight_say(run, SW_PREFLIGHT_ERROR, "RightsMissing",
                             "install as a cluster-admin, or be given these rights", reterr,
                             "you may not: %.*s", SW_STR_ARG(sw_buf_str(&missing)));
    if (r == 0)
        r = has_right(run, "escalate", &roles, reterr);
    if (r != 0)
        return r < 0 ? r : 0;
    return sw_preflight_say(run, SW_PREFLIGHT_NOTE, "MayNotGrant",
                            "an apply that is refused for it says which right you lack", reterr,
                            "RBAC lets you grant only what you may do yourself, and the manifests "
                            "grant webhook and reconciler what manifests/*/rbac.yaml say");
}

/* Kubernetes itself: its version, its APIs, and what stands where our objects are to go. */
#include "cli/preflight_checks.h"
#include "json/get.h"

#include "base/banned.h"

#define ADMISSION_API "/apis/admissionregistration.k8s.io/v1"
#define CRDS          "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"

/* CEL in CRDs, matchConditions and ValidatingAdmissionPolicy are all stable from there. */
#define OLDEST_MINOR 30

static bool is_ours(const json_t *object)
{
    return sw_str_is(sw_preflight_label(object, "app.kubernetes.io/managed-by"), "spillway");
}

/* "30", and "30+" as some distributions say. */
static bool read_minor(struct sw_str text, uint64_t *ret)
{
    if (sw_str_has_suffix(text, SW_STR("+")))
        text.len--;
    return sw_str_to_u64(text, UINT32_MAX, ret);
}

int sw_preflight_check_version(struct sw_preflight *run, struct sw_err *reterr)
{
    json_t *version = NULL;
    struct sw_str major = {0}, minor_text = {0};
    uint64_t minor = 0;
    int r = sw_preflight_look(run, "/version", "Kubernetes' version", &version, reterr);

    if (r < 0 || !version)
        return r < 0 ? r : 0;
    if (sw_get_str(version, "gitVersion", NULL, &run->kubernetes, reterr) < 0 ||
        sw_get_str(version, "major", NULL, &major, reterr) < 0 ||
        sw_get_str(version, "minor", NULL, &minor_text, reterr) < 0)
        return sw_err_wrap(reterr, "GET /version");
    if (sw_str_is(major, "1") && read_minor(minor_text, &minor) && minor < OLDEST_MINOR)
        return sw_preflight_say(run, SW_PREFLIGHT_ERROR, "KubernetesTooOld",
                                "upgrade the control plane", reterr,
                                "expected Kubernetes 1.%d or later, found %.*s: the manifests use "
                                "CEL rules and ValidatingAdmissionPolicy",
                                OLDEST_MINOR, SW_STR_ARG(run->kubernetes));
    return 0;
}

/* True if one of the objects in `list` is called `name`. */
static bool has_name(const json_t *list, const char *name)
{
    const json_t *entry;
    size_t i;

    json_array_foreach (list, i, entry) {
        struct sw_str own = {0};

        if (sw_get_str(entry, "name", NULL, &own, NULL) == 1 && sw_str_is(own, name))
            return true;
    }
    return false;
}

static int check_admission(struct sw_preflight *run, struct sw_err *reterr)
{
    static const char *const needed[] = {
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    };
    const size_t n_before = run->n_findings;
    json_t *api = NULL, *served = NULL;
    int r = sw_preflight_look(run, ADMISSION_API, "which admission APIs are served", &api, reterr);

    if (r == 1)
        r = sw_get_objects(api, "resources", NULL, &served, reterr);
    if (r < 0 || run->n_findings > n_before) /* hidden from us */
        return r < 0 ? r : 0;
    r = 0;
    for (size_t i = 0; r == 0 && i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!has_name(served, needed[i]))
            r = sw_preflight_say(run, SW_PREFLIGHT_ERROR, "ApiMissing",
                                 "enable the API, or upgrade the control plane", reterr,
                                 "admissionregistration.k8s.io/v1: %s is not served", needed[i]);
    }
    return r;
}

/* The group among those that are served; NULL if it is not. */
static const json_t *find_group(const json_t *groups, const char *name)
{
    const json_t *group;
    size_t i;

    json_array_foreach (groups, i, group) {
        struct sw_str own = {0};

        if (sw_get_str(group, "name", NULL, &own, NULL) == 1 && sw_str_is(own, name))
            return group;
    }
    return NULL;
}

static bool serves_v1(const json_t *group)
{
    json_t *versions = NULL;
    const json_t *version;
    size_t i;

    sw_get_objects(group, "versions", NULL, &versions, NULL);
    json_array_foreach (versions, i, version) {
        struct sw_str own = {0};

        if (sw_get_str(version, "version", NULL, &own, NULL) == 1 && sw_str_is(own, "v1"))
            return true;
    }
    return false;
}

static int judge_istio_group(struct sw_preflight *run, const json_t *istio, struct sw_err *reterr)
{
    run->has_istio = istio;
    if (!istio)
        return sw_preflight_say(run, SW_PREFLIGHT_WARNING, "IstioMissing",
                                "install Istio; the order does not matter", reterr,
                                "networking.istio.io is not served: without Istio nothing fails "
                                "over");
    if (!serves_v1(istio))
        return sw_preflight_say(run, SW_PREFLIGHT_WARNING, "IstioTooOld",
                                "upgrade Istio's CRDs to 1.22 or later", reterr,
                                "networking.istio.io is served without v1");
    return 0;
}

int sw_preflight_check_apis(struct sw_preflight *run, struct sw_err *reterr)
{
    json_t *list = NULL, *groups = NULL;
    int r = check_admission(run, reterr);

    if (r == 0)
        r = sw_preflight_look(run, "/apis", "which APIs are served", &list, reterr);
    if (r == 1)
        r = sw_get_objects(list, "groups", NULL, &groups, reterr);
    if (r < 0 || !list)
        return r < 0 ? r : 0;
    if (find_group(groups, "xcp.tetrate.io"))
        r = sw_preflight_say(run, SW_PREFLIGHT_WARNING, "TsbPresent",
                             "leave the clusters that TSB connects to TSB", reterr,
                             "xcp.tetrate.io is served: a Tetrate Service Bridge is here, and does "
                             "what Spillway does");
    return r < 0 ? r : judge_istio_group(run, find_group(groups, "networking.istio.io"), reterr);
}

/* "tsb-operator": who wrote the object, as far as the API server remembers. A status is others'. */
static struct sw_str manager_of(const json_t *object)
{
    json_t *metadata = NULL, *entries = NULL;
    const json_t *entry;
    size_t i;

    sw_get_object(object, "metadata", NULL, &metadata, NULL);
    sw_get_objects(metadata, "managedFields", NULL, &entries, NULL);
    json_array_foreach (entries, i, entry) {
        struct sw_str manager = {0};

        if (!json_object_get(entry, "subresource") &&
            sw_get_str(entry, "manager", NULL, &manager, NULL) == 1)
            return manager;
    }
    return SW_STR("somebody unknown");
}

/* What is at `path`, if anything, has to be ours. */
static int check_owner(struct sw_preflight *run, const char *path, const char *code,
                       const char *advice, struct sw_err *reterr)
{
    const char *name = strrchr(path, '/') + 1;
    json_t *object = NULL;
    char *matter = sw_arena_printf(run->arena, "whose %s is", name);
    int r;

    if (!matter)
        return sw_err_nomem(reterr);
    r = sw_preflight_look(run, path, matter, &object, reterr);
    if (r < 0 || !object || is_ours(object))
        return r < 0 ? r : 0;
    return sw_preflight_say(run, SW_PREFLIGHT_ERROR, code, advice, reterr,
                            "%s is there and is not Spillway's: it was written by %.*s", path,
                            SW_STR_ARG(manager_of(object)));
}

static int check_crds(struct sw_preflight *run, struct sw_err *reterr)
{
    static const char *const paths[] = {
        CRDS "workspaces.tsb.tetrate.io",
        CRDS "workspacesettings.tsb.tetrate.io",
        CRDS "ingressgateways.install.tetrate.io",
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(paths) / sizeof(paths[0]); i++)
        r = check_owner(run, paths[i], "ForeignCrd",
                        "a Tetrate Service Bridge keeps it, and it is not to be overwritten: "
                        "install without manifests/crds, as manifests/README.md says under "
                        "\"Beside a real TSB\"",
                        reterr);
    return r;
}

static int check_namespace(struct sw_preflight *run, struct sw_err *reterr)
{
    json_t *namespace_ = NULL, *metadata = NULL;
    struct sw_str injection, revision, mode;
    int r = sw_preflight_look(run, "/api/v1/namespaces/" SW_PREFLIGHT_NAMESPACE,
                              "whether " SW_PREFLIGHT_NAMESPACE " is there", &namespace_, reterr);

    if (r < 0 || !namespace_)
        return r < 0 ? r : 0;
    sw_get_object(namespace_, "metadata", NULL, &metadata, NULL);
    if (json_object_get(metadata, "deletionTimestamp"))
        return sw_preflight_say(run, SW_PREFLIGHT_ERROR, "NamespaceTerminating",
                                "wait until it is gone; 'kubectl get namespace "
                                "" SW_PREFLIGHT_NAMESPACE " -o yaml' says what it waits for",
                                reterr, "namespace " SW_PREFLIGHT_NAMESPACE " is being deleted");
    injection = sw_preflight_label(namespace_, "istio-injection");
    revision = sw_preflight_label(namespace_, "istio.io/rev");
    mode = sw_preflight_label(namespace_, "istio.io/dataplane-mode");
    if (sw_str_is(injection, "enabled") || (revision.len && !injection.len) ||
        sw_str_is(mode, "ambient"))
        return sw_preflight_say(run, SW_PREFLIGHT_WARNING, "NamespaceInMesh",
                                "kubectl label namespace " SW_PREFLIGHT_NAMESPACE
                                " istio.io/rev- istio.io/dataplane-mode- istio-injection=disabled "
                                "--overwrite",
                                reterr,
                                "namespace " SW_PREFLIGHT_NAMESPACE " is in the mesh: a proxy "
                                "would stand between the API server and the webhook");
    return 0;
}

static int check_installed(struct sw_preflight *run, struct sw_err *reterr)
{
    json_t *deployment = NULL, *object = NULL, *containers = NULL;
    static const char *const inward[] = {"spec", "template", "spec"};
    int r = sw_preflight_look(
        run, "/apis/apps/v1/namespaces/" SW_PREFLIGHT_NAMESPACE "/deployments/spillway-webhook",
        "whether Spillway is installed", &deployment, reterr);

    if (r < 0 || !deployment)
        return r < 0 ? r : 0;
    object = deployment;
    for (size_t i = 0; i < sizeof(inward) / sizeof(inward[0]); i++)
        object = json_object_get(object, inward[i]);
    sw_get_objects(object, "containers", NULL, &containers, NULL);
    sw_get_str(json_array_get(containers, 0), "image", NULL, &run->installed, NULL);
    return 0;
}

int sw_preflight_check_neighbours(struct sw_preflight *run, struct sw_err *reterr)
{
    static const char *const configurations[] = {
        ADMISSION_API "/mutatingwebhookconfigurations/spillway",
        ADMISSION_API "/validatingwebhookconfigurations/spillway",
    };
    int r = check_crds(run, reterr);

    for (size_t i = 0; r == 0 && i < sizeof(configurations) / sizeof(configurations[0]); i++)
        r = check_owner(run, configurations[i], "ForeignConfiguration",
                        "rename or delete it: the webhook would put its CA into it", reterr);
    if (r == 0)
        r = check_namespace(run, reterr);
    return r == 0 ? check_installed(run, reterr) : r;
}

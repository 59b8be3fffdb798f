/* The mesh that is there: which istiods, what they do by themselves, and what is not sidecars. */
#include "cli/preflight_checks.h"
#include "json/get.h"

#include "base/banned.h"

/* Names that a message lists before it says "and N more". */
#define N_NAMED 5

/* The tag of "hub/pilot:1.31.0-distroless" without what the variant adds; a digest and a port are
 * none. */
static struct sw_str version_of(struct sw_str image)
{
    struct sw_str rest = sw_str_slice(image, 0, sw_str_find(image, '@')), part;

    do
        part = sw_str_cut(&rest, '/');
    while (rest.data);
    sw_str_cut(&part, ':');
    if (sw_str_has_suffix(part, SW_STR("-distroless")))
        part.len -= strlen("-distroless");
    else if (sw_str_has_suffix(part, SW_STR("-debug")))
        part.len -= strlen("-debug");
    return part;
}

static struct sw_str image_of(const json_t *deployment)
{
    static const char *const inward[] = {"spec", "template", "spec", "containers"};
    const json_t *object = deployment, *container;
    struct sw_str image = {0}, name = {0};
    size_t i;

    for (i = 0; i < sizeof(inward) / sizeof(inward[0]); i++)
        object = json_object_get(object, inward[i]);
    json_array_foreach (object, i, container) {
        sw_get_str(container, "name", NULL, &name, NULL);
        if (i == 0 || sw_str_is(name, "discovery"))
            sw_get_str(container, "image", NULL, &image, NULL);
    }
    return image;
}

static int add_istiod(struct sw_preflight *run, const json_t *deployment, struct sw_err *reterr)
{
    struct sw_preflight_istiod *istiods = sw_arena_push(
        run->arena, (struct sw_preflight_istiod *)run->istiods, run->n_istiods, sizeof(*istiods));
    struct sw_preflight_istiod *istiod;
    json_t *metadata = NULL;

    if (!istiods)
        return sw_err_nomem(reterr);
    istiod = &istiods[run->n_istiods++];
    run->istiods = istiods;
    sw_get_object(deployment, "metadata", NULL, &metadata, NULL);
    sw_get_str(metadata, "namespace", NULL, &istiod->namespace_, NULL);
    sw_get_str(metadata, "name", NULL, &istiod->name, NULL);
    istiod->version = version_of(image_of(deployment));
    istiod->revision = sw_preflight_label(deployment, "istio.io/rev");
    return 0;
}

/* The items of a list; *ret is NULL where there is none or it is hidden. */
static int look_list(struct sw_preflight *run, const char *path, const char *matter, json_t **ret,
                     struct sw_err *reterr)
{
    json_t *list = NULL;
    int r = sw_preflight_look(run, path, matter, &list, reterr);

    if (r == 1 && sw_get_objects(list, "items", NULL, ret, reterr) < 0)
        return sw_err_wrap(reterr, "GET %s", path);
    return r < 0 ? r : 0;
}

/* No istiod here: it may run elsewhere, and then its injector is registered here all the same. */
static int judge_absence(struct sw_preflight *run, struct sw_err *reterr)
{
    json_t *injectors = NULL;
    int r = look_list(run,
                      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
                      "?labelSelector=app%3Dsidecar-injector&limit=500",
                      "whether istiod runs elsewhere", &injectors, reterr);

    if (r < 0)
        return r;
    if (json_array_size(injectors))
        return sw_preflight_say(run, SW_PREFLIGHT_NOTE, "IstiodElsewhere", NULL, reterr,
                                "no Deployment is labelled app=istiod, but its sidecar injector is "
                                "registered: the control plane runs elsewhere, and what it does by "
                                "itself cannot be seen from here");
    return sw_preflight_say(run, SW_PREFLIGHT_WARNING, "IstiodMissing",
                            "install Istio's control plane; the order does not matter", reterr,
                            "Istio's CRDs are here, but no Deployment is labelled app=istiod");
}

/* The value of `istiod_managed_clusters{cluster_type="remote"} 2`; false where there is none. */
static bool read_managed(struct sw_str metrics, uint64_t *ret)
{
    const struct sw_str name = SW_STR("istiod_managed_clusters{cluster_type=\"remote\"} ");

    while (metrics.data) {
        struct sw_str line = sw_str_cut(&metrics, '\n');

        if (sw_str_has_prefix(line, name))
            return sw_str_to_u64(sw_str_slice(line, name.len, line.len), UINT32_MAX, ret);
    }
    return false;
}

/* Remote Secrets are in istio-system, whose Secrets are none of our business: istiod tells how many
 * clusters it has from them. */
static int check_native(struct sw_preflight *run, const struct sw_preflight_istiod *istiod,
                        struct sw_err *reterr)
{
    const char *path = sw_arena_printf(
        run->arena, "/api/v1/namespaces/%.*s/services/http:%.*s:http-monitoring/proxy/metrics",
        SW_STR_ARG(istiod->namespace_), SW_STR_ARG(istiod->name));
    const char *advice;
    struct sw_answer answer;
    uint64_t n = 0;

    if (!path)
        return sw_err_nomem(reterr);
    run->api->ask(run->api->context, sw_str_from(path), (struct sw_str){0}, run->arena, &answer);
    if (answer.verdict == SW_ANSWER_OK && read_managed(answer.body, &n)) {
        if (n == 0)
            return 0;
        return sw_preflight_say(
            run, SW_PREFLIGHT_WARNING, "NativeMultiCluster",
            "for clusters that Spillway is to connect, remove istiod's remote Secrets (label "
            "istio/multiCluster)",
            reterr,
            "%.*s/%.*s reads %ju other clusters by itself: for those Spillway emits nothing, as "
            "both together make loops",
            SW_STR_ARG(istiod->namespace_), SW_STR_ARG(istiod->name), (uintmax_t)n);
    }
    advice = sw_arena_printf(run->arena,
                             "kubectl -n %.*s get secrets -l istio/multiCluster=true tells: there "
                             "should be none",
                             SW_STR_ARG(istiod->namespace_));
    if (!advice)
        return sw_err_nomem(reterr);
    return sw_preflight_say(run, SW_PREFLIGHT_NOTE, "NativeMultiClusterUnknown", advice, reterr,
                            "cannot tell whether %.*s/%.*s reads other clusters by itself: %s",
                            SW_STR_ARG(istiod->namespace_), SW_STR_ARG(istiod->name),
                            answer.verdict == SW_ANSWER_OK
                                ? "its metrics lack istiod_managed_clusters"
                                : answer.message);
}

static int check_istiods(struct sw_preflight *run, struct sw_err *reterr)
{
    const size_t n_before = run->n_findings;
    json_t *deployments = NULL;
    const json_t *deployment;
    size_t i;
    int r = look_list(run, "/apis/apps/v1/deployments?labelSelector=app%3Distiod&limit=500",
                      "which istiod runs", &deployments, reterr);

    json_array_foreach (deployments, i, deployment) {
        if (r == 0)
            r = add_istiod(run, deployment, reterr);
    }
    for (i = 0; r == 0 && i < run->n_istiods; i++)
        r = check_native(run, &run->istiods[i], reterr);
    if (r < 0 || run->n_istiods || run->n_findings > n_before)
        return r;
    return judge_absence(run, reterr);
}

static int check_root(struct sw_preflight *run, struct sw_err *reterr)
{
    const size_t n_before = run->n_findings;
    json_t *root = NULL;
    int r = sw_preflight_look(run, "/api/v1/namespaces/" SW_PREFLIGHT_ROOT,
                              "which network this cluster is", &root, reterr);

    if (r == 1)
        run->network = sw_preflight_label(root, "topology.istio.io/network");
    if (r != 0 || run->n_findings > n_before) /* hidden from us */
        return r < 0 ? r : 0;
    return sw_preflight_say(
        run, SW_PREFLIGHT_ERROR, "RootNamespaceMissing",
        "kubectl create namespace " SW_PREFLIGHT_ROOT ", or install Istio first", reterr,
        "namespace " SW_PREFLIGHT_ROOT " is not there, in which the reconciler "
        "has a Role of its own");
}

/* "a, b and 3 more" of the objects' names. */
static const char *list_names(const json_t *items, struct sw_arena *arena)
{
    const size_t n = json_array_size(items);
    const char *names = "";

    for (size_t i = 0; names && i < n && i < N_NAMED; i++) {
        json_t *metadata = NULL;
        struct sw_str name = {0};

        sw_get_object(json_array_get(items, i), "metadata", NULL, &metadata, NULL);
        sw_get_str(metadata, "name", NULL, &name, NULL);
        names = sw_arena_printf(arena, "%s%s%.*s", names, i ? ", " : "", SW_STR_ARG(name));
    }
    if (names && n > N_NAMED)
        names = sw_arena_printf(arena, "%s and %zu more", names, n - N_NAMED);
    return names;
}

static int check_ambient(struct sw_preflight *run, struct sw_err *reterr)
{
    json_t *namespaces = NULL;
    const char *names;
    int r = look_list(run,
                      "/api/v1/namespaces?labelSelector=istio.io%2Fdataplane-mode%3Dambient"
                      "&limit=500",
                      "which namespaces are in ambient mode", &namespaces, reterr);

    if (r < 0 || json_array_size(namespaces) == 0)
        return r;
    names = list_names(namespaces, run->arena);
    if (!names)
        return sw_err_nomem(reterr);
    return sw_preflight_say(
        run, SW_PREFLIGHT_WARNING, "AmbientNamespaces", "what is to fail over needs sidecars",
        reterr, "in ambient mode, hence not exposed to other clusters: namespaces %s", names);
}

int sw_preflight_check_istio(struct sw_preflight *run, struct sw_err *reterr)
{
    int r = check_root(run, reterr);

    if (r < 0 || !run->has_istio)
        return r;
    r = check_istiods(run, reterr);
    return r == 0 ? check_ambient(run, reterr) : r;
}

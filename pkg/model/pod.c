#include "model/pod.h"

#include "json/get.h"

#include <string.h>

#include "base/banned.h"

#define AT_SPEC SW_AT_KEY(NULL, "spec")

static int read_sidecar(const json_t *object, struct sw_pod *pod, struct sw_err *reterr)
{
    const struct sw_str *label = sw_labels_get(&pod->meta.labels, SW_STR(SW_LABEL_TLS_MODE));
    const struct sw_at *at = SW_AT_KEY(NULL, "metadata");
    const json_t *metadata = json_object_get(object, "metadata");
    struct sw_str annotation = {NULL, 0};
    json_t *annotations = NULL;
    int r = sw_get_object(metadata, "annotations", at, &annotations, reterr);

    if (r >= 0)
        r = sw_get_str(annotations, SW_LABEL_TLS_MODE, SW_AT_KEY(at, "annotations"), &annotation,
                       reterr);
    if (r < 0)
        return r;
    pod->sidecar = sw_str_is(annotation, "istio") || (label && sw_str_is(*label, "istio"));
    return 0;
}

/* Istio pkg/model GetLocalityLabel: of the old label `.` stands for `/`, unless it has a `/`. */
static int read_locality(struct sw_pod *pod, struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_str *label =
        sw_labels_get(&pod->meta.labels, SW_STR("topology.istio.io/locality"));
    char *text;

    if (!label || !label->len)
        label = sw_labels_get(&pod->meta.labels, SW_STR("istio-locality"));
    if (!label || !label->len)
        return 0;
    text = sw_arena_printf(arena, "%.*s", SW_STR_ARG(*label));
    if (!text)
        return sw_err_nomem(reterr);
    for (char *dot = text; !memchr(label->data, '/', label->len) && (dot = strchr(dot, '.'));)
        *dot = '/';
    pod->locality = sw_str_from(text);
    return 0;
}

/* The value of the one variable that is read, in a list of containers. */
static int read_env(const json_t *spec, const char *member, struct sw_arena *arena,
                    struct sw_str *ret, struct sw_err *reterr)
{
    const struct sw_at *at = SW_AT_KEY(AT_SPEC, member);
    json_t *containers = NULL, *container, *env, *variable;
    struct sw_str name;
    size_t i, j;
    int r = sw_get_objects(spec, member, AT_SPEC, &containers, reterr);

    json_array_foreach (containers, i, container) {
        const struct sw_at *here = SW_AT_INDEX(at, i);

        env = NULL;
        r = sw_get_objects(container, "env", here, &env, reterr);
        json_array_foreach (env, j, variable) {
            const struct sw_at *there = SW_AT_INDEX(SW_AT_KEY(here, "env"), j);

            name = (struct sw_str){NULL, 0};
            r = sw_get_str(variable, "name", there, &name, reterr);
            if (r == 1 && sw_str_is(name, SW_ENV_NETWORK_VIEW))
                r = sw_model_copy_str(variable, "value", there, arena, ret, reterr);
            if (r < 0)
                return r;
        }
        if (r < 0)
            return r;
    }
    return r < 0 ? r : 0;
}

static int read_spec(const json_t *object, struct sw_arena *arena, struct sw_pod *pod,
                     struct sw_err *reterr)
{
    json_t *spec = NULL;
    int r = sw_get_object(object, "spec", NULL, &spec, reterr);

    if (r >= 0)
        r = sw_model_copy_str(spec, "serviceAccountName", AT_SPEC, arena, &pod->account, reterr);
    if (r == 0)
        r = sw_model_copy_str(spec, "nodeName", AT_SPEC, arena, &pod->node, reterr);
    if (r == 0)
        r = read_env(spec, "containers", arena, &pod->network_view, reterr);
    if (r == 0 && !pod->network_view.data) /* where a native sidecar stands */
        r = read_env(spec, "initContainers", arena, &pod->network_view, reterr);
    if (pod->account.len == 0)
        pod->account = SW_STR("default");
    return r;
}

static int read_status(const json_t *object, struct sw_pod *pod, struct sw_err *reterr)
{
    struct sw_str phase = {NULL, 0};
    json_t *status = NULL;
    int r = sw_get_object(object, "status", NULL, &status, reterr);

    if (r >= 0)
        r = sw_get_str(status, "phase", SW_AT_KEY(NULL, "status"), &phase, reterr);
    pod->finished = sw_str_is(phase, "Succeeded") || sw_str_is(phase, "Failed");
    return r < 0 ? r : 0;
}

int sw_pod_read(const json_t *object, struct sw_arena *arena, struct sw_pod *ret,
                struct sw_err *reterr)
{
    struct sw_pod pod = {0};
    int r = sw_meta_read(object, arena, &pod.meta, reterr);

    if (r == 0)
        r = read_sidecar(object, &pod, reterr);
    if (r == 0)
        r = read_locality(&pod, arena, reterr);
    if (r == 0)
        r = read_spec(object, arena, &pod, reterr);
    if (r == 0)
        r = read_status(object, &pod, reterr);
    if (r < 0)
        return r;
    *ret = pod;
    return 0;
}

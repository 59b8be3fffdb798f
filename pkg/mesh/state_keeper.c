#include "mesh/state_cluster.h"

#include "base/banned.h"

/* Pods, Nodes and EndpointSlices are kept by mesh/pods and mesh/slices; everything else in tables,
 * whose context is the table itself. */

static int put_pod(void *context, const json_t *object, uint32_t picture, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_pod pod;
    int r = sw_pod_read(object, &cluster->state->scratch, &pod, reterr);

    if (r == 0) {
        sw_state_default_namespace(&pod.meta);
        r = sw_pods_put(&cluster->pods, &pod, picture, reterr);
    }
    sw_arena_clear(&cluster->state->scratch);
    return r;
}

static void remove_pod(void *context, struct sw_str namespace_, struct sw_str name)
{
    sw_pods_remove(&((struct sw_state_cluster *)context)->pods, namespace_, name);
}

static void touch_pod(void *context, struct sw_str namespace_, struct sw_str name, uint32_t picture)
{
    sw_pods_touch(&((struct sw_state_cluster *)context)->pods, namespace_, name, picture);
}

static size_t sweep_pods(void *context, uint32_t picture)
{
    return sw_pods_sweep(&((struct sw_state_cluster *)context)->pods, picture);
}

static int put_node(void *context, const json_t *object, uint32_t picture, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_node node;
    int r = sw_node_read(object, &cluster->state->scratch, &node, reterr);

    if (r == 0)
        r = sw_pods_put_node(&cluster->pods, &node, picture, reterr);
    sw_arena_clear(&cluster->state->scratch);
    return r;
}

static void remove_node(void *context, struct sw_str namespace_, struct sw_str name)
{
    (void)namespace_;
    sw_pods_remove_node(&((struct sw_state_cluster *)context)->pods, name);
}

static void touch_node(void *context, struct sw_str namespace_, struct sw_str name,
                       uint32_t picture)
{
    (void)namespace_;
    sw_pods_touch_node(&((struct sw_state_cluster *)context)->pods, name, picture);
}

static size_t sweep_nodes(void *context, uint32_t picture)
{
    return sw_pods_sweep_nodes(&((struct sw_state_cluster *)context)->pods, picture);
}

static int put_slice(void *context, const json_t *object, uint32_t picture, struct sw_err *reterr)
{
    struct sw_state_cluster *cluster = context;
    struct sw_endpointslice slice;
    int r = sw_endpointslice_read(object, &cluster->state->scratch, &slice, reterr);

    if (r == 0) {
        sw_state_default_namespace(&slice.meta);
        r = sw_slices_put(&cluster->slices, &slice, picture, reterr);
    }
    sw_arena_clear(&cluster->state->scratch);
    return r;
}

static void remove_slice(void *context, struct sw_str namespace_, struct sw_str name)
{
    sw_slices_remove(&((struct sw_state_cluster *)context)->slices, namespace_, name);
}

static void touch_slice(void *context, struct sw_str namespace_, struct sw_str name,
                        uint32_t picture)
{
    sw_slices_touch(&((struct sw_state_cluster *)context)->slices, namespace_, name, picture);
}

static size_t sweep_slices(void *context, uint32_t picture)
{
    return sw_slices_sweep(&((struct sw_state_cluster *)context)->slices, picture);
}

static int put_item(void *context, const json_t *object, uint32_t picture, struct sw_err *reterr)
{
    return sw_table_put(context, object, picture, reterr);
}

static void remove_item(void *context, struct sw_str namespace_, struct sw_str name)
{
    sw_table_remove(context, namespace_, name);
}

static void touch_item(void *context, struct sw_str namespace_, struct sw_str name,
                       uint32_t picture)
{
    sw_table_touch(context, namespace_, name, picture);
}

static size_t sweep_items(void *context, uint32_t picture)
{
    return sw_table_sweep(context, picture);
}

const struct sw_resource_info *sw_resource_info(enum sw_resource resource)
{
    static const struct sw_resource_info infos[] = {
#define RESOURCE_ROW(name, noun, group, version, plural, namespaced, presence)                     \
    [name] = {noun, group, version, plural, namespaced, presence},
        SW_RESOURCE_MAP(RESOURCE_ROW)
#undef RESOURCE_ROW
    };

    return &infos[resource];
}

/* "group/version" or "version"; any version of the group is read alike. */
enum sw_resource sw_resource_of(const json_t *object)
{
    struct sw_str version = sw_str_from(json_string_value(json_object_get(object, "apiVersion")));
    struct sw_str kind = sw_str_from(json_string_value(json_object_get(object, "kind")));
    struct sw_str group = {NULL, 0};

    if (sw_str_find(version, '/') < version.len)
        group = sw_str_cut(&version, '/');
    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        const struct sw_resource_info *info = sw_resource_info((enum sw_resource)i);

        if (sw_str_is(kind, info->noun) && sw_str_is(group, info->group))
            return (enum sw_resource)i;
    }
    return SW_N_RESOURCES;
}

const struct sw_keeper *sw_state_keeper(enum sw_resource resource)
{
    static const struct sw_keeper keepers[] = {
#define KEEPER_ROW(name, noun, group, version, plural, namespaced, presence)                       \
    [name] = {noun, namespaced, put_item, remove_item, touch_item, sweep_items},
        SW_RESOURCE_MAP(KEEPER_ROW)
#undef KEEPER_ROW
    };
    static const struct sw_keeper pods = {"Pod", true, put_pod, remove_pod, touch_pod, sweep_pods};
    static const struct sw_keeper nodes = {"Node",      false,      put_node,
                                           remove_node, touch_node, sweep_nodes};
    static const struct sw_keeper slices = {"EndpointSlice", true,        put_slice,
                                            remove_slice,    touch_slice, sweep_slices};

    if (resource == SW_RESOURCE_POD)
        return &pods;
    if (resource == SW_RESOURCE_NODE)
        return &nodes;
    return resource == SW_RESOURCE_ENDPOINTSLICE ? &slices : &keepers[resource];
}

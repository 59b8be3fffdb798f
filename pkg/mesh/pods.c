#include "mesh/pods.h"

#include "mesh/pod_class.h"

#include <stdlib.h>

#include "base/banned.h"

/* What a pod is found by. */
struct pod_key {
    struct sw_str namespace_;
    struct sw_str name;
};

static bool pod_is(const struct sw_record *record, const void *key)
{
    const struct sw_pod_record *pod = (const struct sw_pod_record *)record;
    const struct pod_key *wanted = key;
    struct sw_str text = {pod->text, pod->len};

    return sw_str_eq(sw_str_slice(text, 0, pod->namespace_len), wanted->namespace_) &&
           sw_str_eq(sw_str_slice(text, pod->namespace_len, text.len), wanted->name);
}

static struct sw_pod_record *find_pod(const struct sw_pods *pods, struct sw_str namespace_,
                                      struct sw_str name)
{
    return (struct sw_pod_record *)sw_hash_find(&pods->pods, sw_hash_of(namespace_, name), pod_is,
                                                &(struct pod_key){namespace_, name});
}

static bool node_is(const struct sw_record *record, const void *key)
{
    return sw_str_eq(((const struct sw_node_record *)record)->name, *(const struct sw_str *)key);
}

static struct sw_node_record *find_node(const struct sw_pods *pods, struct sw_str name)
{
    return (struct sw_node_record *)sw_hash_find(
        &pods->nodes, sw_hash_of(name, (struct sw_str){NULL, 0}), node_is, &name);
}

static size_t bytes_of_node(const struct sw_node_record *node)
{
    return sizeof(*node) + node->name.len + node->locality.len;
}

static size_t bytes_of_pod(const struct sw_pod_record *pod)
{
    return sizeof(*pod) + pod->len;
}

/* Frees a node that is not there and that no pod names. */
static void settle_node(struct sw_pods *pods, struct sw_node_record *node)
{
    if (node->here || node->n_pods > 0)
        return;
    sw_hash_remove(&pods->nodes, &node->record);
    pods->n_bytes -= bytes_of_node(node);
    free((char *)node->locality.data);
    free(node);
}

/* The node of that name, made if there is none. */
static struct sw_node_record *make_node(struct sw_pods *pods, struct sw_str name,
                                        struct sw_err *reterr)
{
    struct sw_node_record *node = find_node(pods, name);

    if (node)
        return node;
    node = calloc(1, sizeof(*node) + name.len);
    if (!node) {
        sw_err_nomem(reterr);
        return NULL;
    }
    if (name.len)
        memcpy(node->text, name.data, name.len);
    node->name = (struct sw_str){node->text, name.len};
    if (sw_hash_insert(&pods->nodes, &node->record, sw_hash_of(name, (struct sw_str){NULL, 0}),
                       reterr) < 0) {
        free(node);
        return NULL;
    }
    pods->n_bytes += bytes_of_node(node);
    return node;
}

int sw_pods_put_node(struct sw_pods *pods, const struct sw_node *from, uint32_t picture,
                     struct sw_err *reterr)
{
    struct sw_node_record *node = make_node(pods, from->name, reterr);
    char *text;

    if (!node)
        return SW_ENOMEM;
    node->record.picture = picture;
    if (node->here && sw_str_eq(node->locality, from->locality))
        return 0;
    text = malloc(from->locality.len + 1);
    if (!text) {
        settle_node(pods, node);
        return sw_err_nomem(reterr);
    }
    if (from->locality.len)
        memcpy(text, from->locality.data, from->locality.len);
    if (node->n_pods > 0 && !sw_str_eq(node->locality, from->locality))
        pods->nodes_moved = true;
    pods->n_bytes += from->locality.len - node->locality.len;
    free((char *)node->locality.data);
    node->locality = (struct sw_str){text, from->locality.len};
    node->here = true;
    return 0;
}

void sw_pods_remove_node(struct sw_pods *pods, struct sw_str name)
{
    struct sw_node_record *node = find_node(pods, name);

    if (!node)
        return;
    node->here = false;
    settle_node(pods, node);
}

/* Frees a pod that is not there and that no endpoint names. */
static void settle_pod(struct sw_pods *pods, struct sw_pod_record *pod)
{
    if (pod->class || pod->endpoints)
        return;
    sw_hash_remove(&pods->pods, &pod->record);
    pods->n_bytes -= bytes_of_pod(pod);
    free(pod);
}

static struct sw_pod_record *make_pod(struct sw_pods *pods, struct sw_str namespace_,
                                      struct sw_str name, struct sw_err *reterr)
{
    struct sw_pod_record *pod = find_pod(pods, namespace_, name);

    if (pod)
        return pod;
    pod = calloc(1, sizeof(*pod) + namespace_.len + name.len);
    if (!pod) {
        sw_err_nomem(reterr);
        return NULL;
    }
    pod->namespace_len = (uint32_t)namespace_.len;
    pod->len = (uint32_t)(namespace_.len + name.len);
    if (namespace_.len)
        memcpy(pod->text, namespace_.data, namespace_.len);
    if (name.len)
        memcpy(pod->text + namespace_.len, name.data, name.len);
    if (sw_hash_insert(&pods->pods, &pod->record, sw_hash_of(namespace_, name), reterr) < 0) {
        free(pod);
        return NULL;
    }
    pods->n_bytes += bytes_of_pod(pod);
    return pod;
}

static void changed(struct sw_pods *pods, struct sw_pod_record *pod)
{
    if (pods->changed && pod->endpoints)
        pods->changed(pods->context, pod);
}

/* Takes a pod's node and class from it, and frees what nobody else has. */
static void clear_pod(struct sw_pods *pods, struct sw_pod_record *pod)
{
    if (pod->node) {
        pod->node->n_pods--;
        settle_node(pods, pod->node);
    }
    if (pod->class)
        sw_pod_class_drop(pods, pod->class);
    pod->node = NULL;
    pod->class = NULL;
}

static void forget(struct sw_pods *pods, struct sw_pod_record *pod)
{
    if (pod->class) {
        clear_pod(pods, pod);
        changed(pods, pod);
    }
    settle_pod(pods, pod);
}

void sw_pods_remove(struct sw_pods *pods, struct sw_str namespace_, struct sw_str name)
{
    struct sw_pod_record *pod = find_pod(pods, namespace_, name);

    if (pod)
        forget(pods, pod);
}

int sw_pods_put(struct sw_pods *pods, const struct sw_pod *from, uint32_t picture,
                struct sw_err *reterr)
{
    struct sw_node_record *node = NULL;
    const struct sw_pod_class *class;
    struct sw_pod_record *pod;

    if (from->finished) {
        sw_pods_remove(pods, from->meta.namespace_, from->meta.name);
        return 0;
    }
    class = sw_pod_class_take(pods, from, reterr);
    if (!class)
        return SW_ENOMEM;
    pod = make_pod(pods, from->meta.namespace_, from->meta.name, reterr);
    if (pod && from->node.len)
        node = make_node(pods, from->node, reterr);
    if (!pod || (from->node.len && !node)) {
        sw_pod_class_drop(pods, class);
        if (pod)
            settle_pod(pods, pod);
        return SW_ENOMEM;
    }
    pod->record.picture = picture;
    if (pod->class == class && pod->node == node) {
        sw_pod_class_drop(pods, class);
        return 0;
    }
    if (node)
        node->n_pods++;
    clear_pod(pods, pod);
    pod->class = class;
    pod->node = node;
    changed(pods, pod);
    return 0;
}

void sw_pods_touch(struct sw_pods *pods, struct sw_str namespace_, struct sw_str name,
                   uint32_t picture)
{
    struct sw_pod_record *pod = find_pod(pods, namespace_, name);

    if (pod)
        pod->record.picture = picture;
}

void sw_pods_touch_node(struct sw_pods *pods, struct sw_str name, uint32_t picture)
{
    struct sw_node_record *node = find_node(pods, name);

    if (node)
        node->record.picture = picture;
}

size_t sw_pods_sweep(struct sw_pods *pods, uint32_t picture)
{
    struct sw_record *record = sw_hash_next(&pods->pods, NULL);
    size_t n = 0;

    while (record) {
        struct sw_pod_record *pod = (struct sw_pod_record *)record;

        record = sw_hash_next(&pods->pods, record);
        if (pod->class && pod->record.picture != picture) {
            forget(pods, pod);
            n++;
        }
    }
    return n;
}

size_t sw_pods_sweep_nodes(struct sw_pods *pods, uint32_t picture)
{
    struct sw_record *record = sw_hash_next(&pods->nodes, NULL);
    size_t n = 0;

    while (record) {
        struct sw_node_record *node = (struct sw_node_record *)record;

        record = sw_hash_next(&pods->nodes, record);
        if (node->here && node->record.picture != picture) {
            node->here = false;
            settle_node(pods, node);
            n++;
        }
    }
    return n;
}

int sw_pods_attach(struct sw_pods *pods, struct sw_pod_endpoint *endpoint, struct sw_str namespace_,
                   struct sw_str name, struct sw_err *reterr)
{
    struct sw_pod_record *pod = make_pod(pods, namespace_, name, reterr);

    if (!pod)
        return SW_ENOMEM;
    endpoint->pod = pod;
    endpoint->next = pod->endpoints;
    pod->endpoints = endpoint;
    return 0;
}

void sw_pods_detach(struct sw_pods *pods, struct sw_pod_endpoint *endpoint)
{
    struct sw_pod_record *pod = endpoint->pod;
    struct sw_pod_endpoint **link;

    if (!pod)
        return;
    link = &pod->endpoints;
    while (*link != endpoint)
        link = &(*link)->next;
    *link = endpoint->next;
    endpoint->pod = NULL;
    settle_pod(pods, pod);
}

struct sw_str sw_pod_locality(const struct sw_pod_record *pod)
{
    if (pod->class && pod->class->locality.len)
        return pod->class->locality;
    return pod->node ? pod->node->locality : (struct sw_str){NULL, 0};
}

void sw_pods_release(struct sw_pods *pods)
{
    struct sw_record *record = sw_hash_next(&pods->pods, NULL);

    pods->changed = NULL;
    pods->class_changed = NULL;
    while (record) {
        struct sw_pod_record *pod = (struct sw_pod_record *)record;

        record = sw_hash_next(&pods->pods, record);
        forget(pods, pod);
    }
    sw_pods_sweep_nodes(pods, UINT32_MAX);
    sw_hash_release(&pods->pods);
    sw_hash_release(&pods->nodes);
    sw_hash_release(&pods->classes);
}

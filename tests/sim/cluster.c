#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "fields.h"
#include "model/meta.h"
#include "json/write.h"

#define MAX_TEXT_BYTES ((size_t)1 << 20)

void sim_cluster_init(struct sim_cluster *cluster, const char *name, struct sw_arena *arena)
{
    memset(cluster, 0, sizeof(*cluster));
    cluster->name = name;
    cluster->arena = arena;
}

void sim_cluster_release(struct sim_cluster *cluster)
{
    for (size_t i = 0; i < cluster->n_kept; i++)
        json_decref(cluster->kept[i].value);
    cluster->n_kept = 0;
}

const char *sim_text_at(const json_t *object, const char *path)
{
    char key[SIM_NAME_SIZE];
    const char *text, *dot;

    while ((dot = strchr(path, '.'))) {
        snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
        object = json_object_get(object, key);
        path = dot + 1;
    }
    text = json_string_value(json_object_get(object, path));
    return text ? text : "";
}

static struct sim_kept *find(const struct sim_cluster *cluster, enum sw_resource resource,
                             const char *namespace_, const char *name)
{
    for (size_t i = 0; i < cluster->n_kept; i++) {
        const struct sim_kept *kept = &cluster->kept[i];

        if (kept->resource == resource && strcmp(kept->name, name) == 0 &&
            strcmp(kept->namespace_, namespace_) == 0)
            return (struct sim_kept *)kept;
    }
    return NULL;
}

json_t *sim_cluster_get(const struct sim_cluster *cluster, enum sw_resource resource,
                        const char *namespace_, const char *name)
{
    const struct sim_kept *kept = find(cluster, resource, namespace_, name);

    return kept ? kept->value : NULL;
}

static struct sw_str text_of(struct sim_cluster *cluster, const json_t *object)
{
    struct sw_str text;
    struct sw_buf buf;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_json_write(object, &buf);
    text = sw_arena_copy(cluster->arena, sw_buf_str(&buf));
    if (sw_buf_status(&buf, NULL) < 0 || !text.data)
        abort();
    sw_buf_release(&buf);
    return text;
}

static void note(struct sim_cluster *cluster, enum sw_resource resource, const char *type,
                 struct sw_str text)
{
    struct sim_event *events = sw_arena_push(cluster->arena, cluster->events, cluster->version - 1,
                                             sizeof(*cluster->events));

    if (!events)
        abort();
    events[cluster->version - 1] = (struct sim_event){resource, type, text};
    cluster->events = events;
    cluster->last[resource] = cluster->version;
    if (cluster->version > cluster->oldest + SIM_KEPT_HISTORY)
        cluster->oldest = cluster->version - SIM_KEPT_HISTORY;
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        abort();
}

static void set_number(json_t *object, const char *key, const char *prefix, uint64_t number)
{
    char buf[64];

    snprintf(buf, sizeof(buf), "%s%ju", prefix, (uintmax_t)number);
    set(object, key, json_string(buf));
}

/* What only the server says. The time is that of the version, in seconds. */
static void stamp(struct sim_cluster *cluster, json_t *object, const json_t *live)
{
    json_t *metadata = json_object_get(object, "metadata");
    const json_t *before = json_object_get(live, "metadata");
    json_int_t generation = json_integer_value(json_object_get(before, "generation"));
    char created[32];

    set_number(metadata, "resourceVersion", "", cluster->version);
    if (live) {
        set(metadata, "uid", json_incref(json_object_get(before, "uid")));
        set(metadata, "creationTimestamp",
            json_incref(json_object_get(before, "creationTimestamp")));
    } else {
        unsigned int v = (unsigned int)cluster->version;

        snprintf(created, sizeof(created), "2026-01-%02uT%02u:%02u:%02uZ", 1 + v / 86400 % 28,
                 v / 3600 % 24, v / 60 % 60, v % 60);
        set_number(metadata, "uid", "uid-", ++cluster->next_uid);
        if (!json_object_get(metadata, "creationTimestamp"))
            set(metadata, "creationTimestamp", json_string(created));
    }
    if (!live || !json_equal(json_object_get(object, "spec"), json_object_get(live, "spec")))
        generation++;
    set(metadata, "generation", json_integer(generation));
}

static bool is_same(const json_t *a, const json_t *b)
{
    json_t *x = json_deep_copy(a), *y = json_deep_copy(b);
    static const char *const stamps[] = {"resourceVersion", "uid", "creationTimestamp",
                                         "generation"};
    bool same;

    for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
        json_object_del(json_object_get(x, "metadata"), stamps[i]);
        json_object_del(json_object_get(y, "metadata"), stamps[i]);
    }
    same = json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return same;
}

/* Takes `object` in, which has its managers. */
static void keep(struct sim_cluster *cluster, json_t *object)
{
    enum sw_resource resource = sw_resource_of(object);
    const char *namespace_ = sim_text_at(object, "metadata.namespace");
    const char *name = sim_text_at(object, "metadata.name");
    struct sim_kept *kept = find(cluster, resource, namespace_, name);
    json_t *before = kept ? kept->value : NULL;

    if (!object || resource == SW_N_RESOURCES || (!kept && cluster->n_kept == SIM_KEPT_MAX))
        abort();
    if (before && is_same(before, object)) {
        json_decref(object);
        return;
    }
    cluster->version++;
    stamp(cluster, object, before);
    if (!kept) {
        kept = &cluster->kept[cluster->n_kept++];
        kept->resource = resource;
        snprintf(kept->namespace_, sizeof(kept->namespace_), "%s", namespace_);
        snprintf(kept->name, sizeof(kept->name), "%s", name);
    }
    kept->value = object;
    kept->version = cluster->version;
    kept->text = text_of(cluster, object);
    note(cluster, resource, before ? "MODIFIED" : "ADDED", kept->text);
    if (cluster->changed)
        cluster->changed(cluster->context, cluster, resource, before, object);
    json_decref(before);
}

void sim_cluster_take(struct sim_cluster *cluster, json_t *object)
{
    keep(cluster, object);
}

void sim_cluster_put(struct sim_cluster *cluster, json_t *object, const char *manager)
{
    const json_t *live =
        sim_cluster_get(cluster, sw_resource_of(object), sim_text_at(object, "metadata.namespace"),
                        sim_text_at(object, "metadata.name"));

    keep(cluster, sim_fields_update(live, object, manager));
    json_decref(object);
}

void sim_cluster_apply(struct sim_cluster *cluster, json_t *object, const char *manager)
{
    const json_t *live =
        sim_cluster_get(cluster, sw_resource_of(object), sim_text_at(object, "metadata.namespace"),
                        sim_text_at(object, "metadata.name"));

    keep(cluster, sim_fields_apply(live, object, manager, true));
    json_decref(object);
}

static void drop(struct sim_cluster *cluster, struct sim_kept *kept)
{
    json_t *value = kept->value;
    enum sw_resource resource = kept->resource;

    cluster->version++;
    set_number(json_object_get(value, "metadata"), "resourceVersion", "", cluster->version);
    note(cluster, resource, "DELETED", text_of(cluster, value));
    *kept = cluster->kept[--cluster->n_kept];
    if (cluster->changed)
        cluster->changed(cluster->context, cluster, resource, value, NULL);
    json_decref(value);
}

bool sim_cluster_delete(struct sim_cluster *cluster, enum sw_resource resource,
                        const char *namespace_, const char *name)
{
    struct sim_kept *kept = find(cluster, resource, namespace_, name);

    if (!kept)
        return false;
    drop(cluster, kept);
    return true;
}

enum sw_resource sim_resource_of(enum sw_mesh_kind kind)
{
    static const enum sw_resource resources[] = {
        [SW_MESH_SERVICEACCOUNT] = SW_RESOURCE_SERVICEACCOUNT,
        [SW_MESH_DEPLOYMENT] = SW_RESOURCE_DEPLOYMENT,
        [SW_MESH_GATEWAY_SERVICE] = SW_RESOURCE_SERVICE,
        [SW_MESH_DESTINATIONRULE] = SW_RESOURCE_DESTINATIONRULE,
        [SW_MESH_GATEWAY] = SW_RESOURCE_GATEWAY,
        [SW_MESH_STUB] = SW_RESOURCE_SERVICE,
        [SW_MESH_WORKLOADENTRY] = SW_RESOURCE_WORKLOADENTRY,
    };

    return resources[kind];
}

#define COPY(to, from) snprintf((to), sizeof(to), "%.*s", SW_STR_ARG(from))

static char *copy_text(const json_t *value)
{
    struct sw_buf buf;
    char *text;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_json_write(value, &buf);
    sw_buf_append(&buf, "", 1);
    text = strdup(sw_buf_str(&buf).data);
    if (sw_buf_status(&buf, NULL) < 0 || !text)
        abort();
    sw_buf_release(&buf);
    return text;
}

void sim_write_of(const struct sw_op *op, struct sim_write *ret)
{
    json_t *body = sw_op_body(op);

    if (!body)
        abort();
    *ret = (struct sim_write){.verb = op->verb, .kind = op->kind};
    ret->body = json_is_null(body) ? NULL : copy_text(body);
    COPY(ret->namespace_, op->namespace_);
    COPY(ret->name, op->name);
    COPY(ret->remote, op->remote);
    snprintf(ret->for_, sizeof(ret->for_), "%.*s/%.*s", SW_STR_ARG(op->for_namespace),
             SW_STR_ARG(op->for_service));
    COPY(ret->uid, op->uid);
    COPY(ret->version, op->resource_version);
}

void sim_write_release(struct sim_write *write)
{
    free(write->body);
    write->body = NULL;
}

static json_t *body_of(const struct sim_write *write)
{
    json_t *body = json_loads(write->body, 0, NULL);

    if (!body)
        abort();
    return body;
}

/* As the real one does: what an apply names as the version counts where there is an object. */
static bool names_another(const json_t *live, const json_t *body)
{
    const char *version = sim_text_at(body, "metadata.resourceVersion");

    return live && version[0] &&
           strcmp(version, sim_text_at(live, "metadata.resourceVersion")) != 0;
}

static int apply(struct sim_cluster *cluster, const struct sim_write *write, const json_t *live)
{
    json_t *object, *body;

    if (write->uid[0] && strcmp(sim_text_at(live, "metadata.uid"), write->uid) != 0)
        return 409;
    if (!sim_cluster_get(cluster, SW_RESOURCE_NAMESPACE, "", write->namespace_))
        return 404;
    body = body_of(write);
    object = names_another(live, body)
                 ? NULL
                 : sim_fields_apply(live, body, SW_MANAGED_BY, write->verb == SW_OP_APPLY);
    json_decref(body);
    if (!object)
        return 409;
    keep(cluster, object);
    return live ? 200 : 201;
}

int sim_cluster_write(struct sim_cluster *cluster, const struct sim_write *write)
{
    struct sim_kept *kept =
        find(cluster, sim_resource_of(write->kind), write->namespace_, write->name);
    const json_t *live = kept ? kept->value : NULL;

    if (write->verb == SW_OP_CREATE || write->verb == SW_OP_APPLY)
        return apply(cluster, write, live);
    if (!live)
        return 404;
    if (strcmp(sim_text_at(live, "metadata.uid"), write->uid) != 0 ||
        strcmp(sim_text_at(live, "metadata.resourceVersion"), write->version) != 0)
        return 409;
    if (write->verb == SW_OP_RELEASE) {
        json_t *patch = body_of(write);

        keep(cluster, sim_fields_patch(live, patch, SW_MANAGED_BY));
        json_decref(patch);
    } else {
        drop(cluster, kept);
    }
    return 200;
}

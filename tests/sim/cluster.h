/*
 * A whole cluster's API server as reconcilers and users see it: objects of every resource, one
 * count of versions for all, a history that is forgotten, preconditions, field managers.
 *
 * Values given to it are taken; what it gives is borrowed until the object changes. Aborts without
 * memory.
 */
#ifndef SW_TESTS_SIM_CLUSTER_H
#define SW_TESTS_SIM_CLUSTER_H

#include "base/arena.h"
#include "mesh/op.h"
#include "mesh/state.h"
#include "random.h"

#define SIM_KEPT_MAX  1024
#define SIM_NAME_SIZE 256

/* So many of the last versions can be watched from; older ones are answered with 410. */
#define SIM_KEPT_HISTORY 400

struct sim_kept {
    enum sw_resource resource;
    char namespace_[64];
    char name[SIM_NAME_SIZE];
    json_t *value; /* owned */
    struct sw_str text;
    uint64_t version;
};

/* What made one version. */
struct sim_event {
    enum sw_resource resource;
    const char *type; /* "ADDED", "MODIFIED" or "DELETED" */
    struct sw_str text;
};

struct sim_cluster;

/* Told after each change; `before` or `after` is NULL where there was or is nothing. */
typedef void sim_changed_fn(void *context, struct sim_cluster *cluster, enum sw_resource resource,
                            const json_t *before, const json_t *after);

struct sim_cluster {
    const char *name;
    size_t index; /* its place among the clusters */
    struct sim_kept kept[SIM_KEPT_MAX];
    size_t n_kept;
    struct sim_event *events; /* events[v - 1] made version v; arena, as all texts */
    uint64_t version;
    uint64_t oldest;               /* that can be watched from */
    uint64_t last[SW_N_RESOURCES]; /* version of the last change of each */
    uint64_t next_uid;
    struct sw_arena *arena; /* borrowed */
    sim_changed_fn *changed;
    void *context;
};

void sim_cluster_init(struct sim_cluster *cluster, const char *name, struct sw_arena *arena);
void sim_cluster_release(struct sim_cluster *cluster);

/* The object of that name; NULL if there is none. "" for no namespace. */
json_t *sim_cluster_get(const struct sim_cluster *cluster, enum sw_resource resource,
                        const char *namespace_, const char *name);

/* Creates it, or puts it in the place of what there is, as a user would who calls himself
 * `manager`. Nothing changes where it is the same. */
void sim_cluster_put(struct sim_cluster *cluster, json_t *object, const char *manager);

/* The same with the managers that it has. */
void sim_cluster_take(struct sim_cluster *cluster, json_t *object);

/* Server-side apply by a user, forced. */
void sim_cluster_apply(struct sim_cluster *cluster, json_t *object, const char *manager);

/* True if there was one. */
bool sim_cluster_delete(struct sim_cluster *cluster, enum sw_resource resource,
                        const char *namespace_, const char *name);

/* A reconciler's write, to be done now or later. */
struct sim_write {
    enum sw_op_verb verb;
    enum sw_mesh_kind kind;
    char namespace_[64];
    char name[SIM_NAME_SIZE];
    char remote[16];
    char for_[SIM_NAME_SIZE]; /* NAMESPACE/NAME of its plan */
    char uid[32];
    char version[32];
    char *body; /* JSON, owned; NULL for a deletion */
};

/* The resource that objects of this kind are. */
enum sw_resource sim_resource_of(enum sw_mesh_kind kind);

/* What is sent for an operation: of no scope's memory. */
void sim_write_of(const struct sw_op *op, struct sim_write *ret);
void sim_write_release(struct sim_write *write);

/* Does it, preconditions and all: the HTTP status. Outside of any sw_json_scope. */
int sim_cluster_write(struct sim_cluster *cluster, const struct sim_write *write);

/* Text of a member "a.b.c" of an object; "" if there is no such string. */
const char *sim_text_at(const json_t *object, const char *path);

#endif

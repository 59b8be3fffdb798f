#include "mesh/slices.h"

#include <stdlib.h>

#include "base/banned.h"

struct sw_slice {
    struct sw_record record;
    struct sw_backing *backing; /* of the Service that it names */
    struct sw_slice *next;      /* of that backing */
    struct sw_str name;         /* behind the endpoints */
    size_t n;
    struct sw_pod_endpoint endpoints[];
};

/* What a slice or a backing is found by. */
struct key {
    struct sw_str namespace_;
    struct sw_str name;
};

static bool slice_is(const struct sw_record *record, const void *key)
{
    const struct sw_slice *slice = (const struct sw_slice *)record;
    const struct key *wanted = key;

    return sw_str_eq(slice->name, wanted->name) &&
           sw_str_eq(slice->backing->backends.namespace_, wanted->namespace_);
}

static struct sw_slice *find_slice(const struct sw_slices *slices, struct sw_str namespace_,
                                   struct sw_str name)
{
    return (struct sw_slice *)sw_hash_find(&slices->slices, sw_hash_of(namespace_, name), slice_is,
                                           &(struct key){namespace_, name});
}

static bool backing_is(const struct sw_record *record, const void *key)
{
    const struct sw_backing *backing = (const struct sw_backing *)record;
    const struct key *wanted = key;

    return sw_str_eq(backing->backends.service, wanted->name) &&
           sw_str_eq(backing->backends.namespace_, wanted->namespace_);
}

struct sw_backing *sw_slices_find(const struct sw_slices *slices, struct sw_str namespace_,
                                  struct sw_str service)
{
    return (struct sw_backing *)sw_hash_find(&slices->backings, sw_hash_of(namespace_, service),
                                             backing_is, &(struct key){namespace_, service});
}

static size_t bytes_of_backing(const struct sw_backing *backing)
{
    return sizeof(*backing) + backing->backends.namespace_.len + backing->backends.service.len;
}

static struct sw_backing *make_backing(struct sw_slices *slices, struct sw_str namespace_,
                                       struct sw_str service, struct sw_err *reterr)
{
    struct sw_backing *backing = sw_slices_find(slices, namespace_, service);

    if (backing)
        return backing;
    backing = calloc(1, sizeof(*backing) + namespace_.len + service.len);
    if (!backing) {
        sw_err_nomem(reterr);
        return NULL;
    }
    if (namespace_.len)
        memcpy(backing->text, namespace_.data, namespace_.len);
    if (service.len)
        memcpy(backing->text + namespace_.len, service.data, service.len);
    backing->backends.namespace_ = (struct sw_str){backing->text, namespace_.len};
    backing->backends.service = (struct sw_str){backing->text + namespace_.len, service.len};
    sw_arena_init(&backing->arena, SW_BACKING_CHUNK_BYTES, SW_BACKING_MAX_BYTES);
    if (sw_hash_insert(&slices->backings, &backing->record, sw_hash_of(namespace_, service),
                       reterr) < 0) {
        free(backing);
        return NULL;
    }
    slices->n_bytes += bytes_of_backing(backing);
    return backing;
}

struct sw_backing *sw_slices_keep(struct sw_slices *slices, struct sw_str namespace_,
                                  struct sw_str service, struct sw_err *reterr)
{
    struct sw_backing *backing = make_backing(slices, namespace_, service, reterr);

    if (backing)
        backing->kept = true;
    return backing;
}

bool sw_slices_settle(struct sw_slices *slices, struct sw_backing *backing)
{
    if (backing->stale || backing->kept || backing->published || backing->slices)
        return false;
    sw_hash_remove(&slices->backings, &backing->record);
    slices->n_bytes -= bytes_of_backing(backing) + backing->arena.held_bytes;
    sw_arena_release(&backing->arena);
    free(backing);
    return true;
}

void sw_slices_unkeep(struct sw_slices *slices, struct sw_backing *backing)
{
    backing->kept = false;
    sw_slices_settle(slices, backing);
}

void sw_slices_stale(struct sw_slices *slices, struct sw_backing *backing)
{
    if (backing->stale)
        return;
    backing->stale = true;
    backing->next_stale = slices->stale;
    slices->stale = backing;
}

struct sw_backing *sw_slices_next_stale(struct sw_slices *slices)
{
    struct sw_backing *backing = slices->stale;

    if (backing) {
        slices->stale = backing->next_stale;
        backing->stale = false;
    }
    return backing;
}

void sw_slices_pod_changed(struct sw_slices *slices, struct sw_pod_record *pod)
{
    for (const struct sw_pod_endpoint *e = pod->endpoints; e; e = e->next)
        sw_slices_stale(slices, e->slice->backing);
}

void sw_slices_nodes_moved(struct sw_slices *slices)
{
    for (struct sw_record *r = sw_hash_next(&slices->slices, NULL); r;
         r = sw_hash_next(&slices->slices, r)) {
        struct sw_slice *slice = (struct sw_slice *)r;

        if (slice->n > 0)
            sw_slices_stale(slices, slice->backing);
    }
}

static size_t bytes_of_slice(const struct sw_slice *slice)
{
    return sizeof(*slice) + slice->n * sizeof(slice->endpoints[0]) + slice->name.len;
}

/* Frees a slice that is in no list and no table any more. */
static void free_slice(struct sw_slices *slices, struct sw_slice *slice)
{
    for (size_t i = 0; i < slice->n; i++)
        sw_pods_detach(slices->pods, &slice->endpoints[i]);
    free(slice);
}

static void drop_slice(struct sw_slices *slices, struct sw_slice *slice)
{
    struct sw_backing *backing = slice->backing;
    struct sw_slice **link = &backing->slices;

    while (*link != slice)
        link = &(*link)->next;
    *link = slice->next;
    sw_hash_remove(&slices->slices, &slice->record);
    slices->n_bytes -= bytes_of_slice(slice);
    free_slice(slices, slice);
    sw_slices_stale(slices, backing);
}

void sw_slices_remove(struct sw_slices *slices, struct sw_str namespace_, struct sw_str name)
{
    struct sw_slice *slice = find_slice(slices, namespace_, name);

    if (slice)
        drop_slice(slices, slice);
}

/* A terminating pod is ready where its Service publishes not-ready addresses; istiod drops it. */
static bool counts(const struct sw_endpoint *endpoint)
{
    return endpoint->ready && !endpoint->terminating && endpoint->pod.len > 0;
}

/* One block: the slice, its endpoints, its name. */
static struct sw_slice *make_slice(struct sw_slices *slices, const struct sw_endpointslice *from,
                                   struct sw_err *reterr)
{
    struct sw_str name = from->meta.name;
    struct sw_slice *slice;
    size_t n = 0;

    for (size_t i = 0; i < from->n_endpoints; i++)
        n += counts(&from->endpoints[i]);
    slice = calloc(1, sizeof(*slice) + n * sizeof(slice->endpoints[0]) + name.len);
    if (!slice) {
        sw_err_nomem(reterr);
        return NULL;
    }
    slice->name = (struct sw_str){(char *)&slice->endpoints[n], name.len};
    if (name.len)
        memcpy(&slice->endpoints[n], name.data, name.len);
    for (size_t i = 0; i < from->n_endpoints; i++) {
        const struct sw_endpoint *e = &from->endpoints[i];
        struct sw_str namespace_ = e->pod_namespace.len ? e->pod_namespace : from->meta.namespace_;

        if (!counts(e))
            continue;
        slice->endpoints[slice->n].slice = slice;
        if (sw_pods_attach(slices->pods, &slice->endpoints[slice->n], namespace_, e->pod, reterr) <
            0) {
            free_slice(slices, slice);
            return NULL;
        }
        slice->n++;
    }
    return slice;
}

/* True if both name the same Service and the same pods in the same order. */
static bool is_same(const struct sw_slice *a, const struct sw_slice *b)
{
    if (a->backing != b->backing || a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->endpoints[i].pod != b->endpoints[i].pod)
            return false;
    }
    return true;
}

int sw_slices_put(struct sw_slices *slices, const struct sw_endpointslice *from, uint32_t picture,
                  struct sw_err *reterr)
{
    struct sw_slice *old = find_slice(slices, from->meta.namespace_, from->meta.name), *slice;
    struct sw_backing *backing;

    if (!from->service.len || from->type == SW_ADDRESS_OTHER) {
        if (old)
            drop_slice(slices, old);
        return 0;
    }
    backing = make_backing(slices, from->meta.namespace_, from->service, reterr);
    if (!backing)
        return SW_ENOMEM;
    slice = make_slice(slices, from, reterr);
    if (!slice) {
        sw_slices_settle(slices, backing);
        return SW_ENOMEM;
    }
    slice->backing = backing;
    if (old && is_same(old, slice)) {
        old->record.picture = picture;
        free_slice(slices, slice);
        return 0;
    }
    if (sw_hash_insert(&slices->slices, &slice->record,
                       sw_hash_of(from->meta.namespace_, from->meta.name), reterr) < 0) {
        free_slice(slices, slice);
        sw_slices_settle(slices, backing);
        return SW_ENOMEM;
    }
    slice->record.picture = picture;
    slice->next = backing->slices;
    backing->slices = slice;
    slices->n_bytes += bytes_of_slice(slice);
    sw_slices_stale(slices, backing);
    if (old)
        drop_slice(slices, old);
    return 0;
}

void sw_slices_touch(struct sw_slices *slices, struct sw_str namespace_, struct sw_str name,
                     uint32_t picture)
{
    struct sw_slice *slice = find_slice(slices, namespace_, name);

    if (slice)
        slice->record.picture = picture;
}

size_t sw_slices_sweep(struct sw_slices *slices, uint32_t picture)
{
    struct sw_record *record = sw_hash_next(&slices->slices, NULL);
    size_t n = 0;

    while (record) {
        struct sw_slice *slice = (struct sw_slice *)record;

        record = sw_hash_next(&slices->slices, record);
        if (slice->record.picture != picture) {
            drop_slice(slices, slice);
            n++;
        }
    }
    return n;
}

/* A pod of a dual-stack Service is in two slices; it counts where its list names the Service
 * first. */
static bool is_first(const struct sw_pod_endpoint *endpoint)
{
    const struct sw_pod_endpoint *e = endpoint->pod->endpoints;

    while (e->slice->backing != endpoint->slice->backing)
        e = e->next;
    return e == endpoint;
}

int sw_slices_pods(const struct sw_backing *backing, struct sw_arena *arena,
                   struct sw_group_pod **ret, size_t *ret_n, bool *ret_waiting,
                   struct sw_err *reterr)
{
    struct sw_group_pod *pods;
    size_t n = 0;

    for (const struct sw_slice *slice = backing->slices; slice; slice = slice->next)
        n += slice->n;
    pods = sw_arena_alloc(arena, n * sizeof(*pods));
    if (!pods)
        return sw_err_nomem(reterr);
    n = 0;
    *ret_waiting = false;
    for (const struct sw_slice *slice = backing->slices; slice; slice = slice->next) {
        for (size_t i = 0; i < slice->n; i++) {
            const struct sw_pod_endpoint *e = &slice->endpoints[i];

            if (!e->pod->class)
                *ret_waiting = true;
            else if (is_first(e))
                pods[n++] = (struct sw_group_pod){e->pod->class, sw_pod_locality(e->pod)};
        }
    }
    *ret = pods;
    *ret_n = n;
    return 0;
}

/* Before the pods, which the endpoints name. */
void sw_slices_release(struct sw_slices *slices)
{
    sw_slices_sweep(slices, UINT32_MAX);
    for (struct sw_record *record = sw_hash_next(&slices->backings, NULL); record;) {
        struct sw_backing *backing = (struct sw_backing *)record;

        record = sw_hash_next(&slices->backings, record);
        *backing = (struct sw_backing){
            .record = backing->record, .backends = backing->backends, .arena = backing->arena};
        sw_slices_settle(slices, backing);
    }
    slices->stale = NULL;
    sw_hash_release(&slices->slices);
    sw_hash_release(&slices->backings);
}

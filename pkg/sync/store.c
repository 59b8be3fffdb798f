#include "sync/store.h"

#include "json/read.h"
#include "sync/object_name.h"

#include <stdlib.h>

#include "base/banned.h"

/* What a typed object takes, far over the largest that an API server stores; and the chunk in which
 * that is found out. */
#define OBJECT_MAX_BYTES    ((size_t)16 << 20)
#define MEASURE_CHUNK_BYTES 4096
#define NAME_CHUNK_BYTES    256

/* The JSON of one object while it is read: jansson makes a few times its text. */
#define READ_CHUNK_BYTES ((size_t)32 << 10)
#define READ_MAX_BYTES   ((size_t)64 << 20)

#define FIRST_BUCKETS 64

struct entry {
    struct entry *next;      /* in its bucket */
    struct sw_object object; /* in `arena`; without item: one that could never be read */
    struct sw_arena arena;
    uint64_t picture;        /* the last one that it was in */
    unsigned int holders;    /* the store, while it is in it, and every lease */
    bool unreadable;         /* its newest version */
};

struct sw_store {
    enum sw_kind kind;
    struct entry **buckets; /* owned; a power of two of them */
    size_t n_buckets, n_entries;
    size_t n_bytes;         /* of all entries */
    uint64_t picture;       /* counts the full pictures begun */
    struct sw_arena reading, measuring; /* of the object in hand */
    struct sw_store_stats stats;
};

struct sw_store_lease {
    size_t n;
    struct entry *entries[];
};

static void drop(struct entry *entry)
{
    if (--entry->holders > 0)
        return;
    sw_arena_release(&entry->arena);
    free(entry);
}

int sw_store_new(enum sw_kind kind, struct sw_store **ret, struct sw_err *reterr)
{
    struct sw_store *store = calloc(1, sizeof(*store));

    if (!store)
        return sw_err_nomem(reterr);
    store->kind = kind;
    store->n_buckets = FIRST_BUCKETS;
    store->buckets = calloc(store->n_buckets, sizeof(struct entry *));
    if (!store->buckets) {
        free(store);
        return sw_err_nomem(reterr);
    }
    sw_arena_init(&store->reading, READ_CHUNK_BYTES, READ_MAX_BYTES);
    sw_arena_init(&store->measuring, MEASURE_CHUNK_BYTES, OBJECT_MAX_BYTES);
    *ret = store;
    return 0;
}

void sw_store_free(struct sw_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->n_buckets; i++) {
        while (store->buckets[i]) {
            struct entry *entry = store->buckets[i];

            store->buckets[i] = entry->next;
            drop(entry);
        }
    }
    sw_arena_release(&store->reading);
    sw_arena_release(&store->measuring);
    free(store->buckets);
    free(store);
}

const struct sw_store_stats *sw_store_stats(const struct sw_store *store)
{
    return &store->stats;
}

/* FNV-1a over namespace and name; names are an API server's, checked and bounded by it. */
static uint64_t hash(const struct sw_meta *meta)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < meta->namespace_.len; i++)
        h = (h ^ (unsigned char)meta->namespace_.data[i]) * UINT64_C(1099511628211);
    h = (h ^ '/') * UINT64_C(1099511628211);
    for (size_t i = 0; i < meta->name.len; i++)
        h = (h ^ (unsigned char)meta->name.data[i]) * UINT64_C(1099511628211);
    return h;
}

/* The link that leads to the object of that name, or the end of its bucket. */
static struct entry **find(struct sw_store *store, const struct sw_object *object)
{
    struct entry **link = &store->buckets[hash(object->meta) & (store->n_buckets - 1)];

    while (*link && sw_object_cmp(&(*link)->object, object) != 0)
        link = &(*link)->next;
    return link;
}

/* Twice the buckets, once there are as many objects; on failure lookups only stay slower. */
static void grow(struct sw_store *store)
{
    size_t n_old = store->n_buckets;
    struct entry **old = store->buckets, **larger;

    if (store->n_entries < n_old)
        return;
    larger = calloc(n_old * 2, sizeof(struct entry *));
    if (!larger)
        return;
    store->buckets = larger;
    store->n_buckets = n_old * 2;
    for (size_t i = 0; i < n_old; i++) {
        while (old[i]) {
            struct entry *entry = old[i], **link;

            old[i] = entry->next;
            link = &larger[hash(entry->object.meta) & (store->n_buckets - 1)];
            entry->next = *link;
            *link = entry;
        }
    }
    free(old);
}

static size_t size_of(const struct entry *entry)
{
    return sizeof(*entry) + entry->arena.held_bytes;
}

/* Takes the entry behind `link` out of the table. */
static void unlink_entry(struct sw_store *store, struct entry **link)
{
    struct entry *entry = *link;

    *link = entry->next;
    store->n_entries--;
    store->n_bytes -= size_of(entry);
    store->stats.n_unreadable -= entry->unreadable;
    store->stats.n_objects -= entry->object.item != NULL;
    store->stats.n_changes += entry->object.item != NULL;
    drop(entry);
}

static void begin(void *context)
{
    struct sw_store *store = context;

    store->picture++;
}

/* What the picture did not show is gone. So is the memory for reading: it may be long until there is
 * something to read again. */
static void end(void *context)
{
    struct sw_store *store = context;

    sw_arena_release(&store->reading);
    sw_arena_release(&store->measuring);
    for (size_t i = 0; i < store->n_buckets; i++) {
        struct entry **link = &store->buckets[i];

        while (*link) {
            if ((*link)->picture == store->picture)
                link = &(*link)->next;
            else
                unlink_entry(store, link);
        }
    }
}

/* Only its name and namespace, borrowed from the text: enough to find what it was. Works for an
 * object that cannot be read otherwise. */
static int read_name(const struct sw_store *store, struct sw_str text, struct sw_meta *ret,
                     struct sw_err *reterr)
{
    int r = sw_object_name_read(text, &ret->namespace_, &ret->name, reterr);

    if (r == 0 && ret->namespace_.len == 0 && store->kind != SW_KIND_NAMESPACE)
        ret->namespace_ = SW_STR("default"); /* as sw_object_read_as() has it */
    return r;
}

/* Puts an entry in the place of the one of its name. */
static int insert(struct sw_store *store, struct entry *entry, struct sw_err *reterr)
{
    struct entry **link = find(store, &entry->object);
    size_t n_others_bytes = store->n_bytes - (*link ? size_of(*link) : 0);

    if (!*link && store->n_entries >= SW_STORE_MAX_OBJECTS)
        return sw_err_set(reterr, SW_ELIMIT, "more than %d objects of kind %s",
                          SW_STORE_MAX_OBJECTS, sw_kind_name(store->kind));
    if (size_of(entry) > SW_STORE_MAX_BYTES - n_others_bytes)
        return sw_err_set(reterr, SW_ELIMIT, "objects of kind %s of more than %zu MiB in all",
                          sw_kind_name(store->kind), SW_STORE_MAX_BYTES >> 20);
    if (*link)
        unlink_entry(store, link);
    entry->next = *link;
    *link = entry;
    store->n_entries++;
    store->n_bytes += size_of(entry);
    store->stats.n_objects += entry->object.item != NULL;
    store->stats.n_changes += entry->object.item != NULL;
    grow(store);
    return 0;
}

static struct entry *new_entry(const struct sw_store *store, size_t chunk_bytes)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->holders = 1;
    entry->picture = store->picture;
    sw_arena_init(&entry->arena, chunk_bytes, OBJECT_MAX_BYTES);
    return entry;
}

/* An entry that has nothing but its name: there is such an object. */
static int insert_name(struct sw_store *store, const struct sw_meta *name, struct entry **ret,
                       struct sw_err *reterr)
{
    struct entry *entry = new_entry(store, NAME_CHUNK_BYTES);
    struct sw_meta *meta;
    int r = SW_ENOMEM;

    if (!entry)
        return sw_err_nomem(reterr);
    meta = sw_arena_zalloc(&entry->arena, sizeof(*meta));
    if (meta) {
        meta->name = sw_arena_copy(&entry->arena, name->name);
        meta->namespace_ = sw_arena_copy(&entry->arena, name->namespace_);
        entry->object = (struct sw_object){store->kind, meta, NULL};
        if (meta->name.data && meta->namespace_.data)
            r = insert(store, entry, NULL);
    }
    if (r < 0) {
        drop(entry);
        return r == SW_ENOMEM ? sw_err_nomem(reterr) : r;
    }
    *ret = entry;
    return 0;
}

/* An object that cannot be read is noted; what was known under its name stays. */
static int pass_over(struct sw_store *store, struct sw_str text, const struct sw_err *why,
                     struct sw_err *reterr)
{
    struct sw_meta meta = {0};
    struct entry *entry = NULL;
    int r = read_name(store, text, &meta, NULL);

    if (r == 0) {
        entry = *find(store, &(struct sw_object){store->kind, &meta, NULL});
        if (!entry && insert_name(store, &meta, &entry, reterr) == SW_ENOMEM)
            return SW_ENOMEM;
    }
    if (entry) {
        entry->picture = store->picture;
        store->stats.n_unreadable += !entry->unreadable;
        entry->unreadable = true;
    }
    store->stats.unreadable = *why;
    sw_err_wrap(&store->stats.unreadable, "%s %.*s%s%.*s", sw_kind_name(store->kind),
                SW_STR_ARG(meta.namespace_), meta.namespace_.len ? "/" : "",
                SW_STR_ARG(meta.name));
    return 0;
}

/* Twice: the first time to see how much memory it takes, for there are many and they stay. */
static int read_typed(struct sw_store *store, const json_t *value, struct entry **ret,
                      struct sw_err *reterr)
{
    struct sw_object measured;
    struct entry *entry;
    int r = sw_object_read_as(store->kind, value, &store->measuring, &measured, reterr);

    if (r < 0)
        return r;
    entry = new_entry(store, sw_arena_used(&store->measuring));
    if (!entry)
        return sw_err_nomem(reterr);
    r = sw_object_read_as(store->kind, value, &entry->arena, &entry->object, reterr);
    if (r < 0) {
        drop(entry);
        return r;
    }
    *ret = entry;
    return 0;
}

/* Reads the JSON of an object. Whatever is wrong with the object is SW_ETYPE: SW_ENOMEM is left for
 * what is not the object's fault. */
static int read_object(struct sw_store *store, struct sw_str text, struct entry **ret,
                       struct sw_err *reterr)
{
    SW_JSON_SCOPE(&store->reading);
    json_t *value;
    int r;

    sw_arena_clear(&store->reading);
    sw_arena_clear(&store->measuring);
    r = sw_json_read(text, &value, reterr);
    if (r == 0)
        r = read_typed(store, value, ret, reterr);
    if (r >= 0)
        return 0;
    /* One that takes half of what any may take, and then more than there is, is to blame itself. */
    if (r == SW_ENOMEM && store->reading.held_bytes < READ_MAX_BYTES / 2 &&
        store->measuring.held_bytes < OBJECT_MAX_BYTES / 2)
        return r;
    return SW_ETYPE;
}

static int put(void *context, struct sw_str text, struct sw_err *reterr)
{
    struct sw_store *store = context;
    struct entry *entry = NULL;
    struct sw_err err = {0};
    int r = read_object(store, text, &entry, &err);

    if (r == SW_ETYPE)
        return pass_over(store, text, &err, reterr);
    if (r == 0)
        r = insert(store, entry, &err);
    if (r == 0)
        return 0;
    if (entry)
        drop(entry);
    return sw_err_set(reterr, r, "%s", err.message);
}

static int remove_object(void *context, struct sw_str text, struct sw_err *reterr)
{
    struct sw_store *store = context;
    struct sw_meta meta = {0};
    struct entry **link;
    int r = read_name(store, text, &meta, reterr);

    if (r < 0)
        return r;
    link = find(store, &(struct sw_object){store->kind, &meta, NULL});
    if (*link)
        unlink_entry(store, link);
    return 0;
}

struct sw_reflector_sink sw_store_sink(struct sw_store *store)
{
    return (struct sw_reflector_sink){
        .context = store,
        .begin = begin,
        .end = end,
        .put = put,
        .remove = remove_object,
    };
}

int sw_store_lease(struct sw_store *store, struct sw_view_builder *builder,
                   struct sw_store_lease **ret, struct sw_err *reterr)
{
    size_t size = sizeof(struct sw_store_lease) + store->stats.n_objects * sizeof(struct entry *);
    struct sw_store_lease *lease = calloc(1, size);
    int r = lease ? 0 : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < store->n_buckets; i++) {
        for (struct entry *entry = store->buckets[i]; r == 0 && entry; entry = entry->next) {
            if (!entry->object.item)
                continue;
            r = sw_view_builder_put(builder, &entry->object, reterr);
            entry->holders++;
            lease->entries[lease->n++] = entry;
        }
    }
    if (r < 0) {
        sw_store_lease_free(lease);
        return r;
    }
    *ret = lease;
    return 0;
}

void sw_store_lease_free(struct sw_store_lease *lease)
{
    if (!lease)
        return;
    for (size_t i = 0; i < lease->n; i++)
        drop(lease->entries[i]);
    free(lease);
}

#include "sync/store.h"

#include "sync/entries.h"
#include "sync/object_name.h"
#include "json/read.h"

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

struct sw_store {
    enum sw_kind kind;
    struct sw_entries entries;
    uint64_t picture;                   /* counts the full pictures begun */
    struct sw_arena reading, measuring; /* of the object in hand */
    struct sw_store_stats stats;
};

struct sw_store_lease {
    size_t n;
    struct sw_entry *entries[];
};

int sw_store_new(enum sw_kind kind, struct sw_store **ret, struct sw_err *reterr)
{
    struct sw_store *store = calloc(1, sizeof(*store));

    if (!store)
        return sw_err_nomem(reterr);
    store->kind = kind;
    if (sw_entries_init(&store->entries, NULL) < 0) {
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
    sw_entries_release(&store->entries);
    sw_arena_release(&store->reading);
    sw_arena_release(&store->measuring);
    free(store);
}

const struct sw_store_stats *sw_store_stats(const struct sw_store *store)
{
    return &store->stats;
}

/* Takes the entry behind `link` out of the table. */
static void unlink_entry(struct sw_store *store, struct sw_entry **link)
{
    const struct sw_entry *entry = *link;

    store->stats.n_unreadable -= entry->unreadable;
    store->stats.n_objects -= entry->object.item != NULL;
    store->stats.n_changes += entry->object.item != NULL;
    sw_entries_remove(&store->entries, link);
}

static void begin(void *context)
{
    struct sw_store *store = context;

    store->picture++;
}

/* What the picture did not show is gone. So is the memory for reading: it may be long until there
 * is something to read again. */
static void end(void *context)
{
    struct sw_store *store = context;

    sw_arena_release(&store->reading);
    sw_arena_release(&store->measuring);
    for (size_t i = 0; i < store->entries.n_buckets; i++) {
        struct sw_entry **link = &store->entries.buckets[i];

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
static int insert(struct sw_store *store, struct sw_entry *entry, struct sw_err *reterr)
{
    struct sw_entry **link = sw_entries_find(&store->entries, &entry->object);
    size_t n_others_bytes = store->entries.n_bytes - (*link ? sw_entry_bytes(*link) : 0);

    if (!*link && store->entries.n >= SW_STORE_MAX_OBJECTS)
        return sw_err_set(reterr, SW_ELIMIT, "more than %d objects of kind %s",
                          SW_STORE_MAX_OBJECTS, sw_kind_name(store->kind));
    if (sw_entry_bytes(entry) > SW_STORE_MAX_BYTES - n_others_bytes)
        return sw_err_set(reterr, SW_ELIMIT, "objects of kind %s of more than %zu MiB in all",
                          sw_kind_name(store->kind), SW_STORE_MAX_BYTES >> 20);
    if (*link)
        unlink_entry(store, link);
    sw_entries_add(&store->entries, link, entry);
    store->stats.n_objects += entry->object.item != NULL;
    store->stats.n_changes += entry->object.item != NULL;
    return 0;
}

static struct sw_entry *new_entry(const struct sw_store *store, size_t chunk_bytes)
{
    struct sw_entry *entry = sw_entry_new(chunk_bytes, OBJECT_MAX_BYTES);

    if (entry)
        entry->picture = store->picture;
    return entry;
}

/* An entry that has nothing but its name: there is such an object. */
static int insert_name(struct sw_store *store, const struct sw_meta *name, struct sw_entry **ret,
                       struct sw_err *reterr)
{
    struct sw_entry *entry = new_entry(store, NAME_CHUNK_BYTES);
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
        sw_entry_drop(entry);
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
    struct sw_entry *entry = NULL;
    int r = read_name(store, text, &meta, NULL);

    if (r == 0) {
        entry = *sw_entries_find(&store->entries, &(struct sw_object){store->kind, &meta, NULL});
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
                SW_STR_ARG(meta.namespace_), meta.namespace_.len ? "/" : "", SW_STR_ARG(meta.name));
    return 0;
}

/* Twice: the first time to see how much memory it takes, for there are many and they stay. */
static int read_typed(struct sw_store *store, const json_t *value, struct sw_entry **ret,
                      struct sw_err *reterr)
{
    struct sw_object measured;
    struct sw_entry *entry;
    int r = sw_object_read_as(store->kind, value, &store->measuring, &measured, reterr);

    if (r < 0)
        return r;
    entry = new_entry(store, sw_arena_used(&store->measuring));
    if (!entry)
        return sw_err_nomem(reterr);
    r = sw_object_read_as(store->kind, value, &entry->arena, &entry->object, reterr);
    if (r < 0) {
        sw_entry_drop(entry);
        return r;
    }
    *ret = entry;
    return 0;
}

/* Reads the JSON of an object. Whatever is wrong with the object is SW_ETYPE: SW_ENOMEM is left for
 * what is not the object's fault. */
static int read_object(struct sw_store *store, struct sw_str text, struct sw_entry **ret,
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
    struct sw_entry *entry = NULL;
    struct sw_err err = {0};
    int r = read_object(store, text, &entry, &err);

    if (r == SW_ETYPE)
        return pass_over(store, text, &err, reterr);
    if (r == 0)
        r = insert(store, entry, &err);
    if (r == 0)
        return 0;
    if (entry)
        sw_entry_drop(entry);
    return sw_err_set(reterr, r, "%s", err.message);
}

static int remove_object(void *context, struct sw_str text, struct sw_err *reterr)
{
    struct sw_store *store = context;
    struct sw_meta meta = {0};
    struct sw_entry **link;
    int r = read_name(store, text, &meta, reterr);

    if (r < 0)
        return r;
    link = sw_entries_find(&store->entries, &(struct sw_object){store->kind, &meta, NULL});
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
    size_t bytes = store->stats.n_objects * sizeof(struct sw_entry *);
    struct sw_store_lease *lease = calloc(1, sizeof(*lease) + bytes);
    int r = lease ? 0 : sw_err_nomem(reterr);

    for (size_t i = 0; r == 0 && i < store->entries.n_buckets; i++) {
        struct sw_entry *entry = store->entries.buckets[i];

        for (; r == 0 && entry; entry = entry->next) {
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
        sw_entry_drop(lease->entries[i]);
    free(lease);
}

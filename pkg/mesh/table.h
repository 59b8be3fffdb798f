/*
 * The objects of one resource of one cluster, typed, each in an arena of its own.
 *
 * For what there is by the thousand; pods and endpoints, of which there are more, have their own
 * (mesh/pods, mesh/slices). Who uses what is in a table is told when it comes and before it goes.
 */
#ifndef SW_MESH_TABLE_H
#define SW_MESH_TABLE_H

#include "mesh/hash.h"
#include "model/meta.h"

/* Most objects of one table. */
#define SW_TABLE_MAX_OBJECTS 1000000

/* Kinds of item, each a struct that begins with its struct sw_meta. */
struct sw_table_kind {
    size_t item_size;
    size_t arena_bytes; /* what a usual one takes beside it */
    /* Reads a whole object into a zeroed item; strings go into `arena`. 1, or 0 for one that nobody
     * wants. Fails with SW_ETYPE, SW_ENOMEM. */
    int (*read)(const json_t *object, struct sw_arena *arena, void *item, struct sw_err *reterr);
    /* An item is to take the place of another, which is about to leave. NULL for nothing to do. */
    void (*carry)(const void *old, void *item);
    /* An item came: it stays where it is until it leaves. Fails with SW_ENOMEM, and must then not
     * mind that the item leaves at once. */
    int (*arrive)(void *context, void *item, struct sw_err *reterr);
    void (*leave)(void *context, void *item);
    /* True if one says what the other says: then the old one stays, and only its version is the new
     * one's. NULL: every new version counts. */
    bool (*same)(const void *old, const void *item);
};

/* A zeroed one with its first two members set is empty. */
struct sw_table {
    const struct sw_table_kind *kind; /* borrowed */
    void *context;                    /* borrowed */
    struct sw_hash entries;
    size_t n_bytes; /* private */
};

/* Lets everything leave. */
void sw_table_release(struct sw_table *table);

/* An object came or changed: the one of its name leaves first. One whose resourceVersion is there
 * already, or that says the same, is only touched. Fails with SW_ETYPE, and that one stays; with
 * SW_ENOMEM and SW_ELIMIT (too many), when it may be gone. */
int sw_table_put(struct sw_table *table, const json_t *object, uint32_t picture,
                 struct sw_err *reterr);

/* An object is gone, or is in this picture too. */
void sw_table_remove(struct sw_table *table, struct sw_str namespace_, struct sw_str name);
void sw_table_touch(struct sw_table *table, struct sw_str namespace_, struct sw_str name,
                    uint32_t picture);

/* Removes what was not in this picture. Returns how many there were. */
size_t sw_table_sweep(struct sw_table *table, uint32_t picture);

/* About how many bytes its objects take. */
size_t sw_table_bytes(const struct sw_table *table);

/* The item of that name; NULL if there is none. */
void *sw_table_find(const struct sw_table *table, struct sw_str namespace_, struct sw_str name);

/* The item behind `item` in no order, the first for NULL; NULL at the end. */
void *sw_table_next(const struct sw_table *table, const void *item);

#endif

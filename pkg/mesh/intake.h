/*
 * From a reflector to whoever keeps the objects of one resource: text becomes a JSON value, a
 * picture that ends removes what it did not show, and what cannot be read is noted and passed over.
 */
#ifndef SW_MESH_INTAKE_H
#define SW_MESH_INTAKE_H

#include "base/arena.h"
#include "sync/reflector.h"

#include <jansson.h>

/* Who keeps the objects. Names are those of an API server; a cluster-scoped object has no
 * namespace. */
struct sw_keeper {
    const char *noun; /* "Pod", for messages; static */
    bool namespaced;  /* an object without a namespace is in "default", as in a file */
    /* An object came, or came again. SW_ETYPE: it cannot be read, and what was known under its name
     * stays; any other failure is ours. `namespace_` and `name` are set, and borrowed. */
    int (*put)(void *context, const json_t *object, uint32_t picture, struct sw_err *reterr);
    void (*remove)(void *context, struct sw_str namespace_, struct sw_str name);
    /* The object of that name, if there is one, is in this picture. */
    void (*touch)(void *context, struct sw_str namespace_, struct sw_str name, uint32_t picture);
    /* Removes what is not in this picture. Returns how many there were. */
    size_t (*sweep)(void *context, uint32_t picture);
};

/* What can be asked about an intake at any time. */
struct sw_intake_stats {
    bool synced;              /* it held a whole picture once */
    uint64_t n_changes;       /* puts and removals, ever */
    size_t n_unreadable;      /* of the last picture, or since */
    struct sw_err unreadable; /* the last of them: which, and why; unset for none */
    uint64_t unconfirmed_ms;  /* when a picture first missed objects that no later whole picture has
                                 confirmed missing; 0 for none */
};

/* The caller's storage; private but for stats. */
struct sw_intake {
    const struct sw_keeper *keeper; /* borrowed, as are the next three */
    void *context;
    struct sw_arena *reading; /* for the JSON of one object at a time; shared with others */
    const uint64_t *now_ms;   /* the user's clock */
    uint32_t picture;
    struct sw_intake_stats stats;
};

/* The sink that feeds it; valid as long as the intake. */
struct sw_reflector_sink sw_intake_sink(struct sw_intake *intake);

/* Takes in an object that is a value already, as from a file. As the sink's put, but what cannot be
 * read is SW_ETYPE, beside being noted. */
int sw_intake_put(struct sw_intake *intake, const json_t *object, struct sw_err *reterr);

#endif

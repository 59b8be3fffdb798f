/*
 * What is remembered of each object that Events are about: what was told, how many Events it has
 * left, and which of them are one.
 *
 * Pure but for its memory; for one thread.
 */
#ifndef SW_RECONCILER_EVENT_SUBJECT_H
#define SW_RECONCILER_EVENT_SUBJECT_H

#include "mesh/hash.h"
#include "reconciler/event_facts.h"

/* So many Events at once, and then one each so often: client-go's EventCorrelator has the same. */
#define SW_EVENT_BURST     25
#define SW_EVENT_REFILL_MS 300000

/* The same reason again within this is the same Event. API servers keep one for an hour, unless
 * --event-ttl says otherwise. */
#define SW_EVENT_SERIES_MS 3600000

/* Names that API servers take, and a NUL. */
#define SW_EVENT_NAMESPACE_SIZE 64
#define SW_EVENT_NAME_SIZE      254

/* Events of one reason that are one. */
struct sw_event_series {
    struct sw_event_series *next; /* private */
    const char *reason;           /* static */
    uint64_t id;
    uint32_t count;
    int64_t first_ms, last_ms;
};

struct sw_event_subject {
    struct sw_record record;       /* `picture` is the user's */
    struct sw_event_object object; /* its strings are owned */
    uint64_t version;              /* the user's, as noticed_ms and waiting_ms are */
    int64_t noticed_ms;
    int64_t waiting_ms;
    bool queued;                    /* the user's, too */
    struct sw_event_subject *next;  /* and this */
    struct sw_event_facts told;     /* owned: sw_event_subject_set_told() */
    int64_t full_ms;                /* when it has all of its Events again; 0: it has */
    struct sw_event_series *series; /* private */
    char names[];                   /* private */
};

/* The object's, made where there is none; borrowed until sw_event_subject_remove(). NULL without
 * memory, and for a name that no API server would take. */
struct sw_event_subject *sw_event_subject_get(struct sw_hash *subjects,
                                              const struct sw_event_object *object);

/* Forgets one that was of this table. */
void sw_event_subject_remove(struct sw_hash *subjects, struct sw_event_subject *subject);

/* Forgets all of them, and gives the memory back. */
void sw_event_subject_remove_all(struct sw_hash *subjects);

/* Copies the facts, in place of those that were told. Fails with SW_ENOMEM; they then stay. */
int sw_event_subject_set_told(struct sw_event_subject *subject, const struct sw_event_facts *facts,
                              struct sw_err *reterr);

/* When it may have an Event (monotonic); not after now where it may have one now. */
int64_t sw_event_subject_allowed_ms(const struct sw_event_subject *subject);

/* It had one at now_ms. */
void sw_event_subject_spend(struct sw_event_subject *subject, int64_t now_ms);

/* The series of a reason (static), made where there is none; borrowed from the subject. NULL
 * without memory. */
struct sw_event_series *sw_event_subject_series(struct sw_event_subject *subject,
                                                const char *reason);

/* Counts one more Event, which came about at noticed_ms: it goes on with the series, or begins it
 * anew with the id *next_id, which is counted up then. */
void sw_event_series_count(struct sw_event_series *series, int64_t noticed_ms, uint64_t *next_id);

#endif

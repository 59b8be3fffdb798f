/*
 * Leader election by a Lease, as a state machine: what was read and the time go in, what to ask
 * next and for how long we lead come out.
 *
 * Source: client-go tools/leaderelection, whose Leases these are. Two clocks are never compared: a
 * Lease counts as held for its duration after *we* last saw it change. It is safe because whoever
 * takes it over writes on condition that it has not changed since, and whoever holds it counts from
 * before it sent what renewed it.
 */
#ifndef SW_SYNC_LEASE_H
#define SW_SYNC_LEASE_H

#include "base/err.h"
#include "base/str.h"
#include "sync/backoff.h"

#include <stdbool.h>

#define SW_LEASE_DURATION_MS       15000
#define SW_LEASE_RENEW_DEADLINE_MS 10000
#define SW_LEASE_RETRY_MS          2000
/* A Lease is handed back within that, or left to run out. */
#define SW_LEASE_RELEASE_MS 3000

struct sw_lease_times {
    int64_t duration_ms;       /* others wait that long; whole seconds */
    int64_t renew_deadline_ms; /* we lead that long after what was last renewed was sent */
    int64_t retry_ms;          /* between two requests; with jitter up to 2.2 times that for those
                                  who wait for another's Lease */
};

#define SW_LEASE_HOLDER_SIZE  256
#define SW_LEASE_TIME_SIZE    40
#define SW_LEASE_VERSION_SIZE 128

/* What a Lease says. Its times are texts of other clocks: compared for change, never read. */
struct sw_lease_record {
    char holder[SW_LEASE_HOLDER_SIZE]; /* "" for nobody */
    char acquired[SW_LEASE_TIME_SIZE]; /* "" where it does not say, as is the next */
    char renewed[SW_LEASE_TIME_SIZE];
    char version[SW_LEASE_VERSION_SIZE]; /* metadata.resourceVersion */
    int64_t duration_s;                  /* 0 where it does not say */
    int64_t transitions;
};

/* What is to be asked of the API server. */
enum sw_lease_action {
    SW_LEASE_WAIT, /* until what is under way ends, or until *ret_wake_ms */
    SW_LEASE_READ,
    SW_LEASE_CREATE, /* *ret_write */
    SW_LEASE_UPDATE, /* *ret_write, on condition that it still has version ret_write->version */
    SW_LEASE_ABORT,  /* drop the request that is under way */
    SW_LEASE_DONE,   /* resigned, and nothing left to do */
};

/* A Lease to write: renewTime is the writer's wall clock now. */
struct sw_lease_write {
    const char *holder;   /* "" to hand it back; borrowed until the next call, as are the others */
    const char *acquired; /* acquireTime to keep; NULL: the same as renewTime */
    const char *version;  /* of an update; NULL for a create */
    int64_t duration_s;
    int64_t transitions;
};

enum sw_lease_phase {
    SW_LEASE_RESTING, /* until due_ms */
    SW_LEASE_ASKING,  /* a request is under way */
    SW_LEASE_BROKEN,  /* to be aborted */
    SW_LEASE_OVER,
};

/* The caller's storage; private. It holds nothing to release. */
struct sw_lease {
    struct sw_lease_times times;
    struct sw_backoff jitter;
    char identity[SW_LEASE_HOLDER_SIZE];
    struct sw_lease_record seen; /* as last seen */
    bool has_seen;               /* `seen` holds something: what a change is told from */
    bool fresh;                  /* nothing is known to have happened since it was seen */
    bool missing;                /* last seen not to be there */
    int64_t changed_ms;          /* when `seen` was last seen to change */
    enum sw_lease_phase phase;
    enum sw_lease_action asked; /* what is under way */
    bool doubt;                 /* a write of ours was sent, and its end is not known */
    bool resigned;
    int64_t due_ms;    /* of resting: when to ask; of asking: when to give up */
    int64_t sent_ms;   /* when what is under way was sent */
    int64_t resign_ms; /* of a resigned one: when it stops to try */
    int64_t until_ms;  /* we lead before that; INT64_MIN: not */
};

/* Begins at rest, with a read due at once. `times` NULL or zeroed: those of client-go. `seed`
 * decides the jitter. Fails with SW_ELIMIT (identity empty, or too long) and SW_ETYPE (not
 * duration > renew deadline > 1.2 times retry > 0, or a duration that is not whole seconds). */
int sw_lease_init(struct sw_lease *lease, struct sw_str identity,
                  const struct sw_lease_times *times, uint64_t seed, struct sw_err *reterr);

/* What to do at now_ms (monotonic, never falling). *ret_wake_ms is set with WAIT, *ret_write with
 * CREATE and UPDATE. What was asked for counts as sent now. */
enum sw_lease_action sw_lease_next(struct sw_lease *lease, int64_t now_ms, int64_t *ret_wake_ms,
                                   struct sw_lease_write *ret_write);

/* How the request under way ended. */
void sw_lease_found(struct sw_lease *lease, int64_t now_ms,
                    const struct sw_lease_record *record);      /* read, created or updated */
void sw_lease_missing(struct sw_lease *lease, int64_t now_ms);  /* there is none */
void sw_lease_conflict(struct sw_lease *lease, int64_t now_ms); /* somebody else was faster */
/* Any other failure; not again before retry_after_ms, of which no more counts than a Lease is held
 * for; 0 if the API server did not say. */
void sw_lease_failed(struct sw_lease *lease, int64_t now_ms, int64_t retry_after_ms);

/* Until when we lead if nothing else happens, exclusive; INT64_MIN while we do not. */
int64_t sw_lease_until(const struct sw_lease *lease);
bool sw_lease_leads(const struct sw_lease *lease, int64_t now_ms);

/* Stops to lead and to stand; a Lease that is ours is handed back (holder "", duration 1 s), within
 * SW_LEASE_RELEASE_MS, and then SW_LEASE_DONE is all there is to do. */
void sw_lease_resign(struct sw_lease *lease, int64_t now_ms);

#endif

/*
 * One leader among several processes, by a Lease in an API server: sync/lease at work.
 *
 * Who leads may write until sw_elector_leads() says no; it says no before anybody else can lead.
 * Only a request that is under way by then may still arrive later, so that writes must be such that
 * they do no harm twice.
 */
#ifndef SW_KUBE_ELECTOR_H
#define SW_KUBE_ELECTOR_H

#include "kube/call.h"
#include "sync/lease.h"

struct sw_elector;

/* Told from sw_elector_step(), sw_elector_resign() or sw_http_run(). Each leading() is followed by
 * one lost(), before it comes again; also when the elector is freed. Neither may free it. */
struct sw_elector_sink {
    void *context;
    void (*leading)(void *context);
    void (*lost)(void *context, const char *why); /* borrowed for the call */
};

struct sw_elector_options {
    struct sw_client client;     /* its parts are borrowed for the elector's life */
    struct sw_str namespace_;    /* of the Lease; copied */
    struct sw_str name;          /* copied */
    struct sw_str identity;      /* of this process, unlike any other's; copied. Unset: the host's
                                    name and a random number */
    struct sw_lease_times times; /* zeroed: those of client-go */
    struct sw_elector_sink sink; /* functions may be NULL */
};

/* Begins nothing yet. Owned: sw_elector_free(). Fails with SW_ENOMEM, SW_ELIMIT (a name too long),
 * SW_ETYPE (times that contradict each other), SW_EIO (no random number). */
int sw_elector_new(const struct sw_elector_options *options, struct sw_elector **ret,
                   struct sw_err *reterr);

/* Gives up what is under way and writes nothing: others wait for the Lease to run out. For a quick
 * handover, sw_elector_resign() first. Before the sw_http is freed. NULL is allowed. */
void sw_elector_free(struct sw_elector *elector);

/* Does what is due at now_ms (monotonic), and returns when it wants to be called again. In a loop:
 * before each sw_http_wait(), which must end by then. In a thread that waits: as the background of
 * its sw_waiter. Its context is the elector. */
int64_t sw_elector_step(void *elector, int64_t now_ms);

/* True while nobody else can lead, as seen at now_ms. */
bool sw_elector_leads(const struct sw_elector *elector, int64_t now_ms);

/* Stops to lead and to stand: lost() comes at once; then the Lease is handed back, where it was
 * ours, and nothing is sent any more. It goes on in sw_elector_step(). */
void sw_elector_resign(struct sw_elector *elector, int64_t now_ms);

/* True once a resigned one has nothing left to do: its Lease is handed back, or it could not be
 * within SW_LEASE_RELEASE_MS. */
bool sw_elector_is_done(const struct sw_elector *elector);

/* Resigns, and runs the sw_http (and who else sends on it) until that is done: at the end of a
 * process, SW_LEASE_RELEASE_MS at most. */
void sw_elector_leave(struct sw_elector *elector);

/* Who holds the Lease, as last seen; "" for nobody, or before anything was seen. Borrowed until the
 * next step. */
const char *sw_elector_holder(const struct sw_elector *elector);
const char *sw_elector_identity(const struct sw_elector *elector);

/* The last request that failed, while none has succeeded since; "" else. Borrowed likewise. */
const char *sw_elector_failure(const struct sw_elector *elector);

#endif

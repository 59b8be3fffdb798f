/*
 * List and watch of one resource of one API server, as a pure state machine.
 *
 * The caller tells what happened (a response's status, bytes, its end) and when, and asks what to
 * do next: send this request, give up the one under way, or wait. The reflector never reads a clock
 * or a socket, so a simulation can run hours of faults through it in a moment. What it learns goes
 * to a sink; after every sync the sink holds exactly what the API server held.
 *
 * Source: client-go tools/cache/reflector.go; KEP-3157 (streaming lists); KEP-956 (bookmarks).
 */
#ifndef SW_SYNC_REFLECTOR_H
#define SW_SYNC_REFLECTOR_H

#include "base/buf.h"
#include "sync/backoff.h"
#include "sync/frame.h"
#include "sync/request.h"

/* Objects a page of a list, where the API server has no streaming list. Halved when a page is over
 * its cap, for the cap is 500 objects of 32 KiB, and an object may have 3 MiB. */
#define SW_REFLECTOR_PAGE 500

/* A page is held whole while it is read, and whatever is behind the URL may send without end. */
#define SW_REFLECTOR_MAX_PAGE_BYTES ((size_t)16 << 20)

/* Pages without items in a row: where a label selects, an API server may send some (Kubernetes API
 * concepts, "Retrieving large results sets in chunks"); who means harm sends them without end. */
#define SW_REFLECTOR_MAX_EMPTY_PAGES 100

/* Without a byte for that long a watch is taken for dead: bookmarks come about every minute. */
#define SW_REFLECTOR_IDLE_MS 300000

/* Without a byte for that long an answer is not waited for any more, nor a streamed list for the
 * bookmark that ends it. */
#define SW_REFLECTOR_ANSWER_MS 30000

/* A resource that the API server does not have (404: no CRD) is asked for again then; and one that
 * it had is gone only when it has been away for as long. */
#define SW_REFLECTOR_ABSENT_MS 30000

/* Longest wait that a Retry-After is heeded for. API servers say 1. */
#define SW_REFLECTOR_MAX_RETRY_MS 120000

/* So many times in a row its word alone is taken; after that it waits as after other failures. */
#define SW_REFLECTOR_MAX_RETRIES 10

/* Whether there is always such a resource (a Service), or only with a CRD. */
enum sw_reflector_presence {
    SW_REFLECTOR_ALWAYS,   /* a 404 is a failure: something else answered than an API server */
    SW_REFLECTOR_OPTIONAL, /* a 404 means that there are none */
};

/* Where the objects go. All calls come from within the reflector's own functions. */
struct sw_reflector_sink {
    void *context;
    /* A full picture begins; what is not put before it ends is gone. It may begin again before it
     * has ended. */
    void (*begin)(void *context);
    void (*end)(void *context);
    /* One object as JSON text, borrowed for the call. A failure means that nothing could be kept
     * (SW_ENOMEM, SW_ELIMIT), and a whole picture is asked for; an object that cannot be read is
     * the sink's to note and to pass over. */
    int (*put)(void *context, struct sw_str object, struct sw_err *reterr);
    int (*remove)(void *context, struct sw_str object, struct sw_err *reterr);
};

enum sw_reflector_action {
    SW_REFLECTOR_WAIT,   /* until something happens, or until *ret_wake_ms */
    SW_REFLECTOR_SEND,   /* send *ret_request */
    SW_REFLECTOR_ABORT,  /* drop the request that is under way; it is over without a closed() */
    SW_REFLECTOR_DESERT, /* the same, and its connection with it: nothing is heard there */
};

enum sw_reflector_phase {
    SW_REFLECTOR_RESTING,   /* until wake_ms */
    SW_REFLECTOR_ASKING,    /* sent, no status yet */
    SW_REFLECTOR_RECEIVING, /* 200, its body is coming */
    SW_REFLECTOR_BROKEN,    /* to be aborted */
};

/* What can be asked about a reflector at any time. */
struct sw_reflector_stats {
    bool synced;          /* the sink held a whole picture once */
    bool absent;          /* the API server does not have the resource */
    int64_t heard_ms;     /* when a byte last came in answer; -1 for never */
    int64_t failing_ms;   /* since when every request has failed; -1 while they do not */
    uint64_t n_pictures;  /* full pictures begun */
    uint64_t n_failures;  /* requests that failed in any way */
    int http_status;      /* of the last answer; 0 before the first, and where there was none */
    char failure[SW_ERR_MESSAGE_SIZE]; /* the last failure; "" for none */
};

/* The caller's storage; private but for stats. */
struct sw_reflector {
    struct sw_reflector_sink sink;
    struct sw_reflector_stats stats;
    struct sw_backoff backoff;
    struct sw_frame frame;
    struct sw_buf page;     /* of a list, as it comes */
    struct sw_buf version;  /* resourceVersion to go on from; empty for none */
    struct sw_buf token;    /* continue token of the next page; empty for none */
    enum sw_reflector_phase phase;
    enum sw_request_verb verb;
    enum sw_reflector_presence presence;
    unsigned int page_limit; /* objects a page */
    unsigned int n_empty_pages; /* in a row, of the list under way */
    int64_t wake_ms;         /* of resting, and of a request: when it is given up */
    int64_t sent_ms;
    int n_retries;           /* answers in a row that said when to come back */
    bool patient;            /* resting as long as the API server said: it is not cut short */
    int64_t expired_ms;      /* when a version last was too old; INT64_MIN for never */
    int64_t missing_ms;     /* since when a resource that was there is answered with 404; or -1 */
    bool no_watch_list;     /* the API server cannot stream lists */
    bool expired;           /* the version was refused once: ask without one */
};

/* Begins at rest, with a request due at once. `seed` decides its jitter. */
void sw_reflector_init(struct sw_reflector *reflector, struct sw_reflector_sink sink,
                       enum sw_reflector_presence presence, uint64_t seed);
void sw_reflector_release(struct sw_reflector *reflector);

/* What to do at now_ms (monotonic, never falling). With WAIT *ret_wake_ms is when to ask again at
 * the latest; with SEND *ret_request is what to send. */
enum sw_reflector_action sw_reflector_next(struct sw_reflector *reflector, int64_t now_ms,
                                           int64_t *ret_wake_ms,
                                           struct sw_request *ret_request);

/* The API server is known to answer others again: its failures are forgotten, and a rest after one
 * ends at now_ms, unless the API server itself asked for it. */
void sw_reflector_hurry(struct sw_reflector *reflector, int64_t now_ms);

/* The answer to the request under way has this status; retry_after_s is 0 without that header. Any
 * status but 200 ends the request: abort it, or read and drop its body, without telling. */
void sw_reflector_response(struct sw_reflector *reflector, int64_t now_ms, int http_status,
                           int64_t retry_after_s);

/* The next bytes of a body after 200. */
void sw_reflector_data(struct sw_reflector *reflector, int64_t now_ms, struct sw_str bytes);

/* The request is over. `failure` is NULL for a body that was complete, else what went wrong. */
void sw_reflector_closed(struct sw_reflector *reflector, int64_t now_ms, const char *failure);

#endif

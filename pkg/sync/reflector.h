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

/* Objects a page of a list, where the API server has no streaming list. */
#define SW_REFLECTOR_PAGE 500

/* A page is held whole while it is read: 500 objects of 100 KiB. */
#define SW_REFLECTOR_MAX_PAGE_BYTES ((size_t)64 << 20)

/* Without a byte for that long a watch is taken for dead: bookmarks come about every minute. */
#define SW_REFLECTOR_IDLE_MS 300000

/* Without a byte for that long an answer is not waited for any more. */
#define SW_REFLECTOR_ANSWER_MS 30000

/* A resource that the API server does not have (404: no CRD) is asked for again then. */
#define SW_REFLECTOR_ABSENT_MS 30000

/* Where the objects go. All calls come from within the reflector's own functions. */
struct sw_reflector_sink {
    void *context;
    /* A full picture begins; what is not put before it ends is gone. It may begin again before it
     * has ended. */
    void (*begin)(void *context);
    void (*end)(void *context);
    /* One object as JSON text, borrowed for the call. A failure means that nothing could be kept
     * (SW_ENOMEM, SW_ELIMIT), and the picture is asked for again; an object that cannot be read is
     * the sink's to note and to pass over. */
    int (*put)(void *context, struct sw_str object, struct sw_err *reterr);
    int (*remove)(void *context, struct sw_str object, struct sw_err *reterr);
};

enum sw_reflector_verb {
    SW_REFLECTOR_LIST,       /* one page */
    SW_REFLECTOR_WATCH_LIST, /* a watch that begins with every object there is */
    SW_REFLECTOR_WATCH,
};

struct sw_reflector_request {
    enum sw_reflector_verb verb;
    struct sw_str resource_version; /* unset: the most recent; borrowed until the next call */
    struct sw_str continue_token;   /* of a list; unset for the first page; borrowed likewise */
    unsigned int timeout_s;         /* of a watch, for the API server to end it by */
};

enum sw_reflector_action {
    SW_REFLECTOR_WAIT,  /* until something happens, or until *ret_wake_ms */
    SW_REFLECTOR_SEND,  /* send *ret_request */
    SW_REFLECTOR_ABORT, /* drop the request that is under way; it is over without a closed() */
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
    uint64_t n_pictures;  /* full pictures begun */
    uint64_t n_failures;  /* requests that failed in any way */
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
    enum sw_reflector_verb verb;
    int64_t wake_ms;        /* of resting, and of a request: when it is given up */
    int64_t sent_ms;
    bool no_watch_list;     /* the API server cannot stream lists */
    bool expired;           /* the version was refused once: ask without one */
};

/* Begins at rest, with a request due at once. `seed` decides its jitter. */
void sw_reflector_init(struct sw_reflector *reflector, struct sw_reflector_sink sink,
                       uint64_t seed);
void sw_reflector_release(struct sw_reflector *reflector);

/* What to do at now_ms (monotonic, never falling). With WAIT *ret_wake_ms is when to ask again at
 * the latest; with SEND *ret_request is what to send. */
enum sw_reflector_action sw_reflector_next(struct sw_reflector *reflector, int64_t now_ms,
                                           int64_t *ret_wake_ms,
                                           struct sw_reflector_request *ret_request);

/* The answer to the request under way has this status; retry_after_s is 0 without that header. Any
 * status but 200 ends the request: abort it, or read and drop its body, without telling. */
void sw_reflector_response(struct sw_reflector *reflector, int64_t now_ms, int http_status,
                           int64_t retry_after_s);

/* The next bytes of a body after 200. */
void sw_reflector_data(struct sw_reflector *reflector, int64_t now_ms, struct sw_str bytes);

/* The request is over. `failure` is NULL for a body that was complete, else what went wrong. */
void sw_reflector_closed(struct sw_reflector *reflector, int64_t now_ms, const char *failure);

/* Appends the query of a request: "watch=1&allowWatchBookmarks=true&...". Values are escaped. */
void sw_reflector_write_query(const struct sw_reflector_request *request, struct sw_buf *buf);

#endif

/*
 * One request to an API server, answered whole.
 *
 * sw_call_send() is for loops: its answer comes on the thread that runs the sw_http. A thread that
 * has nothing else to do waits: waiter.h.
 */
#ifndef SW_KUBE_CALL_H
#define SW_KUBE_CALL_H

#include "kube/answer.h"
#include "kube/http.h"

/* Whom to ask: both borrowed. */
struct sw_client {
    struct sw_http *http;
    struct sw_http_target *target;
};

#define SW_CALL_MAX_BYTES  ((size_t)8 << 20) /* of an answer; etcd holds objects of 1.5 MiB */
#define SW_CALL_TIMEOUT_MS 30000

struct sw_call_request {
    const char *method;       /* "GET", "PATCH", ... static */
    struct sw_str what;       /* for messages: `create services "shop/cart"`; copied */
    struct sw_str path;       /* with its query; copied */
    const char *content_type; /* of the body; static; NULL without one */
    struct sw_str body;       /* copied */
    int64_t timeout_ms;       /* of everything; 0: SW_CALL_TIMEOUT_MS */
    size_t max_bytes;         /* of the answer's body; 0: SW_CALL_MAX_BYTES */
};

struct sw_call;

/* Where the answer goes: done() comes once, from sw_http_run(), unless the call was cancelled. The
 * answer and its body are borrowed for the call. It may send and cancel others. */
struct sw_call_sink {
    void *context;
    void (*done)(void *context, const struct sw_answer *answer);
};

/* Begins a request; *ret is valid until done() begins or sw_call_cancel(). Fails as sw_http_send()
 * does; then done() does not come. */
int sw_call_send(const struct sw_client *client, const struct sw_call_request *request,
                 struct sw_call_sink sink, struct sw_call **ret, struct sw_err *reterr);

/* Gives a request up: done() does not come any more. The API server may do it all the same. NULL is
 * allowed. Before the sw_http is freed. */
void sw_call_cancel(struct sw_call *call);

#endif

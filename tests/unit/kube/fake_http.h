/*
 * kube/http.h and io/clock.h without a network and without time: what is sent is written down, what
 * comes is what the test says, and a wait takes no longer than to move the clock; one for an answer
 * that was announced does not even that.
 *
 * A program that links this in has these in place of the product's.
 */
#ifndef SW_TESTS_KUBE_FAKE_HTTP_H
#define SW_TESTS_KUBE_FAKE_HTTP_H

#include "kube/call.h"

#define FAKE_SERVER       "https://10.0.0.1:6443"

#define FAKE_MAX_REQUESTS 32

/* One that was sent. */
struct sw_http_transfer {
    char method[16], path[2048], content_type[64], body[4096];
    int64_t timeout_ms;
    struct sw_http_sink sink;
    bool cancelled, broken, closed;
};

struct fake_http {
    int64_t now_ms;
    struct sw_http_transfer requests[FAKE_MAX_REQUESTS];
    unsigned int n_requests;
    unsigned int n_waits, n_wakeups;
    int fails; /* what sw_http_send() fails with; 0: it does not */
    /* Called in every wait; NULL for nothing. */
    void (*on_wait)(void *context);
    void *context;
};

extern struct fake_http fake;

/* For setup functions: nothing was sent, the clock stands at a million. */
int fake_setup(void **state);

/* The parts of it have no meaning. */
struct sw_client fake_client(void);

/* The last that was sent; fails the test if there is none. */
struct sw_http_transfer *fake_last(void);

/* Answers the last request, at once: headers, body in two pieces, and the end. */
void fake_answer(int http_status, const char *body);
void fake_answer_later(int http_status, int64_t retry_after_s, const char *body);
/* Ends it without an answer. */
void fake_fail(const char *failure);

/* From the next sw_http_run() on: the first request that is not answered is answered with that;
 * they are answered in the order of the calls. `body` must live on. */
void fake_will_answer(int http_status, const char *body);

#endif

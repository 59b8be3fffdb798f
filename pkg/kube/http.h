/*
 * HTTPS to API servers: many requests at a time on one thread, each with its bytes handed on as
 * they come. libcurl is behind this file and easy.h.
 *
 * Everything, callbacks too, happens on the thread that calls sw_http_run(); only sw_http_wakeup()
 * may be called from another.
 */
#ifndef SW_KUBE_HTTP_H
#define SW_KUBE_HTTP_H

#include "kube/config.h"

struct sw_http;
struct sw_http_target;
struct sw_http_transfer;

/* Once in a process, before any thread starts; calls libcurl's global initialisation. Fails with
 * SW_EINTERNAL. */
int sw_http_setup(struct sw_err *reterr);

/* Owned: sw_http_free(). Fails with SW_ENOMEM. */
int sw_http_new(struct sw_http **ret, struct sw_err *reterr);

/* Cancels what is under way. Targets are freed by their owners, before or after. NULL is fine. */
void sw_http_free(struct sw_http *http);

/* An API server and our credential there. `config` is borrowed for the target's life. Files that it
 * names are read when first needed; a token file again after 60 s or a 401. Owned:
 * sw_http_target_free(), with none of its transfers left. Fails with SW_ENOMEM. */
int sw_http_target_new(const struct sw_kube_config *config, struct sw_http_target **ret,
                       struct sw_err *reterr);
void sw_http_target_free(struct sw_http_target *target);

/* The server of its config, as it stands there: "https://10.0.0.1:6443". Borrowed from the config.
 */
struct sw_str sw_http_target_server(const struct sw_http_target *target);

/* What becomes of one request. response() comes once, data() any number of times, closed() last and
 * once; after sw_http_cancel() none. Each may cancel; only
 * closed() may send, as libcurl takes no request from within the others. */
struct sw_http_sink {
    void *context;
    /* retry_after_s is 0 without that header, or if it is a date. */
    void (*response)(void *context, int http_status, int64_t retry_after_s);
    void (*data)(void *context, struct sw_str bytes); /* borrowed for the call */
    void (*closed)(void *context, const char *failure); /* NULL: the answer was complete */
};

struct sw_http_request {
    const char *method;        /* "GET", "PATCH", ... static */
    struct sw_str path;        /* with its query, "/api/v1/services?watch=1"; copied */
    const char *content_type;  /* of the body; static; NULL without one */
    struct sw_str body;        /* copied */
    int64_t timeout_ms;        /* of the whole request; 0: none, as for a watch */
};

/* Begins a request; *ret is valid until closed() or sw_http_cancel(). Fails with SW_ENOMEM, SW_EIO,
 * SW_ENOENT or SW_ELIMIT (the token file cannot be read). */
int sw_http_send(struct sw_http *http, struct sw_http_target *target,
                 const struct sw_http_request *request, struct sw_http_sink sink,
                 struct sw_http_transfer **ret, struct sw_err *reterr);

/* Gives a request up: no callback comes from it any more. NULL is allowed. */
void sw_http_cancel(struct sw_http_transfer *transfer);

/* Gives a request up of which nothing is heard. As sw_http_cancel(), and the connection that it is
 * on is taken for dead, though it is there: no other request is sent over it, and those that share
 * it are closed with a failure by the next sw_http_run(). What takes longer than its timeout_ms is
 * given up likewise. NULL is allowed. */
void sw_http_desert(struct sw_http_transfer *transfer);

/* From response() or data(): no more of the answer is wanted. Nothing but closed() comes any more,
 * with a failure. */
void sw_http_break(struct sw_http_transfer *transfer);

/* Waits up to timeout_ms for something to do, or until woken. Calls nobody back. */
void sw_http_wait(struct sw_http *http, int64_t timeout_ms);

/* A file descriptor of somebody else's, and what to wait for on it. */
struct sw_http_fd {
    int fd;
    bool readable;
    bool writable;
};

/* The same, and until one of `n` file descriptors is as told. */
void sw_http_wait_too(struct sw_http *http, const struct sw_http_fd *fds, size_t n,
                      int64_t timeout_ms);

/* How many of those may be given. */
#define SW_HTTP_MAX_FDS 32

/* Does what can be done without waiting. All callbacks come from here. */
void sw_http_run(struct sw_http *http);

/* Ends a wait of sw_http_wait(), the next one if none is under way. From any thread. */
void sw_http_wakeup(struct sw_http *http);

#endif

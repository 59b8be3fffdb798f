/*
 * The seam between the HTTP server and what answers requests: one request, one response, and the
 * table that says which handler belongs to which path. Nothing here knows a socket, so a handler is
 * tested by filling in a struct sw_request.
 *
 * A request that no route takes is answered here, in one line that says what was expected.
 */
#ifndef SW_SERVE_ROUTE_H
#define SW_SERVE_ROUTE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most routes of one server. */
#define SW_ROUTES_MAX 8
/* Largest answer: the patch of a 3 MiB object in base64, with room to spare; a metrics page is far
 * below. */
#define SW_RESPONSE_MAX_BYTES (16u << 20)

/* Everything is borrowed until the handler returns. */
struct sw_request {
    struct sw_str method;       /* as sent: "POST" */
    struct sw_str path;         /* as sent, without the query: "/mutate" */
    struct sw_str query;        /* what follows "?": "timeout=5s"; unset without one */
    struct sw_str content_type; /* unset when the header is absent */
    struct sw_str body;         /* whole; empty when there is none */
    struct sw_str remote;       /* the peer: "10.0.0.1:40312" or "[fd00::1]:40312" */
    size_t thread;              /* which loop calls, from 0: memory of that index needs no lock */
    uint64_t waited_ns;         /* since it had come whole, at most: how late we are */
    uint64_t age_ns;            /* since its first byte came, at most */
};

/* What a handler fills in. It begins as 200, "application/json", an empty body, nothing else. */
struct sw_response {
    int status;                 /* 200 to 599 */
    const char *content_type;   /* a literal */
    const char *allow;          /* Allow; NULL for none; a literal or a route's method */
    unsigned int retry_after_s; /* Retry-After in seconds; 0 for none */
    bool close;                 /* end the connection after this answer */
    struct sw_buf body; /* the server frees it when it is sent; a failure in it becomes 500 */
};

/* One path; borrowed for the server's life. */
struct sw_route {
    const char *path;         /* matched exactly */
    const char *method;       /* the one allowed; "GET" allows HEAD too */
    const char *content_type; /* media type that a body must have; NULL: any, or none */
    /* Called on a loop's thread, which serves nobody else meanwhile: no waiting, no file, no
     * network. */
    void (*handle)(void *ctx, const struct sw_request *request, struct sw_response *response);
    void *ctx; /* borrowed */
};

/* The table of a server. */
struct sw_routes {
    const struct sw_route *items; /* borrowed */
    size_t n_items;               /* at most SW_ROUTES_MAX */
    size_t max_body_bytes;        /* a larger body is answered with 413 */
};

/* A response as a handler gets it; its body is released by sw_response_release. */
void sw_response_init(struct sw_response *response);
void sw_response_release(struct sw_response *response);

/* Makes the response `status` with one line of plain text (the newline is added), whatever it was
 * before; keeps retry_after_s, allow and close. */
void sw_response_text(struct sw_response *response, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers the request: calls the handler of its route, or refuses it with 404 (no such path), 405
 * (another method; with Allow), 413 (body too large; with close) or 415 (another media type). An
 * answer that could not be written whole becomes 500. Returns the index of the route that the path
 * belongs to, n_items for none. */
size_t sw_routes_answer(const struct sw_routes *routes, const struct sw_request *request,
                        struct sw_response *response);

/* The reason phrase of a status that is answered here or by a webhook; "-" for any other. */
const char *sw_status_reason(int status);

/* Splits a request target into path and query. A target in absolute form, which every server must
 * accept (RFC 9112 section 3.2.2), loses its scheme and host: "http://a/b?c" is "/b" and "c". */
void sw_request_target(struct sw_str target, struct sw_str *ret_path, struct sw_str *ret_query);

#endif

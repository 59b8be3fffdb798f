/*
 * A TLS server that does what a path says: what an API server may do to a client, on purpose.
 *
 *   /ok             200, body "hello"
 *   /status/N       status N, with Retry-After: 7
 *   /interim        103, then 200
 *   /trailers       200 in chunks, with a trailer that looks like an answer
 *   /stream         200, "one\n", and "two\n" once api_go_on() was called
 *   /cut            200, half of the body that it promised, and the end
 *   /silent         nothing, ever
 *   /big            200, a body of 4 MiB
 *   /whoami         200, the common name of the client's certificate
 *   /api/v1/KIND    200, a streamed list of one object, "one" (in namespace "shop"), which is
 *                   deleted once api_go_on() was called
 *   another         200, the request as it came, head and body
 */
#ifndef SW_TESTS_KUBE_API_H
#define SW_TESTS_KUBE_API_H

#include "../serve/pki.h"
#include "kube/http.h"

#define API_BIG_BYTES ((size_t)4 << 20)

struct api;

/* Serves on 127.0.0.1 as "kubernetes" (and as that address); asks for a certificate of `authority`,
 * which may be absent. Aborts on failure. */
struct api *api_start(const struct pki *authority);
void api_stop(struct api *api);

uint16_t api_port(const struct api *api);
void api_go_on(struct api *api);

/* What a client has seen of one request. */
struct heard {
    struct sw_http_transfer *transfer; /* NULL once it is over */
    int status;                        /* of the last response() */
    int n_responses, n_closed;
    int64_t retry_after_s;
    char body[4096]; /* the beginning, NUL-terminated */
    size_t n_bytes;
    char failure[512]; /* "" for none */
    bool cancels;      /* hangs up at the first byte */
};

struct sw_http_sink heard_sink(struct heard *heard);

/* Sends a GET and runs until it is over; fails the test after ten seconds. */
void api_get(struct sw_http *http, struct sw_http_target *target, const char *path,
             struct heard *heard);

/* Only sends it. */
void api_begin(struct sw_http *http, struct sw_http_target *target, const char *path,
               struct heard *heard);

/* Runs until *flag is not 0; fails the test after ten seconds. */
void api_run_until(struct sw_http *http, const int *flag);

#endif

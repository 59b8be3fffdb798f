/*
 * kube/http.h and io/clock.h over a handful of objects in memory: an API server that is never far,
 * and clocks that a test moves. Objects are read, created and updated by path; an update with
 * another resourceVersion than the object's is a conflict. What is created as a dry run goes to
 * cluster.dry_run instead.
 *
 * A program that links this in has these in place of the product's.
 */
#ifndef SW_TESTS_WEBHOOK_FAKE_CLUSTER_H
#define SW_TESTS_WEBHOOK_FAKE_CLUSTER_H

#include "kube/http.h"

#include <jansson.h>

struct fake_cluster {
    json_t *objects; /* by path */
    int64_t now_ms;  /* of both clocks; the wall's began in 1970 as well */
    int version;     /* of the last object that was written */
    int n_writes;
    bool is_down;             /* every request fails */
    const char *conflicts_at; /* a path whose object somebody else writes just before us */
    int refuses_at;           /* fails the n-th request from now; 0: none */
    /* What a dry run is answered with. */
    struct {
        int status;
        const char *message;
    } dry_run;
};

extern struct fake_cluster cluster;

/* For setup and teardown functions: nothing is there, and it is the moment now_s. */
void cluster_begin(int64_t now_s);
void cluster_end(void);

/* Time passes. */
void cluster_wait(int64_t s);

/* Puts an object there as somebody else would; `json` has ' for ". */
void cluster_put(const char *path, const char *json);
void cluster_delete(const char *path);

/* Borrowed; NULL where there is none. */
json_t *cluster_get(const char *path);

/* To be called after it was changed in place. */
void cluster_touch(const char *path);

#endif

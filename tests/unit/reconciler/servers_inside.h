/*
 * What servers.c and servers_http.c share: the API servers in memory, and the requests to them.
 */
#ifndef SW_TESTS_RECONCILER_SERVERS_INSIDE_H
#define SW_TESTS_RECONCILER_SERVERS_INSIDE_H

#include "servers.h"

/* A member has two readers at most, of fifteen resources each. */
#define MAX_TRANSFERS 128
#define MAX_SERVERS   4
#define MAX_OBJECTS   128
#define MAX_STATUSES  8
#define MAX_TARGETS   16
#define MAX_SENT      4096

/* What a watch has to hear before the next sw_http_run(). */
#define MAX_PENDING 16384

struct object {
    const char *path, *text;
    int version;
};

struct server {
    char url[64];
    int version, page;
    struct object objects[MAX_OBJECTS];
    unsigned int n_objects;
    struct {
        const char *path; /* NULL: all others */
        int status;
    } statuses[MAX_STATUSES];
    unsigned int n_statuses;
};

struct sw_http_target {
    struct server *server; /* NULL: free */
    struct sw_str url;
};

/* Static, so that none of it is in the count of what the product takes from the heap. */
struct sw_http_transfer {
    bool under_way;
    bool broken; /* nothing but its end comes any more */
    int status;  /* that it was answered with; 0 before */
    const struct sw_http_target *target;
    struct server *server;
    char path[512], query[512];
    struct sw_http_sink sink;
    char pending[MAX_PENDING];
    size_t n_pending;
};

/* A request that was sent. */
struct sent {
    struct server *server;
    char path[512], query[512];
};

/* All there is of it. */
struct servers {
    struct server items[MAX_SERVERS];
    unsigned int n;
    struct sw_http_target targets[MAX_TARGETS];
    struct sw_http_transfer transfers[MAX_TRANSFERS];
    struct sent sent[MAX_SENT];
    unsigned int n_sent;
};

extern struct servers servers;

/* The API server of that URL, which comes with its first mention. */
struct server *servers_find(struct sw_str url);

/* Answers a request that is under way, if it is to be; sends what it has to hear. */
void servers_serve(struct sw_http_transfer *transfer);

#endif

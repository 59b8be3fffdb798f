/*
 * What is asked of an API server to list or to watch a resource.
 *
 * Source: Kubernetes API concepts, "Efficient detection of changes"; KEP-3157 (streaming lists).
 */
#ifndef SW_SYNC_REQUEST_H
#define SW_SYNC_REQUEST_H

#include "base/buf.h"

enum sw_request_verb {
    SW_REQUEST_LIST,       /* one page of the most recent state */
    SW_REQUEST_WATCH_LIST, /* a watch that begins with every object there is */
    SW_REQUEST_WATCH,
};

struct sw_request {
    enum sw_request_verb verb;
    struct sw_str resource_version; /* of a watch; unset: the most recent; borrowed */
    struct sw_str continue_token;   /* of a list; unset for the first page; borrowed */
    unsigned int limit;             /* of a list: most objects of the page */
    unsigned int timeout_s;         /* of a watch, for the API server to end it by */
    struct sw_str label_selector;   /* only objects with these labels, "KEY=VALUE,..."; unset: all;
                                       borrowed */
};

/* Appends the query of a request: "watch=1&allowWatchBookmarks=true&...". Values are escaped. A
 * failure stays in `buf`. */
void sw_request_write_query(const struct sw_request *request, struct sw_buf *buf);

#endif

/*
 * What an API server sends: an event of a watch, and a page of a list.
 *
 * Both are scanned, not parsed: objects stay slices of the text until a sink reads them.
 */
#ifndef SW_SYNC_EVENT_H
#define SW_SYNC_EVENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum sw_event_type {
    SW_EVENT_PUT,      /* ADDED or MODIFIED */
    SW_EVENT_REMOVED,  /* DELETED */
    SW_EVENT_BOOKMARK, /* only the version moved on */
    SW_EVENT_ERROR,    /* a Status: the watch is over */
};

struct sw_event {
    enum sw_event_type type;
    struct sw_str object;       /* JSON text, borrowed from the line */
    struct sw_str version;      /* metadata.resourceVersion; unset for an error */
    bool initial_events_end;    /* a bookmark that ends a streamed list (KEP-3157) */
    bool expired;               /* an error of code 410: the version is too old */
    struct sw_str message;      /* of an error */
};

/* Reads one line of a watch. Strings with escapes are in `arena`, the rest borrows from the line.
 * The object may be nested deeper than anybody reads; it is then not checked. Fails with
 * SW_ESYNTAX, SW_ETYPE (no event that we know; the message names the member) and SW_ENOMEM. */
int sw_event_read(struct sw_str line, struct sw_arena *arena, struct sw_event *ret,
                  struct sw_err *reterr);

struct sw_page {
    struct sw_str version;  /* metadata.resourceVersion of the list */
    struct sw_str token;    /* metadata.continue; unset on the last page */
    struct sw_str items;    /* what is left of the array; private, see sw_page_next() */
};

/* Reads one page of a list, as sw_event_read() a line. */
int sw_page_read(struct sw_str text, struct sw_arena *arena, struct sw_page *ret,
                 struct sw_err *reterr);

/* Takes the next item off the page; false when there are no more. */
bool sw_page_next(struct sw_page *page, struct sw_str *ret);

#endif

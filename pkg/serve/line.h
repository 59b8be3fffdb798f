/*
 * What the connections of one loop have in common beyond the library: the time, the large requests
 * that wait their turn, and the bytes held.
 *
 * Time. One thread reads, decides and answers, so a request may have lain in the kernel while
 * others were served. How long cannot be asked, but bounded: the loop asks the kernel who has sent
 * something, serves all of them (a turn), and asks again. What is served now was not there when it
 * asked the time before last, so it has waited for no longer than the turn before and the part of
 * this one that is over.
 *
 * Large requests wait in a row of their own, and a turn serves only so many of them: who connects,
 * or asks for little, does not wait for all of them. The address that was served longest ago comes
 * first, so that one client cannot fill the row for others. As an answer may be as large as its
 * request, and TLS makes a copy of it, none is begun while too much is held by answers that their
 * peers have not taken (sw_line_is_stuck).
 */
#ifndef SW_SERVE_LINE_H
#define SW_SERVE_LINE_H

#include "serve/conn.h"
#include "serve/peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct st_h2o_context_t;
struct sw_loop_shared;

/* A request of this many bytes waits in the row, and counts among the bytes held. */
#define SW_LINE_LARGE_BYTES (64u << 10)

/* How much of a turn large requests may take. One is always served, however long that takes. */
#define SW_LINE_LARGE_NS UINT64_C(10000000)

/* A large request that waits to be answered; whoever makes it also frees it. */
struct sw_line_item {
    struct sw_conn *conn; /* borrowed, and cannot end before it is answered */
    struct sw_line_item *next;
};

struct sw_line {
    struct sw_loop_shared *shared;
    struct st_h2o_context_t *context;
    size_t index;          /* which loop */
    struct sw_conn *conns; /* all of the loop's, the newest first */
    size_t held_bytes;     /* of all connections */
    size_t answer_bytes;   /* of answers under way, with those of small requests */
    size_t max_held_bytes; /* over which somebody has to give way */
    uint64_t turn_ns;      /* when the turn began; 0: it has not yet */
    uint64_t late_ns;      /* how long the one before was */
    bool wants_place;      /* somebody waits to be accepted: the next answer ends its connection */
    struct sw_line_item *row; /* in the order in which they came */
};

/* When this turn began. */
uint64_t sw_line_turn(struct sw_line *line);

/* Ends the turn at now_ns; the next one has not begun. */
void sw_line_end_turn(struct sw_line *line, uint64_t now_ns);

/* When what is read in this turn had come, at the earliest. */
static inline uint64_t sw_line_came_ns(struct sw_line *line)
{
    return sw_line_turn(line) - line->late_ns;
}

/* Whether the row has to wait until somebody takes his answer. */
static inline bool sw_line_is_stuck(const struct sw_line *line)
{
    return line->answer_bytes && line->held_bytes > line->max_held_bytes;
}

/* Puts `item` at the end of the row. */
void sw_line_push(struct sw_line *line, struct sw_line_item *item);

/* Takes the item whose turn it is at now_ns out of the row; NULL when it is empty. */
struct sw_line_item *sw_line_pop(struct sw_line *line, uint64_t now_ns);

#endif

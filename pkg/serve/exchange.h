/*
 * One request and its answer, between libh2o and the routes.
 */
#ifndef SW_SERVE_EXCHANGE_H
#define SW_SERVE_EXCHANGE_H

#include "serve/line.h"

#include <stdbool.h>

struct st_h2o_hostconf_t;

/* Has the requests of a host answered by the routes of the loop that they come to. */
void sw_exchange_register(struct st_h2o_hostconf_t *host);

/* Answers large requests that wait, as many as a turn may. True when any was: then the loop must
 * not sleep before it has looked after them. */
bool sw_exchange_run(struct sw_line *line);

/* Has connections give back bytes until the line holds no more than it may: a request that is still
 * being read is answered with 429, so that an API server sends it again; one that takes its answer
 * too slowly is cut. */
void sw_exchange_make_room(struct sw_line *line);

#endif

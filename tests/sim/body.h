/*
 * What the simulated API server writes into the body of its connection.
 */
#ifndef SW_TESTS_SIM_BODY_H
#define SW_TESTS_SIM_BODY_H

#include "api_server.h"

/* A line of a watch: "ADDED", "MODIFIED" or "DELETED". */
void sim_write_event(struct sim_server *server, const char *type, unsigned int object,
                     unsigned int content, uint64_t version);

/* One with the version that the watcher has been told of; `annotations` is "" or begins with a
 * comma. */
void sim_write_bookmark(struct sim_server *server, const char *annotations);

/* A Status, and with it the end. */
void sim_write_error(struct sim_server *server, int code);

/* The page of a list that was asked for. */
void sim_write_page(struct sim_server *server);

/* All there is, and the bookmark that says so, if this server has such. */
void sim_write_streamed_list(struct sim_server *server);

#endif

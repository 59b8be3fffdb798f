/*
 * A copy that is whole or none.
 */
#ifndef SW_JSON_COPY_H
#define SW_JSON_COPY_H

#include <jansson.h>

/* An object or array with the same values in it, each of which has one holder more. A new
 * reference, NULL when out of memory or without a container. jansson's own copy leaves out the
 * members that there was no memory for, and says nothing. */
json_t *sw_json_copy(const json_t *container);

#endif

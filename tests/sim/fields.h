/*
 * What an API server makes of a write: the object, and whose fields are whose.
 *
 * Server-side apply and plain updates, with every list one field (Kubernetes merges some of them by
 * their keys, which nothing here depends on). Source: structured-merge-diff; KEP-555.
 *
 * Values are new references; aborts without memory.
 */
#ifndef SW_TESTS_SIM_FIELDS_H
#define SW_TESTS_SIM_FIELDS_H

#include <stdbool.h>

#include <jansson.h>

/* Server-side apply of `applied` by `manager` to `live` (NULL for none yet). NULL for a conflict:
 * not forced, and another manager has a field that would change. */
json_t *sim_fields_apply(const json_t *live, const json_t *applied, const char *manager,
                         bool force);

/* A PUT of `object` by `manager` in place of `live` (NULL for none yet): what changes is its own
 * from then on, and nobody else's. */
json_t *sim_fields_update(const json_t *live, const json_t *object, const char *manager);

/* A merge patch (RFC 7396), which changes the fields' owners as an update does. */
json_t *sim_fields_patch(const json_t *live, const json_t *patch, const char *manager);

/* True if `manager` has any field; if any other has one of spec. */
bool sim_fields_has(const json_t *object, const char *manager);
bool sim_fields_spec_shared(const json_t *object, const char *manager);

#endif

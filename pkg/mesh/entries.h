/*
 * The WorkloadEntries of one Service for one remote cluster: one for each group of pods there and
 * each address that leads to them (D13).
 */
#ifndef SW_MESH_ENTRIES_H
#define SW_MESH_ENTRIES_H

#include "mesh/remote.h"

/* True for the keys of labels that entries may have beside those of pods and selector. */
bool sw_entries_label(struct sw_str key);

/* Adds them, and a finding that says how many there are; `remote` has been judged fit. Fails with
 * SW_ENOMEM. */
int sw_entries_plan(const struct sw_subject *subject, const struct sw_remote *remote,
                    const struct sw_shared *shared, struct sw_err *reterr);

#endif

/*
 * Who a namespace belongs to: the workspace that owns it, and that workspace's settings.
 *
 * Workspaces and settings are read from the config cluster's view; a namespace is always one of
 * one cluster. Pointers returned are borrowed from the index.
 */
#ifndef SW_FAILOVER_SCOPE_H
#define SW_FAILOVER_SCOPE_H

#include "model/view.h"

/* The workspace that owns `namespace_` of `cluster`: of those that cover it, the first by
 * precedence (sw_workspace_cmp). NULL if none does. */
const struct sw_workspace *sw_scope_owner(const struct sw_index *index, struct sw_str cluster,
                                          struct sw_str namespace_);

/* The workspace that a setting names; NULL if there is none. */
const struct sw_workspace *sw_scope_named(const struct sw_index *index,
                                          const struct sw_hierarchy *hierarchy);

/* The next setting of `workspace` in order of precedence, from position *at in the config cluster's
 * list, which it moves on; NULL when there are no more. Start with *at = 0. */
const struct sw_setting *sw_scope_next_setting(const struct sw_index *index,
                                               const struct sw_workspace *workspace, size_t *at);

#endif

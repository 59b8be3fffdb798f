/*
 * What a DestinationRule says beside its policies: its subsets, and who sees it.
 *
 * Apart from model/destinationrule.h, because the webhook's rule needs none of it and would pay for
 * it with every review.
 */
#ifndef SW_MODEL_ROUTING_H
#define SW_MODEL_ROUTING_H

#include "model/meta.h"
#include "model/strlist.h"

/* Most subsets that are read of one rule. */
#define SW_ROUTING_MAX_SUBSETS 2048

struct sw_subset {
    struct sw_str name;
    struct sw_labels labels; /* may be empty: then it is every pod */
};

struct sw_routing {
    const struct sw_subset *subsets; /* arena; in document order */
    size_t n_subsets;
    struct sw_strings export_to;        /* as written; none: everywhere */
    struct sw_labels workload_selector; /* matchLabels */
    bool selects_workloads; /* there is a workloadSelector: the rule is for those clients only */
};

/* Reads a whole DestinationRule; strings are copied into `arena`. Fails with SW_ETYPE (message
 * names the path, what was expected, what was found; too many subsets are such too) and SW_ENOMEM.
 */
int sw_routing_read(const json_t *object, struct sw_arena *arena, struct sw_routing *ret,
                    struct sw_err *reterr);

#endif

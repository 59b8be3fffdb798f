/*
 * One selector of a WorkspaceSetting against every cluster: what it finds, where it finds nothing,
 * and how that is said.
 *
 * A selector that matches in no cluster is a refusal, or a warning where the user allowed it or a
 * cluster has not been seen yet; one that matches in some only is a warning.
 */
#ifndef SW_FAILOVER_MATCH_H
#define SW_FAILOVER_MATCH_H

#include "failover/outcome.h"
#include "failover/search.h"

/* Longest message, its lists of clusters and namespaces included. */
#define SW_MATCH_MAX_MESSAGE_BYTES 2400

/* What comes nearest is looked for among all Services, so only the first findings name it: a
 * setting may have thousands of selectors, and an API server waits for seconds. */
#define SW_MATCH_MAX_NEAREST 16

struct sw_match {
    const struct sw_index *index;         /* borrowed */
    const struct sw_workspace *workspace; /* whose Services are meant; NULL when there is none */
    struct sw_outcome *outcome;           /* borrowed; takes the findings */
    bool allow_unmatched;                 /* the user's annotation: warn, do not refuse */
    size_t n_nearest;                     /* findings that named the nearest so far */
    bool is_owner_told;                   /* so was who else owns its namespaces */
    struct sw_owned *owned; /* of each view, arena; NULL until a selector for Services comes */
};

/* Judges the workloadSelector that stands at `at`. Fails with SW_ENOMEM. */
int sw_match_gateways(struct sw_match *match, const struct sw_gateway_setting *gateways,
                      const struct sw_at *at, struct sw_err *reterr);

/* Judges the serviceLabels that stand at `at`; for NULL, whether the workspace has any Service at
 * all. There must be a workspace. Fails with SW_ENOMEM. */
int sw_match_services(struct sw_match *match, const struct sw_labels *selector,
                      const struct sw_at *at, struct sw_err *reterr);

/* Finds something wanting that the annotation excuses. `message` may have been cut at its cap; what
 * else went wrong with it is the failure. Fails with SW_ENOMEM. */
int sw_match_refuse(struct sw_match *match, enum sw_reason reason, const struct sw_at *at,
                    struct sw_buf *message, struct sw_err *reterr);

#endif

/*
 * What is found to be wrong, round by round: what was found in the round before is not said again.
 */
#ifndef SW_KUBE_FLEET_FINDINGS_H
#define SW_KUBE_FLEET_FINDINGS_H

#include "base/arena.h"

#include <stdbool.h>

/* Most findings of a round that are said one by one; the others are counted. */
#define SW_FLEET_FINDINGS_MAX 64

/* One round's; private. */
struct sw_fleet_round {
    struct sw_arena arena;
    char **items; /* arena; n of them */
    size_t n;
};

/* The caller's storage; private but for n. */
struct sw_fleet_findings {
    size_t n; /* of the round that is open, or was last; those that are not said too */
    struct sw_fleet_round now, before;
    bool open;
};

/* Nothing was found yet. */
void sw_fleet_findings_init(struct sw_fleet_findings *findings);
/* Says nothing. */
void sw_fleet_findings_release(struct sw_fleet_findings *findings);

/* Begins a round; one that was begun and not ended is forgotten. */
void sw_fleet_findings_begin(struct sw_fleet_findings *findings);

/* Notes a finding, one line. Without memory for it, it is only counted. */
void sw_fleet_findings_add(struct sw_fleet_findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the round, and says each finding that the one before did not have. */
void sw_fleet_findings_end(struct sw_fleet_findings *findings,
                           void (*say)(void *context, const char *message), void *context);

#endif

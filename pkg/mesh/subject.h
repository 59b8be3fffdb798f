/*
 * The Service that a plan is about, seen from the local cluster: whether its clients there can fail
 * over at all.
 *
 * Services of one name in namespaces of one name are the same Service, whichever cluster they are
 * in. What istiod gives WorkloadEntries to is the local one; where there is none, a stub is made
 * after one of another cluster.
 */
#ifndef SW_MESH_SUBJECT_H
#define SW_MESH_SUBJECT_H

#include "mesh/plan.h"

struct sw_subject {
    const struct sw_mesh *mesh; /* borrowed, as all of it */
    const struct sw_view *view; /* of the local cluster */
    struct sw_arena *arena;
    struct sw_plan *plan;           /* takes what is found */
    struct sw_str host;             /* arena */
    const struct sw_service *local; /* NULL while there is none but a stub of ours */
    bool stub_there;                /* there is a stub of ours */
    const struct sw_service *shape; /* the local one, or what a stub is made after; NULL while
                                       that is not decided */
    struct sw_rules rules;          /* of the local cluster */
};

/* Looks the Service of plan->namespace_ and plan->service up. Fails with SW_ENOMEM. */
int sw_subject_init(struct sw_subject *subject, const struct sw_mesh *mesh, struct sw_plan *plan,
                    struct sw_arena *arena, struct sw_err *reterr);

/* Can its clients in the local cluster fail over, by the Service or by a stub? SW_PLANNED, or why
 * not. */
enum sw_reason sw_subject_judge(const struct sw_subject *subject);

/* Adds a finding about it and, unless unset, a remote cluster. format NULL gives the reason's
 * sentence. Fails with SW_ENOMEM. */
int sw_subject_find(const struct sw_subject *subject, enum sw_mesh_verdict verdict,
                    enum sw_reason reason, struct sw_str cluster, struct sw_err *reterr,
                    const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif

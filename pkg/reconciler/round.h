/*
 * One round over the Workspaces and WorkspaceSettings of the config cluster: judges them
 * (reconciler/standings.h), and keeps the statuses that are other ones than stand there.
 *
 * A round is made in steps, each by what is known at that moment: with many clusters and Services
 * it takes longer than the thread's other duties, such as the Lease, can wait.
 */
#ifndef SW_RECONCILER_ROUND_H
#define SW_RECONCILER_ROUND_H

#include "reconciler/census.h"
#include "reconciler/standings.h"

/* How long a step judges objects, at least; at most twice as long as it took to get ready. */
#define SW_ROUND_STEP_MS 20

/* A status to write. */
struct sw_round_write {
    enum sw_gvr_id gvr;
    struct sw_str namespace_, name; /* borrowed from the census */
    struct sw_str body;             /* a whole object, for a server-side apply of `status` */
};

/* The caller's storage; what is not private is to be read only. */
struct sw_round {
    const struct sw_census *census; /* private */
    struct sw_arena arena;          /* private: what is known of the clusters, and the writes */
    struct sw_arena scratch;        /* private: what is made of one object */
    struct sw_round_write *writes;  /* of the last step */
    size_t n_writes;
    enum sw_census_kind kind; /* private: of the next object */
    size_t at;                /* private: the next object */
    bool settled;             /* every object so far is Programmed */
};

/* No round is under way. `census` is borrowed for its life. */
void sw_round_init(struct sw_round *round, const struct sw_census *census);

/* Gives up the round; another can begin. */
void sw_round_release(struct sw_round *round);

/* Begins with the first object. The census stays as it is until the round is over. */
void sw_round_begin(struct sw_round *round);

/* True if there is no object left to judge. */
bool sw_round_is_over(const struct sw_round *round);

/* Judges the next objects by `known`, whose arenas are not looked at. The writes of the step before
 * are gone. Fails with SW_ENOMEM, and SW_ELIMIT where a status is too large to be written. */
int sw_round_step(struct sw_round *round, const struct sw_standings_options *known,
                  struct sw_err *reterr);

#endif

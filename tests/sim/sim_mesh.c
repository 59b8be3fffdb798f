/*
 * Clusters, each with a reconciler, for hours of simulated time in which everything goes wrong that
 * can: to clusters, to their API servers, to what is heard of them, and to reconcilers.
 *
 *   sim_mesh [--seed N] [--seeds N] [--rounds N] [--trace 1]
 *
 * Runs --seeds of them (default 300) from --seed (default 1) on. A seed decides all that happens,
 * so one that fails fails again: it is printed with what was found. --trace tells what happens.
 *
 * A round is: everything at once; quiet; one thing that happens alone (scene.h); quiet. What must
 * hold (checks.h) is looked at with every write, and whenever it is quiet.
 */
#include <stdio.h>

#include "options.h"
#include "run.h"
#include "json/read.h"

int main(int argc, char *argv[])
{
    uint64_t seed = 1, n_seeds = 300, n_rounds = 3, trace = 0, n_failed = 0;
    struct sim_run_totals totals = {0};
    const struct sim_option options[] = {{"--seed", &seed},
                                         {"--seeds", &n_seeds},
                                         {"--rounds", &n_rounds},
                                         {"--trace", &trace},
                                         {NULL, NULL}};

    (void)argc;
    if (!sim_read_options(argv, options))
        return 2;
    sw_json_setup();
    for (uint64_t i = 0; i < n_seeds; i++)
        n_failed += !sim_run_seed(seed + i, (unsigned int)n_rounds, trace != 0, &totals);
    printf("%ju seeds, %ju failed: %ju hours, %ju changes by others, %ju writes (%ju refused), "
           "%ju crashes\n",
           (uintmax_t)n_seeds, (uintmax_t)n_failed, (uintmax_t)totals.hours,
           (uintmax_t)totals.changes, (uintmax_t)totals.writes, (uintmax_t)totals.refused,
           (uintmax_t)totals.crashes);
    return n_failed ? 1 : 0;
}

/*
 * What must hold, whatever happens.
 *
 * With every write:
 *   - an object that lacks our label or our field manager is neither changed nor deleted, and a
 *     stub that another manager has fields of is not deleted;
 *   - a WorkloadEntry is created only where its writer could see outlierDetection for its clients,
 *     and the host on a Gateway of the cluster that it leads to;
 *   - a DestinationRule is not deleted that entries need, as far as its writer can see;
 *   - an entry leads to another cluster, by its label, its network and its address;
 *   - once a user's object has had the name of our rule for long, no entry that would need ours;
 *   - where a scene says so: no write at all in a cluster; never the last entry of a Service for a
 *     cluster; no entry without a Gateway that holds its host.
 * When it is quiet:
 *   - a plan of everything, made afresh of the true state, has nothing left to do, in any cluster;
 *   - every entry has outlierDetection, its host is held where it leads, and there are ready pods
 *     in the mesh, behind a gateway that is ready and sends nothing on;
 *   - no Gateway of ours stands beside a user's.
 */
#ifndef SW_TESTS_SIM_CHECKS_H
#define SW_TESTS_SIM_CHECKS_H

#include "run.h"

/* A keeper has decided on a write. */
void sim_check_decision(struct sim_run *run, const struct sim_keeper *keeper,
                        const struct sim_write *write);

/* A write is about to arrive, and has arrived with this status. */
void sim_check_arrival(struct sim_run *run, const struct sim_cluster *cluster,
                       const struct sim_write *write);
void sim_check_after(struct sim_run *run, const struct sim_cluster *cluster,
                     const struct sim_write *write, int status);

/* It is quiet. */
void sim_check_quiet(struct sim_run *run);

/* How many entries of that Service lead from one cluster to another. */
size_t sim_count_entries(const struct sim_cluster *cluster, size_t service, const char *remote);

#endif

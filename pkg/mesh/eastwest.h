/*
 * What an IngressGateway with eastWestOnly stands for: a gateway of Istio's injection that serves
 * port 15443 and nothing else.
 */
#ifndef SW_MESH_EASTWEST_H
#define SW_MESH_EASTWEST_H

#include "mesh/plan.h"

/* Adds ServiceAccount, Deployment and Service, all of the IngressGateway's name and labelled
 * `app: <name>`, which a workloadSelector names. The Service carries no network label (D9). The
 * plan's key is the IngressGateway's name; for one that is gone, the plan is empty. Fails with
 * SW_ENOMEM. */
int sw_plan_eastwest(const struct sw_mesh *mesh, struct sw_plan_key key, struct sw_arena *arena,
                     struct sw_plan *ret, struct sw_err *reterr);

#endif

/*
 * What happens alone, so that it can be said what must come of it.
 */
#ifndef SW_TESTS_SIM_SCENE_H
#define SW_TESTS_SIM_SCENE_H

#include "run.h"

/* Everything at once, for a while. */
void sim_scene_chaos(struct sim_run *run);

/* One of the others. It begins and ends quiet. */
void sim_scene_any(struct sim_run *run);

#endif

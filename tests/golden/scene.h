/*
 * The clusters that a case is asked about: folders of manifests, read as any program reads them.
 *
 * A cluster is made of shared folders below tests/golden/clusters, so that a case says only what is
 * particular about it, and of the case's own clusters/NAME, which comes last: an object there
 * stands in for a shared one of the same name.
 */
#ifndef GOLDEN_SCENE_H
#define GOLDEN_SCENE_H

#include "golden/options.h"

#include "model/view.h"

/* Where folders are; borrowed. */
struct golden_place {
    const char *root;   /* tests/golden */
    const char *folder; /* the case */
};

/* Reads the clusters into an index that lives as long as `arena`. Call inside a sw_json_scope of
 * it. Fails with what reading a folder fails with, SW_EUSAGE (a name of a cluster that is none of
 * them) and SW_ENOMEM. */
int golden_scene_load(const struct golden_place *place, const struct golden_options *options,
                      struct sw_arena *arena, struct sw_index *ret, struct sw_err *reterr);

#endif

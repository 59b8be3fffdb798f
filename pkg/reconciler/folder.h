/*
 * A folder of manifests as a cluster: read whole when something in it has changed.
 *
 * What is not in it any more goes when all of it could be read; until then what is known stays.
 */
#ifndef SW_RECONCILER_FOLDER_H
#define SW_RECONCILER_FOLDER_H

#include "mesh/state.h"

/* The caller's storage; private. It holds nothing to release. */
struct sw_folder {
    const char *path;                 /* borrowed */
    struct sw_state_cluster *cluster; /* borrowed */
    uint32_t resources;
    uint64_t fingerprint; /* as last read */
    bool read;            /* it was, with that fingerprint */
};

/* A folder whose objects go into `cluster`, of which `resources` (1u << enum sw_resource of each)
 * are read. Reads nothing yet. */
void sw_folder_init(struct sw_folder *folder, const char *path, struct sw_state_cluster *cluster,
                    uint32_t resources);

/* Looks at the folder, and reads it where it has changed: 1, else 0. Fails as sw_dir_list() does,
 * and with SW_ESYNTAX where a file cannot be read; what was known then stays. */
int sw_folder_look(struct sw_folder *folder, struct sw_err *reterr);

#endif

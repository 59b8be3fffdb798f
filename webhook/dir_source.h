/*
 * A folder of manifests as a source.
 *
 * Its version is the fingerprint of its files. Inotify tells early that something may have changed;
 * what counts is the fingerprint, which is also looked at without being told: a watch dies with the
 * folder it is on when a link to it is turned (git-sync, kubelet's ..data), and not every file
 * system has watches.
 */
#ifndef SW_WEBHOOK_DIR_SOURCE_H
#define SW_WEBHOOK_DIR_SOURCE_H

#include "webhook/source.h"

/* A source for the folder at `path` (borrowed for its life), which is not looked at yet. Its fill
 * fails if any file in it cannot be read as manifests: half of a cluster is no cluster. Fails with
 * SW_ENOMEM. */
int sw_dir_source_open(const char *path, struct sw_source *ret, struct sw_err *reterr);

#endif

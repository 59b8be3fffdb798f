/*
 * What a case of plan/ says about itself: its case.yaml, every member of which is known here.
 */
#ifndef GOLDEN_PLAN_OPTIONS_H
#define GOLDEN_PLAN_OPTIONS_H

#include "base/arena.h"
#include "base/err.h"

#include <jansson.h>

/* Values are arena memory; NULL where they are absent. */
struct golden_plan_options {
    json_t *about;      /* the sentence that the case guards */
    json_t *clusters;   /* name to array of shared folders; the usual two where absent */
    json_t *config;     /* name of the config cluster; the first one, which is local */
    json_t *networks;   /* cluster to network, as --network says it */
    json_t *names;      /* DNS name to array of addresses; others do not exist */
    json_t *unresolved; /* true: names are not to be resolved */
    json_t *unseen;     /* names of clusters that have not been read yet */
    json_t *unreadable; /* name of a cluster to seconds for which it has been out of reach */
    json_t *ttl;        /* --remote-ttl, seconds */
    json_t *native;     /* names of clusters that istiod reads itself, or true: some, unknown */
    json_t *fleet;      /* false: the list of clusters is not complete yet */
    json_t *lost;       /* true: what then/ lacks was lost by a list, which no other confirms */
    json_t *rounds;     /* at most so many are shown; 6 */
};

/* Reads the value of a case.yaml. Fails with SW_ETYPE (a member that is not known or is of another
 * type, or no `about`). */
int golden_plan_options_read(const json_t *document, struct golden_plan_options *ret,
                             struct sw_err *reterr);

#endif

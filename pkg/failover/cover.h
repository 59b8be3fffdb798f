/*
 * Which exposed Services, in any cluster, a DestinationRule's host covers.
 */
#ifndef SW_FAILOVER_COVER_H
#define SW_FAILOVER_COVER_H

#include "failover/expose.h"
#include "failover/host.h"

struct sw_cover {
    const struct sw_service *service;       /* the first exposed one, the local cluster's before
                                               others; NULL if there is none */
    const struct sw_setting *setting;       /* what exposes it */
    const struct sw_workspace *workspace;   /* whose it is */
    bool spans; /* the host also covers Services of another workspace, or local ones of none */
};

/* Looks for them. Everything returned is borrowed from the index. */
struct sw_cover sw_cover_find(const struct sw_index *index, const struct sw_host *host);

#endif

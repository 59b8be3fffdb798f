/*
 * What the reconciler reads of a Service beside model/service.h: how it is reached from outside,
 * and who sees it.
 *
 * A struct of its own, so that the webhook does not hold it.
 */
#ifndef SW_MODEL_FRONTAGE_H
#define SW_MODEL_FRONTAGE_H

#include "model/meta.h"
#include "model/strlist.h"

/* Where a gateway is reached, as TSB has it: IPs and DNS names between commas. Wins over status. */
#define SW_ANNOTATION_ADDRESSES "xcp.tetrate.io/cluster-external-addresses"
#define SW_ANNOTATION_EXPORT_TO "networking.istio.io/exportTo"

/* Most addresses that are read of one gateway. */
#define SW_FRONTAGE_MAX_ADDRESSES 64

struct sw_frontage {
    struct sw_strings addresses; /* IPs and DNS names, as written, each once: of the annotation,
                                    else of status.loadBalancer.ingress, else of spec.externalIPs */
    bool annotated;              /* they are the annotation's */
    struct sw_strings export_to; /* of the annotation; none: everywhere */
    bool ipv4;                   /* of ipFamilies; IPv4 where that is absent and clusterIP too */
    bool ipv6;
};

/* Reads a whole Service; strings are copied into `arena`. Fails with SW_ETYPE (message names the
 * path, what was expected, what was found; too many addresses are such too) and SW_ENOMEM. */
int sw_frontage_read(const json_t *object, struct sw_arena *arena, struct sw_frontage *ret,
                     struct sw_err *reterr);

#endif

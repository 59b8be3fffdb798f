/*
 * The ports of one Service in two clusters, and what a WorkloadEntry calls them.
 */
#ifndef SW_MESH_PORTS_H
#define SW_MESH_PORTS_H

#include "base/err.h"
#include "model/service.h"

/* How the ports of the local Service look from a remote one. Borrowed; NULL for none. */
struct sw_ports {
    const struct sw_port *mismatch; /* a named TCP port whose name has another number there: the
                                       number is part of the SNI */
    const struct sw_port *there;    /* that port there */
    const struct sw_port *absent;   /* a named TCP port whose name and number are unknown there */
    size_t n_same;                  /* ports that will fail over */
};

/* Compares them. What it returns is borrowed from both. */
struct sw_ports sw_ports_compare(const struct sw_service *local, const struct sw_service *remote);

/* The keys of a WorkloadEntry's ports. */
struct sw_port_keys {
    struct sw_str *items; /* arena; sorted, each once; contents borrowed */
    size_t n;
};

/* Adds those by which istiod finds a named TCP port of `service`: its name where targetPort is a
 * number, else targetPort's; both are given, as the other does no harm (D6). Fails with SW_ENOMEM.
 */
int sw_ports_add_keys(const struct sw_service *service, struct sw_arena *arena,
                      struct sw_port_keys *keys, struct sw_err *reterr);

#endif

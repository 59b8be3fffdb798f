/*
 * What a plan has to say: for each thing that is in place, is withheld or has to wait, why.
 *
 * Everything in a list is arena memory, or borrowed from the mesh that was planned.
 */
#ifndef SW_MESH_FINDING_H
#define SW_MESH_FINDING_H

#include "base/arena.h"
#include "base/err.h"
#include "failover/reason.h"

enum sw_mesh_verdict {
    SW_MESH_EMITTED,  /* it is wanted, and written where it is absent */
    SW_MESH_WITHHELD, /* it is not wanted, though a setting asks for it */
    SW_MESH_WARNED,   /* it is emitted, and something about it will not work */
    SW_MESH_WAITS,    /* it is or is not there, and stays so for now */
};

/* What a finding is about. Unset members say that it is about no one in particular. */
struct sw_about {
    struct sw_str namespace_; /* of the Service, or of the gateway */
    struct sw_str name;
    struct sw_str cluster; /* the remote one; unset where it is about the local cluster */
};

struct sw_mesh_finding {
    enum sw_mesh_verdict verdict;
    enum sw_reason reason;
    struct sw_about about;
    const char *message; /* one line: the reason's sentence, or what was found */
};

struct sw_mesh_findings {
    struct sw_mesh_finding *items; /* arena; NULL while empty */
    size_t n;
};

/* Adds one. format NULL gives the reason's sentence. Fails with SW_ENOMEM. */
int sw_mesh_find(struct sw_mesh_findings *findings, struct sw_arena *arena,
                 struct sw_mesh_finding finding, struct sw_err *reterr, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* "Emitted", "Withheld", "Warned" or "Waits": static, stable. */
const char *sw_mesh_verdict_word(enum sw_mesh_verdict verdict);

#endif

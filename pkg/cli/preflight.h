/*
 * What a cluster says of itself before Spillway is installed into it, and what is to be done first.
 *
 * Everything is asked through one function, so that a test answers from memory. Nothing is written:
 * the only request that is no GET is a SelfSubjectAccessReview, which an API server does not store.
 * Secrets are not asked for.
 */
#ifndef SW_CLI_PREFLIGHT_H
#define SW_CLI_PREFLIGHT_H

#include "base/arena.h"
#include "base/err.h"
#include "kube/answer.h"

enum sw_preflight_severity {
    SW_PREFLIGHT_NOTE,    /* good to know */
    SW_PREFLIGHT_WARNING, /* installs, but something will not work as hoped */
    SW_PREFLIGHT_ERROR,   /* must not be installed, or cannot be */
    SW_N_PREFLIGHT_SEVERITIES
};

/* How to ask one API server. */
struct sw_preflight_api {
    void *context;
    /* GETs the path, or POSTs `body` there where it is set, and waits. The answer's body is a copy
     * in `arena`. *ret is always set. */
    void (*ask)(void *context, struct sw_str path, struct sw_str body, struct sw_arena *arena,
                struct sw_answer *ret);
};

/* Texts are static or of the arena. */
struct sw_preflight_finding {
    enum sw_preflight_severity severity;
    const char *code;    /* a word that stays the same: "ForeignCrd" */
    const char *message; /* what is so */
    const char *advice;  /* what to do; NULL where there is nothing */
};

/* One istiod: of a revision, or the only one. Of the arena. */
struct sw_preflight_istiod {
    struct sw_str namespace_;
    struct sw_str name;     /* of its Deployment, which is that of its Service, too */
    struct sw_str version;  /* "1.31.0", its image's tag; unset where the image has none */
    struct sw_str revision; /* "default", "canary" */
};

/* What was found; the caller's storage, zeroed by sw_preflight_run(). */
struct sw_preflight {
    struct sw_str kubernetes; /* "v1.36.3" */
    struct sw_str installed;  /* the webhook's image where it runs already; else unset */
    struct sw_str network;    /* label topology.istio.io/network of istio-system; else unset */
    const struct sw_preflight_istiod *istiods; /* arena; NULL for none */
    size_t n_istiods;
    const struct sw_preflight_finding *findings; /* arena; in the order in which they were made */
    size_t n_findings;
    size_t n_of[SW_N_PREFLIGHT_SEVERITIES];

    const struct sw_preflight_api *api; /* the rest is for the checks alone; borrowed, as is: */
    struct sw_arena *arena;
    bool has_istio; /* networking.istio.io is served */
};

/* Asks everything. Call inside a sw_json_scope of `arena`, which holds what is in *ret. What we may
 * not read becomes a finding. Fails with what keeps a question from being answered: SW_EIO (no
 * answer, 401, 429, 5xx), SW_ETYPE, SW_ESYNTAX or SW_ELIMIT (not in the words of an API server),
 * SW_EINTERNAL, SW_ENOMEM. `reterr` must not be NULL. */
int sw_preflight_run(const struct sw_preflight_api *api, struct sw_arena *arena,
                     struct sw_preflight *ret, struct sw_err *reterr);

/* "note", "warning", "error": static. */
const char *sw_preflight_severity_word(enum sw_preflight_severity severity);

#endif

/*
 * The checks that a preflight is made of, and what they share. See cli/preflight.h.
 *
 * Each returns 0 or fails as sw_preflight_run() does; what it finds it adds.
 */
#ifndef SW_CLI_PREFLIGHT_CHECKS_H
#define SW_CLI_PREFLIGHT_CHECKS_H

#include "cli/preflight.h"

/* The namespace that manifests/ install into. */
#define SW_PREFLIGHT_NAMESPACE "spillway-system"

/* The root namespace of the mesh, in which a Role of theirs is as well. */
#define SW_PREFLIGHT_ROOT "istio-system"

/* GETs a path. Returns 1 with *ret (of the arena) where there is an object; 0 where there is none,
 * or where we may not read it (403), which becomes a warning that names `matter`, as in "cannot
 * tell MATTER". Fails as sw_preflight_run(). */
int sw_preflight_look(struct sw_preflight *run, const char *path, const char *matter, json_t **ret,
                      struct sw_err *reterr);

/* Adds a finding; code and advice (NULL for none) are static, or of the arena. Fails with
 * SW_ENOMEM. */
int sw_preflight_add(struct sw_preflight *run, struct sw_preflight_finding finding,
                     struct sw_err *reterr);

/* Adds one whose message is printed. Fails with SW_ENOMEM. */
int sw_preflight_say(struct sw_preflight *run, enum sw_preflight_severity severity,
                     const char *code, const char *advice, struct sw_err *reterr,
                     const char *format, ...) __attribute__((format(printf, 6, 7)));

/* A label of an object; unset where it has no such label. Borrowed from the object. */
struct sw_str sw_preflight_label(const json_t *object, const char *label);

/* Kubernetes' version, and the APIs that the manifests are written in. */
int sw_preflight_check_version(struct sw_preflight *run, struct sw_err *reterr);
int sw_preflight_check_apis(struct sw_preflight *run, struct sw_err *reterr);

/* What has our names and is not ours: CRDs, webhook configurations; our namespace as it is. */
int sw_preflight_check_neighbours(struct sw_preflight *run, struct sw_err *reterr);

/* Istio: whether its namespace is there, in which versions, and whether istiod reads other clusters
 * by itself; ambient namespaces. After the APIs were checked. */
int sw_preflight_check_istio(struct sw_preflight *run, struct sw_err *reterr);

/* Whether the caller may create and change what the manifests hold. */
int sw_preflight_check_rights(struct sw_preflight *run, struct sw_err *reterr);

#endif

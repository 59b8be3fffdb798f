#include "reconciler/retries.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

static void free_retry(struct sw_retry *retry)
{
    free(retry->failure);
    free(retry);
}

void sw_retries_release(struct sw_retries *retries)
{
    for (struct sw_record *record = sw_hash_next(&retries->objects, NULL), *next; record;
         record = next) {
        next = sw_hash_next(&retries->objects, record);
        free_retry((struct sw_retry *)record);
    }
    sw_hash_release(&retries->objects);
    *retries = (struct sw_retries){.n_failing = 0};
}

static bool retry_is(const struct sw_record *record, const void *key)
{
    const struct sw_retry *retry = (const struct sw_retry *)record;
    const struct sw_op *op = key;

    return retry->kind == op->kind && sw_str_eq(retry->name, op->name) &&
           sw_str_eq(retry->namespace_, op->namespace_);
}

static const struct sw_retry *find(const struct sw_retries *retries, const struct sw_op *op)
{
    return (struct sw_retry *)sw_hash_find(&retries->objects, sw_hash_of(op->namespace_, op->name),
                                           retry_is, op);
}

struct sw_retry *sw_retries_get(struct sw_retries *retries, const struct sw_op *op)
{
    uint32_t hash = sw_hash_of(op->namespace_, op->name);
    struct sw_retry *retry = (struct sw_retry *)find(retries, op);
    char *at;

    if (retry)
        return retry;
    retry = calloc(1, sizeof(*retry) + op->namespace_.len + op->name.len + op->for_namespace.len +
                          op->for_service.len);
    if (!retry)
        return NULL;
    at = retry->texts;
    retry->kind = op->kind;
    retry->namespace_ = sw_str_place(&at, op->namespace_);
    retry->name = sw_str_place(&at, op->name);
    retry->for_namespace = sw_str_place(&at, op->for_namespace);
    retry->for_service = sw_str_place(&at, op->for_service);
    if (sw_hash_insert(&retries->objects, &retry->record, hash, NULL) < 0) {
        free_retry(retry);
        return NULL;
    }
    return retry;
}

/* Until when an object is left to whoever else writes it. */
static int64_t calm_until(const struct sw_retry *retry)
{
    int64_t wait_ms = 1000;

    if (retry->n_rewrites < SW_RETRIES_CALM_REWRITES)
        return INT64_MIN;
    for (unsigned int i = SW_RETRIES_CALM_REWRITES;
         i < retry->n_rewrites && wait_ms < SW_RETRIES_CALM_MS; i++)
        wait_ms *= 2;
    return retry->rewritten_ms + (wait_ms < SW_RETRIES_CALM_MS ? wait_ms : SW_RETRIES_CALM_MS);
}

/* True if the operation is on the version that was written last; one too long to be remembered is
 * any such. */
static bool is_version(const struct sw_retry *retry, const struct sw_op *op)
{
    return sw_str_is(op->resource_version, retry->version) ||
           op->resource_version.len >= sizeof(retry->version);
}

static struct sw_digest digest_of(const struct sw_op *op)
{
    return op->wanted ? op->wanted->digest : (struct sw_digest){{0}};
}

/* True if the operation is what was tried last. */
static bool is_same(const struct sw_retry *retry, const struct sw_op *op)
{
    struct sw_digest digest = digest_of(op);

    return op->verb == retry->verb && is_version(retry, op) &&
           memcmp(digest.bytes, retry->digest.bytes, sizeof(digest.bytes)) == 0;
}

int64_t sw_retry_when(const struct sw_retry *retry, const struct sw_op *op, int64_t now_ms)
{
    int64_t again_ms = is_same(retry, op) ? retry->not_before_ms : retry->least_ms;

    if (retry->under_way)
        return INT64_MAX;
    if (retry->n_failures && now_ms < again_ms)
        return again_ms;
    if (now_ms < retry->seen_by_ms && is_version(retry, op))
        return retry->seen_by_ms;
    if (op->verb == SW_OP_APPLY && now_ms < calm_until(retry))
        return calm_until(retry);
    return now_ms;
}

static void forget_failure(struct sw_retries *retries, struct sw_retry *retry)
{
    retries->n_failing -= retry->n_failures > 0;
    retry->n_failures = 0;
    free(retry->failure);
    retry->failure = NULL;
}

/* Twice the longest wait, so that who waits that long is not taken for a first one again. */
static bool is_rewritten(const struct sw_retry *retry, int64_t now_ms)
{
    return retry->n_rewrites && now_ms < retry->rewritten_ms + 2 * (int64_t)SW_RETRIES_CALM_MS;
}

void sw_retry_begin(struct sw_retry *retry, const struct sw_op *op)
{
    struct sw_str version = op->resource_version;
    size_t len = version.len < sizeof(retry->version) ? version.len : 0;

    retry->under_way = true;
    retry->asked_again = false;
    retry->verb = op->verb;
    retry->digest = digest_of(op);
    if (len)
        memcpy(retry->version, version.data, len);
    retry->version[len] = '\0';
}

void sw_retry_done(struct sw_retries *retries, struct sw_retry *retry, int64_t now_ms)
{
    forget_failure(retries, retry);
    retry->under_way = false;
    retry->seen_by_ms = now_ms + SW_RETRIES_UNSEEN_MS;
    if (retry->verb != SW_OP_APPLY)
        return;
    retry->n_rewrites = is_rewritten(retry, now_ms) ? retry->n_rewrites + 1 : 1;
    retry->rewritten_ms = now_ms;
}

void sw_retry_failed(struct sw_retries *retries, struct sw_retry *retry,
                     const struct sw_retry_failure *failure, int64_t now_ms)
{
    int64_t wait_ms = failure->first_ms;

    for (unsigned int i = 0; i < retry->n_failures && wait_ms < SW_RETRIES_MAX_MS; i++)
        wait_ms *= 2;
    if (wait_ms > SW_RETRIES_MAX_MS)
        wait_ms = SW_RETRIES_MAX_MS;
    if (wait_ms < failure->least_ms)
        wait_ms = failure->least_ms;
    retries->n_failing += retry->n_failures == 0;
    retry->n_failures++;
    retry->under_way = false;
    retry->seen_by_ms = 0;
    retry->not_before_ms = now_ms + wait_ms;
    retry->least_ms = now_ms + failure->least_ms;
    free(retry->failure);
    retry->failure = strdup(failure->why);
    retry->reason = failure->reason;
}

static bool is_needed(const struct sw_retry *retry, int64_t now_ms)
{
    return retry->under_way || now_ms < retry->seen_by_ms || is_rewritten(retry, now_ms) ||
           (retry->n_failures && now_ms < retry->not_before_ms + SW_RETRIES_STALE_MS);
}

void sw_retries_settle(struct sw_retries *retries, struct sw_retry *retry, int64_t now_ms)
{
    if (is_needed(retry, now_ms))
        return;
    forget_failure(retries, retry);
    sw_hash_remove(&retries->objects, &retry->record);
    free_retry(retry);
}

void sw_retries_sweep(struct sw_retries *retries, int64_t now_ms)
{
    for (struct sw_record *record = sw_hash_next(&retries->objects, NULL), *next; record;
         record = next) {
        next = sw_hash_next(&retries->objects, record);
        sw_retries_settle(retries, (struct sw_retry *)record, now_ms);
    }
}

const struct sw_retry *sw_retries_next(const struct sw_retries *retries,
                                       const struct sw_retry *retry)
{
    return (const struct sw_retry *)sw_hash_next(&retries->objects, retry ? &retry->record : NULL);
}

static bool makes(enum sw_op_verb verb)
{
    return verb == SW_OP_CREATE || verb == SW_OP_APPLY;
}

static int explain(const struct sw_retry *retry, struct sw_str remote, struct sw_plan *plan,
                   struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_mesh_finding finding = {
        .verdict = SW_MESH_WAITS,
        .reason = retry->reason,
        .about = {plan->namespace_, plan->service, remote},
    };

    return sw_mesh_find(&plan->findings, arena, finding, reterr, "%s %.*s/%.*s: cannot %s it: %s",
                        sw_mesh_kind_name(retry->kind), SW_STR_ARG(retry->namespace_),
                        SW_STR_ARG(retry->name), sw_op_verb_name(retry->verb),
                        retry->failure ? retry->failure : "");
}

int sw_retries_explain(const struct sw_retries *retries, const struct sw_mesh *mesh,
                       struct sw_plan *plan, struct sw_arena *arena, struct sw_err *reterr)
{
    size_t n, first;
    int r = 0;

    if (!retries->n_failing)
        return 0;
    for (size_t i = 0; r == 0 && i < plan->wanteds.n; i++) {
        const struct sw_wanted *wanted = &plan->wanteds.items[i];
        const struct sw_op op = {
            .kind = wanted->kind, .namespace_ = wanted->namespace_, .name = wanted->name};
        const struct sw_retry *retry = find(retries, &op);

        if (retry && retry->n_failures && makes(retry->verb))
            r = explain(retry, sw_wanted_remote(wanted), plan, arena, reterr);
    }
    first = sw_mesh_owned_for(mesh, plan->namespace_, plan->service, &n);
    for (size_t i = first; r == 0 && i < first + n; i++) {
        const struct sw_mesh_owned *owned = mesh->owned[i];
        const struct sw_op op = {
            .kind = owned->kind, .namespace_ = owned->namespace_, .name = owned->name};
        const struct sw_retry *retry = find(retries, &op);

        if (plan->kinds & 1u << owned->kind && retry && retry->n_failures && !makes(retry->verb))
            r = explain(retry, owned->remote, plan, arena, reterr);
    }
    return r;
}

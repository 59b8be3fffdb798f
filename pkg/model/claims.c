#include "model/claims.h"

#include <stdlib.h>

#include "base/banned.h"

static int by_namespace_then_rank(const void *a, const void *b)
{
    const struct sw_claim *x = a, *y = b;
    int order = (int)x->pattern->prefix - (int)y->pattern->prefix;

    if (!order)
        order = sw_str_cmp(x->pattern->namespace_, y->pattern->namespace_);
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

int sw_claims_build(const struct sw_workspace *const *workspaces, size_t n_workspaces,
                    struct sw_arena *arena, struct sw_claims *ret, struct sw_err *reterr)
{
    struct sw_claims claims = {0};
    struct sw_claim *items;
    size_t n = 0;

    for (size_t i = 0; i < n_workspaces; i++)
        n += workspaces[i]->n_patterns;
    items = sw_arena_alloc(arena, n * sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < n_workspaces; i++) {
        for (size_t j = 0; j < workspaces[i]->n_patterns; j++) {
            items[claims.n++] = (struct sw_claim){&workspaces[i]->patterns[j], i};
            claims.n_exact += !workspaces[i]->patterns[j].prefix;
        }
    }
    qsort(items, n, sizeof(*items), by_namespace_then_rank);
    claims.items = items;
    *ret = claims;
    return 0;
}

/* Position in [low, high) of the first claim on `namespace_` itself, or `high`. */
static size_t find_first(const struct sw_claims *claims, size_t low, size_t high,
                         struct sw_str namespace_)
{
    size_t end = high;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sw_str_cmp(claims->items[middle].pattern->namespace_, namespace_) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && sw_str_eq(claims->items[low].pattern->namespace_, namespace_) ? low : end;
}

/* The least rank in [low, high) that claims exactly this text for this cluster. */
static size_t find_rank(const struct sw_claims *claims, size_t low, size_t high,
                        struct sw_str cluster, struct sw_str namespace_)
{
    for (size_t i = find_first(claims, low, high, namespace_); i < high; i++) {
        const struct sw_ns_pattern *pattern = claims->items[i].pattern;

        if (!sw_str_eq(pattern->namespace_, namespace_))
            break;
        if (sw_str_is(pattern->cluster, "*") || sw_str_eq(pattern->cluster, cluster))
            return claims->items[i].rank;
    }
    return SW_CLAIMS_NOBODY;
}

size_t sw_claims_find(const struct sw_claims *claims, struct sw_str cluster,
                      struct sw_str namespace_)
{
    size_t best = find_rank(claims, 0, claims->n_exact, cluster, namespace_);

    for (size_t len = 0; claims->n_exact < claims->n && len <= namespace_.len; len++) {
        size_t rank = find_rank(claims, claims->n_exact, claims->n, cluster,
                                sw_str_slice(namespace_, 0, len));

        if (rank < best)
            best = rank;
    }
    return best;
}

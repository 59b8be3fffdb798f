#include "certs/plan.h"

#include "base/banned.h"

/* Used up to two thirds of its life, so that a third is left for things that fail. */
#define USED_PARTS 2
#define ALL_PARTS  3

static bool is_valid(int64_t not_before_s, int64_t not_after_s, int64_t now_s)
{
    return not_before_s <= now_s && now_s < not_after_s;
}

/* When a certificate of ours was made. */
static int64_t issued_s(int64_t not_before_s)
{
    return not_before_s + SW_CERT_SKEW_S;
}

/* Whether two thirds of its life are over. One that is not ours may be valid for less than our
 * allowance for clocks: its whole term counts. */
static bool is_due(int64_t not_before_s, int64_t not_after_s, int64_t now_s)
{
    int64_t from_s = issued_s(not_before_s);

    if (from_s >= not_after_s)
        from_s = not_before_s;
    return now_s - from_s >= (not_after_s - from_s) / ALL_PARTS * USED_PARTS;
}

static const struct sw_cert *signer_of(const struct sw_cert_state *state)
{
    return state->signer < state->cas->n ? &state->cas->items[state->signer] : NULL;
}

static bool is_signer_good(const struct sw_cert_state *state)
{
    const struct sw_cert *signer = signer_of(state);

    return signer && is_valid(signer->not_before_s, signer->not_after_s, state->now_s);
}

static bool is_leaf_good(const struct sw_cert_state *state)
{
    const struct sw_cert_served *leaf = &state->leaf;

    return leaf->set && is_valid(leaf->not_before_s, leaf->not_after_s, state->now_s) &&
           state->now_s < state->cas->items[leaf->ca].not_after_s;
}

/* Whether an API server can believe anything of what is called: an empty caBundle means its own
 * list of public authorities, none of which signs names that end in .svc. */
static bool is_anything_trusted(const struct sw_cert_state *state)
{
    for (size_t i = 0; i < state->n_bundles; i++) {
        const struct sw_cert_list *bundle = state->bundles[i];

        for (size_t k = 0; k < bundle->n; k++) {
            if (state->now_s < bundle->items[k].not_after_s)
                return true;
        }
    }
    return false;
}

/* Whether replicas may still serve what the Secret does not hold any more. */
static bool is_remembered(const struct sw_cert_state *state)
{
    return state->served_ms < SW_CERT_FORGET_MS;
}

/* The key of any other was overwritten when the signer was made, so what it has signed last ends by
 * then. One that is younger than the signer (someone has put back what the Secret held before) has
 * signed for as long as it was there. */
static int64_t last_leaf_ends_s(const struct sw_cert_state *state, const struct sw_cert *ca,
                                const struct sw_cert *signer)
{
    int64_t from_s =
        ca->not_before_s > signer->not_before_s ? ca->not_before_s : signer->not_before_s;

    return issued_s(from_s) + state->cert_lifetime_s;
}

bool sw_cert_plan_keeps_ca(const struct sw_cert_state *state, size_t i)
{
    const struct sw_cert *ca = &state->cas->items[i], *signer = signer_of(state);

    if (i == state->signer || (state->leaf.set && i == state->leaf.ca))
        return true;
    if (state->now_s >= ca->not_after_s || i >= SW_CERT_CAS_MAX)
        return false;
    return !signer || is_remembered(state) || state->now_s < last_leaf_ends_s(state, ca, signer);
}

bool sw_cert_plan_trusts(const struct sw_cert_state *state, size_t i)
{
    return sw_cert_plan_keeps_ca(state, i) && state->now_s < state->cas->items[i].not_after_s;
}

bool sw_cert_plan_keeps_entry(const struct sw_cert_state *state, const struct sw_cert *entry)
{
    size_t i;

    if (state->now_s >= entry->not_after_s)
        return false;
    if (!entry->ours)
        return true;
    i = sw_cert_list_find(state->cas, entry->id);
    /* One that the Secret has yet to drop goes after that: replicas hear of it first. */
    return i < state->cas->n || is_remembered(state);
}

static bool lacks_any(const struct sw_cert_state *state, const struct sw_cert_list *bundle)
{
    for (size_t i = 0; i < state->cas->n; i++) {
        if (sw_cert_plan_trusts(state, i) &&
            sw_cert_list_find(bundle, state->cas->items[i].id) == bundle->n)
            return true;
    }
    return false;
}

static bool has_surplus(const struct sw_cert_state *state, const struct sw_cert_list *bundle)
{
    for (size_t i = 0; i < bundle->n; i++) {
        if (!sw_cert_plan_keeps_entry(state, &bundle->items[i]))
            return true;
    }
    return bundle->n_unread > 0;
}

bool sw_cert_plan_differs(const struct sw_cert_state *state, const struct sw_cert_list *bundle)
{
    return lacks_any(state, bundle) || has_surplus(state, bundle);
}

static bool any_lacks(const struct sw_cert_state *state)
{
    for (size_t i = 0; i < state->n_bundles; i++) {
        if (lacks_any(state, state->bundles[i]))
            return true;
    }
    return false;
}

static bool any_differs(const struct sw_cert_state *state)
{
    for (size_t i = 0; i < state->n_bundles; i++) {
        if (sw_cert_plan_differs(state, state->bundles[i]))
            return true;
    }
    return false;
}

static bool drops_any(const struct sw_cert_state *state)
{
    for (size_t i = 0; i < state->cas->n; i++) {
        if (!sw_cert_plan_keeps_ca(state, i))
            return true;
    }
    return false;
}

/* Whether a bundle has something that goes by the passing of SW_CERT_FORGET_MS. */
static bool remembers_any(const struct sw_cert_state *state)
{
    for (size_t i = 0; i < state->n_bundles && is_remembered(state); i++) {
        const struct sw_cert_list *bundle = state->bundles[i];

        for (size_t k = 0; k < bundle->n; k++) {
            if (bundle->items[k].ours &&
                sw_cert_list_find(state->cas, bundle->items[k].id) == state->cas->n)
                return true;
        }
    }
    return false;
}

static struct sw_cert_plan step(enum sw_cert_step step, const char *why)
{
    return (struct sw_cert_plan){.step = step, .why = why, .wait_ms = INT64_MAX};
}

static struct sw_cert_plan wait_for(int64_t all_ms, int64_t been_ms, const char *why)
{
    return (struct sw_cert_plan){
        .step = SW_CERT_WAIT,
        .why = why,
        .wait_ms = been_ms < 0 ? all_ms : all_ms - been_ms,
    };
}

static struct sw_cert_plan plan_authority(const struct sw_cert_state *state)
{
    if (!is_leaf_good(state) && !is_anything_trusted(state))
        return step(SW_CERT_BEGIN, "there is nothing to build on, and nobody believes anything");
    if (!signer_of(state))
        return step(SW_CERT_NEW_CA, "the Secret holds no authority with its key");
    return step(SW_CERT_NEW_CA, is_signer_good(state)
                                    ? "two thirds of the authority's life are over"
                                    : "the authority is not valid now");
}

static struct sw_cert_plan plan_leaf(const struct sw_cert_state *state)
{
    const char *why = !state->leaf.set       ? "the Secret holds no certificate that can serve"
                      : !is_leaf_good(state) ? "the certificate is not valid now"
                      : state->leaf.ca != state->signer
                          ? "the certificate is of an authority that is to go"
                          : "two thirds of the certificate's life are over";

    if (!is_leaf_good(state) && !is_anything_trusted(state))
        return step(SW_CERT_NEW_LEAF, why);
    if (state->trusted_ms < SW_CERT_PROPAGATION_MS)
        return wait_for(SW_CERT_PROPAGATION_MS, state->trusted_ms,
                        "until all API servers believe the authority that is to sign");
    return step(SW_CERT_NEW_LEAF, why);
}

static bool needs_leaf(const struct sw_cert_state *state)
{
    return !is_leaf_good(state) || state->leaf.ca != state->signer ||
           is_due(state->leaf.not_before_s, state->leaf.not_after_s, state->now_s);
}

/* Whether a new authority is to be made. Where the certificate is due as well, the authority before
 * signs it once more: nothing can be signed until the new one is believed everywhere. */
static bool needs_authority(const struct sw_cert_state *state)
{
    const struct sw_cert *signer = signer_of(state);

    if (!is_signer_good(state))
        return true;
    if (!is_due(signer->not_before_s, signer->not_after_s, state->now_s))
        return false;
    return !needs_leaf(state) || state->trusted_ms < SW_CERT_PROPAGATION_MS;
}

void sw_cert_plan(const struct sw_cert_state *state, struct sw_cert_plan *ret)
{
    if (needs_authority(state))
        *ret = plan_authority(state);
    else if (!is_leaf_good(state) && !is_anything_trusted(state))
        *ret = plan_leaf(state);
    else if (any_lacks(state))
        *ret = step(SW_CERT_WRITE_BUNDLES, "an authority of ours is missing in a caBundle");
    else if (needs_leaf(state))
        *ret = plan_leaf(state);
    else if (drops_any(state))
        *ret = step(SW_CERT_DROP_CA, "nothing that it has signed is valid any more");
    else if (any_differs(state))
        *ret = step(SW_CERT_WRITE_BUNDLES, "a caBundle holds what is of no use any more");
    else if (remembers_any(state))
        *ret = wait_for(SW_CERT_FORGET_MS, state->served_ms,
                        "until no replica serves what the Secret does not know");
    else
        *ret = step(SW_CERT_REST, "all is well");
}

const char *sw_cert_step_word(enum sw_cert_step step)
{
    static const char *const words[] = {
#define STEP_WORD(name, word) [name] = (word),
        SW_CERT_STEP_MAP(STEP_WORD)
#undef STEP_WORD
    };

    return words[step];
}

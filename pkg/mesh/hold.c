#include "mesh/hold.h"

#include "mesh/diff.h"
#include "mesh/name.h"
#include "mesh/passthrough.h"

#include "base/banned.h"

/* The place of what is wanted among these, which are for one Service: `n` for none. */
static size_t find(const struct sw_mesh_owned *const *owned, size_t n,
                   const struct sw_wanted *wanted, struct sw_str for_namespace,
                   struct sw_str for_service)
{
    const struct sw_mesh_owned key = {
        .kind = wanted->kind,
        .namespace_ = wanted->namespace_,
        .name = wanted->name,
        .for_namespace = for_namespace,
        .for_service = for_service,
    };
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (sw_mesh_owned_cmp(owned[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && sw_mesh_owned_cmp(owned[low], &key) == 0 ? low : n;
}

static size_t find_owned(const struct sw_hold *hold, const struct sw_wanted *wanted)
{
    return find(hold->owned, hold->n_owned, wanted, hold->plan->namespace_, hold->plan->service);
}

const struct sw_mesh_owned *sw_hold_find(const struct sw_hold *hold, const struct sw_wanted *wanted)
{
    const struct sw_str none = {NULL, 0};
    size_t at = find_owned(hold, wanted);

    if (at < hold->n_owned)
        return hold->owned[at];
    at = find(hold->stray, hold->n_stray, wanted, none, none);
    return at < hold->n_stray ? hold->stray[at] : NULL;
}

int sw_hold_init(struct sw_hold *hold, const struct sw_mesh *mesh, const struct sw_plan *plan,
                 uint64_t now_ms, struct sw_arena *arena, struct sw_err *reterr)
{
    const struct sw_str none = {NULL, 0};

    *hold = (struct sw_hold){.mesh = mesh, .plan = plan, .arena = arena, .now_ms = now_ms};
    hold->owned =
        &mesh->owned[sw_mesh_owned_for(mesh, plan->namespace_, plan->service, &hold->n_owned)];
    hold->stray = &mesh->owned[sw_mesh_owned_for(mesh, none, none, &hold->n_stray)];
    hold->is_wanted = sw_arena_zalloc(arena, hold->n_owned * sizeof(*hold->is_wanted));
    if (!hold->is_wanted)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < plan->wanteds.n; i++) {
        const size_t at = find_owned(hold, &plan->wanteds.items[i]);

        if (at < hold->n_owned)
            hold->is_wanted[at] = true;
    }
    return 0;
}

uint64_t sw_hold_visible_ms(const struct sw_hold *hold)
{
    return hold->plan->rule_seen_ms ? hold->plan->rule_seen_ms + SW_RULE_VISIBLE_MS : 0;
}

bool sw_hold_is_visible(const struct sw_hold *hold)
{
    return sw_hold_visible_ms(hold) && hold->now_ms >= sw_hold_visible_ms(hold);
}

/* True for a cluster of which we cannot say what it wants by now. */
static bool is_unseen(const struct sw_mesh *mesh, struct sw_str name)
{
    const struct sw_mesh_cluster *cluster = sw_mesh_cluster(mesh, name);

    return cluster ? !cluster->seen : !mesh->fleet_known;
}

/* When entries for a cluster whose gateway does not hold the host are given up; 0 while nobody
 * knows what it holds. */
static uint64_t unheld_until_ms(const struct sw_hold *hold, struct sw_str remote)
{
    const struct sw_mesh_cluster *cluster = sw_mesh_cluster(hold->mesh, remote);

    if (!cluster || !cluster->seen || !cluster->readable)
        return 0;
    return sw_lapses_since_ms(cluster->unheld, hold->plan->namespace_, hold->plan->service) +
           SW_LAPSE_MAX_MS;
}

/* When all entries are given up, as our rule is not there; 0 while it is, or is not to be. */
static uint64_t unruled_until_ms(const struct sw_hold *hold)
{
    const struct sw_plan *plan = hold->plan;

    if (!plan->own_rule || plan->rule_seen_ms)
        return 0;
    return sw_lapses_since_ms(sw_mesh_local(hold->mesh)->unruled, plan->namespace_, plan->service) +
           SW_LAPSE_MAX_MS;
}

uint64_t sw_hold_given_up_ms(const struct sw_hold *hold, const struct sw_wanted *wanted,
                             enum sw_reason *ret_reason)
{
    uint64_t rule_ms = unruled_until_ms(hold), gateway_ms = 0;

    if (wanted->gate == SW_WAITS_GATEWAY)
        gateway_ms = unheld_until_ms(hold, sw_wanted_remote(wanted));
    if (rule_ms && (!gateway_ms || rule_ms < gateway_ms)) {
        *ret_reason = SW_WAITS_RULE;
        return rule_ms;
    }
    *ret_reason = SW_WAITS_GATEWAY;
    return gateway_ms;
}

/* True if a gateway of the cluster holds the host of the plan, be it one that a wanted entry does
 * not lead to. Without memory for the host it is taken for held. */
static bool is_held_there(const struct sw_hold *hold, struct sw_str remote)
{
    const struct sw_mesh_cluster *cluster = sw_mesh_cluster(hold->mesh, remote);
    struct sw_str host = sw_mesh_host(hold->arena, hold->plan->namespace_, hold->plan->service);

    for (size_t i = 0; host.data && i < cluster->n_passthroughs; i++) {
        if (sw_passthrough_takes(cluster->passthroughs[i], host))
            return true;
    }
    return !host.data;
}

/* Until when an entry that is wanted and not there is waited for: UINT64_MAX where nothing is known
 * that may keep it from coming for good. */
static uint64_t expected_until_ms(const struct sw_hold *hold, const struct sw_wanted *wanted)
{
    struct sw_str remote = sw_wanted_remote(wanted);
    uint64_t at_ms = wanted->gate == SW_WAITS_GATEWAY ? unheld_until_ms(hold, remote) : 0;

    return at_ms && !is_held_there(hold, remote) ? at_ms : UINT64_MAX;
}

/* Until when entries for the cluster are waited for that are wanted and not there; 0: there are
 * none. */
static uint64_t replacements_until_ms(const struct sw_hold *hold, struct sw_str remote)
{
    uint64_t last_ms = 0, until_ms;

    for (size_t i = 0; i < hold->plan->wanteds.n; i++) {
        const struct sw_wanted *wanted = &hold->plan->wanteds.items[i];

        if (!wanted->entry || !sw_str_eq(sw_wanted_remote(wanted), remote) ||
            sw_hold_find(hold, wanted))
            continue;
        until_ms = expected_until_ms(hold, wanted);
        last_ms = until_ms > last_ms ? until_ms : last_ms;
    }
    return last_ms;
}

static bool is_replacement_missing(const struct sw_hold *hold, struct sw_str remote)
{
    return hold->now_ms < replacements_until_ms(hold, remote);
}

static bool has_entries(const struct sw_hold *hold)
{
    for (size_t i = 0; i < hold->n_owned; i++) {
        if (hold->owned[i]->kind == SW_MESH_WORKLOADENTRY && hold->owned[i]->managed)
            return true;
    }
    return false;
}

bool sw_hold_is_unruled(const struct sw_hold *hold)
{
    const uint64_t until_ms = unruled_until_ms(hold);

    return until_ms && hold->now_ms >= until_ms;
}

enum sw_reason sw_hold_reason(const struct sw_hold *hold, const struct sw_mesh_owned *owned)
{
    switch (owned->kind) {
    case SW_MESH_WORKLOADENTRY:
        if (is_unseen(hold->mesh, owned->remote))
            return SW_WAITS_UNSEEN;
        return is_replacement_missing(hold, owned->remote) ? SW_WAITS_NEW : SW_NO_LONGER_WANTED;
    case SW_MESH_DESTINATIONRULE:
        if (sw_hold_is_visible(hold) && !hold->plan->own_rule)
            return SW_NO_LONGER_WANTED; /* a user's has taken its place */
        __attribute__((fallthrough));
    case SW_MESH_STUB:
        if (!sw_mesh_is_seen(hold->mesh))
            return SW_WAITS_UNSEEN;
        return has_entries(hold) ? SW_WAITS_ENTRIES : SW_NO_LONGER_WANTED;
    case SW_MESH_SERVICEACCOUNT:
    case SW_MESH_DEPLOYMENT:
    case SW_MESH_GATEWAY_SERVICE:
    case SW_MESH_GATEWAY:
    case SW_MESH_N_KINDS:
    default:
        return SW_NO_LONGER_WANTED;
    }
}

/* A user's rule takes the place of ours once it has been visible; a replacement may be given up. */
uint64_t sw_hold_until_ms(const struct sw_hold *hold, const struct sw_mesh_owned *owned)
{
    uint64_t until_ms, unruled_ms;

    if (owned->kind == SW_MESH_WORKLOADENTRY) {
        until_ms = replacements_until_ms(hold, owned->remote);
        unruled_ms = unruled_until_ms(hold);
        if (unruled_ms && (until_ms == 0 || unruled_ms < until_ms))
            return unruled_ms;
        return until_ms == UINT64_MAX ? 0 : until_ms;
    }
    if (owned->kind != SW_MESH_DESTINATIONRULE || hold->plan->own_rule || sw_hold_is_visible(hold))
        return 0;
    return sw_hold_visible_ms(hold);
}

#include "reconciler/tally.h"

#include <stdio.h>
#include <stdlib.h>

#include "failover/expose.h"

#include "base/banned.h"

/* Three names at their longest. */
#define EXAMPLE_SIZE 800

/* A setting, and where its share is. */
struct place {
    const struct sw_setting *setting;
    struct sw_share *share;
};

struct work {
    const struct sw_mesh *mesh;
    struct sw_arena *arena;
    struct sw_tally *tally;
    struct place *places; /* by address of the setting, one each of the tally */
};

static int by_name(const void *a, const void *b)
{
    const struct sw_share *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    return order ? order : sw_str_cmp(x->name, y->name);
}

static int by_setting(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->setting == y->setting)
        return 0;
    return (uintptr_t)x->setting < (uintptr_t)y->setting ? -1 : 1;
}

const struct sw_share *sw_tally_find(const struct sw_tally *tally, struct sw_str namespace_,
                                     struct sw_str name)
{
    const struct sw_share wanted = {.namespace_ = namespace_, .name = name};

    return tally->n ? bsearch(&wanted, tally->shares, tally->n, sizeof(wanted), by_name) : NULL;
}

void sw_tally_sort(struct sw_tally *tally)
{
    if (tally->n)
        qsort(tally->shares, tally->n, sizeof(*tally->shares), by_name);
}

/* An empty share for each setting. */
static int begin(struct work *work, struct sw_err *reterr)
{
    const struct sw_view *config = sw_index_config(work->mesh->index);
    const size_t n = config->n_settings;
    struct sw_share *shares = sw_arena_zalloc(work->arena, n * sizeof(*shares));

    work->places = sw_arena_zalloc(work->arena, n * sizeof(*work->places));
    if (!shares || !work->places)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < n; i++) {
        shares[i].namespace_ = config->settings[i]->meta.namespace_;
        shares[i].name = config->settings[i]->meta.name;
    }
    *work->tally = (struct sw_tally){shares, n};
    if (n == 0)
        return 0;
    sw_tally_sort(work->tally);
    for (size_t i = 0; i < n; i++) {
        const struct sw_meta *meta = &config->settings[i]->meta;

        work->places[i].setting = config->settings[i];
        work->places[i].share =
            (struct sw_share *)sw_tally_find(work->tally, meta->namespace_, meta->name);
    }
    qsort(work->places, n, sizeof(*work->places), by_setting);
    return 0;
}

static void settle(const struct sw_tally *tally)
{
    for (size_t i = 0; i < tally->n; i++)
        sw_share_settle(&tally->shares[i]);
}

/* The share of the setting by which that cluster exposes, or would expose, the Service; NULL where
 * none selects it. *ret_reason says whether it does. */
static struct sw_share *share_of(const struct work *work, const struct sw_view *view,
                                 const struct sw_service *service, enum sw_reason *ret_reason)
{
    const struct sw_exposure exposure = sw_expose(work->mesh->index, view, service);
    const struct place wanted = {.setting = exposure.setting};
    const struct place *place = NULL;

    if (exposure.setting)
        place = bsearch(&wanted, work->places, work->tally->n, sizeof(wanted), by_setting);
    *ret_reason = exposure.reason;
    return place ? place->share : NULL;
}

/* What is the matter with a Service, or a way. */
struct matter {
    enum sw_share_state state;
    enum sw_reason reason;
    struct sw_str message; /* unset: the reason's sentence */
};

/* Notes one, with "shop/cart" or "shop/cart to west" for an example. */
static int note(const struct work *work, struct sw_share *share, struct matter matter,
                const struct sw_about *about, struct sw_err *reterr)
{
    struct sw_share_reason noted = {.state = matter.state, .n = 1, .message = matter.message};
    char example[EXAMPLE_SIZE];

    noted.word = sw_str_from(sw_reason_word(matter.reason));
    if (!noted.message.len)
        noted.message = sw_str_from(sw_reason_sentence(matter.reason));
    snprintf(example, sizeof(example), "%.*s/%.*s%s%.*s", SW_STR_ARG(about->namespace_),
             SW_STR_ARG(about->name), about->cluster.len ? " to " : "", SW_STR_ARG(about->cluster));
    noted.example = sw_str_from(example);
    return sw_share_note(share, &noted, work->arena, reterr);
}

static int count_exposed(const struct work *work, const struct sw_view *view, struct sw_err *reterr)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < view->n_services; i++) {
        const struct sw_meta *meta = &view->services[i]->meta;
        const struct sw_about about = {meta->namespace_, meta->name, {NULL, 0}};
        enum sw_reason reason;
        struct sw_share *share = share_of(work, view, view->services[i], &reason);

        if (share && reason == SW_EXPOSED)
            share->n_exposed++;
        else if (share && reason > SW_STUB)
            r = note(work, share, (struct matter){SW_SHARE_NOT_EXPOSED, reason, {NULL, 0}}, &about,
                     reterr);
    }
    return r;
}

int sw_tally_exposed(const struct sw_mesh *mesh, size_t cluster, struct sw_arena *arena,
                     struct sw_tally *ret, struct sw_err *reterr)
{
    struct sw_tally tally = {NULL, 0};
    struct work work = {.mesh = mesh, .arena = arena, .tally = &tally};
    int r = begin(&work, reterr);

    if (r == 0)
        r = count_exposed(&work, mesh->index->views[cluster], reterr);
    if (r < 0)
        return r;
    settle(&tally);
    *ret = tally;
    return 0;
}

/* WorkloadEntries of ours that are in the local cluster for this Service and lead there. */
static size_t count_entries(const struct sw_mesh *mesh, const struct sw_ledger_entry *entry,
                            struct sw_str remote)
{
    size_t n, found = 0, first = sw_mesh_owned_for(mesh, entry->namespace_, entry->name, &n);

    for (size_t i = first; i < first + n; i++) {
        const struct sw_mesh_owned *owned = mesh->owned[i];

        found += owned->kind == SW_MESH_WORKLOADENTRY && owned->managed &&
                 sw_str_eq(owned->remote, remote);
    }
    return found;
}

/* Why what is planned is not there: a write that failed, or the first wait for something new. */
static struct matter find_wait(const struct sw_ledger_entry *entry,
                               const struct sw_ledger_finding *failed)
{
    static const enum sw_reason waits[] = {SW_WAITS_STUB, SW_WAITS_RULE, SW_WAITS_GATEWAY,
                                           SW_FOREIGN};

    if (failed)
        return (struct matter){SW_SHARE_PENDING, failed->reason, failed->message};
    for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        for (size_t j = 0; j < entry->n_waits; j++) {
            if (entry->waits[j].reason == waits[i])
                return (struct matter){SW_SHARE_PENDING, waits[i], {NULL, 0}};
        }
    }
    return (struct matter){SW_SHARE_PENDING, SW_NOT_WRITTEN, {NULL, 0}};
}

/* The first finding of that verdict that is about this cluster, or about all; NULL for none. */
static const struct sw_ledger_finding *find_finding(const struct sw_ledger_entry *entry,
                                                    enum sw_mesh_verdict verdict,
                                                    struct sw_str remote)
{
    for (size_t i = 0; i < entry->n_findings; i++) {
        const struct sw_ledger_finding *finding = &entry->findings[i];

        if (finding->verdict == verdict &&
            (!finding->remote.len || sw_str_eq(finding->remote, remote)))
            return finding;
    }
    return NULL;
}

/* Nobody asks for a way into a cluster from where its clients cannot be, or are not to use it. */
static bool is_unasked(enum sw_reason reason)
{
    return reason == SW_NO_NAMESPACE || reason == SW_STUB_DISABLED || reason == SW_DISABLED;
}

/* The way of this Service into a cluster that exposes it. */
static int count_way(const struct work *work, const struct sw_ledger_entry *entry,
                     struct sw_str remote, struct sw_share *share, struct sw_err *reterr)
{
    const struct sw_about about = {entry->namespace_, entry->name, remote};
    const struct sw_ledger_finding *withheld = find_finding(entry, SW_MESH_WITHHELD, remote);
    size_t n;

    if (withheld && is_unasked(withheld->reason))
        return 0;
    if (withheld)
        return note(work, share,
                    (struct matter){SW_SHARE_WITHHELD, withheld->reason, withheld->message}, &about,
                    reterr);
    if (!find_finding(entry, SW_MESH_EMITTED, remote))
        return 0;
    n = count_entries(work->mesh, entry, remote);
    if (n) {
        share->n_emitted++;
        share->n_entries += n;
        return 0;
    }
    return note(work, share, find_wait(entry, find_finding(entry, SW_MESH_WAITS, remote)), &about,
                reterr);
}

static int count_ways(const struct work *work, const struct sw_ledger_entry *entry,
                      struct sw_err *reterr)
{
    const struct sw_index *index = work->mesh->index;
    int r = 0;

    for (size_t i = 0; r == 0 && i < index->n_views; i++) {
        const struct sw_view *view = index->views[i];
        const struct sw_service *service;
        struct sw_share *share = NULL;
        enum sw_reason reason = SW_NO_SETTING;

        if (i == index->local)
            continue;
        service = sw_view_service(view, entry->namespace_, entry->name);
        if (service)
            share = share_of(work, view, service, &reason);
        if (share && reason == SW_EXPOSED)
            r = count_way(work, entry, view->source.cluster, share, reterr);
    }
    return r;
}

int sw_tally_local(const struct sw_mesh *mesh, const struct sw_ledger *ledger,
                   struct sw_arena *arena, struct sw_tally *ret, struct sw_err *reterr)
{
    struct sw_tally tally = {NULL, 0};
    struct work work = {.mesh = mesh, .arena = arena, .tally = &tally};
    const struct sw_ledger_entry *entry = NULL;
    int r = begin(&work, reterr);

    if (r == 0)
        r = count_exposed(&work, sw_index_local(mesh->index), reterr);
    while (r == 0 && (entry = sw_ledger_next(ledger, entry))) {
        if (entry->subject == SW_LEDGER_SERVICE)
            r = count_ways(&work, entry, reterr);
    }
    if (r < 0)
        return r;
    settle(&tally);
    *ret = tally;
    return 0;
}

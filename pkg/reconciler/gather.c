#include "reconciler/gather.h"

#include "base/cleanup.h"

#include "base/banned.h"

/* Some hundred bytes a cluster, and what is wrong with it; some hundred a setting, and examples. */
#define CHUNK_BYTES ((size_t)16 << 10)
#define MAX_BYTES   ((size_t)64 << 20)

/* Without memory for all that, it is tried again so much later. */
#define RETRY_MS 1000

static bool gather_cluster(const struct sw_member *member, int64_t now_ms, struct sw_arena *arena,
                           struct sw_report_cluster *ret)
{
    struct sw_member_health health;

    sw_member_health(member, now_ms, &health);
    *ret = (struct sw_report_cluster){
        .name = sw_member_name(member),
        .synced = health.synced,
        .readable = health.readable,
        .current_ms = health.current_ms,
        .error = sw_arena_copy(arena, sw_str_from(health.error.message)).data,
    };
    return ret->error != NULL;
}

static bool gather_tally(const struct sw_gather *gather, struct sw_arena *arena,
                         struct sw_tally *ret)
{
    const struct sw_mesh *mesh;

    return sw_state_mesh(gather->state, &mesh, NULL) == 0 &&
           sw_tally_local(mesh, gather->ledger, arena, ret, NULL) == 0;
}

int64_t sw_gather_step(const struct sw_gather *gather, int64_t now_ms)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = {0};
    struct sw_report report = {
        .local = gather->local,
        .native = gather->native,
        .ledger = gather->ledger,
    };
    const size_t n = sw_members_count(gather->members);
    struct sw_report_cluster *clusters;

    if (now_ms < sw_bulletin_due_ms(gather->bulletin))
        return sw_bulletin_due_ms(gather->bulletin);
    sw_arena_init(&arena, CHUNK_BYTES, MAX_BYTES);
    clusters = sw_arena_alloc(&arena, n * sizeof(*clusters));
    for (size_t i = 0; clusters && i < n; i++) {
        if (!gather_cluster(sw_members_at(gather->members, i), now_ms, &arena, &clusters[i]))
            return now_ms + RETRY_MS;
    }
    if (!clusters || !gather_tally(gather, &arena, &report.tally))
        return now_ms + RETRY_MS;
    report.clusters = clusters;
    report.n_clusters = n;
    sw_bulletin_post(gather->bulletin, &report, now_ms);
    return sw_bulletin_due_ms(gather->bulletin);
}

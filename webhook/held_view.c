#include "webhook/held_view.h"

#include <stdlib.h>

#include "base/banned.h"

/* A view of a handful of objects, as of a cluster not seen yet, stays small. */
#define CHUNK_BYTES 4096

static struct sw_held_view *new_held(void)
{
    struct sw_held_view *held = calloc(1, sizeof(*held));

    if (held) {
        sw_arena_init(&held->arena, CHUNK_BYTES, SW_HELD_VIEW_MAX_BYTES);
        held->n_refs = 1;
    }
    return held;
}

int sw_held_view_read(const struct sw_source *source, struct sw_str cluster,
                      struct sw_held_view **ret, uint64_t *ret_version, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_held_view) struct sw_held_view *held = new_held();
    struct sw_view_source from = {.live = source->ops->live, .synced = true};
    SW_CLEANUP(sw_arena_release) struct sw_arena scratch = {0};
    struct sw_view_builder builder;
    uint64_t version;
    int r;

    if (!held)
        return sw_err_nomem(reterr);
    from.cluster = sw_arena_copy(&held->arena, cluster);
    if (!from.cluster.data)
        return sw_err_nomem(reterr);
    sw_arena_init(&scratch, CHUNK_BYTES, SW_HELD_VIEW_MAX_BYTES);
    sw_view_builder_init(&builder, from, &held->arena);
    builder.scratch = &scratch;
    r = source->ops->fill(source->self, &builder, &version, &held->hold, reterr);
    if (r == 0)
        r = sw_view_builder_finish(&builder, &held->view, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(held);
    *ret_version = version;
    return 0;
}

int sw_held_view_unsynced(struct sw_str cluster, bool live, struct sw_held_view **ret,
                          struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_held_view) struct sw_held_view *held = new_held();

    if (!held)
        return sw_err_nomem(reterr);
    held->view.source = (struct sw_view_source){.live = live};
    held->view.source.cluster = sw_arena_copy(&held->arena, cluster);
    if (!held->view.source.cluster.data)
        return sw_err_nomem(reterr);
    *ret = SW_TAKE(held);
    return 0;
}

struct sw_held_view *sw_held_view_ref(struct sw_held_view *held)
{
    held->n_refs++;
    return held;
}

void sw_held_view_unref(struct sw_held_view *held)
{
    if (!held || --held->n_refs > 0)
        return;
    sw_arena_release(&held->arena);
    if (held->hold.release)
        held->hold.release(held->hold.held);
    free(held);
}

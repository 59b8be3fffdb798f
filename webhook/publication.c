#include "webhook/publication.h"

#include <stdlib.h>

#include "base/banned.h"

/* Errors of 255 clusters at full length, and three pointers for each. */
#define MAX_BYTES ((size_t)1 << 20)

static void free_publication(struct sw_snapshot_item *item)
{
    struct sw_publication *publication = (struct sw_publication *)(void *)item;

    for (size_t i = 0; i < publication->index.n_views; i++)
        sw_held_view_unref(publication->helds[i]);
    sw_arena_release(&publication->arena);
    free(publication);
}

/* Takes in one part; the arrays have room. */
static bool add(struct sw_publication *publication, const struct sw_view **views,
                uint64_t *stale_since_ms, const struct sw_publication_part *part)
{
    size_t at = publication->index.n_views;
    const char *error = NULL;

    if (part->error && *part->error) {
        error = sw_arena_copy(&publication->arena, sw_str_from(part->error)).data;
        if (!error)
            return false;
    }
    publication->errors[at] = error;
    publication->helds[at] = sw_held_view_ref(part->held);
    views[at] = &part->held->view;
    stale_since_ms[at] = part->stale_since_ms;
    publication->index.n_views++;
    return true;
}

int sw_publication_new(const struct sw_publication_spec *spec, struct sw_publication **ret,
                       struct sw_err *reterr)
{
    struct sw_publication *publication = calloc(1, sizeof(*publication));
    size_t n_parts = spec->n_parts;
    uint64_t *stale_since_ms;
    struct sw_arena *arena;
    const struct sw_view **views;
    bool whole;

    if (!publication)
        return sw_err_nomem(reterr);
    arena = &publication->arena;
    sw_arena_init(arena, 1024, MAX_BYTES);
    publication->item.free = free_publication;
    views = sw_arena_alloc(arena, n_parts * sizeof(*views));
    publication->errors = sw_arena_alloc(arena, n_parts * sizeof(*publication->errors));
    publication->helds = sw_arena_alloc(arena, n_parts * sizeof(struct sw_held_view *));
    stale_since_ms = sw_arena_alloc(arena, n_parts * sizeof(*stale_since_ms));
    publication->index.views = views;
    publication->index.stale_since_ms = stale_since_ms;
    publication->index.local = spec->local;
    publication->index.config = spec->config;
    whole = views && stale_since_ms && publication->errors && publication->helds;
    for (size_t i = 0; whole && i < n_parts; i++)
        whole = add(publication, views, stale_since_ms, &spec->parts[i]);
    if (whole && spec->unlisted.len) {
        publication->index.unlisted = sw_arena_copy(arena, spec->unlisted);
        whole = publication->index.unlisted.data != NULL;
    }
    if (!whole) {
        free_publication(&publication->item);
        return sw_err_nomem(reterr);
    }
    *ret = publication;
    return 0;
}

/* So much of an error is said in a line that also has to name both clusters. */
#define SHORT_ERROR 160

/* Says what is missing of view `at`, which is the `role` cluster; false when nothing is. */
static bool tell_missing(const struct sw_publication *publication, size_t at, const char *role,
                         struct sw_buf *why)
{
    const struct sw_view_source *source = &publication->index.views[at]->source;
    const char *error = publication->errors[at];

    if (source->synced)
        return false;
    if (why->len)
        sw_buf_append_text(why, "; ");
    sw_buf_printf(why, "%s \"%.*s\" not read yet", role, SW_STR_ARG(source->cluster));
    if (error)
        sw_buf_printf(why, ": %.*s", SHORT_ERROR, error);
    return true;
}

bool sw_publication_is_ready(const struct sw_publication *publication, struct sw_buf *why)
{
    const struct sw_index *index = &publication->index;
    bool missing;

    if (index->config == index->local)
        return !tell_missing(publication, index->local, "cluster", why);
    missing = tell_missing(publication, index->config, "config cluster", why);
    return !(tell_missing(publication, index->local, "local cluster", why) || missing);
}

/*
 * A source whose every answer a test chooses. Not for others to include than tests of this folder.
 */
#ifndef SW_TESTS_WEBHOOK_FAKE_SOURCE_H
#define SW_TESTS_WEBHOOK_FAKE_SOURCE_H

#include <jansson.h>

#include "webhook/source.h"
#include "json/read.h"

struct fake {
    uint64_t version;          /* what the source is at */
    const char *version_error; /* NULL, or why it cannot be looked at */
    const char *fill_error;    /* NULL, or why it cannot be read */
    const char *objects;       /* a JSON array; NULL: none */
    bool holds;                /* whether what is filled in is to be held */
    size_t n_held;             /* how often it is, now */
    uint64_t heard_ms;         /* how long ago; UINT64_MAX: never */
    const char *unreadable;    /* NULL, or why one Service cannot be read */
    size_t n_fills;
    size_t n_freed;
};

static int fake_wakeup_fd(const void *self)
{
    (void)self;
    return -1;
}

static int fake_version(void *self, uint64_t *ret, struct sw_err *reterr)
{
    struct fake *fake = self;

    if (fake->version_error)
        return sw_err_set(reterr, SW_EIO, "%s", fake->version_error);
    *ret = fake->version;
    return 0;
}

static void fake_let_go(void *held)
{
    ((struct fake *)held)->n_held--;
}

static int fake_fill(void *self, struct sw_view_builder *builder, uint64_t *ret_version,
                     struct sw_source_hold *ret_hold, struct sw_err *reterr)
{
    struct fake *fake = self;
    json_t *objects = NULL, *object;
    size_t i;
    int r = 0;
    SW_JSON_SCOPE(builder->arena);

    fake->n_fills++;
    if (fake->fill_error)
        return sw_err_set(reterr, SW_ESYNTAX, "%s", fake->fill_error);
    if (fake->objects)
        r = sw_json_read(sw_str_from(fake->objects), &objects, reterr);
    json_array_foreach (objects, i, object)
        r = r < 0 ? r : sw_view_builder_add(builder, object, reterr);
    if (r < 0)
        return r;
    *ret_version = fake->version;
    if (fake->holds) {
        fake->n_held++;
        *ret_hold = (struct sw_source_hold){fake_let_go, fake};
    }
    return 0;
}

static bool fake_heard(void *self, uint64_t *ret_ms)
{
    const struct fake *fake = self;

    if (fake->heard_ms == UINT64_MAX)
        return false;
    *ret_ms = fake->heard_ms;
    return true;
}

static void fake_unreadable(void *self, struct sw_source_unreadable *ret)
{
    const struct fake *fake = self;

    ret->n[SW_KIND_SERVICE] = fake->unreadable != NULL;
    if (fake->unreadable)
        sw_err_set(&ret->last, SW_ETYPE, "%s", fake->unreadable);
}

static void fake_free(void *self)
{
    ((struct fake *)self)->n_freed++;
}

static const struct sw_source_ops fake_ops = {
    .wakeup_fd = fake_wakeup_fd,
    .version = fake_version,
    .fill = fake_fill,
    .free = fake_free,
};

static const struct sw_source_ops fake_live_ops __attribute__((unused)) = {
    .live = true,
    .wakeup_fd = fake_wakeup_fd,
    .version = fake_version,
    .fill = fake_fill,
    .heard = fake_heard,
    .unreadable = fake_unreadable,
    .free = fake_free,
};

#endif

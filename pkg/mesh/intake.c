#include "mesh/intake.h"

#include "model/meta.h"
#include "sync/object_name.h"
#include "json/read.h"

#include "base/banned.h"

static void begin(void *context)
{
    struct sw_intake *intake = context;

    intake->picture++;
    intake->stats.n_unreadable = 0;
    intake->stats.unreadable = (struct sw_err){0};
}

/* What this picture misses, the next one confirms. */
static void end(void *context)
{
    struct sw_intake *intake = context;
    size_t n = intake->keeper->sweep(intake->context, intake->picture);

    intake->stats.synced = true;
    intake->stats.n_changes += n;
    intake->stats.unconfirmed_ms = n ? *intake->now_ms : 0;
}

static struct sw_str namespace_of(const struct sw_intake *intake, struct sw_str namespace_)
{
    return namespace_.len || !intake->keeper->namespaced ? namespace_ : SW_STR("default");
}

static void note_unreadable(struct sw_intake *intake, struct sw_str namespace_, struct sw_str name,
                            const struct sw_err *why)
{
    struct sw_intake_stats *stats = &intake->stats;

    if (name.len)
        intake->keeper->touch(intake->context, namespace_, name, intake->picture);
    stats->n_unreadable++;
    stats->unreadable = *why;
    sw_err_wrap(&stats->unreadable, "%s %.*s%s%.*s", intake->keeper->noun, SW_STR_ARG(namespace_),
                namespace_.len ? "/" : "", SW_STR_ARG(name));
}

/* Whatever is wrong with the object is SW_ETYPE. SW_ENOMEM is left for what is not its fault: one
 * that takes half of what any may take, and then more than there is, is to blame itself. */
static int read_and_put(struct sw_intake *intake, struct sw_str text, struct sw_err *reterr)
{
    SW_JSON_SCOPE(intake->reading);
    json_t *value;
    int r = sw_json_read(text, &value, reterr);

    if (r == 0)
        r = intake->keeper->put(intake->context, value, intake->picture, reterr);
    if (r >= 0 || (r == SW_ENOMEM && intake->reading->held_bytes < intake->reading->max_bytes / 2))
        return r;
    return SW_ETYPE;
}

static int put(void *context, struct sw_str text, struct sw_err *reterr)
{
    struct sw_intake *intake = context;
    struct sw_str namespace_ = {NULL, 0}, name = {NULL, 0};
    struct sw_err err = {0};
    int r = read_and_put(intake, text, &err);

    sw_arena_clear(intake->reading);
    if (r >= 0) {
        intake->stats.n_changes++;
        return 0;
    }
    if (r != SW_ETYPE)
        return sw_err_set(reterr, r, "%s", err.message);
    if (sw_object_name_read(text, &namespace_, &name, NULL) == 0)
        namespace_ = namespace_of(intake, namespace_);
    note_unreadable(intake, namespace_, name, &err);
    return 0;
}

int sw_intake_put(struct sw_intake *intake, const json_t *object, struct sw_err *reterr)
{
    struct sw_err err = {0};
    int r = intake->keeper->put(intake->context, object, intake->picture, &err);

    if (r >= 0) {
        intake->stats.n_changes++;
        return 0;
    }
    if (r == SW_ETYPE)
        note_unreadable(intake, (struct sw_str){NULL, 0}, (struct sw_str){NULL, 0}, &err);
    return sw_err_set(reterr, r, "%s", err.message);
}

static int remove_object(void *context, struct sw_str text, struct sw_err *reterr)
{
    struct sw_intake *intake = context;
    struct sw_str namespace_, name;
    int r = sw_object_name_read(text, &namespace_, &name, reterr);

    if (r < 0)
        return r;
    intake->keeper->remove(intake->context, namespace_of(intake, namespace_), name);
    intake->stats.n_changes++;
    return 0;
}

struct sw_reflector_sink sw_intake_sink(struct sw_intake *intake)
{
    return (struct sw_reflector_sink){
        .context = intake,
        .begin = begin,
        .end = end,
        .put = put,
        .remove = remove_object,
    };
}

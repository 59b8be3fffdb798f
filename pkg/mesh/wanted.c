#include "mesh/wanted.h"

#include "base/cleanup.h"
#include "mesh/observed.h"
#include "mesh/workloadentry.h"

#include "base/banned.h"

int sw_wanted_push(struct sw_wanteds *wanteds, struct sw_arena *arena, struct sw_wanted wanted,
                   struct sw_err *reterr)
{
    struct sw_wanted *items = sw_arena_push(arena, wanteds->items, wanteds->n, sizeof(*items));

    if (!items)
        return sw_err_nomem(reterr);
    items[wanteds->n++] = wanted;
    wanteds->items = items;
    return 0;
}

json_t *sw_wanted_str(struct sw_str s)
{
    return json_stringn(s.data ? s.data : "", s.len);
}

json_t *sw_wanted_labels(const struct sw_labels *labels)
{
    json_auto_t *object = json_object();

    for (size_t i = 0; object && i < labels->n; i++) {
        const struct sw_label *label = &labels->pairs[i];

        if (json_object_setn_new(object, label->key.data, label->key.len,
                                 sw_wanted_str(label->value)) < 0)
            return NULL;
    }
    return SW_TAKE(object);
}

static const struct sw_labels no_labels;

/* Sets a map of `extra` and, unless its value is unset, one pair of ours; an empty one is left out.
 * False when out of memory. */
static bool set_map(json_t *object, const char *name, const struct sw_labels *extra,
                    const char *key, struct sw_str value)
{
    json_auto_t *map = sw_wanted_labels(extra ? extra : &no_labels);

    if (!map || (value.len && json_object_set_new(map, key, sw_wanted_str(value)) < 0))
        return false;
    return json_object_size(map) == 0 || json_object_set(object, name, map) == 0;
}

static json_t *metadata(const struct sw_wanted_meta *meta)
{
    json_auto_t *object = json_pack("{s:o,s:o}", "name", sw_wanted_str(meta->name), "namespace",
                                    sw_wanted_str(meta->namespace_));

    if (!object ||
        !set_map(object, "labels", meta->labels, SW_LABEL_MANAGED_BY, SW_STR(SW_MANAGED_BY)) ||
        !set_map(object, "annotations", meta->annotations, SW_ANNOTATION_SERVICE, meta->service))
        return NULL;
    return SW_TAKE(object);
}

json_t *sw_wanted_object(const struct sw_wanted_meta *meta, json_t *spec)
{
    json_auto_t *object =
        json_pack("{s:s,s:s,s:o,s:o}", "apiVersion", sw_mesh_kind_version(meta->kind), "kind",
                  sw_mesh_kind_name(meta->kind), "metadata", metadata(meta), "spec", spec);

    if (object && json_is_null(spec))
        json_object_del(object, "spec");
    return SW_TAKE(object);
}

int sw_wanted_add(struct sw_wanteds *wanteds, struct sw_arena *arena,
                  const struct sw_wanted_meta *meta, json_t *spec, struct sw_err *reterr)
{
    struct sw_wanted wanted = {
        .kind = meta->kind,
        .gate = SW_PLANNED,
        .namespace_ = meta->namespace_,
        .name = meta->name,
        .object = sw_wanted_object(meta, spec),
    };
    int r;

    if (!wanted.object)
        return sw_err_nomem(reterr);
    r = sw_digest_object(wanted.object, &wanted.digest, reterr);
    return r < 0 ? r : sw_wanted_push(wanteds, arena, wanted, reterr);
}

struct sw_str sw_wanted_remote(const struct sw_wanted *wanted)
{
    return wanted->entry ? wanted->entry->remote : (struct sw_str){NULL, 0};
}

json_t *sw_wanted_json(const struct sw_wanted *wanted)
{
    if (wanted->entry)
        return sw_workloadentry_json(wanted->entry, wanted->name);
    return json_incref(wanted->object);
}

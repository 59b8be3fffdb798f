#include "json/apply.h"

#include "base/cleanup.h"
#include "json/copy.h"
#include "json/get.h"
#include "json/scan.h"

#include "base/banned.h"

/* Longest pointer step that is read: no name in a document of 7 MiB is longer. */
#define MAX_STEP_BYTES ((size_t)7 << 20)

/* Where an operation has come to: the next step leads from `place`. */
struct track {
    json_t *place;         /* borrowed from the document */
    struct sw_str step;    /* unescaped; borrowed from the pointer or from `scratch` */
    struct sw_str rest;    /* of the pointer, with its slash; empty after the last step */
    struct sw_buf scratch; /* owned */
};

/* Takes the next step off the pointer. */
static int next_step(struct track *track, struct sw_err *reterr)
{
    struct sw_str raw = sw_str_slice(track->rest, 1, track->rest.len);

    raw.len = sw_str_find(raw, '/');
    track->rest = sw_str_slice(track->rest, 1 + raw.len, track->rest.len);
    track->step = raw;
    if (sw_str_find(raw, '~') == raw.len)
        return 0;
    sw_buf_clear(&track->scratch);
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.data[i];

        if (c == '~') {
            i++;
            if (i == raw.len || (raw.data[i] != '0' && raw.data[i] != '1'))
                return sw_err_set(reterr, SW_ESYNTAX, "\"~\" must be followed by 0 or 1");
            c = raw.data[i] == '0' ? '~' : '/';
        }
        sw_buf_append(&track->scratch, &c, 1);
    }
    track->step = sw_buf_str(&track->scratch);
    return sw_buf_status(&track->scratch, reterr);
}

static int missing(const struct track *track, struct sw_err *reterr)
{
    if (json_is_object(track->place))
        return sw_err_set(reterr, SW_ENOENT, "there is no member \"%.*s\"",
                          SW_STR_ARG(track->step));
    return sw_err_set(reterr, SW_ENOENT, "there is no element \"%.*s\" in an array of %zu",
                      SW_STR_ARG(track->step), json_array_size(track->place));
}

/* The step as an index below `limit`, in RFC 6901's one way of writing it. */
static bool to_index(struct sw_str step, size_t limit, size_t *ret)
{
    uint64_t index;

    if ((step.len > 1 && step.data[0] == '0') || !sw_str_to_u64(step, SIZE_MAX, &index) ||
        index >= limit)
        return false;
    *ret = (size_t)index;
    return true;
}

/* What the step leads to, borrowed; NULL when there is nothing. */
static json_t *target(const struct track *track)
{
    size_t index;

    if (json_is_object(track->place))
        return json_object_getn(track->place, track->step.data, track->step.len);
    if (!to_index(track->step, json_array_size(track->place), &index))
        return NULL;
    return json_array_get(track->place, index);
}

/* Puts a value, which is counted and not copied, where the step leads; false when out of memory. A
 * member is added or replaced, an element replaced. */
static bool put(const struct track *track, json_t *value)
{
    size_t index;

    if (json_is_object(track->place))
        return json_object_setn_new_nocheck(track->place, track->step.data, track->step.len,
                                            json_incref(value)) == 0;
    return to_index(track->step, json_array_size(track->place), &index) &&
           json_array_set_new(track->place, index, json_incref(value)) == 0;
}

static bool is_container(const json_t *value)
{
    return json_is_object(value) || json_is_array(value);
}

/* Goes on to what the step leads to. What has other holders than the document, such as the patch
 * that it was added from, is replaced by a copy first, because the walk ends in a change. */
static int advance(struct track *track, struct sw_err *reterr)
{
    json_t *next = target(track);

    if (!next)
        return sw_err_set(reterr, SW_ENOENT, "there is no \"%.*s\" on the way",
                          SW_STR_ARG(track->step));
    if (is_container(next) && next->refcount > 1) {
        json_auto_t *copy = sw_json_copy(next);

        if (!copy || !put(track, copy))
            return sw_err_nomem(reterr);
        next = copy; /* the document holds it now */
    }
    track->place = next;
    return 0;
}

/* Walks to the object or array that holds what the pointer names, and takes its last step. */
static int find_parent(struct track *track, struct sw_err *reterr)
{
    for (unsigned int n_steps = 1;; n_steps++) {
        int r = next_step(track, reterr);

        if (r < 0)
            return r;
        if (n_steps > SW_JSON_MAX_DEPTH)
            return sw_err_set(reterr, SW_ELIMIT, "over %d steps deep", SW_JSON_MAX_DEPTH);
        if (!is_container(track->place))
            return sw_err_set(reterr, SW_ETYPE, "\"%.*s\" cannot lie in %s",
                              SW_STR_ARG(track->step), sw_json_type_name(track->place));
        if (track->rest.len == 0)
            return 0;
        r = advance(track, reterr);
        if (r < 0)
            return r;
    }
}

static int apply_to_object(const struct track *track, const struct sw_patch_op *op,
                           struct sw_err *reterr)
{
    if (op->verb != SW_PATCH_ADD && !target(track))
        return missing(track, reterr);
    if (op->verb == SW_PATCH_REMOVE) {
        json_object_deln(track->place, track->step.data, track->step.len);
        return 0;
    }
    return put(track, op->value) ? 0 : sw_err_nomem(reterr);
}

static int apply_to_array(const struct track *track, const struct sw_patch_op *op,
                          struct sw_err *reterr)
{
    size_t size = json_array_size(track->place), index = size;
    bool add = op->verb == SW_PATCH_ADD;

    if (!(add && sw_str_is(track->step, "-")) && !to_index(track->step, size + add, &index))
        return missing(track, reterr);
    if (op->verb == SW_PATCH_REMOVE) {
        json_array_remove(track->place, index);
        return 0;
    }
    if (!add)
        return put(track, op->value) ? 0 : sw_err_nomem(reterr);
    if (json_array_insert_new(track->place, index, json_incref(op->value)) < 0)
        return sw_err_nomem(reterr);
    return 0;
}

static void release_track(struct track *track)
{
    sw_buf_release(&track->scratch);
}

static int apply_op(const struct sw_patch_op *op, json_t *document, struct sw_err *reterr)
{
    SW_CLEANUP(release_track)
    struct track track = {.place = document, .rest = sw_str_from(op->pointer)};
    int r;

    sw_buf_init(&track.scratch, MAX_STEP_BYTES);
    if (track.rest.len == 0)
        return sw_err_set(reterr, SW_ETYPE, "the whole document cannot be patched");
    if (track.rest.data[0] != '/')
        return sw_err_set(reterr, SW_ESYNTAX, "a pointer begins with \"/\"");
    r = find_parent(&track, reterr);
    if (r < 0)
        return r;
    return json_is_object(track.place) ? apply_to_object(&track, op, reterr)
                                       : apply_to_array(&track, op, reterr);
}

int sw_patch_apply(const struct sw_patch *patch, json_t *document, struct sw_err *reterr)
{
    for (size_t i = 0; i < patch->n_ops; i++) {
        const struct sw_patch_op *op = &patch->ops[i];
        int r = apply_op(op, document, reterr);

        if (r < 0 && reterr)
            sw_err_wrap(reterr, "operation %zu, %s \"%s\"", i, sw_patch_verb_name(op->verb),
                        op->pointer);
        if (r < 0)
            return r;
    }
    return 0;
}

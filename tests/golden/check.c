#include "golden/check.h"

#include "base/cleanup.h"
#include "golden/review.h"
#include "json/apply.h"

#define WRONG(reterr, ...) sw_err_set((reterr), SW_EINTERNAL, __VA_ARGS__)

#define MAX_STEP_BYTES     512

static const char *const ours[] = {
    "/metadata/labels/failover.tetrate.io~1workspace",
    "/metadata/labels/failover.tetrate.io~1cluster",
};

static bool is_ours(const char *pointer)
{
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcmp(pointer, ours[i]) == 0)
            return true;
    }
    return false;
}

/* One step of a pointer, unescaped; false where it is longer than any that we write. */
static bool unescape(struct sw_str step, char text[static MAX_STEP_BYTES])
{
    size_t n = 0;

    if (step.len >= MAX_STEP_BYTES)
        return false;
    for (size_t i = 0; i < step.len; i++) {
        char c = step.data[i];

        if (c == '~' && i + 1 < step.len)
            c = step.data[++i] == '1' ? '/' : '~';
        text[n++] = c;
    }
    text[n] = '\0';
    return true;
}

/* What stands at the pointer, borrowed; NULL for nothing. *ret_parent is what it stands in. */
static json_t *find(json_t *document, const char *pointer, json_t **ret_parent)
{
    struct sw_str rest = sw_str_from(pointer);
    json_t *at = document;
    uint64_t index;

    *ret_parent = NULL;
    sw_str_cut(&rest, '/');
    while (at && rest.data) {
        char step[MAX_STEP_BYTES];

        if (!unescape(sw_str_cut(&rest, '/'), step))
            return NULL;
        *ret_parent = at;
        if (json_is_object(at))
            at = json_object_get(at, step);
        else if (sw_str_to_u64(sw_str_from(step), SIZE_MAX, &index))
            at = json_array_get(at, (size_t)index);
        else
            at = NULL;
    }
    return rest.data ? NULL : at;
}

/* Applies one operation, after a look at what it would do. *ret_undo takes it back. */
static int apply_op(const struct sw_patch_op *op, json_t *document, struct sw_patch_op *ret_undo,
                    struct sw_err *reterr)
{
    json_t *parent, *before = find(document, op->pointer, &parent);

    if (!json_is_object(parent))
        return WRONG(reterr, "%s does not stand in an object", op->pointer);
    if (op->verb == SW_PATCH_ADD && before && !json_is_null(before))
        return WRONG(reterr, "add %s: there is something already", op->pointer);
    if (op->verb != SW_PATCH_ADD && !is_ours(op->pointer))
        return WRONG(reterr, "%s %s: that is the user's", sw_patch_verb_name(op->verb),
                     op->pointer);
    *ret_undo = (struct sw_patch_op){SW_PATCH_REPLACE, op->pointer, before};
    if (!before)
        ret_undo->verb = SW_PATCH_REMOVE;
    else if (op->verb == SW_PATCH_REMOVE)
        ret_undo->verb = SW_PATCH_ADD;
    /* What `undo` puts back must not change with the document. */
    if (before && !(ret_undo->value = json_deep_copy(before)))
        return sw_err_nomem(reterr);
    return sw_patch_apply(&(struct sw_patch){(struct sw_patch_op *)op, 1}, document, reterr);
}

/* Takes the operations back, last first; what remains must be the object as it was. */
static int check_undone(const struct sw_patch_op *undo, size_t n, const json_t *patched,
                        const json_t *object, struct sw_err *reterr)
{
    json_t *copy = json_deep_copy(patched);

    while (copy && n > 0) {
        int r =
            sw_patch_apply(&(struct sw_patch){(struct sw_patch_op *)&undo[--n], 1}, copy, reterr);

        if (r < 0)
            return r;
    }
    if (!copy)
        return sw_err_nomem(reterr);
    if (!json_equal(copy, object))
        return WRONG(reterr, "the patch changed more than its paths");
    return 0;
}

int golden_check_patch(const struct sw_patch *patch, json_t *object, json_t **ret,
                       struct sw_err *reterr)
{
    json_t *copy = json_deep_copy(object);
    struct sw_patch_op *undo;
    int r = 0;

    if (!copy)
        return object ? sw_err_nomem(reterr) : WRONG(reterr, "a patch for no object");
    undo = calloc(patch->n_ops + 1, sizeof(*undo));
    if (!undo)
        return sw_err_nomem(reterr);
    for (size_t i = 0; r == 0 && i < patch->n_ops; i++)
        r = apply_op(&patch->ops[i], copy, &undo[i], reterr);
    if (r == 0)
        r = check_undone(undo, patch->n_ops, copy, object, reterr);
    free(undo);
    if (r == 0)
        *ret = copy;
    return r;
}

int golden_check_settled(const struct sw_admit_input *input, json_t *patched,
                         struct sw_arena *arena, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf body;
    struct sw_admit_input again = *input;
    struct sw_admit_answer answer;
    int r;

    sw_buf_init(&body, SW_ADMIT_MAX_BODY_BYTES);
    r = golden_review_replace(input->body, patched, arena, &again.body, reterr);
    if (r < 0)
        return r;
    sw_admit(&again, arena, &answer, &body);
    if (answer.verdict != SW_VERDICT_ALLOWED)
        return WRONG(reterr, "asked again about the patched object: %s, %s",
                     sw_verdict_word(answer.verdict),
                     answer.outcome.patch.n_ops ? answer.outcome.patch.ops[0].pointer
                                                : answer.error.message);
    return 0;
}

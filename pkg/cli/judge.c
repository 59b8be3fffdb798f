#include "cli/judge.h"

#include "base/cleanup.h"
#include "model/kind.h"
#include "json/apply.h"
#include "json/copy.h"
#include "json/get.h"
#include "json/write.h"

#include "base/banned.h"

/* Nobody sees it: it is asked and answered in one call. */
#define UID "00000000-0000-0000-0000-000000000000"

/* What is asked about: an object of our own wrapping, or a review that was given. */
struct subject {
    const struct sw_admit_set *set;
    struct sw_arena *arena;
    const json_t *review; /* NULL for an object */
    const json_t *object; /* NULL where the review has none */
    const json_t *old;    /* NULL for a new object */
    enum sw_operation operation;
};

static struct sw_str text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return (struct sw_str){json_string_value(value), json_string_length(value)};
}

static void write_member(const char *before, struct sw_str value, struct sw_buf *buf)
{
    sw_buf_append_text(buf, before);
    sw_json_write_string(value, buf);
}

static void write_made_review(const struct subject *subject, const json_t *object,
                              struct sw_buf *buf)
{
    const json_t *metadata = json_object_get(object, "metadata");
    struct sw_str version = text_of(object, "apiVersion"), group = {NULL, 0};

    if (sw_str_find(version, '/') < version.len)
        group = sw_str_cut(&version, '/');
    sw_buf_append_text(buf, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                            "\"request\":{\"uid\":\"" UID "\"");
    write_member(",\"kind\":{\"group\":", group, buf);
    write_member(",\"version\":", version, buf);
    write_member(",\"kind\":", text_of(object, "kind"), buf);
    write_member("},\"name\":", text_of(metadata, "name"), buf);
    write_member(",\"namespace\":", text_of(metadata, "namespace"), buf);
    sw_buf_printf(buf, ",\"operation\":\"%s\",\"object\":",
                  subject->operation == SW_UPDATE ? "UPDATE" : "CREATE");
    sw_json_write(object, buf);
    if (subject->old) {
        sw_buf_append_text(buf, ",\"oldObject\":");
        sw_json_write(subject->old, buf);
    }
    sw_buf_append_text(buf, "}}");
}

/* The given review with another object in it. */
static int write_given_review(const struct subject *subject, const json_t *object,
                              struct sw_buf *buf, struct sw_err *reterr)
{
    json_t *review, *request;

    if (object == subject->object) {
        sw_json_write(subject->review, buf);
        return 0;
    }
    review = sw_json_copy(subject->review);
    request = sw_json_copy(json_object_get(review, "request"));
    if (!review || !request || json_object_set(request, "object", (json_t *)object) < 0 ||
        json_object_set(review, "request", request) < 0)
        return sw_err_nomem(reterr);
    sw_json_write(review, buf);
    return 0;
}

static int write_body(const struct subject *subject, const json_t *object, struct sw_buf *buf,
                      struct sw_err *reterr)
{
    struct sw_err err = {0};
    int r = 0;

    if (subject->review)
        r = write_given_review(subject, object, buf, reterr);
    else
        write_made_review(subject, object, buf);
    if (r < 0)
        return r;
    if (sw_buf_status(buf, &err) == SW_ELIMIT)
        return sw_err_set(reterr, SW_ELIMIT,
                          "expected a review of at most %zu bytes, which is what an API server "
                          "sends, found more",
                          SW_ADMIT_MAX_BODY_BYTES);
    return sw_buf_status(buf, reterr);
}

/* One step: asks with `object` in the subject's review. */
static int ask(const struct subject *subject, const json_t *object, enum sw_admit_path path,
               struct sw_admit_answer *ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf body, answer;
    struct sw_admit_input input = {.path = path, .index = &subject->set->index};
    int r;

    sw_buf_init(&body, SW_ADMIT_MAX_BODY_BYTES);
    sw_buf_init(&answer, SW_ADMIT_MAX_ARENA_BYTES);
    r = write_body(subject, object, &body, reterr);
    if (r < 0)
        return r;
    input.body = sw_arena_copy(subject->arena, sw_buf_str(&body)); /* the answer borrows from it */
    if (!input.body.data)
        return sw_err_nomem(reterr);
    sw_admit(&input, subject->arena, ret, &answer);
    if (ret->verdict == SW_VERDICT_MALFORMED)
        return sw_err_set(reterr, ret->error.code, "%s", ret->error.message);
    if (ret->verdict == SW_VERDICT_FAILED)
        return sw_err_set(reterr, ret->error.code == SW_ENOMEM ? SW_ENOMEM : SW_EINTERNAL, "%s",
                          ret->error.message);
    return 0;
}

static int append(struct sw_findings *to, const struct sw_findings *from, struct sw_arena *arena,
                  struct sw_err *reterr)
{
    for (size_t i = 0; i < from->n; i++) {
        struct sw_finding *items = sw_arena_push(arena, to->items, to->n, sizeof(*items));

        if (!items)
            return sw_err_nomem(reterr);
        items[to->n++] = from->items[i];
        to->items = items;
    }
    return 0;
}

static int take_outcome(const struct sw_admit_answer *answer, struct sw_arena *arena,
                        struct sw_judgement *judgement, struct sw_err *reterr)
{
    int r = append(&judgement->refusals, &answer->outcome.refusals, arena, reterr);

    if (r == 0)
        r = append(&judgement->warnings, &answer->outcome.warnings, arena, reterr);
    if (answer->outcome.advice)
        judgement->advice = answer->outcome.advice;
    return r;
}

/* What the API server would hand to the second step. */
static int apply(const struct sw_patch *patch, const json_t *object, json_t **ret,
                 struct sw_err *reterr)
{
    json_t *after;
    int r;

    if (!patch->n_ops) {
        *ret = NULL;
        return 0;
    }
    after = sw_json_copy(object); /* the patch copies on its way what else it changes */
    if (!after)
        return sw_err_nomem(reterr);
    r = sw_patch_apply(patch, after, reterr);
    if (r < 0)
        return r == SW_ENOMEM ? r : sw_err_set(reterr, SW_EINTERNAL, "the patch does not apply");
    *ret = after;
    return 0;
}

/* Kinds that a rule reads, in requests that it answers (admission/admit.c). */
static bool is_judged(const struct sw_review *review)
{
    if (review->sub_resource || (review->operation != SW_CREATE && review->operation != SW_UPDATE))
        return false;
    return review->kind == SW_KIND_SERVICE || review->kind == SW_KIND_DESTINATIONRULE ||
           review->kind == SW_KIND_SETTING;
}

/* The two steps, and what each says. */
static int judge_subject(const struct subject *subject, struct sw_judgement *judgement,
                         struct sw_err *reterr)
{
    struct sw_admit_answer mutate, validate;
    json_t *after = NULL;
    int r = ask(subject, subject->object, SW_ADMIT_MUTATE, &mutate, reterr);

    if (r == 0)
        r = take_outcome(&mutate, subject->arena, judgement, reterr);
    if (r == 0)
        r = apply(&mutate.outcome.patch, subject->object, &after, reterr);
    if (r == 0)
        r = ask(subject, after ? after : subject->object, SW_ADMIT_VALIDATE, &validate, reterr);
    if (r == 0)
        r = take_outcome(&validate, subject->arena, judgement, reterr);
    if (r < 0)
        return r;
    judgement->judged = is_judged(&mutate.review);
    judgement->kind = mutate.review.kind_name;
    judgement->namespace_ = mutate.review.namespace_;
    judgement->name = mutate.review.name;
    judgement->patch = mutate.outcome.patch;
    judgement->before = subject->object;
    judgement->after = after;
    judgement->verdict = after ? SW_VERDICT_PATCHED : SW_VERDICT_ALLOWED;
    if (judgement->refusals.n)
        judgement->verdict = SW_VERDICT_REFUSED;
    return 0;
}

static bool is_same(const json_t *a, const json_t *b)
{
    const json_t *x = json_object_get(a, "metadata"), *y = json_object_get(b, "metadata");

    return sw_kind_of_object(a) == sw_kind_of_object(b) &&
           sw_str_eq(text_of(x, "namespace"), text_of(y, "namespace")) &&
           sw_str_eq(text_of(x, "name"), text_of(y, "name"));
}

/* What the local cluster holds in the object's place; the last one, as in a view. NULL for none. */
static const json_t *find_old(const struct sw_admit_set *set, const json_t *object)
{
    for (size_t i = set->local.n; i > 0; i--) {
        if (is_same(set->local.items[i - 1].value, object))
            return set->local.items[i - 1].value;
    }
    return NULL;
}

static json_t *object_of(const json_t *review)
{
    json_t *object = json_object_get(json_object_get(review, "request"), "object");

    return json_is_object(object) ? object : NULL;
}

int sw_judge(const struct sw_admit_set *set, enum sw_operation operation,
             const struct sw_manifest_object *object, struct sw_arena *arena,
             struct sw_judgement *ret, struct sw_err *reterr)
{
    struct subject subject = {
        .set = set, .arena = arena, .object = object->value, .operation = SW_CREATE};
    struct sw_judgement judgement = {0};
    int r;

    if (sw_admit_is_review(object->value)) {
        subject.review = object->value;
        subject.object = object_of(object->value);
    } else if (operation == SW_UPDATE) {
        subject.old = find_old(set, object->value);
        subject.operation = subject.old ? SW_UPDATE : SW_CREATE;
    }
    r = judge_subject(&subject, &judgement, reterr);
    if (r < 0)
        return r;
    *ret = judgement;
    return 0;
}

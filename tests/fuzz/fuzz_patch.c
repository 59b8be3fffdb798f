/* Patches from outside: {"document": ..., "patch": [...]}. Each operation that applies does what
 * RFC 6902 says, seen by a way of its own; and a patch survives writing, reading and being applied.
 */
#include "fuzz.h"

#include "base/cleanup.h"
#include "json/apply.h"
#include "json/read.h"
#include "json/scan.h"
#include "json/write.h"

/* Over what any input of libFuzzer's default size comes to. */
#define MAX_ARENA_BYTES ((size_t)64 << 20)

enum { DOCUMENT, PATCH, N_SLICES };

static const struct sw_scan_want wants[] = {
    {"document", DOCUMENT, NULL},
    {"patch", PATCH, NULL},
    {NULL, 0, NULL},
};

/* Moves *pointer behind its next step and puts that, unescaped and NUL-terminated, into `step`. */
static void take_step(const char **pointer, struct sw_buf *step)
{
    const char *p = *pointer + 1;

    sw_buf_clear(step);
    for (; *p && *p != '/'; p++) {
        char c = *p;

        if (c == '~' && p[1])
            c = *++p == '0' ? '~' : '/';
        sw_buf_append(step, &c, 1);
    }
    sw_buf_append(step, "", 1);
    FUZZ_CHECK(sw_buf_status(step, NULL) == 0);
    *pointer = p;
}

static json_t *child(json_t *value, const char *step)
{
    return json_is_array(value) ? json_array_get(value, strtoul(step, NULL, 10))
                                : json_object_get(value, step);
}

/* What there is to tell about a place before and after an operation. */
struct place {
    json_t *parent;
    size_t size;   /* of the parent */
    json_t *value; /* at the place; for "-", what is last; NULL for nothing */
    bool is_in_array;
};

/* Where the pointer leads to, if it leads anywhere. */
static struct place look(json_t *document, const char *pointer)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf step;
    struct place place = {.parent = document};

    sw_buf_init(&step, MAX_ARENA_BYTES);
    take_step(&pointer, &step);
    while (*pointer) {
        place.parent = child(place.parent, step.data);
        take_step(&pointer, &step);
    }
    place.is_in_array = json_is_array(place.parent);
    place.size = place.is_in_array ? json_array_size(place.parent) : json_object_size(place.parent);
    if (place.is_in_array && strcmp(step.data, "-") == 0)
        place.value = json_array_get(place.parent, place.size - 1);
    else
        place.value = child(place.parent, step.data);
    return place;
}

static void check_effect(const struct sw_patch_op *op, struct place before, struct place after)
{
    bool existed = before.value && !before.is_in_array;

    FUZZ_CHECK(after.parent == before.parent || after.parent->refcount == 1); /* or its copy */
    FUZZ_CHECK(after.is_in_array == before.is_in_array);
    switch (op->verb) {
    case SW_PATCH_ADD:
        FUZZ_CHECK(json_equal(after.value, op->value));
        FUZZ_CHECK(after.size == before.size + !existed);
        break;
    case SW_PATCH_REPLACE:
        FUZZ_CHECK(before.value);
        FUZZ_CHECK(json_equal(after.value, op->value));
        FUZZ_CHECK(after.size == before.size);
        break;
    case SW_PATCH_REMOVE:
        FUZZ_CHECK(before.value);
        FUZZ_CHECK(before.is_in_array || !after.value);
        FUZZ_CHECK(after.size == before.size - 1);
        break;
    }
}

/* Applies one operation after the other, up to the first that fails. Whether all did. */
static bool apply_each(const struct sw_patch *patch, json_t *document)
{
    for (size_t i = 0; i < patch->n_ops; i++) {
        const struct sw_patch one = {&patch->ops[i], 1};
        struct place before = {0};
        struct sw_err err = {0};
        int r;

        if (one.ops->pointer[0] == '/')
            before = look(document, one.ops->pointer);
        r = sw_patch_apply(&one, document, &err);
        FUZZ_CHECK(r == err.code);
        FUZZ_CHECK(r == 0 || r == SW_ENOENT || r == SW_ETYPE || r == SW_ESYNTAX || r == SW_ELIMIT);
        if (r < 0)
            return false;
        if (before.parent)
            check_effect(one.ops, before, look(document, one.ops->pointer));
    }
    return true;
}

static struct sw_str text_of_patch(const struct sw_patch *patch, struct sw_arena *arena)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, MAX_ARENA_BYTES);
    sw_patch_write(patch, &buf);
    FUZZ_CHECK(sw_buf_status(&buf, NULL) == 0);
    return sw_arena_copy(arena, sw_buf_str(&buf));
}

static void check_patch(struct sw_str document_text, struct sw_str patch_text,
                        struct sw_arena *arena)
{
    json_t *document, *again;
    struct sw_patch patch, reread;
    struct sw_str written;
    bool applies;

    if (sw_json_read(document_text, &document, NULL) < 0 ||
        sw_patch_read(patch_text, arena, &patch, NULL) < 0)
        return;
    written = text_of_patch(&patch, arena);
    FUZZ_CHECK(sw_patch_read(written, arena, &reread, NULL) == 0);
    applies = apply_each(&patch, document);
    FUZZ_CHECK(sw_str_eq(text_of_patch(&patch, arena), written));
    FUZZ_CHECK(sw_str_eq(text_of_patch(&reread, arena), written));
    FUZZ_CHECK(sw_json_read(document_text, &again, NULL) == 0);
    FUZZ_CHECK((sw_patch_apply(&reread, again, NULL) == 0) == applies);
    FUZZ_CHECK(json_equal(document, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_str text = {(const char *)data, size};
    struct sw_scan_slice slices[N_SLICES];

    sw_json_setup();
    sw_arena_init(&arena, 1 << 16, MAX_ARENA_BYTES);
    if (sw_scan(text, wants, slices, N_SLICES, NULL) < 0)
        return 0;
    SW_JSON_SCOPE(&arena);
    check_patch(slices[DOCUMENT].text, slices[PATCH].text, &arena);
    return 0;
}

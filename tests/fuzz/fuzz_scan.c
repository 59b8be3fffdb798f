/* The scanner against jansson on the same bytes: the same texts are accepted, and every wanted
 * slice is what jansson finds at that path. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "json/read.h"
#include "json/scan.h"

enum { API_VERSION, KIND, UID, REQUEST_KIND, NAMESPACE, OPERATION, DRY_RUN };
enum { OBJECT = DRY_RUN + 1, NAME, LABELS, ANNOTATIONS, SPEC, OLD_SPEC, N_SLICES };

static const struct sw_scan_want metadata_wants[] = {
    {"name", NAME, NULL},
    {"labels", LABELS, NULL},
    {"annotations", ANNOTATIONS, NULL},
    {NULL, 0, NULL},
};
static const struct sw_scan_want object_wants[] = {
    {"metadata", -1, metadata_wants},
    {"spec", SPEC, NULL},
    {NULL, 0, NULL},
};
static const struct sw_scan_want old_object_wants[] = {
    {"spec", OLD_SPEC, NULL},
    {NULL, 0, NULL},
};
static const struct sw_scan_want kind_wants[] = {
    {"kind", REQUEST_KIND, NULL},
    {NULL, 0, NULL},
};
static const struct sw_scan_want request_wants[] = {
    {"uid", UID, NULL},
    {"kind", -1, kind_wants},
    {"namespace", NAMESPACE, NULL},
    {"operation", OPERATION, NULL},
    {"dryRun", DRY_RUN, NULL},
    {"object", OBJECT, object_wants},
    {"oldObject", -1, old_object_wants},
    {NULL, 0, NULL},
};
static const struct sw_scan_want wants[] = {
    {"apiVersion", API_VERSION, NULL},
    {"kind", KIND, NULL},
    {"request", -1, request_wants},
    {NULL, 0, NULL},
};

/* The deepest nesting of a text that jansson has taken. */
static size_t deepest(struct sw_str text)
{
    size_t depth = 0, most = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '"')
            in_string = !in_string;
        else if (in_string && c == '\\')
            i++;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
        if (depth > most)
            most = depth;
    }
    return most;
}

static enum sw_scan_type type_of(const json_t *value)
{
    static const enum sw_scan_type types[] = {
        [JSON_OBJECT] = SW_SCAN_OBJECT, [JSON_ARRAY] = SW_SCAN_ARRAY,
        [JSON_STRING] = SW_SCAN_STRING, [JSON_INTEGER] = SW_SCAN_NUMBER,
        [JSON_REAL] = SW_SCAN_NUMBER,   [JSON_TRUE] = SW_SCAN_TRUE,
        [JSON_FALSE] = SW_SCAN_FALSE,   [JSON_NULL] = SW_SCAN_NULL,
    };

    return value ? types[json_typeof(value)] : SW_SCAN_ABSENT;
}

static void check_string(const struct sw_scan_slice *slice, const json_t *value)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_str expected = {json_string_value(value), json_string_length(value)}, found;

    sw_arena_init(&arena, slice->text.len, slice->text.len + 64);
    FUZZ_CHECK(sw_scan_string(slice, &arena, &found, NULL) == 0);
    FUZZ_CHECK(sw_str_eq(found, expected));
}

static void check_slice(const struct sw_scan_slice *slice, const json_t *value, struct sw_str text)
{
    json_auto_t *found = NULL;

    FUZZ_CHECK(slice->type == type_of(value));
    if (!value) {
        FUZZ_CHECK(slice->text.len == 0);
        return;
    }
    FUZZ_CHECK(slice->text.data >= text.data &&
               slice->text.data + slice->text.len <= text.data + text.len);
    found = json_loadb(slice->text.data, slice->text.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    FUZZ_CHECK(json_equal(found, value));
    if (json_is_string(value))
        check_string(slice, value);
}

static void check_slices(const struct sw_scan_want *want, const json_t *object,
                         const struct sw_scan_slice *slices, struct sw_str text)
{
    for (; want->key; want++) {
        const json_t *value = json_object_get(object, want->key);

        if (want->slot >= 0)
            check_slice(&slices[want->slot], value, text);
        if (want->children)
            check_slices(want->children, json_is_object(value) ? value : NULL, slices, text);
    }
}

/* What the scanner must say of an object that jansson takes and that holds no byte 0. */
static void check_verdict(struct sw_str text, int verdict, const struct sw_err *err)
{
    if (verdict == SW_ESYNTAX) {
        json_auto_t *value =
            json_loadb(text.data, text.len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);

        FUZZ_CHECK(!value);
        FUZZ_CHECK(strstr(err->message, "stands twice"));
        return;
    }
    FUZZ_CHECK(verdict == (deepest(text) > SW_JSON_MAX_DEPTH ? SW_ELIMIT : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str text = {(const char *)data, size};
    json_auto_t *value = json_loadb(text.data, size, JSON_ALLOW_NUL, NULL);
    bool takes = json_is_object(value) && !memchr(data, '\0', size);
    struct sw_scan_slice slices[N_SLICES];
    struct sw_err err = {0};
    int verdict = sw_scan(text, wants, slices, N_SLICES, &err);

    FUZZ_CHECK(verdict == err.code);
    if (takes)
        check_verdict(text, verdict, &err);
    else
        FUZZ_CHECK(verdict == SW_ESYNTAX || verdict == SW_ELIMIT);
    if (verdict == 0)
        check_slices(wants, value, slices, text);
    return 0;
}

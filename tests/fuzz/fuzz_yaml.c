/*
 * YAML: whatever is read can be written, what is written reads back equal, and writing that again
 * gives the same bytes.
 */
#include "fuzz.h"

#include "base/cleanup.h"
#include "json/yaml.h"

/* Over what any input of libFuzzer's default size comes to, aliases written out. */
#define MAX_BYTES ((size_t)64 << 20)

static void drop(struct sw_yaml_documents *documents)
{
    for (size_t i = 0; i < documents->n; i++)
        json_decref(documents->items[i].value);
}

/* JSON's 80.0, which is a real there, is the integer 80 in YAML. */
static bool is_same_number(const json_t *a, const json_t *b)
{
    return json_is_real(a) && json_is_integer(b) &&
           json_real_value(a) == (double)json_integer_value(b);
}

static bool is_same(json_t *a, json_t *b)
{
    const char *key;
    json_t *child;
    size_t i;

    if (is_same_number(a, b))
        return true;
    if (json_typeof(a) != json_typeof(b) || json_array_size(a) != json_array_size(b) ||
        json_object_size(a) != json_object_size(b))
        return false;
    json_array_foreach (a, i, child)
        if (!is_same(child, json_array_get(b, i)))
            return false;
    json_object_foreach (a, key, child) {
        json_t *other = json_object_get(b, key);

        if (!other || !is_same(child, other))
            return false;
    }
    return json_is_object(a) || json_is_array(a) || json_equal(a, b);
}

static void check_round_trip(json_t *value, struct sw_arena *arena)
{
    SW_CLEANUP(drop) struct sw_yaml_documents again = {0};
    SW_CLEANUP(sw_buf_release) struct sw_buf first, second;

    sw_buf_init(&first, MAX_BYTES);
    sw_buf_init(&second, MAX_BYTES);
    sw_yaml_write(value, &first);
    FUZZ_CHECK(sw_buf_status(&first, NULL) == 0);
    FUZZ_CHECK(sw_yaml_read(sw_buf_str(&first), arena, &again, NULL) == 0);
    FUZZ_CHECK(again.n == 1 && again.items[0].line == 1);
    FUZZ_CHECK(is_same(value, again.items[0].value));
    sw_yaml_write(again.items[0].value, &second);
    FUZZ_CHECK(sw_buf_status(&second, NULL) == 0);
    FUZZ_CHECK(sw_str_eq(sw_buf_str(&first), sw_buf_str(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    SW_CLEANUP(drop) struct sw_yaml_documents documents = {0};
    struct sw_err err = {0};
    int status;

    sw_arena_init(&arena, 4096, MAX_BYTES);
    status = sw_yaml_read((struct sw_str){(const char *)data, size}, &arena, &documents, &err);
    FUZZ_CHECK(status == err.code && (status == 0) == (err.message[0] == '\0'));
    FUZZ_CHECK(status == 0 || documents.n == 0);
    for (size_t i = 0; i < documents.n; i++)
        check_round_trip(documents.items[i].value, &arena);
    return 0;
}

/* The reader against jansson's own on the same bytes: the same texts are accepted, the same values
 * come out, and what is written of them reads back the same. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "json/read.h"
#include "json/scan.h"
#include "json/write.h"

/* Writing escapes a byte of the text as six at most, and a number as 24. */
#define MAX_GROWTH 24

/* Compact text, which tells values apart by the order of their members too. */
static void write_value(const json_t *value, size_t size, struct sw_buf *ret)
{
    sw_buf_init(ret, MAX_GROWTH * (size + 1));
    sw_json_write(value, ret);
    FUZZ_CHECK(sw_buf_status(ret, NULL) == 0);
}

/* What is written is what jansson writes, byte for byte. */
static void check_written(const json_t *value, size_t size)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    char *expected = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    write_value(value, size, &text);
    FUZZ_CHECK(expected);
    FUZZ_CHECK(sw_str_eq(sw_buf_str(&text), sw_str_from(expected)));
    free(expected);
}

static void check_same(const json_t *a, const json_t *b, size_t size)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf a_text;
    SW_CLEANUP(sw_buf_release) struct sw_buf b_text;

    FUZZ_CHECK(json_equal(a, b));
    write_value(a, size, &a_text);
    write_value(b, size, &b_text);
    FUZZ_CHECK(sw_str_eq(sw_buf_str(&a_text), sw_buf_str(&b_text)));
}

static void check_round_trip(const json_t *value, size_t size)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    json_auto_t *again = NULL;

    write_value(value, size, &text);
    FUZZ_CHECK(sw_json_read(sw_buf_str(&text), &again, NULL) == 0);
    check_same(value, again, size);
}

/* Reads once more where memory may run out, at a point that the input chooses. */
static void check_in_small_arena(struct sw_str text, int verdict)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    size_t max_bytes = 0;
    json_t *value;
    int r;

    for (size_t i = 0; i < text.len; i++)
        max_bytes = (max_bytes * 31 + (unsigned char)text.data[i]) % (64 * text.len);
    sw_arena_init(&arena, 64, max_bytes);
    SW_JSON_SCOPE(&arena);
    r = sw_json_read(text, &value, NULL);
    FUZZ_CHECK(r == verdict || r == SW_ENOMEM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str text = {(const char *)data, size};
    json_auto_t *expected = NULL;
    json_auto_t *value = NULL;
    struct sw_err err = {0};
    int verdict;

    sw_json_setup();
    expected = json_loadb(text.data, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    verdict = sw_json_read(text, &value, &err);
    FUZZ_CHECK(verdict == err.code);
    if (verdict == 0) {
        check_same(value, expected, size);
        check_written(value, size);
        check_round_trip(value, size);
    } else {
        FUZZ_CHECK(verdict == SW_ESYNTAX || verdict == SW_ELIMIT);
        FUZZ_CHECK(!expected || verdict == SW_ELIMIT || memchr(data, '\0', size));
    }
    check_in_small_arena(text, verdict);
    return 0;
}

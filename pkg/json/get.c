#include "json/get.h"

#include "base/cleanup.h"
#include "base/utf8.h"
#include "json/write.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* Most of a string that a message quotes. */
#define MAX_QUOTED_BYTES 40
/* An error's message is cut long before this. */
#define MAX_MESSAGE_BYTES ((size_t)64 << 10)

const char *sw_json_type_name(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}

static struct sw_str string_of(const json_t *value)
{
    return (struct sw_str){json_string_value(value), json_string_length(value)};
}

/* Appends the start of s in quotes, cut between characters. */
static void write_start(struct sw_str s, struct sw_buf *buf)
{
    size_t len = s.len;

    if (len > MAX_QUOTED_BYTES) {
        len = MAX_QUOTED_BYTES;
        while (len > 0 && sw_utf8_is_tail((unsigned char)s.data[len]))
            len--;
    }
    sw_json_write_string(sw_str_slice(s, 0, len), buf);
    if (len < s.len)
        sw_buf_append_text(buf, "...");
}

static void write_found(const json_t *value, struct sw_buf *buf)
{
    if (json_is_string(value))
        write_start(string_of(value), buf);
    else if (json_is_number(value))
        sw_json_write(value, buf);
    else
        sw_buf_append_text(buf, sw_json_type_name(value));
}

int sw_get_fail(const json_t *value, const char *key, const struct sw_at *at, const char *expected,
                struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, MAX_MESSAGE_BYTES);
    if (!reterr)
        return SW_ETYPE;
    sw_at_write_path(key ? SW_AT_KEY(at, key) : at, &buf);
    sw_buf_append_text(&buf, ": expected ");
    sw_buf_append_text(&buf, expected);
    sw_buf_append_text(&buf, ", found ");
    write_found(value, &buf);
    /* What is half said may be acted on, as a refusal that misses its path; a failure is not. */
    if (buf.failure == SW_ENOMEM)
        return sw_err_nomem(reterr);
    if (sw_buf_status(&buf, NULL) < 0)
        return sw_err_set(reterr, SW_ETYPE, "%s: expected %s, found %s", key ? key : "a value",
                          expected, sw_json_type_name(value));
    return sw_err_set(reterr, SW_ETYPE, "%.*s", SW_STR_ARG(sw_buf_str(&buf)));
}

/* The member, borrowed; NULL when absent or null. */
static json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_null(value) ? NULL : value;
}

int sw_get_str(const json_t *object, const char *key, const struct sw_at *at, struct sw_str *ret,
               struct sw_err *reterr)
{
    json_t *value = member(object, key);

    if (!value)
        return 0;
    if (!json_is_string(value))
        return sw_get_fail(value, key, at, "a string", reterr);
    *ret = string_of(value);
    return 1;
}

int sw_get_bool(const json_t *object, const char *key, const struct sw_at *at, bool *ret,
                struct sw_err *reterr)
{
    json_t *value = member(object, key);

    if (!value)
        return 0;
    if (!json_is_boolean(value))
        return sw_get_fail(value, key, at, "true or false", reterr);
    *ret = json_is_true(value);
    return 1;
}

int sw_get_int(const json_t *object, const char *key, const struct sw_at *at,
               struct sw_int_range range, int64_t *ret, struct sw_err *reterr)
{
    json_t *value = member(object, key);
    char expected[80];

    if (!value)
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < range.min ||
        json_integer_value(value) > range.max) {
        snprintf(expected, sizeof(expected), "an integer from %" PRId64 " to %" PRId64, range.min,
                 range.max);
        return sw_get_fail(value, key, at, expected, reterr);
    }
    *ret = json_integer_value(value);
    return 1;
}

int sw_get_object(const json_t *object, const char *key, const struct sw_at *at, json_t **ret,
                  struct sw_err *reterr)
{
    json_t *value = member(object, key);

    if (!value)
        return 0;
    if (!json_is_object(value))
        return sw_get_fail(value, key, at, "an object", reterr);
    *ret = value;
    return 1;
}

/* 0 for an array with elements of `type` only; `expected` names one of them. */
static int check_array(const json_t *value, const struct sw_at *at, json_type type,
                       const char *expected, struct sw_err *reterr)
{
    if (!json_is_array(value))
        return sw_get_fail(value, NULL, at, "an array", reterr);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *element = json_array_get(value, i);

        if (json_typeof(element) != type)
            return sw_get_fail(element, NULL, SW_AT_INDEX(at, i), expected, reterr);
    }
    return 0;
}

int sw_get_objects(const json_t *object, const char *key, const struct sw_at *at, json_t **ret,
                   struct sw_err *reterr)
{
    json_t *value = member(object, key);
    int r;

    if (!value)
        return 0;
    r = check_array(value, SW_AT_KEY(at, key), JSON_OBJECT, "an object", reterr);
    if (r < 0)
        return r;
    *ret = value;
    return 1;
}

int sw_get_strings(const json_t *object, const char *key, const struct sw_at *at, json_t **ret,
                   struct sw_err *reterr)
{
    json_t *value = member(object, key);
    int r;

    if (!value)
        return 0;
    r = check_array(value, SW_AT_KEY(at, key), JSON_STRING, "a string", reterr);
    if (r < 0)
        return r;
    *ret = value;
    return 1;
}

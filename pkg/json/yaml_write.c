#include "json/yaml.h"

#include "json/yaml_real.h"
#include "json/yaml_text.h"

#include "base/banned.h"

/* libyaml takes a key only where its ":" follows within 1,024 characters on the same line. A byte
 * becomes four characters at most ("\x01"), and two are the quotes. */
#define SIMPLE_KEY_MAX_LEN ((1024 - 2) / 4)

static void write_lines(const json_t *container, size_t indent, struct sw_buf *buf);

static bool has_lines(const json_t *value)
{
    return json_object_size(value) > 0 || json_array_size(value) > 0;
}

static void write_indent(size_t indent, struct sw_buf *buf)
{
    sw_buf_printf(buf, "%*s", (int)indent, "");
}

/* What stands behind "key: " or "- " up to and including the line break. `indent` is the column of
 * the collection it stands in. */
static void write_scalar(const json_t *value, size_t indent, struct sw_buf *buf)
{
    struct sw_str text = {json_string_value(value), json_string_length(value)};

    if (json_is_string(value) && sw_yaml_text_is_block(text)) {
        sw_yaml_text_write_block(text, indent, buf);
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        sw_buf_append_text(buf, "{}");
        break;
    case JSON_ARRAY:
        sw_buf_append_text(buf, "[]");
        break;
    case JSON_STRING:
        sw_yaml_text_write(text, buf);
        break;
    case JSON_INTEGER:
        sw_buf_printf(buf, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        sw_yaml_real_write(json_real_value(value), buf);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        sw_buf_append_text(buf, json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        sw_buf_append_text(buf, "null");
        break;
    }
    sw_buf_append_text(buf, "\n");
}

static void write_key(const char *key, size_t indent, struct sw_buf *buf)
{
    struct sw_str text = sw_str_from(key);
    bool simple = text.len <= SIMPLE_KEY_MAX_LEN;

    if (!simple)
        sw_buf_append_text(buf, "? ");
    sw_yaml_text_write(text, buf);
    if (!simple) {
        sw_buf_append_text(buf, "\n");
        write_indent(indent, buf);
    }
    sw_buf_append_text(buf, ":");
}

/* Like kubectl, with the dashes of an array in the column of its key. */
static void write_member(const char *key, const json_t *value, size_t indent, struct sw_buf *buf)
{
    size_t inner = json_is_object(value) ? indent + 2 : indent;

    write_key(key, indent, buf);
    if (has_lines(value)) {
        sw_buf_append_text(buf, "\n");
        write_indent(inner, buf);
        write_lines(value, inner, buf);
    } else {
        sw_buf_append_text(buf, " ");
        write_scalar(value, indent, buf);
    }
}

static void write_item(const json_t *value, size_t indent, struct sw_buf *buf)
{
    sw_buf_append_text(buf, "- ");
    if (has_lines(value))
        write_lines(value, indent + 2, buf);
    else
        write_scalar(value, indent, buf);
}

/* Everything in a container that is not empty, from column `indent`, where the caller already
 * stands, up to and including the last line break. */
static void write_lines(const json_t *container, size_t indent, struct sw_buf *buf)
{
    bool first = true;
    const char *key;
    json_t *value;
    size_t i;

    json_array_foreach (container, i, value) {
        if (!first)
            write_indent(indent, buf);
        write_item(value, indent, buf);
        first = false;
    }
    /* jansson's iterators take no const object, but change nothing. */
    json_object_foreach ((json_t *)container, key, value) {
        if (!first)
            write_indent(indent, buf);
        write_member(key, value, indent, buf);
        first = false;
    }
}

void sw_yaml_write(const json_t *value, struct sw_buf *buf)
{
    if (has_lines(value))
        write_lines(value, 0, buf);
    else
        write_scalar(value, 0, buf);
}

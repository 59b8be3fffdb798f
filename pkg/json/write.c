#include "json/write.h"

#include "base/utf8.h"
#include "json/lex.h"
#include "json/scan.h"

#include "base/banned.h"

/* U+FFFD REPLACEMENT CHARACTER */
#define REPLACEMENT "\xef\xbf\xbd"

/* Deepest nesting that is written: far past what two readable documents make together, and little
 * enough for any stack. */
#define MAX_DEPTH (4 * SW_JSON_MAX_DEPTH)

/* "-1.7976931348623157e308" and its like */
#define MAX_REAL_LEN 32

static void write_value(const json_t *value, unsigned int depth, struct sw_buf *buf);

static void write_integer(json_int_t number, struct sw_buf *buf)
{
    uint64_t magnitude = (uint64_t)number;

    if (number < 0) {
        sw_buf_append_text(buf, "-");
        magnitude = -magnitude;
    }
    sw_buf_append_u64(buf, magnitude);
}

/* jansson knows how many digits a double needs to be read back as the same, and they are rare. */
static void write_real(const json_t *value, struct sw_buf *buf)
{
    char text[MAX_REAL_LEN];
    size_t len = json_dumpb(value, text, sizeof(text), JSON_ENCODE_ANY);

    if (len > 0 && len <= sizeof(text))
        sw_buf_append(buf, text, len);
    else if (!buf->failure)
        buf->failure = SW_ENOMEM;
}

static void write_array(const json_t *array, unsigned int depth, struct sw_buf *buf)
{
    size_t size = json_array_size(array);

    sw_buf_append_text(buf, "[");
    for (size_t i = 0; i < size && !buf->failure; i++) {
        if (i > 0)
            sw_buf_append_text(buf, ",");
        write_value(json_array_get(array, i), depth, buf);
    }
    sw_buf_append_text(buf, "]");
}

static void write_object(const json_t *object, unsigned int depth, struct sw_buf *buf)
{
    json_t *members = (json_t *)object; /* jansson's iterators allow changes; none is made */
    const char *separator = "{";

    if (json_object_size(object) == 0)
        sw_buf_append_text(buf, separator);
    for (void *at = json_object_iter(members); at && !buf->failure;
         at = json_object_iter_next(members, at)) {
        struct sw_str key = {json_object_iter_key(at), json_object_iter_key_len(at)};

        sw_buf_append(buf, separator, 1);
        separator = ",";
        sw_json_write_string(key, buf);
        sw_buf_append_text(buf, ":");
        write_value(json_object_iter_value(at), depth, buf);
    }
    sw_buf_append_text(buf, "}");
}

/* Writes an object or an array, which makes the nesting `depth`. */
static void write_container(const json_t *value, unsigned int depth, struct sw_buf *buf)
{
    if (depth > MAX_DEPTH) {
        if (!buf->failure)
            buf->failure = SW_ELIMIT;
        return;
    }
    if (json_is_object(value))
        write_object(value, depth, buf);
    else
        write_array(value, depth, buf);
}

/* `depth` is the number of objects and arrays around the value. */
static void write_value(const json_t *value, unsigned int depth, struct sw_buf *buf)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        write_container(value, depth + 1, buf);
        break;
    case JSON_STRING:
        sw_json_write_string(
            (struct sw_str){json_string_value(value), json_string_length(value)}, buf);
        break;
    case JSON_INTEGER:
        write_integer(json_integer_value(value), buf);
        break;
    case JSON_REAL:
        write_real(value, buf);
        break;
    case JSON_TRUE:
        sw_buf_append_text(buf, "true");
        break;
    case JSON_FALSE:
        sw_buf_append_text(buf, "false");
        break;
    case JSON_NULL:
    default:
        sw_buf_append_text(buf, "null");
        break;
    }
}

void sw_json_write(const json_t *value, struct sw_buf *buf)
{
    if (value)
        write_value(value, 0, buf);
    else if (!buf->failure)
        buf->failure = SW_ENOMEM;
}

static int append(const char *bytes, size_t len, void *data)
{
    struct sw_buf *buf = data;

    sw_buf_append(buf, bytes, len);
    return buf->failure ? -1 : 0;
}

void sw_json_write_canonical(const json_t *value, struct sw_buf *buf)
{
    size_t flags = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY;

    if (buf->failure)
        return;
    /* Where the callback has not failed, and the value is one, memory has run out. */
    if (json_dump_callback(value, append, buf, flags) < 0 && !buf->failure)
        buf->failure = SW_ENOMEM;
}

/* Length of the run at `p` that stands in a JSON string as it is. */
static size_t plain_length(const char *p, const char *end)
{
    const char *at = sw_lex_plain(p, end);

    while (at < end && (unsigned char)*at >= 0x80) {
        size_t length = sw_utf8_length(at, end);

        if (length == 0)
            break;
        at = sw_lex_plain(at + length, end);
    }
    return (size_t)(at - p);
}

static void write_special(unsigned char byte, struct sw_buf *buf)
{
    /* indexed by control character; 0 for those that have no short escape */
    static const char short_escapes[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };

    if (byte >= 0x80)
        sw_buf_append_text(buf, REPLACEMENT);
    else if (byte >= 0x20)
        sw_buf_append(buf, (const char[]){'\\', (char)byte}, 2);
    else if (short_escapes[byte])
        sw_buf_append(buf, (const char[]){'\\', short_escapes[byte]}, 2);
    else
        sw_buf_printf(buf, "\\u%04X", (unsigned int)byte);
}

void sw_json_write_string(struct sw_str s, struct sw_buf *buf)
{
    const char *p = s.len ? s.data : "", *end = p + s.len;
    size_t plain = plain_length(p, end);

    if (plain == s.len) { /* nearly every string: its quotes and it in one piece */
        char *out = sw_buf_extend(buf, plain + 2);

        if (!out)
            return;
        out[0] = '"';
        memcpy(out + 1, p, plain);
        out[1 + plain] = '"';
        return;
    }
    sw_buf_append_text(buf, "\"");
    for (;; plain = plain_length(p, end)) {
        sw_buf_append(buf, p, plain);
        p += plain;
        if (p == end)
            break;
        write_special((unsigned char)*p++, buf);
    }
    sw_buf_append_text(buf, "\"");
}

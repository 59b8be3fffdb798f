#include "json/write.h"

#include "base/utf8.h"

#include "base/banned.h"

/* U+FFFD REPLACEMENT CHARACTER */
#define REPLACEMENT "\xef\xbf\xbd"

static int append(const char *bytes, size_t len, void *data)
{
    struct sw_buf *buf = data;

    sw_buf_append(buf, bytes, len);
    return buf->failure ? -1 : 0;
}

static void write_value(const json_t *value, size_t flags, struct sw_buf *buf)
{
    if (buf->failure)
        return;
    /* Where the callback has not failed, and the value is one, memory has run out. */
    if (json_dump_callback(value, append, buf, flags | JSON_ENCODE_ANY) < 0 && !buf->failure)
        buf->failure = SW_ENOMEM;
}

void sw_json_write(const json_t *value, struct sw_buf *buf)
{
    write_value(value, JSON_COMPACT, buf);
}

void sw_json_write_canonical(const json_t *value, struct sw_buf *buf)
{
    write_value(value, JSON_COMPACT | JSON_SORT_KEYS, buf);
}

/* Length of the run at `p` that stands in a JSON string as it is. */
static size_t plain_length(const char *p, const char *end)
{
    const char *at = p;

    while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\') {
        size_t length = sw_utf8_length(at, end);

        if (length == 0)
            break;
        at += length;
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

    sw_buf_append_text(buf, "\"");
    while (p < end) {
        size_t plain = plain_length(p, end);

        sw_buf_append(buf, p, plain);
        p += plain;
        if (p < end)
            write_special((unsigned char)*p++, buf);
    }
    sw_buf_append_text(buf, "\"");
}

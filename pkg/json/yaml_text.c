#include "json/yaml_text.h"

#include "base/utf8.h"
#include "json/yaml_scalar.h"

#include "base/banned.h"

/* The character at `p`, which is well formed. */
static uint32_t decode(const char *p, size_t length)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)p[0] & lead_bits[length];

    for (size_t i = 1; i < length; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3f);
    return c;
}

/* Takes the first character off *rest, which is not empty. A byte that is no character counts as
 * one, so that this ends whatever it is given. */
static uint32_t take_char(struct sw_str *rest)
{
    size_t length = sw_utf8_length(rest->data, rest->data + rest->len);
    uint32_t c = length ? decode(rest->data, length) : 0;

    *rest = sw_str_slice(*rest, length ? length : 1, rest->len);
    return c;
}

/* True for what libyaml takes outside double quotes and does not count as a line break: YAML 1.1
 * breaks lines at U+0085, U+2028 and U+2029 too. */
static bool stands_raw(uint32_t c)
{
    if (c < 0xa0)
        return c >= 0x20 && c <= 0x7e;
    if (c == 0x2028 || c == 0x2029 || c == 0xfeff)
        return false;
    return c <= 0xfffd || c > 0xffff;
}

static bool all_stand_raw(struct sw_str text, const char *except)
{
    while (text.len) {
        uint32_t c = take_char(&text);

        if (!stands_raw(c) && (c == 0 || c > 0x7f || !strchr(except, (int)c)))
            return false;
    }
    return true;
}

static size_t count_digits(struct sw_str s)
{
    size_t n = 0;

    while (n < s.len && s.data[n] >= '0' && s.data[n] <= '9')
        n++;
    return n;
}

static bool is_date(struct sw_str text)
{
    return count_digits(text) == 4 && text.len > 4 && text.data[4] == '-' &&
           count_digits(sw_str_slice(text, 5, text.len)) > 0;
}

/* [-+]?[0-9]+(:[0-5]?[0-9])+, with a fraction or without */
static bool is_base_60(struct sw_str text)
{
    size_t n;

    if (text.len && (text.data[0] == '+' || text.data[0] == '-'))
        text = sw_str_slice(text, 1, text.len);
    n = count_digits(text);
    while (n > 0 && n < text.len && text.data[n] == ':') {
        text = sw_str_slice(text, n + 1, text.len);
        n = count_digits(text);
        if (n > 2 || (n == 2 && text.data[0] > '5'))
            return false;
        if (n > 0 && (n == text.len || text.data[n] == '.'))
            return true;
    }
    return false;
}

/* Would kubectl read it as this string, and other readers of YAML 1.1 too? To them dates are times,
 * 12:30:00 is a number, and = is a value of its own. */
static bool means_itself(struct sw_str text)
{
    if (sw_str_is(text, "<<") || sw_str_is(text, "=") || is_date(text) || is_base_60(text))
        return false;
    return sw_yaml_scalar_resolve(text).type == SW_YAML_STRING;
}

/* May `text`, which is not empty, stand plain in a block collection? */
static bool has_plain_syntax(struct sw_str text)
{
    char last = text.data[text.len - 1];

    if (strchr(" ?:,[]{}#&*!|>'\"%@`", text.data[0]) || last == ' ' || last == ':')
        return false;
    if (text.data[0] == '-' && (text.len == 1 || text.data[1] == ' '))
        return false;
    if (sw_str_has_prefix(text, SW_STR("---")) || sw_str_has_prefix(text, SW_STR("...")))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if ((text.data[i] == ' ' && text.data[i - 1] == ':') ||
            (text.data[i] == '#' && text.data[i - 1] == ' '))
            return false;
    return true;
}

static void write_escaped(uint32_t c, struct sw_buf *buf)
{
    if (c == '\n')
        sw_buf_append_text(buf, "\\n");
    else if (c == '\t')
        sw_buf_append_text(buf, "\\t");
    else if (c == '\r')
        sw_buf_append_text(buf, "\\r");
    else if (c <= 0xff)
        sw_buf_printf(buf, "\\x%02x", (unsigned int)c);
    else
        sw_buf_printf(buf, "\\u%04x", (unsigned int)c); /* none beyond U+FFFF is ever escaped */
}

static void write_double_quoted(struct sw_str text, struct sw_buf *buf)
{
    sw_buf_append_text(buf, "\"");
    while (text.len) {
        struct sw_str from = text;
        uint32_t c = take_char(&text);

        if (c == '"' || c == '\\')
            sw_buf_append_text(buf, "\\");
        if (stands_raw(c))
            sw_buf_append(buf, from.data, from.len - text.len);
        else
            write_escaped(c, buf);
    }
    sw_buf_append_text(buf, "\"");
}

void sw_yaml_text_write(struct sw_str text, struct sw_buf *buf)
{
    bool raw = all_stand_raw(text, "");
    bool ugly = sw_str_find(text, '"') < text.len || sw_str_find(text, '\\') < text.len;

    if (raw && text.len && has_plain_syntax(text) && means_itself(text)) {
        sw_buf_append_str(buf, text);
    } else if (raw && ugly && sw_str_find(text, '\'') == text.len) {
        sw_buf_append_text(buf, "'");
        sw_buf_append_str(buf, text);
        sw_buf_append_text(buf, "'");
    } else {
        write_double_quoted(text, buf);
    }
}

bool sw_yaml_text_is_block(struct sw_str text)
{
    bool blank = true;

    for (size_t i = 0; i < text.len && blank; i++)
        blank = text.data[i] == ' ' || text.data[i] == '\n' || text.data[i] == '\t';
    return !blank && sw_str_find(text, '\n') < text.len && all_stand_raw(text, "\n\t");
}

void sw_yaml_text_write_block(struct sw_str text, size_t indent, struct sw_buf *buf)
{
    bool ends = text.data[text.len - 1] == '\n';

    sw_buf_append_text(buf, "|");
    /* Without a number the first line's own spaces would count as indentation. */
    if (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\n')
        sw_buf_append_text(buf, "2");
    if (!ends)
        sw_buf_append_text(buf, "-");
    else if (text.data[text.len - 2] == '\n')
        sw_buf_append_text(buf, "+");
    sw_buf_append_text(buf, "\n");
    if (ends)
        text.len--;
    while (text.data) {
        struct sw_str line = sw_str_cut(&text, '\n');

        if (line.len)
            sw_buf_printf(buf, "%*s", (int)indent + 2, "");
        sw_buf_append_str(buf, line);
        sw_buf_append_text(buf, "\n");
    }
}

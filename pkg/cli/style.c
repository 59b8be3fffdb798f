#include "cli/style.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"

#include "base/banned.h"

/* ECMA-48 SGR; the eight colours that every terminal has. */
static const char *const begins[SW_N_STYLES] = {
    [SW_STYLE_PLAIN] = "",
    [SW_STYLE_ADDED] = "\033[32m",
    [SW_STYLE_REMOVED] = "\033[31m",
    [SW_STYLE_PLACE] = "\033[36m",
    [SW_STYLE_GOOD] = "\033[32m",
    [SW_STYLE_WARNING] = "\033[33m",
    [SW_STYLE_BAD] = "\033[1;31m",
};

const char *sw_style_begin(enum sw_style style, bool colours)
{
    return colours ? begins[style] : "";
}

const char *sw_style_end(enum sw_style style, bool colours)
{
    return colours && style != SW_STYLE_PLAIN ? "\033[0m" : "";
}

/* What moves, erases or reorders what a terminal shows; or breaks a line. */
static bool is_control(unsigned int character)
{
    static const struct {
        unsigned int first, last;
    } ranges[] = {
        {0, 0x1f},        {0x7f, 0x9f},     /* C0; DEL and C1 */
        {0x61c, 0x61c},   {0x200e, 0x200f}, /* marks of direction */
        {0x2028, 0x2029}, {0x202a, 0x202e}, /* ends of lines and paragraphs; embedded directions */
        {0x2066, 0x2069},                   /* isolated directions */
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

/* The character that s begins with, and its length; of four bytes, which no control has, and of
 * bytes that are no UTF-8, a blank and 1. */
static unsigned int character_at(struct sw_str s, size_t *ret_len)
{
    const unsigned char *p = (const unsigned char *)s.data;
    const size_t len = sw_utf8_length(s.data, s.data + s.len);

    *ret_len = len == 2 || len == 3 ? len : 1;
    if (p[0] < 0x80)
        return p[0];
    if (len == 2)
        return (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU);
    if (len == 3)
        return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
    return ' ';
}

void sw_style_append(struct sw_buf *buf, struct sw_str foreign)
{
    while (foreign.len) {
        size_t len;

        if (is_control(character_at(foreign, &len)))
            sw_buf_append(buf, "   ", len);
        else
            sw_buf_append(buf, foreign.data, len);
        foreign = sw_str_slice(foreign, len, foreign.len);
    }
}

void sw_style_append_json(struct sw_buf *buf, struct sw_str json)
{
    while (json.len) {
        size_t len;
        const unsigned int character = character_at(json, &len);

        /* C0 stands between values alone: the writer has escaped those in strings. */
        if (character > 0x1f && is_control(character))
            sw_buf_printf(buf, "\\u%04X", character);
        else
            sw_buf_append(buf, json.data, len);
        json = sw_str_slice(json, len, json.len);
    }
}

bool sw_style_wants_colours(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no_color && no_color[0])
        return false;
    return term && strcmp(term, "dumb") != 0 && isatty(fd) == 1;
}

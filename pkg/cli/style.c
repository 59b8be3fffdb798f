#include "cli/style.h"

#include <stdlib.h>
#include <unistd.h>

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

/* C0, DEL, and in UTF-8 C1, U+0080 to U+009F. Returns how many bytes; 0 for another character. */
static size_t control_length(struct sw_str s)
{
    unsigned char c = (unsigned char)s.data[0];

    if (c < ' ' || c == 0x7f)
        return 1;
    return c == 0xc2 && s.len > 1 && ((unsigned char)s.data[1] & 0xe0) == 0x80 ? 2 : 0;
}

void sw_style_append(struct sw_buf *buf, struct sw_str foreign)
{
    while (foreign.len) {
        size_t len = control_length(foreign);

        if (len)
            sw_buf_append(buf, "  ", len);
        else
            sw_buf_append(buf, foreign.data, len = 1);
        foreign = sw_str_slice(foreign, len, foreign.len);
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

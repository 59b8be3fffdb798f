#include "cli/style.h"

#include <stdlib.h>
#include <string.h>
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

bool sw_style_wants_colours(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no_color && no_color[0])
        return false;
    return term && strcmp(term, "dumb") != 0 && isatty(fd) == 1;
}

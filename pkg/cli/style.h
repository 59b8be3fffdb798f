/*
 * What stands out in text for people, and how a terminal is told.
 */
#ifndef SW_CLI_STYLE_H
#define SW_CLI_STYLE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

enum sw_style {
    SW_STYLE_PLAIN,
    SW_STYLE_ADDED,
    SW_STYLE_REMOVED,
    SW_STYLE_PLACE, /* where in a text a change is */
    SW_STYLE_GOOD,
    SW_STYLE_WARNING,
    SW_STYLE_BAD,
    SW_N_STYLES
};

/* What to write before and after text of this style: terminal sequences, or "" without colours and
 * for plain text. Static. */
const char *sw_style_begin(enum sw_style style, bool colours);
const char *sw_style_end(enum sw_style style, bool colours);

/* Appends what others wrote (names, file names, values in messages), each byte of a control
 * character as a blank: on a terminal it could rewrite what stands above, and a line break could
 * pass for a line of ours. Those of direction, by which a name reads as another, are of them. A
 * failure stays in buf. */
void sw_style_append(struct sw_buf *buf, struct sw_str foreign);

/* Appends JSON text that our writers made, with what a terminal would act on as \uXXXX, which says
 * the same to whoever parses it. A failure stays in buf. */
void sw_style_append_json(struct sw_buf *buf, struct sw_str json);

/* True if what is written to the descriptor should have colours: it is a terminal, and the user has
 * not asked for none (NO_COLOR not empty, as no-color.org says; TERM unset or dumb). */
bool sw_style_wants_colours(int fd);

#endif

/*
 * A byte stream cut into lines: how a watch sends its events.
 *
 * Bytes arrive in pieces of any size; a line is handed on once its newline is there, and half a
 * line waits for the rest. A line that came in one piece is not copied.
 */
#ifndef SW_SYNC_FRAME_H
#define SW_SYNC_FRAME_H

#include "base/buf.h"
#include "base/err.h"

/* Longest line: an object of 3 MiB, which is what an API server takes, as JSON with its escapes. */
#define SW_FRAME_MAX_LINE_BYTES ((size_t)8 << 20)

/* The caller's storage; private. */
struct sw_frame {
    struct sw_buf half; /* the beginning of a line whose end has not come yet */
};

/* Called for each line, without its newline; `line` is borrowed for the call. A failure stops the
 * feeding and is passed on. */
typedef int sw_frame_line_fn(void *context, struct sw_str line, struct sw_err *reterr);

/* An empty one. */
void sw_frame_init(struct sw_frame *frame);
void sw_frame_release(struct sw_frame *frame);

/* Forgets half a line, for a stream that starts anew. */
void sw_frame_clear(struct sw_frame *frame);

/* Takes the next bytes of the stream; empty lines are passed over. Fails with SW_ELIMIT (a line
 * over the cap), SW_ENOMEM, or with what on_line failed with; the frame must then be cleared. */
int sw_frame_feed(struct sw_frame *frame, struct sw_str bytes, sw_frame_line_fn *on_line,
                  void *context, struct sw_err *reterr);

#endif

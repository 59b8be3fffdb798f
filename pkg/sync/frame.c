#include "sync/frame.h"

#include "base/banned.h"

void sw_frame_init(struct sw_frame *frame)
{
    sw_buf_init(&frame->half, SW_FRAME_MAX_LINE_BYTES);
}

void sw_frame_release(struct sw_frame *frame)
{
    sw_buf_wipe(&frame->half); /* it may be of a Secret */
}

void sw_frame_clear(struct sw_frame *frame)
{
    sw_buf_clear(&frame->half);
}

/* The line that ends here: what waited and what has come, in one piece. */
static int complete(struct sw_frame *frame, struct sw_str *line, struct sw_err *reterr)
{
    if (frame->half.len == 0)
        return 0;
    sw_buf_append_str(&frame->half, *line);
    *line = sw_buf_str(&frame->half);
    return sw_buf_status(&frame->half, reterr);
}

int sw_frame_feed(struct sw_frame *frame, struct sw_str bytes, sw_frame_line_fn *on_line,
                  void *context, struct sw_err *reterr)
{
    size_t end;
    int r;

    while ((end = sw_str_find(bytes, '\n')) < bytes.len) {
        struct sw_str line = sw_str_slice(bytes, 0, end);

        r = complete(frame, &line, reterr);
        if (r == 0 && line.len)
            r = on_line(context, line, reterr);
        if (r < 0)
            return r;
        sw_buf_clear(&frame->half);
        bytes = sw_str_slice(bytes, end + 1, bytes.len);
    }
    sw_buf_append_str(&frame->half, bytes);
    return sw_buf_status(&frame->half, reterr);
}

/*
 * Growing byte buffers with a cap stated at birth.
 *
 * Appending remembers the first failure and does nothing from then on, so that code which writes a
 * document checks once, at the end, with sw_buf_status().
 */
#ifndef SW_BASE_BUF_H
#define SW_BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* The caller's storage. data and len may be read when sw_buf_status() is 0. */
struct sw_buf {
    char *data;       /* owned; NULL while empty; not NUL-terminated */
    size_t len;       /* bytes written */
    size_t cap;       /* bytes there is room for */
    size_t max_bytes; /* most it will ever hold */
    int failure;      /* 0, SW_ENOMEM or SW_ELIMIT */
};

/* Makes an empty buffer that will hold at most max_bytes; takes no memory yet. */
void sw_buf_init(struct sw_buf *buf, size_t max_bytes);

/* Gives the memory back and forgets a failure; usable again. NULL is allowed. */
void sw_buf_release(struct sw_buf *buf);

/* The same, and leaves nothing of it in freed memory: for a buffer that holds a credential. What it
 * has grown out of before is out of its reach: sw_buf_reserve() first. */
void sw_buf_wipe(struct sw_buf *buf);

/* Empties it and forgets a failure; keeps the memory for the next round. */
void sw_buf_clear(struct sw_buf *buf);

/* Appends bytes, a borrowed string, or a formatted text. `bytes` may be NULL when len is 0; none
 * of them may point into the buffer itself. */
void sw_buf_append(struct sw_buf *buf, const void *bytes, size_t len);
void sw_buf_append_str(struct sw_buf *buf, struct sw_str s);
void sw_buf_printf(struct sw_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a NUL-terminated string that is not the buffer's own. */
static inline void sw_buf_append_text(struct sw_buf *buf, const char *text)
{
    sw_buf_append(buf, text, strlen(text)); /* inline: the length of a literal is a constant */
}

/* Appends a number in decimal. */
void sw_buf_append_u64(struct sw_buf *buf, uint64_t number);

/* Appends len bytes encoded as base64 with padding (RFC 4648 section 4). */
void sw_buf_append_base64(struct sw_buf *buf, const void *bytes, size_t len);

/* Takes memory for `len` more bytes at once, or for what the cap leaves of them, so that appending
 * them does not grow it step by step. Out of memory is a failure like another. */
void sw_buf_reserve(struct sw_buf *buf, size_t len);

/* Room for `len` bytes at the end, counted as written; NULL after a failure, now or earlier. */
char *sw_buf_extend(struct sw_buf *buf, size_t len);

/* 0 if everything so far was appended; else SW_ENOMEM, or SW_ELIMIT when the cap was hit. */
int sw_buf_status(const struct sw_buf *buf, struct sw_err *reterr);

/* What has been written, borrowed until the next change. */
static inline struct sw_str sw_buf_str(const struct sw_buf *buf)
{
    return (struct sw_str){buf->data, buf->len};
}

#endif

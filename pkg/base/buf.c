#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define FIRST_CAP 256

void sw_buf_init(struct sw_buf *buf, size_t max_bytes)
{
    *buf = (struct sw_buf){.max_bytes = max_bytes};
}

void sw_buf_release(struct sw_buf *buf)
{
    if (!buf)
        return;
    free(buf->data);
    sw_buf_init(buf, buf->max_bytes);
}

void sw_buf_wipe(struct sw_buf *buf)
{
    if (!buf)
        return;
    if (buf->data)
        explicit_bzero(buf->data, buf->cap);
    sw_buf_release(buf);
}

void sw_buf_clear(struct sw_buf *buf)
{
    buf->len = 0;
    buf->failure = 0;
}

/* There is always one byte behind `cap`: vsnprintf ends what it writes with a NUL, which must not
 * count against the cap. */
static bool reserve(struct sw_buf *buf, size_t len)
{
    size_t cap = buf->cap ? buf->cap : FIRST_CAP;
    char *data = NULL;

    if (buf->failure)
        return false;
    if (len > buf->max_bytes - buf->len) {
        buf->failure = SW_ELIMIT;
        return false;
    }
    if (buf->data && len <= buf->cap - buf->len)
        return true;
    while (cap < buf->max_bytes && cap < buf->len + len)
        cap = cap > SIZE_MAX / 2 ? SIZE_MAX : cap * 2;
    if (cap > buf->max_bytes)
        cap = buf->max_bytes;
    if (cap < SIZE_MAX)
        data = realloc(buf->data, cap + 1);
    if (!data) {
        buf->failure = SW_ENOMEM;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void sw_buf_reserve(struct sw_buf *buf, size_t len)
{
    size_t room = buf->max_bytes - buf->len;

    reserve(buf, len < room ? len : room);
}

char *sw_buf_extend(struct sw_buf *buf, size_t len)
{
    char *end;

    if (!reserve(buf, len))
        return NULL;
    end = buf->data + buf->len;
    buf->len += len;
    return end;
}

void sw_buf_append(struct sw_buf *buf, const void *bytes, size_t len)
{
    char *end = len ? sw_buf_extend(buf, len) : NULL;

    if (end)
        memcpy(end, bytes, len);
}

void sw_buf_append_str(struct sw_buf *buf, struct sw_str s)
{
    sw_buf_append(buf, s.data, s.len);
}

void sw_buf_append_u64(struct sw_buf *buf, uint64_t number)
{
    char digits[20]; /* of 2^64 - 1 */
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    sw_buf_append(buf, digits + at, sizeof(digits) - at);
}

void sw_buf_printf(struct sw_buf *buf, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 && !buf->failure)
        buf->failure = SW_ELIMIT; /* what vsnprintf refuses is over INT_MAX bytes */
    if (len <= 0 || !reserve(buf, (size_t)len))
        return;
    va_start(args, format);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void sw_buf_append_base64(struct sw_buf *buf, const void *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    char *out = len ? sw_buf_extend(buf, (len + 2) / 3 * 4) : NULL;
    unsigned int triple;

    if (!out)
        return;
    for (; len >= 3; len -= 3, in += 3, out += 4) {
        triple = (unsigned int)in[0] << 16 | (unsigned int)in[1] << 8 | in[2];
        out[0] = digits[triple >> 18];
        out[1] = digits[triple >> 12 & 63];
        out[2] = digits[triple >> 6 & 63];
        out[3] = digits[triple & 63];
    }
    if (len == 0)
        return;
    triple = (unsigned int)in[0] << 16 | (len == 2 ? (unsigned int)in[1] << 8 : 0);
    out[0] = digits[triple >> 18];
    out[1] = digits[triple >> 12 & 63];
    out[2] = len == 2 ? digits[triple >> 6 & 63] : '=';
    out[3] = '=';
}

int sw_buf_status(const struct sw_buf *buf, struct sw_err *reterr)
{
    switch (buf->failure) {
    case 0:
        return 0;
    case SW_ELIMIT:
        return sw_err_set(reterr, SW_ELIMIT, "the text would be over %zu bytes", buf->max_bytes);
    default:
        return sw_err_nomem(reterr);
    }
}

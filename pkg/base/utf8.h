/*
 * UTF-8 (RFC 3629): one character at a time, checked.
 *
 * What passes here is well formed in the strict sense: no overlong form, no surrogate, nothing
 * beyond U+10FFFF.
 */
#ifndef SW_BASE_UTF8_H
#define SW_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for a byte that can only stand second, third or fourth in a character. */
static inline bool sw_utf8_is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length in bytes (1 to 4) of the well-formed character at `p`, or 0 when there is none before
 * `end`; p < end. The first byte decides the range of the second, as in RFC 3629's grammar: so
 * overlong forms, surrogates and what lies beyond the last plane are out. */
static inline size_t sw_utf8_length(const char *p, const char *end)
{
    const unsigned char *u = (const unsigned char *)p;
    unsigned char lowest, highest;
    size_t length;

    if (u[0] < 0x80)
        return 1;
    if (u[0] < 0xc2 || u[0] > 0xf4)
        return 0;
    length = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
    if ((size_t)(end - p) < length)
        return 0;
    lowest = u[0] == 0xe0 ? 0xa0 : u[0] == 0xf0 ? 0x90 : 0x80;
    highest = u[0] == 0xed ? 0x9f : u[0] == 0xf4 ? 0x8f : 0xbf;
    if (u[1] < lowest || u[1] > highest)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!sw_utf8_is_tail(u[i]))
            return 0;
    return length;
}

/* Writes the character with the given code point, which must be one (at most U+10FFFF and no
 * surrogate), to `out`, which must have room for 4 bytes. Returns how many it wrote. */
static inline size_t sw_utf8_encode(uint32_t code_point, char *out)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}

#endif

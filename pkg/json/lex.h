/*
 * The words of JSON (RFC 8259): white space, strings, numbers and literals, checked in place.
 *
 * Private to this folder: json/scan, which builds nothing, and json/read, which builds values,
 * share it, so that they accept the same texts. Every function that reads takes a position in the
 * text and returns the position behind what it read, or NULL after noting in the sw_lex where it
 * failed and what was expected there. None looks at or past `end`, and none allocates.
 */
#ifndef SW_JSON_LEX_H
#define SW_JSON_LEX_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* What the last string read had in it. */
#define SW_LEX_ESCAPE 1U /* an escape sequence */
#define SW_LEX_NUL    2U /* the escape sequence \u0000 */

struct sw_lex {
    const char *start;     /* borrowed: the text, not NUL-terminated */
    const char *end;       /* behind its last byte */
    unsigned int string;   /* of the last string: SW_LEX_... */
    int code;              /* 0 until something fails, then SW_ESYNTAX or SW_ELIMIT */
    const char *failed_at; /* NULL until then */
    const char *expected;  /* static; NULL until then */
};

static inline struct sw_lex sw_lex_of(struct sw_str text)
{
    const char *start = text.len ? text.data : "";

    return (struct sw_lex){.start = start, .end = start + text.len};
}

/* Notes a failure at `at`; always NULL. `expected` is static. */
const char *sw_lex_fail(struct sw_lex *lex, const char *at, const char *expected);

/* The same for nesting over SW_JSON_MAX_DEPTH. */
const char *sw_lex_too_deep(struct sw_lex *lex, const char *at);

/* Fills *reterr with the failure, without its position ("expected ':', found '1'"), and returns its
 * code. */
int sw_lex_error(const struct sw_lex *lex, struct sw_err *reterr);

/* The byte at p, or -1 at the end. */
static inline int sw_lex_peek(const struct sw_lex *lex, const char *p)
{
    return p < lex->end ? (unsigned char)*p : -1;
}

/* Behind the white space at p; never NULL. What an API server sends is compact: the first test is
 * all that is run. */
static inline const char *sw_lex_space(const struct sw_lex *lex, const char *p)
{
    while (p < lex->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Behind the bytes at p that stand in a string for themselves: ASCII but `"`, `\` and the control
 * characters. Never NULL. Eight bytes at a time: in each byte of `special` the top bit is set if
 * that byte is the run's end. (The three subtractions can also set it for a byte above such a one,
 * so only the lowest counts: Hacker's Delight, 6-1.) */
static inline const char *sw_lex_plain(const char *p, const char *end)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

    while (end - p >= 8) {
        uint64_t word, quote, escape, special;

        memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        quote = word ^ ones * '"';
        escape = word ^ ones * '\\';
        special = (word | (word - ones * 0x20) | (quote - ones) | (escape - ones)) & tops;
        if (special)
            return p + (__builtin_ctzll(special) >> 3);
        p += 8;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
}

/* The rest of a string in which p is at the first byte that is not plain. */
const char *sw_lex_string_rest(struct sw_lex *lex, const char *p);

/* Behind the string whose opening quote is just before p; sets lex->string. Escapes are checked to
 * make UTF-8: a surrogate needs its pair. */
static inline const char *sw_lex_string(struct sw_lex *lex, const char *p)
{
    lex->string = 0;
    p = sw_lex_plain(p, lex->end);
    return p < lex->end && *p == '"' ? p + 1 : sw_lex_string_rest(lex, p);
}

/* Behind a member's name, whose opening quote should be at p. A NUL in it is refused, because a
 * jansson key cannot hold one. */
static inline const char *sw_lex_name(struct sw_lex *lex, const char *p)
{
    const char *end;

    if (sw_lex_peek(lex, p) != '"')
        return sw_lex_fail(lex, p, "a member's name in quotes");
    end = sw_lex_string(lex, p + 1);
    if (end && (lex->string & SW_LEX_NUL))
        return sw_lex_fail(lex, p, "a member's name without \\u0000");
    return end;
}

/* Behind the colon that should follow a name, with the white space around it. */
static inline const char *sw_lex_colon(struct sw_lex *lex, const char *p)
{
    p = sw_lex_space(lex, p);
    if (sw_lex_peek(lex, p) != ':')
        return sw_lex_fail(lex, p, "':'");
    return sw_lex_space(lex, p + 1);
}

/* Behind the number that should be at p; what cannot begin one is said to be no value. *ret_real
 * tells one with a fraction or an exponent from an integer. Refused like a malformed one: an
 * integer beyond 64 bits with sign, a real that would round to infinity. */
const char *sw_lex_number(struct sw_lex *lex, const char *p, bool *ret_real);

/* Behind `literal` (true, false or null), whose first letter is at p. */
const char *sw_lex_literal(struct sw_lex *lex, const char *p, const char *literal);

/* Writes what stands between the quotes of a checked string to `out`, with its escapes resolved;
 * never more bytes than inside.len. Returns how many. */
size_t sw_lex_unescape(struct sw_str inside, char *out);

/* True if that would be `text`. */
bool sw_lex_reads_as(struct sw_str inside, const char *text);

#endif

#include "json/lex.h"

#include "base/utf8.h"
#include "json/scan.h"

#include "base/banned.h"

/* Longest piece of the text that an error quotes. */
#define MAX_QUOTED_BYTES 24

/* The integer 2^1024 - 2^970. It lies halfway between the largest double and the number that would
 * come next; from here on, rounding to nearest gives infinity. */
static const char first_infinite[] =
    "17976931348623158079372897140530341507993413271003782693617377898044496829276475"
    "09466490179775872070963302864166928879109465555478519404026306574886715058206819"
    "08902000708383676273854845817711531764475730270069855571366959622842914819860834"
    "936475292719074168444365510704342711559699508093042880177904174497792";
#define FIRST_INFINITE_DIGITS ((int64_t)sizeof(first_infinite) - 1)

/* An exponent that outweighs the digits of any text that fits in memory. */
#define HUGE_EXPONENT ((int64_t)1 << 60)

const char *sw_lex_fail(struct sw_lex *lex, const char *at, const char *expected)
{
    lex->code = SW_ESYNTAX;
    lex->failed_at = at;
    lex->expected = expected;
    return NULL;
}

const char *sw_lex_too_deep(struct sw_lex *lex, const char *at)
{
    sw_lex_fail(lex, at, "no deeper nesting");
    lex->code = SW_ELIMIT;
    return NULL;
}

int sw_lex_error(const struct sw_lex *lex, struct sw_err *reterr)
{
    struct sw_str found = {lex->failed_at, (size_t)(lex->end - lex->failed_at)};
    size_t len = 0;

    if (lex->code == SW_ELIMIT)
        return sw_err_set(reterr, SW_ELIMIT, "nested deeper than %d levels", SW_JSON_MAX_DEPTH);
    if (found.len == 0)
        return sw_err_set(reterr, SW_ESYNTAX, "expected %s, found the end", lex->expected);
    while (len < found.len && len < MAX_QUOTED_BYTES && found.data[len] > ' ' &&
           found.data[len] < 0x7f && (len == 0 || !strchr(",:]}", found.data[len])))
        len++;
    if (len == 0)
        return sw_err_set(reterr, SW_ESYNTAX, "expected %s, found byte 0x%02x", lex->expected,
                          (unsigned int)(unsigned char)found.data[0]);
    return sw_err_set(reterr, SW_ESYNTAX, "expected %s, found '%.*s'", lex->expected, (int)len,
                      found.data);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The code unit of the \uXXXX at p, or -1 when there is none before `end`. */
static int32_t code_unit(const char *p, const char *end)
{
    int32_t unit = 0;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* The code point of the \uXXXX, or of the pair of them, at p; *ret_len is the bytes it takes there.
 * -1 when it is malformed or half a pair. */
static int32_t code_point(const char *p, const char *end, size_t *ret_len)
{
    int32_t high = code_unit(p, end), low;

    *ret_len = 6;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    low = high < 0xdc00 ? code_unit(p + 6, end) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    *ret_len = 12;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* What the letter after a backslash stands for, or 0 when there is no such escape. */
static char short_escape(char letter)
{
    static const char meanings[128] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };

    return (unsigned char)letter < sizeof(meanings) ? meanings[(unsigned char)letter] : 0;
}

/* Behind the escape whose backslash is at p. */
static const char *check_escape(struct sw_lex *lex, const char *p)
{
    size_t len = 2;
    int32_t point;

    lex->string |= SW_LEX_ESCAPE;
    if (p + 1 < lex->end && short_escape(p[1]))
        return p + 2;
    if (p + 1 >= lex->end || p[1] != 'u')
        return sw_lex_fail(lex, p, "an escape of JSON");
    point = code_point(p, lex->end, &len);
    if (point < 0)
        return sw_lex_fail(lex, p, "four hex digits after \\u, and a surrogate's pair");
    if (point == 0)
        lex->string |= SW_LEX_NUL;
    return p + len;
}

const char *sw_lex_string_rest(struct sw_lex *lex, const char *p)
{
    for (;;) {
        size_t len;

        if (p == lex->end)
            return sw_lex_fail(lex, p, "'\"' at a string's end");
        if (*p == '"')
            return p + 1;
        if (*p == '\\') {
            p = check_escape(lex, p);
            if (!p)
                return NULL;
        } else if ((unsigned char)*p < 0x20) {
            return sw_lex_fail(lex, p, "no control character in a string");
        } else {
            len = sw_utf8_length(p, lex->end);
            if (len == 0)
                return sw_lex_fail(lex, p, "UTF-8");
            p += len;
        }
        p = sw_lex_plain(p, lex->end);
    }
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Whether the integer [digits, end), which has no superfluous zeros, is at most 2^63 - 1, or 2^63
 * when negative. */
static bool fits_int64(const char *digits, const char *end, bool negative)
{
    const char *limit = negative ? "9223372036854775808" : "9223372036854775807";

    if (end - digits != 19)
        return end - digits < 19;
    return memcmp(digits, limit, 19) <= 0;
}

/* The value of the exponent [p, end), from behind its letter, held to +-HUGE_EXPONENT. */
static int64_t exponent_of(const char *p, const char *end)
{
    bool negative = p < end && *p == '-';
    int64_t value = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end && value < HUGE_EXPONENT / 10; p++)
        value = value * 10 + (*p - '0');
    return negative ? -value : value;
}

/* Whether the digits [p, end), of which one may be a point, come before those of first_infinite;
 * what is short of digits has zeros there. */
static bool digits_fit(const char *p, const char *end)
{
    size_t n_same = 0;

    for (; p < end && n_same < sizeof(first_infinite) - 1; p++) {
        if (*p == '.')
            continue;
        if (*p != first_infinite[n_same])
            return *p < first_infinite[n_same];
        n_same++;
    }
    return n_same < sizeof(first_infinite) - 1;
}

/* Whether the unsigned real [p, end) stays below first_infinite: with its value written as
 * 0.DIGITS * 10^magnitude, by the magnitude, and where that is the same by the digits. */
static bool fits_double(const char *p, const char *end)
{
    const char *letter = p, *point = NULL, *first = NULL;
    int64_t magnitude;

    for (; letter < end && *letter != 'e' && *letter != 'E'; letter++) {
        if (*letter == '.')
            point = letter;
        else if (*letter != '0' && !first)
            first = letter;
    }
    if (!first)
        return true;
    if (!point)
        point = letter;
    magnitude = point - first + (first > point ? 1 : 0);
    if (letter < end)
        magnitude += exponent_of(letter + 1, end);
    if (magnitude != FIRST_INFINITE_DIGITS)
        return magnitude < FIRST_INFINITE_DIGITS;
    return digits_fit(first, letter);
}

/* Behind the fraction and exponent that may be at p; p itself where there are none. */
static const char *check_fraction(struct sw_lex *lex, const char *p)
{
    const char *digits;

    if (sw_lex_peek(lex, p) == '.') {
        digits = p + 1;
        p = skip_digits(digits, lex->end);
        if (p == digits)
            return sw_lex_fail(lex, p, "a digit after the point");
    }
    if (sw_lex_peek(lex, p) == 'e' || sw_lex_peek(lex, p) == 'E') {
        p++;
        if (sw_lex_peek(lex, p) == '+' || sw_lex_peek(lex, p) == '-')
            p++;
        digits = p;
        p = skip_digits(digits, lex->end);
        if (p == digits)
            return sw_lex_fail(lex, p, "a digit of the exponent");
    }
    return p;
}

const char *sw_lex_number(struct sw_lex *lex, const char *p, bool *ret_real)
{
    bool negative = sw_lex_peek(lex, p) == '-';
    const char *digits = negative ? p + 1 : p;
    const char *integer_end = skip_digits(digits, lex->end), *end;

    if (integer_end == digits)
        return sw_lex_fail(lex, digits, negative ? "a digit" : "a value");
    if (*digits == '0' && integer_end - digits > 1)
        return sw_lex_fail(lex, digits, "a number without leading zeros");
    end = check_fraction(lex, integer_end);
    if (!end)
        return NULL;
    if (end == integer_end && !fits_int64(digits, end, negative))
        return sw_lex_fail(lex, p, "an integer of at most 64 bits");
    if (end != integer_end && !fits_double(digits, end))
        return sw_lex_fail(lex, p, "a number that a double can hold");
    *ret_real = end != integer_end;
    return end;
}

const char *sw_lex_literal(struct sw_lex *lex, const char *p, const char *literal)
{
    size_t len = strlen(literal);

    if ((size_t)(lex->end - p) < len || memcmp(p, literal, len) != 0)
        return sw_lex_fail(lex, p, "a value");
    return p + len;
}

/* Resolves what is at *p (one escape, or one byte as it is) into `out`, moves *p behind it and
 * returns how many bytes that makes. */
static size_t resolve_next(const char **p, const char *end, char out[4])
{
    size_t len;
    int32_t point;

    if (**p != '\\') {
        out[0] = *(*p)++;
        return 1;
    }
    if ((*p)[1] != 'u') {
        out[0] = short_escape((*p)[1]);
        *p += 2;
        return 1;
    }
    point = code_point(*p, end, &len);
    *p += len;
    return sw_utf8_encode((uint32_t)point, out);
}

size_t sw_lex_unescape(struct sw_str inside, char *out)
{
    const char *p = inside.data, *end = inside.data + inside.len;
    size_t len = 0;

    while (p < end) {
        char bytes[4];
        size_t n = resolve_next(&p, end, bytes);

        memcpy(out + len, bytes, n);
        len += n;
    }
    return len;
}

bool sw_lex_reads_as(struct sw_str inside, const char *text)
{
    const char *p = inside.data, *end = inside.data + inside.len;

    while (p < end) {
        char bytes[4];
        size_t n = resolve_next(&p, end, bytes);

        /* At text's end not even a NUL is the same. */
        if (!*text || strncmp(text, bytes, n) != 0)
            return false;
        text += n;
    }
    return *text == '\0';
}

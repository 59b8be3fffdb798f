#include "json/yaml_real.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

/* Room for any double as "%.16e": sign, 17 digits, point, e, sign, three digits, NUL. */
#define REAL_SIZE 32

/* 2^63, the first double beyond int64_t. */
#define INT64_END 9223372036854775808.0

/* Half a step beyond the largest float: from here on a double rounds to an infinite float. */
#define FLOAT_END 0x1.ffffffp127

/* Has no fraction and fits in 64 bits with sign. */
static bool is_integral(double value)
{
    return fabs(value) < INT64_END && (double)(int64_t)value == value;
}

/* The fewest digits that read back as the same double (or float), as "%e" writes them. Returns the
 * decimal exponent; *ret_n_digits tells how many digits. */
static int shortest(double value, bool single, char text[REAL_SIZE], int *ret_n_digits)
{
    int n = 0, exponent = 0;
    const char *e;
    double back;
    bool same;

    do {
        snprintf(text, REAL_SIZE, "%.*e", n++, value);
        back = strtod(text, NULL);
        same = single ? (float)back == (float)value : back == value;
    } while (!same && n < 17);
    e = strchr(text, 'e');
    for (const char *c = e + 2; *c; c++)
        exponent = exponent * 10 + (*c - '0');
    *ret_n_digits = n;
    return e[1] == '-' ? -exponent : exponent;
}

/* As Go's strconv.FormatFloat(value, 'g', -1, ...) but with a choice of where the exponential form
 * begins (there: 6). */
static void format_real(double value, bool single, int exponential_from, char text[REAL_SIZE])
{
    int n_digits, exponent = shortest(value, single, text, &n_digits);

    if (exponent < -4 || exponent >= exponential_from)
        return;
    snprintf(text, REAL_SIZE, "%.*f", n_digits - 1 > exponent ? n_digits - 1 - exponent : 0, value);
}

/* The integer that Go's encoding/json writes for a double without a fraction: its shortest digits,
 * then zeros. False when that does not fit. */
bool sw_yaml_real_to_integer(double real, int64_t *ret)
{
    char text[REAL_SIZE];
    int64_t value = 0;
    int n_digits, exponent;

    if (!is_integral(real))
        return false;
    exponent = shortest(fabs(real), false, text, &n_digits);
    for (int i = 0; i <= exponent; i++) {
        int digit = i < n_digits ? text[i ? i + 1 : 0] - '0' : 0;

        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret = real < 0 ? -value : value;
    return true;
}

char *sw_yaml_real_key(double real, struct sw_arena *arena)
{
    char text[REAL_SIZE];

    if (isnan(real))
        return sw_arena_printf(arena, ".nan");
    /* sigs.k8s.io/yaml writes keys as float32, and what is over them as infinite. */
    if (fabs(real) >= FLOAT_END)
        return sw_arena_printf(arena, real < 0 ? "-.inf" : ".inf");
    format_real((double)(float)real, true, 6, text);
    return sw_arena_printf(arena, "%s", text);
}

void sw_yaml_real_write(double value, struct sw_buf *buf)
{
    char text[REAL_SIZE];

    if (is_integral(value)) {
        sw_buf_printf(buf, "%" PRId64, (int64_t)value);
        return;
    }
    format_real(value, false, 15, text);
    sw_buf_append_text(buf, text);
}

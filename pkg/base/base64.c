#include "base/base64.h"

#include "base/banned.h"

/* The six bits of a digit, or -1. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* What has been read of a text. */
struct reading {
    unsigned int bits;  /* of the group in hand */
    size_t n_digits;    /* of the group in hand, padding included */
    size_t n_padding;   /* at its end */
    size_t n_bytes;     /* written */
};

/* Takes one digit or one `=`; false where it cannot stand. */
static bool take(struct reading *reading, char c, char *bytes)
{
    int value = c == '=' ? 0 : digit_value(c);

    if (value < 0 || (c != '=' && reading->n_padding) || (c == '=' && reading->n_digits < 2))
        return false;
    reading->n_padding += c == '=';
    reading->bits = reading->bits << 6 | (unsigned int)value;
    if (++reading->n_digits < 4)
        return true;
    /* Bits that no byte takes must be 0, so that no two texts read alike. */
    if (reading->bits & ((1u << (8 * reading->n_padding)) - 1))
        return false;
    for (size_t i = 0; i < 3 - reading->n_padding; i++)
        bytes[reading->n_bytes++] = (char)(reading->bits >> (16 - 8 * i));
    reading->n_digits = 0;
    reading->bits = 0;
    return true;
}

int sw_base64_decode(struct sw_str text, struct sw_arena *arena, struct sw_str *ret,
                     struct sw_err *reterr)
{
    struct reading reading = {0};
    char *bytes = sw_arena_alloc(arena, text.len / 4 * 3 + 1);

    if (!bytes)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < text.len; i++) {
        /* Nothing but white space may follow a padded group. */
        bool ended = reading.n_padding && reading.n_digits == 0;

        if (is_space(text.data[i]))
            continue;
        if (ended || !take(&reading, text.data[i], bytes))
            return sw_err_set(reterr, SW_ESYNTAX, "not base64 at byte %zu", i);
    }
    if (reading.n_digits)
        return sw_err_set(reterr, SW_ESYNTAX, "base64 that ends in the middle of a group");
    bytes[reading.n_bytes] = '\0';
    *ret = (struct sw_str){bytes, reading.n_bytes};
    return 0;
}

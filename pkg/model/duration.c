#include "model/duration.h"

#include "base/banned.h"

static const struct {
    struct sw_str name;
    int64_t ns;
} units[] = {
    {SW_STR("ns"), 1},
    {SW_STR("us"), 1000},
    {SW_STR("\xc2\xb5s"), 1000}, /* the micro sign */
    {SW_STR("\xce\xbcs"), 1000}, /* the Greek letter mu */
    {SW_STR("ms"), 1000000},
    {SW_STR("s"), 1000000000},
    {SW_STR("m"), 60000000000},
    {SW_STR("h"), 3600000000000},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the digits off the front. */
static struct sw_str cut_digits(struct sw_str *rest)
{
    struct sw_str digits = *rest;
    size_t n = 0;

    while (n < rest->len && is_digit(rest->data[n]))
        n++;
    *rest = sw_str_slice(*rest, n, rest->len);
    return sw_str_slice(digits, 0, n);
}

/* Takes a unit off the front: all up to the next number. 0 if that is none. */
static int64_t cut_unit(struct sw_str *rest)
{
    struct sw_str unit = *rest;
    size_t n = 0;

    while (n < rest->len && rest->data[n] != '.' && !is_digit(rest->data[n]))
        n++;
    *rest = sw_str_slice(*rest, n, rest->len);
    unit = sw_str_slice(unit, 0, n);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (sw_str_eq(unit, units[i].name))
            return units[i].ns;
    }
    return 0;
}

/* 0.<digits> of a unit, by the same floats as in Go, so that it cuts off where Go does. Digits that
 * no longer fit into 63 bits do not count. */
static int64_t fraction_ns(struct sw_str digits, int64_t unit_ns)
{
    uint64_t value = 0;
    double scale = 1;

    for (size_t i = 0; i < digits.len && value <= (uint64_t)INT64_MAX / 10; i++) {
        uint64_t longer = value * 10 + (uint64_t)(digits.data[i] - '0');

        if (longer > (uint64_t)1 << 63)
            break;
        value = longer;
        scale *= 10;
    }
    return (int64_t)((double)value * ((double)unit_ns / scale));
}

/* Takes one number with its unit off the front and adds it to *sum_ns; false if it is none, or too
 * large. */
static bool add_term(struct sw_str *rest, int64_t *sum_ns)
{
    struct sw_str whole = cut_digits(rest), fraction = {NULL, 0};
    uint64_t value = 0;
    int64_t unit_ns;

    if (rest->len && rest->data[0] == '.') {
        *rest = sw_str_slice(*rest, 1, rest->len);
        fraction = cut_digits(rest);
    }
    unit_ns = cut_unit(rest);
    if (!unit_ns || !(whole.len || fraction.len))
        return false;
    if (whole.len && !sw_str_to_u64(whole, (uint64_t)(INT64_MAX / unit_ns), &value))
        return false;
    return !__builtin_add_overflow(*sum_ns, (int64_t)value * unit_ns, sum_ns) &&
           !__builtin_add_overflow(*sum_ns, fraction_ns(fraction, unit_ns), sum_ns);
}

bool sw_duration_parse(struct sw_str text, int64_t *ret_ns)
{
    bool negative = text.len && text.data[0] == '-';
    int64_t ns = 0;

    if (negative || (text.len && text.data[0] == '+'))
        text = sw_str_slice(text, 1, text.len);
    if (text.len == 0)
        return false;
    if (!sw_str_is(text, "0")) {
        while (text.len) {
            if (!add_term(&text, &ns))
                return false;
        }
    }
    *ret_ns = negative ? -ns : ns;
    return true;
}

#include "json/yaml_scalar.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "json/yaml_real.h"

#include "base/banned.h"

#define TAG_PREFIX "tag:yaml.org,2002:"

/* 2^63, the first double beyond int64_t. */
#define INT64_END    9223372036854775808.0

#define LONGEST_WORD (sizeof("false") - 1)

static const struct {
    const char *text;
    enum sw_yaml_type type;
    double value;
} words[] = {
    {"", SW_YAML_NULL, 0},
    {"~", SW_YAML_NULL, 0},
    {"null", SW_YAML_NULL, 0},
    {"Null", SW_YAML_NULL, 0},
    {"NULL", SW_YAML_NULL, 0},
    {"y", SW_YAML_BOOLEAN, 1},
    {"Y", SW_YAML_BOOLEAN, 1},
    {"yes", SW_YAML_BOOLEAN, 1},
    {"Yes", SW_YAML_BOOLEAN, 1},
    {"YES", SW_YAML_BOOLEAN, 1},
    {"true", SW_YAML_BOOLEAN, 1},
    {"True", SW_YAML_BOOLEAN, 1},
    {"TRUE", SW_YAML_BOOLEAN, 1},
    {"on", SW_YAML_BOOLEAN, 1},
    {"On", SW_YAML_BOOLEAN, 1},
    {"ON", SW_YAML_BOOLEAN, 1},
    {"n", SW_YAML_BOOLEAN, 0},
    {"N", SW_YAML_BOOLEAN, 0},
    {"no", SW_YAML_BOOLEAN, 0},
    {"No", SW_YAML_BOOLEAN, 0},
    {"NO", SW_YAML_BOOLEAN, 0},
    {"false", SW_YAML_BOOLEAN, 0},
    {"False", SW_YAML_BOOLEAN, 0},
    {"FALSE", SW_YAML_BOOLEAN, 0},
    {"off", SW_YAML_BOOLEAN, 0},
    {"Off", SW_YAML_BOOLEAN, 0},
    {"OFF", SW_YAML_BOOLEAN, 0},
    {".nan", SW_YAML_REAL, NAN},
    {".NaN", SW_YAML_REAL, NAN},
    {".NAN", SW_YAML_REAL, NAN},
    {".inf", SW_YAML_REAL, HUGE_VAL},
    {".Inf", SW_YAML_REAL, HUGE_VAL},
    {".INF", SW_YAML_REAL, HUGE_VAL},
    {"+.inf", SW_YAML_REAL, HUGE_VAL},
    {"+.Inf", SW_YAML_REAL, HUGE_VAL},
    {"+.INF", SW_YAML_REAL, HUGE_VAL},
    {"-.inf", SW_YAML_REAL, -HUGE_VAL},
    {"-.Inf", SW_YAML_REAL, -HUGE_VAL},
    {"-.INF", SW_YAML_REAL, -HUGE_VAL},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next byte that counts (`_` in a number does not), or NUL at the end. */
static char peek(struct sw_str *s)
{
    while (s->len && s->data[0] == '_')
        *s = sw_str_slice(*s, 1, s->len);
    return s->len ? s->data[0] : '\0';
}

static bool skip_either(struct sw_str *s, char one, char other)
{
    char c = peek(s);

    if (s->len == 0 || (c != one && c != other))
        return false;
    *s = sw_str_slice(*s, 1, s->len);
    return true;
}

static size_t skip_digits(struct sw_str *s)
{
    size_t n = 0;

    for (; is_digit(peek(s)); n++)
        *s = sw_str_slice(*s, 1, s->len);
    return n;
}

/* go-yaml's yamlStyleFloat: [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(struct sw_str s, bool *ret_digits_only)
{
    size_t n_whole, n_fraction = 0;

    skip_either(&s, '+', '-');
    n_whole = skip_digits(&s);
    *ret_digits_only = s.len == 0;
    if (skip_either(&s, '.', '.'))
        n_fraction = skip_digits(&s);
    if (n_whole + n_fraction == 0)
        return false;
    if (skip_either(&s, 'e', 'E')) {
        skip_either(&s, '+', '-');
        if (skip_digits(&s) == 0)
            return false;
    }
    return s.len == 0;
}

/* Go's base 0: 0x, 0o, 0b in either case, and a leading 0 for octal. */
static unsigned int skip_base_prefix(struct sw_str *s)
{
    static const struct {
        const char *prefixes[2];
        unsigned int base;
    } bases[] = {{{"0x", "0X"}, 16}, {{"0o", "0O"}, 8}, {{"0b", "0B"}, 2}};

    for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++)
        for (size_t j = 0; j < 2 && s->len > 2; j++)
            if (sw_str_has_prefix(*s, sw_str_from(bases[i].prefixes[j]))) {
                *s = sw_str_slice(*s, 2, s->len);
                return bases[i].base;
            }
    return s->len > 1 && s->data[0] == '0' ? 8 : 10;
}

static unsigned int digit_value(char c)
{
    if (is_digit(c))
        return (unsigned int)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned int)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned int)(c - 'A') + 10;
    return 16;
}

/* strconv.ParseInt, and ParseUint to find what is only too large. `base` 0 goes by the prefix.
 * SW_YAML_STRING: neither of them takes it. */
static struct sw_yaml_scalar parse_integer(struct sw_str s, unsigned int base)
{
    struct sw_yaml_scalar ret = {.type = SW_YAML_STRING};
    bool negative = s.len && s.data[0] == '-';
    bool sign = skip_either(&s, '+', '-');
    uint64_t value = 0;

    if (base == 0)
        base = skip_base_prefix(&s);
    if (s.len == 0)
        return ret;
    for (size_t i = 0; i < s.len; i++) {
        unsigned int digit = digit_value(s.data[i]);

        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return ret;
    }
    if (value <= (uint64_t)INT64_MAX + negative) {
        ret.type = SW_YAML_INTEGER;
        ret.integer = negative ? (int64_t)(0 - value) : (int64_t)value;
    } else if (!sign) {
        ret.type = SW_YAML_TOO_LARGE;
    }
    return ret;
}

/* A text that is_float(). strtod keeps to the locale, which no program of ours sets. A number over
 * the doubles stays a string, as in Go. */
static struct sw_yaml_scalar parse_real(const char *text, bool digits_only)
{
    struct sw_yaml_scalar ret = {.type = SW_YAML_REAL, .real = strtod(text, NULL)};

    if (digits_only && fabs(ret.real) >= INT64_END)
        return (struct sw_yaml_scalar){.type = SW_YAML_TOO_LARGE};
    if (isinf(ret.real))
        return (struct sw_yaml_scalar){.type = SW_YAML_STRING};
    return ret;
}

/* Go's literal syntax, to which strconv.ParseFloat keeps: `_` stands between digits only. */
static bool underscores_stand_between_digits(struct sw_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] == '_' &&
            (i == 0 || i + 1 == s.len || !is_digit(s.data[i - 1]) || !is_digit(s.data[i + 1])))
            return false;
    return true;
}

static struct sw_yaml_scalar parse_number(struct sw_str text)
{
    struct sw_yaml_scalar ret = {.type = SW_YAML_STRING};
    char buffer[SW_YAML_MAX_NUMBER_LEN + 1];
    struct sw_str plain = {buffer, 0};
    bool digits_only, floats = is_float(text, &digits_only);

    if (text.len > SW_YAML_MAX_NUMBER_LEN) {
        ret.type = floats ? SW_YAML_TOO_LARGE : SW_YAML_STRING;
        return ret;
    }
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '_')
            buffer[plain.len++] = text.data[i];
    buffer[plain.len] = '\0';
    if (text.data[0] == '.')
        return floats && underscores_stand_between_digits(text) ? parse_real(buffer, false) : ret;
    ret = parse_integer(plain, 0);
    if (ret.type != SW_YAML_STRING)
        return ret;
    if (floats)
        return parse_real(buffer, digits_only);
    /* A leftover in go-yaml that reads 0b-101 as -5. */
    if (sw_str_has_prefix(plain, SW_STR("0b")))
        ret = parse_integer(sw_str_slice(plain, 2, plain.len), 2);
    return ret;
}

struct sw_yaml_scalar sw_yaml_scalar_resolve(struct sw_str text)
{
    struct sw_yaml_scalar ret = {.type = SW_YAML_STRING};
    char first = text.len ? text.data[0] : '\0';

    for (size_t i = 0; i < sizeof(words) / sizeof(*words) && text.len <= LONGEST_WORD; i++)
        if (sw_str_is(text, words[i].text))
            return (struct sw_yaml_scalar){
                .type = words[i].type,
                .text = text,
                .boolean = words[i].type == SW_YAML_BOOLEAN && words[i].value != 0,
                .real = words[i].type == SW_YAML_REAL ? words[i].value : 0,
            };
    if (is_digit(first) || first == '+' || first == '-' || first == '.')
        ret = parse_number(text);
    ret.text = text;
    return ret;
}

static const char *type_name(enum sw_yaml_type type)
{
    switch (type) {
    case SW_YAML_NULL:
        return "null";
    case SW_YAML_BOOLEAN:
        return "a boolean";
    case SW_YAML_INTEGER:
        return "an integer";
    case SW_YAML_REAL:
        return "a number";
    case SW_YAML_TOO_LARGE:
        return "a number too large for 64 bits";
    case SW_YAML_STRING:
        break;
    }
    return "a string";
}

int sw_yaml_scalar_resolve_tagged(struct sw_str text, const char *tag, struct sw_yaml_scalar *ret,
                                  struct sw_err *reterr)
{
    static const struct {
        const char *tag;
        enum sw_yaml_type type;
    } tags[] = {
        {"!", SW_YAML_STRING},
        {TAG_PREFIX "str", SW_YAML_STRING},
        {TAG_PREFIX "int", SW_YAML_INTEGER},
        {TAG_PREFIX "float", SW_YAML_REAL},
        {TAG_PREFIX "bool", SW_YAML_BOOLEAN},
        {TAG_PREFIX "null", SW_YAML_NULL},
        {TAG_PREFIX "timestamp", SW_YAML_STRING},
    };
    struct sw_yaml_scalar scalar = sw_yaml_scalar_resolve(text);
    size_t i = 0;

    while (i < sizeof(tags) / sizeof(*tags) && strcmp(tag, tags[i].tag) != 0)
        i++;
    if (i == sizeof(tags) / sizeof(*tags))
        return sw_err_set(reterr, SW_ESYNTAX, "the tag %s is not known here", tag);
    if (i < 2) /* ! and !!str make a string of anything */
        scalar = (struct sw_yaml_scalar){.type = SW_YAML_STRING, .text = text};
    if (tags[i].type == SW_YAML_REAL && scalar.type == SW_YAML_INTEGER) {
        scalar.type = SW_YAML_REAL;
        scalar.real = (double)scalar.integer;
        scalar.integer = 0;
    }
    if (scalar.type != tags[i].type)
        return sw_err_set(reterr, SW_ESYNTAX, "\"%.*s\" has the tag %s but is %s", SW_STR_ARG(text),
                          tag, type_name(scalar.type));
    *ret = scalar;
    return 0;
}

static int fail_too_large(const struct sw_yaml_scalar *scalar, struct sw_err *reterr)
{
    return sw_err_set(reterr, SW_ESYNTAX,
                      "the number %.*s does not fit in 64 bits; quote it if it is a text",
                      SW_STR_ARG(scalar->text));
}

static int make_value(const struct sw_yaml_scalar *scalar, json_t **ret, struct sw_err *reterr)
{
    int64_t integer;

    switch (scalar->type) {
    case SW_YAML_NULL:
        *ret = json_null();
        break;
    case SW_YAML_BOOLEAN:
        *ret = json_boolean(scalar->boolean);
        break;
    case SW_YAML_INTEGER:
        *ret = json_integer(scalar->integer);
        break;
    case SW_YAML_REAL:
        if (!isfinite(scalar->real))
            return sw_err_set(reterr, SW_ESYNTAX, "%.*s is not a number that JSON can hold",
                              SW_STR_ARG(scalar->text));
        *ret = sw_yaml_real_to_integer(scalar->real, &integer) ? json_integer(integer)
                                                               : json_real(scalar->real);
        break;
    case SW_YAML_TOO_LARGE:
        return fail_too_large(scalar, reterr);
    case SW_YAML_STRING:
        *ret = json_stringn(scalar->text.data ? scalar->text.data : "", scalar->text.len);
        break;
    }
    return 0;
}

int sw_yaml_scalar_value(const struct sw_yaml_scalar *scalar, json_t **ret, struct sw_err *reterr)
{
    json_t *value = NULL;
    int status = make_value(scalar, &value, reterr);

    if (status < 0)
        return status;
    if (!value)
        return sw_err_nomem(reterr);
    *ret = value;
    return 0;
}

int sw_yaml_scalar_key(const struct sw_yaml_scalar *scalar, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr)
{
    struct sw_str key = scalar->text;

    switch (scalar->type) {
    case SW_YAML_NULL:
        return sw_err_set(reterr, SW_ESYNTAX, "null cannot be a key");
    case SW_YAML_BOOLEAN:
        key = scalar->boolean ? SW_STR("true") : SW_STR("false");
        break;
    case SW_YAML_INTEGER:
        key = sw_str_from(sw_arena_printf(arena, "%" PRId64, scalar->integer));
        break;
    case SW_YAML_REAL:
        key = sw_str_from(sw_yaml_real_key(scalar->real, arena));
        break;
    case SW_YAML_TOO_LARGE:
        return fail_too_large(scalar, reterr);
    case SW_YAML_STRING:
        if (sw_str_find(key, '\0') < key.len)
            return sw_err_set(reterr, SW_ESYNTAX, "a key cannot hold a NUL byte");
        if (!key.data)
            key = SW_STR("");
        break;
    }
    if (!key.data)
        return sw_err_nomem(reterr);
    *ret = key;
    return 0;
}

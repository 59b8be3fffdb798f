#include "sync/shallow.h"

#include "base/banned.h"

/* Length of the string that begins `text`; 0 where it does not end. */
static size_t string_length(struct sw_str text)
{
    size_t i = 1;

    while (i < text.len && text.data[i] != '"')
        i += text.data[i] == '\\' ? 2 : 1;
    return i < text.len ? i + 1 : 0;
}

size_t sw_shallow_length(struct sw_str text)
{
    size_t depth = 0, i = 0, skip;

    if (text.len && text.data[0] == '"')
        return string_length(text);
    while (i < text.len) {
        char c = text.data[i];

        skip = c == '"' ? string_length(sw_str_slice(text, i, text.len)) : 1;
        if (skip == 0)
            return 0;
        i += skip;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        if (depth == 0)
            return c == '}' || c == ']' ? i : 0;
    }
    return 0;
}

static struct sw_str skip_space(struct sw_str text)
{
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\n' ||
                        text.data[0] == '\r'))
        text = sw_str_slice(text, 1, text.len);
    return text;
}

/* Length of any value at the start of `text`; 0 where it does not end. */
static size_t value_length(struct sw_str text)
{
    size_t i = 0;

    if (text.len && (text.data[0] == '{' || text.data[0] == '[' || text.data[0] == '"'))
        return sw_shallow_length(text);
    while (i < text.len && text.data[i] != ',' && text.data[i] != '}')
        i++;
    return i < text.len ? i : 0;
}

/* Takes the next member off `rest`, which stands behind the bracket or a comma of an object.
 * Returns 1, 0 at the end of the object, or -1 where it is not one. */
static int next_member(struct sw_str *rest, struct sw_str *ret_key, struct sw_str *ret_value)
{
    struct sw_str text = skip_space(*rest);
    size_t len;

    if (text.len && text.data[0] == '}')
        return 0;
    len = text.len && text.data[0] == '"' ? string_length(text) : 0;
    if (len == 0)
        return -1;
    *ret_key = sw_str_slice(text, 1, len - 1);
    text = skip_space(sw_str_slice(text, len, text.len));
    if (!text.len || text.data[0] != ':')
        return -1;
    text = skip_space(sw_str_slice(text, 1, text.len));
    len = value_length(text);
    if (len == 0)
        return -1;
    *ret_value = sw_str_slice(text, 0, len);
    text = skip_space(sw_str_slice(text, len, text.len));
    if (text.len && text.data[0] == ',')
        text = sw_str_slice(text, 1, text.len);
    *rest = text;
    return 1;
}

static enum sw_scan_type type_of(struct sw_str value)
{
    switch (value.data[0]) {
    case '{':
        return SW_SCAN_OBJECT;
    case '[':
        return SW_SCAN_ARRAY;
    case '"':
        return sw_str_find(value, '\\') < value.len ? SW_SCAN_ABSENT : SW_SCAN_STRING;
    case 'n':
        return SW_SCAN_NULL;
    case 't':
        return SW_SCAN_TRUE;
    case 'f':
        return SW_SCAN_FALSE;
    default:
        return SW_SCAN_NUMBER;
    }
}

/* Fills in what `wants` (and those below it) asks of one object; the tree is a constant, so the
 * recursion goes no deeper than that. False where the object cannot be followed. */
static bool fill(struct sw_str object, const struct sw_scan_want *wants,
                 struct sw_scan_slice *slices)
{
    struct sw_str rest = sw_str_slice(object, 1, object.len), key, value;
    int more;

    while ((more = next_member(&rest, &key, &value)) > 0) {
        const struct sw_scan_want *want = wants;

        while (want->key && !sw_str_is(key, want->key))
            want++;
        if (!want->key)
            continue;
        if (want->slot >= 0 && slices[want->slot].type == SW_SCAN_ABSENT)
            slices[want->slot] = (struct sw_scan_slice){type_of(value), value};
        if (want->children && value.data[0] == '{' && !fill(value, want->children, slices))
            return false;
    }
    return more == 0;
}

int sw_shallow_scan(struct sw_str text, const struct sw_scan_want *wants,
                    struct sw_scan_slice *slices, size_t n_slices, struct sw_err *reterr)
{
    size_t len;

    memset(slices, 0, n_slices * sizeof(*slices));
    text = skip_space(text);
    len = text.len && text.data[0] == '{' ? sw_shallow_length(text) : 0;
    if (len == 0 || skip_space(sw_str_slice(text, len, text.len)).len ||
        !fill(sw_str_slice(text, 0, len), wants, slices))
        return sw_err_set(reterr, SW_ESYNTAX, "brackets or quotes do not match");
    return 0;
}

#include "base/str.h"

#include <stdlib.h>

#include "base/banned.h"

#define DISTANCE_MAX_LEN    64
#define LABEL_VALUE_MAX_LEN 63
#define DNS_LABEL_MAX_LEN   63
#define OBJECT_NAME_MAX_LEN 253

int sw_str_cmp(struct sw_str a, struct sw_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;

    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool sw_str_has_prefix(struct sw_str s, struct sw_str prefix)
{
    return s.len >= prefix.len && sw_str_eq(sw_str_slice(s, 0, prefix.len), prefix);
}

bool sw_str_has_suffix(struct sw_str s, struct sw_str suffix)
{
    return s.len >= suffix.len && sw_str_eq(sw_str_slice(s, s.len - suffix.len, s.len), suffix);
}

size_t sw_str_find(struct sw_str s, char byte)
{
    const char *hit = s.len ? memchr(s.data, byte, s.len) : NULL;

    return hit ? (size_t)(hit - s.data) : s.len;
}

struct sw_str sw_str_slice(struct sw_str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from >= to)
        return (struct sw_str){s.data, 0};
    return (struct sw_str){s.data + from, to - from};
}

struct sw_str sw_str_place(char **at, struct sw_str from)
{
    struct sw_str placed = {*at, from.len};

    if (from.len)
        memcpy(*at, from.data, from.len);
    *at += from.len;
    return placed;
}

char *sw_str_dup(struct sw_str s)
{
    char *copy = malloc(s.len + 1);

    if (!copy)
        return NULL;
    if (s.len)
        memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return copy;
}

struct sw_str sw_str_cut(struct sw_str *rest, char separator)
{
    size_t at = sw_str_find(*rest, separator);
    struct sw_str head = sw_str_slice(*rest, 0, at);

    *rest = at < rest->len ? sw_str_slice(*rest, at + 1, rest->len) : (struct sw_str){NULL, 0};
    return head;
}

bool sw_str_to_u64(struct sw_str s, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.data[i] - '0';

        if (digit > 9 || value > max / 10 || digit > max - value * 10)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

size_t sw_str_distance(struct sw_str a, struct sw_str b, size_t limit)
{
    size_t row[DISTANCE_MAX_LEN + 1];

    if (a.len > DISTANCE_MAX_LEN || b.len > DISTANCE_MAX_LEN)
        return limit + 1;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t cost = diagonal + (a.data[i - 1] != b.data[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
        }
    }
    return row[b.len] <= limit ? row[b.len] : limit + 1;
}

bool sw_str_is_line(struct sw_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c < ' ' || c == 0x7f)
            return false;
    }
    return true;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool sw_str_is_label_value(struct sw_str s)
{
    if (s.len == 0)
        return true;
    if (s.len > LABEL_VALUE_MAX_LEN || !is_alphanumeric(s.data[0]) ||
        !is_alphanumeric(s.data[s.len - 1]))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (!is_alphanumeric(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

bool sw_str_is_dns_label(struct sw_str s)
{
    if (s.len == 0 || s.len > DNS_LABEL_MAX_LEN || s.data[0] == '-' || s.data[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (!is_alphanumeric(c) && c != '-')
            return false;
        if (c >= 'A' && c <= 'Z')
            return false;
    }
    return true;
}

bool sw_str_is_object_name(struct sw_str s)
{
    if (s.len > OBJECT_NAME_MAX_LEN)
        return false;
    for (bool more = true; more;) {
        more = sw_str_find(s, '.') < s.len;
        if (!sw_str_is_dns_label(sw_str_cut(&s, '.')))
            return false;
    }
    return true;
}

#include "model/ip.h"

#include <stdio.h>

#include "base/banned.h"

#define N_GROUPS 8

static bool parse_v4(struct sw_str text, uint8_t bytes[4])
{
    for (size_t i = 0; i < 4; i++) {
        bool last = i == 3;
        struct sw_str part;
        uint64_t number;

        if (!last && sw_str_find(text, '.') == text.len)
            return false;
        part = last ? text : sw_str_cut(&text, '.');
        /* A leading zero is octal for some readers: nobody can tell what is meant. */
        if (!sw_str_to_u64(part, 255, &number) || (part.len > 1 && part.data[0] == '0'))
            return false;
        bytes[i] = (uint8_t)number;
    }
    return true;
}

static bool parse_group(struct sw_str text, unsigned int *ret)
{
    unsigned int number = 0;

    if (text.len == 0 || text.len > 4)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return false;
        number = number * 16 + (unsigned int)digit;
    }
    *ret = number;
    return true;
}

/* Groups between single colons, with an IPv4 literal for the last two or not. Fails where there are
 * more than *n_room, and takes off what it used. */
static bool parse_groups(struct sw_str text, uint8_t *bytes, size_t *n_room)
{
    size_t at = 0;

    while (text.data) {
        bool last = sw_str_find(text, ':') == text.len;
        struct sw_str part = sw_str_cut(&text, ':');
        unsigned int number;

        if (last && *n_room >= 2 && sw_str_find(part, '.') < part.len) {
            *n_room -= 2;
            return parse_v4(part, bytes + at);
        }
        if (*n_room == 0 || !parse_group(part, &number))
            return false;
        bytes[at++] = (uint8_t)(number >> 8);
        bytes[at++] = (uint8_t)number;
        *n_room -= 1;
    }
    return true;
}

static bool parse_v6(struct sw_str text, uint8_t bytes[16])
{
    uint8_t head[16] = {0}, tail[16] = {0};
    struct sw_str before = text, after = {NULL, 0};
    size_t room = N_GROUPS, n_head, n_tail;
    bool gap = false;

    for (size_t i = 0; i + 1 < text.len && !gap; i++) {
        if (text.data[i] != ':' || text.data[i + 1] != ':')
            continue;
        gap = true;
        before = i ? sw_str_slice(text, 0, i) : (struct sw_str){NULL, 0};
        after = i + 2 < text.len ? sw_str_slice(text, i + 2, text.len) : after;
    }
    if (gap && sw_str_find(before, '.') < before.len)
        return false;
    if (!parse_groups(before, head, &room))
        return false;
    n_head = (N_GROUPS - room) * 2;
    if (!parse_groups(after, tail, &room))
        return false;
    n_tail = (N_GROUPS - room) * 2 - n_head;
    if (gap ? room == 0 : room != 0)
        return false;
    memset(bytes, 0, 16);
    memcpy(bytes, head, n_head);
    memcpy(bytes + 16 - n_tail, tail, n_tail);
    return true;
}

bool sw_ip_parse(struct sw_str text, struct sw_ip *ret)
{
    struct sw_ip ip = {0};

    if (sw_str_find(text, ':') < text.len) {
        ip.family = 6;
        if (!parse_v6(text, ip.bytes))
            return false;
    } else {
        ip.family = 4;
        if (!parse_v4(text, ip.bytes))
            return false;
    }
    *ret = ip;
    return true;
}

static unsigned int group_of(const struct sw_ip *ip, size_t i)
{
    return (unsigned int)ip->bytes[i * 2] << 8 | ip->bytes[i * 2 + 1];
}

/* The first of the longest runs of two or more zero groups, which RFC 5952 writes as `::`. */
static size_t longest_gap(const struct sw_ip *ip, size_t *ret_len)
{
    size_t best = 0, best_len = 1;

    for (size_t i = 0, len = 0; i < N_GROUPS; i++) {
        len = group_of(ip, i) == 0 ? len + 1 : 0;
        if (len > best_len) {
            best_len = len;
            best = i + 1 - len;
        }
    }
    *ret_len = best_len > 1 ? best_len : 0;
    return best;
}

static size_t write_v6(const struct sw_ip *ip, char text[static SW_IP_TEXT_SIZE])
{
    size_t gap_len, gap = longest_gap(ip, &gap_len), len = 0, i = 0;

    while (i < N_GROUPS) {
        if (gap_len && i == gap) {
            len += (size_t)snprintf(text + len, SW_IP_TEXT_SIZE - len, "::");
            i += gap_len;
            continue;
        }
        len +=
            (size_t)snprintf(text + len, SW_IP_TEXT_SIZE - len, "%s%x",
                             i == 0 || (gap_len && i == gap + gap_len) ? "" : ":", group_of(ip, i));
        i++;
    }
    return len;
}

size_t sw_ip_write(const struct sw_ip *ip, char text[static SW_IP_TEXT_SIZE])
{
    text[0] = '\0';
    if (ip->family == 6)
        return write_v6(ip, text);
    if (ip->family != 4)
        return 0;
    return (size_t)snprintf(text, SW_IP_TEXT_SIZE, "%u.%u.%u.%u", ip->bytes[0], ip->bytes[1],
                            ip->bytes[2], ip->bytes[3]);
}

int sw_ip_cmp(const struct sw_ip *a, const struct sw_ip *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* The IPv4 address that ::ffff:0:0/96 holds is the one that is dialled. */
static bool is_mapped(const struct sw_ip *ip)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return ip->family == 6 && memcmp(ip->bytes, prefix, sizeof(prefix)) == 0;
}

static bool is_reachable_v4(const uint8_t b[4])
{
    return b[0] != 0 && b[0] != 127 && b[0] < 224 && !(b[0] == 169 && b[1] == 254);
}

bool sw_ip_is_reachable(const struct sw_ip *ip)
{
    static const uint8_t zeros[15] = {0};
    const uint8_t *b = ip->bytes;

    if (ip->family == 4)
        return is_reachable_v4(b);
    if (is_mapped(ip))
        return is_reachable_v4(b + 12);
    if (ip->family != 6 || (memcmp(b, zeros, 15) == 0 && b[15] <= 1))
        return false;
    return b[0] != 0xff && !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

/*
 * Borrowed strings: a pointer and a length, into bytes that somebody else owns.
 *
 * A sw_str need not end in NUL and may hold any byte. {NULL, 0} is the unset value; it equals the
 * empty string. Nothing here allocates or fails, but for the number parser.
 */
#ifndef SW_BASE_STR_H
#define SW_BASE_STR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sw_str {
    const char *data; /* borrowed; NULL when unset */
    size_t len;       /* in bytes */
};

/* From a string literal, or from a NUL-terminated string (NULL gives the unset value). */
#define SW_STR(literal) ((struct sw_str){"" literal, sizeof(literal) - 1})
static inline struct sw_str sw_str_from(const char *text)
{
    return (struct sw_str){text, text ? strlen(text) : 0};
}

/* printf: "%.*s" with SW_STR_ARG(s). Cut at 2 GiB: a precision is an int, and a negative one would
 * mean "up to the NUL". */
#define SW_STR_ARG(s) ((s).len < INT_MAX ? (int)(s).len : INT_MAX), ((s).data ? (s).data : "")

static inline bool sw_str_eq(struct sw_str a, struct sw_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool sw_str_is(struct sw_str a, const char *text)
{
    return sw_str_eq(a, sw_str_from(text));
}

/* Byte order, the shorter first among equals: <0, 0 or >0. */
int sw_str_cmp(struct sw_str a, struct sw_str b);

/* True if s begins (or ends) with the other, which may be all of it or empty. */
bool sw_str_has_prefix(struct sw_str s, struct sw_str prefix);
bool sw_str_has_suffix(struct sw_str s, struct sw_str suffix);

/* Index of the first `byte` in s, or s.len if there is none. */
size_t sw_str_find(struct sw_str s, char byte);

/* s[from, to), clamped to s. */
struct sw_str sw_str_slice(struct sw_str s, size_t from, size_t to);

/* Copies `from` to *at, where there is room for it, and moves *at behind it. Returns the copy. */
struct sw_str sw_str_place(char **at, struct sw_str from);

/* A copy with a NUL behind it, "" of an unset one; owned, free(). NULL when out of memory. */
char *sw_str_dup(struct sw_str s);

/* Takes off what stands before the first `separator` (or all of *rest) and returns it; *rest then
 * starts after the separator, or is unset when there was none. */
struct sw_str sw_str_cut(struct sw_str *rest, char separator);

/* Parses all of s as a decimal number of at most `max`. False (and *ret untouched) on an empty
 * string, a sign, another byte, or a larger number. */
bool sw_str_to_u64(struct sw_str s, uint64_t max, uint64_t *ret);

/* Levenshtein distance in bytes, at most `limit` + 1 (which means "further than limit"). Strings of
 * over 64 bytes are as far as can be, so that the work is bounded. */
size_t sw_str_distance(struct sw_str a, struct sw_str b, size_t limit);

/* True if it has no control character, so that it can stand in a line of a protocol. */
bool sw_str_is_line(struct sw_str s);

/* True for a value that Kubernetes takes as a label value: empty, or at most 63 bytes of
 * [A-Za-z0-9._-] that begin and end alphanumeric. */
bool sw_str_is_label_value(struct sw_str s);

/* True for a name that Kubernetes takes for a namespace, and for a Service: a DNS label, 1 to 63
 * bytes of [a-z0-9-] that begin and end alphanumeric (RFC 1123). */
bool sw_str_is_dns_label(struct sw_str s);

/* True for a name that Kubernetes takes for most objects: DNS labels with dots between them, at
 * most 253 bytes. */
bool sw_str_is_object_name(struct sw_str s);

#endif

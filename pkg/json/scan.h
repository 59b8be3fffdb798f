/*
 * A scanner that walks one JSON text once, without copying, and reports where a few members lie.
 *
 * An admission review is mostly bytes that no rule reads (managedFields, last-applied, oldObject,
 * userInfo). The scanner checks all of them (RFC 8259 grammar, UTF-8, escapes, nesting) at memory
 * speed and builds nothing for them. The caller names the members it wants as a tree of keys, and
 * gets for each a slice of the text, which json/read can turn into a value.
 *
 * A text is accepted exactly when jansson accepts it with JSON_ALLOW_NUL and a nesting of at most
 * SW_JSON_MAX_DEPTH; the fuzz target tests/fuzz/fuzz_scan.c holds it to that. Two things are
 * stricter: a wanted member, or one on the way to it, that stands twice in its object is refused,
 * so that two readers can never see different values; and a byte 0 is refused everywhere (jansson
 * 2.14 takes one behind a number or a literal for nothing).
 */
#ifndef SW_JSON_SCAN_H
#define SW_JSON_SCAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Deepest nesting of objects and arrays that is read. Kubernetes objects stay under 30; jansson's
 * own dump, equal and copy recurse without a limit before 2.15.1. */
#define SW_JSON_MAX_DEPTH 64

enum sw_scan_type {
    SW_SCAN_ABSENT = 0,
    SW_SCAN_OBJECT,
    SW_SCAN_ARRAY,
    SW_SCAN_STRING,
    SW_SCAN_NUMBER,
    SW_SCAN_TRUE,
    SW_SCAN_FALSE,
    SW_SCAN_NULL,
};

/* Where a wanted member's value lies. */
struct sw_scan_slice {
    enum sw_scan_type type;
    struct sw_str text; /* the value's own bytes, quotes and brackets included; borrowed from the
                           scanned text; unset when absent */
};

/* A key that is wanted, or that leads to one. A tree of these is meant to be static const, with at
 * most 64 keys side by side and each of them once. */
struct sw_scan_want {
    const char *key;                     /* as it reads after unescaping */
    int slot;                            /* index into the slices, each used once; or -1 when only
                                            its children are wanted */
    const struct sw_scan_want *children; /* NULL, or members of this one, ended by a NULL key */
};

/* Walks `text`, which must be one JSON object with only white space around it, and fills
 * slices[0..n_slices) for `wants` (ended by a NULL key; NULL only checks). A key in the middle of
 * the tree whose value is not an object leaves its children absent; ask for its slot to see what it
 * was.
 * Fails with SW_ESYNTAX (the message names the byte, from 0, and what was expected) and SW_ELIMIT
 * (nested deeper than SW_JSON_MAX_DEPTH), or with SW_EINTERNAL where a want breaks the rules of its
 * tree; slices are then undefined. */
int sw_scan(struct sw_str text, const struct sw_scan_want *wants, struct sw_scan_slice *slices,
            size_t n_slices, struct sw_err *reterr);

/* The value of a string slice with its escapes resolved: borrowed from the slice where it has none,
 * else arena memory. `slice` comes from a successful scan.
 * Fails with SW_ENOMEM, or with SW_EINTERNAL for a slice that is no string. */
int sw_scan_string(const struct sw_scan_slice *slice, struct sw_arena *arena, struct sw_str *ret,
                   struct sw_err *reterr);

/* The name of a type for messages: "an object", "a string", "nothing" for absent. Static. */
const char *sw_scan_type_name(enum sw_scan_type type);

#endif

/*
 * JSON text to jansson values, with a cap on depth and with memory from an arena.
 *
 * Read by our own lexer, not by jansson's: it is five times as fast, and jansson 2.14's ignores a
 * failed allocation inside a token and then runs past its buffer, which a request that reaches its
 * arena's cap would bring about. What is read and what comes out is the same;
 * tests/fuzz/fuzz_read.c holds it to that.
 *
 * jansson's allocator is one per process. sw_json_setup() sets it, once, to functions that serve
 * from the arena of the innermost open sw_json_scope of the calling thread, and from malloc where
 * there is none. Values made inside a scope die with its arena: they need no json_decref (it costs
 * nothing and frees nothing) and must not be used or kept past the arena's end. Values made outside
 * must not be released inside one.
 */
#ifndef SW_JSON_READ_H
#define SW_JSON_READ_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Sets jansson's allocator and seeds its hash tables. Call once, first thing in main, before any
 * thread starts. */
void sw_json_setup(void);

/* An open scope; private. Scopes nest; each must be closed on the thread that opened it. (Unused is
 * for clang, to which a variable with nothing but a cleanup is one too many.) */
struct sw_json_scope {
    struct sw_arena *outer; /* the thread's arena before this scope; NULL for none */
} __attribute__((unused));

/* From here on, this thread's jansson values come from `arena`, borrowed until the scope ends. */
struct sw_json_scope sw_json_scope_begin(struct sw_arena *arena);
void sw_json_scope_end(struct sw_json_scope *scope);

/* Opens a scope that ends with the enclosing block. (The line number keeps the names of nested ones
 * apart.) */
#define SW_JSON_SCOPE(arena)          SW_JSON_SCOPE_AT(arena, __LINE__)
#define SW_JSON_SCOPE_AT(arena, line) SW_JSON_SCOPE_NAMED(arena, line)
#define SW_JSON_SCOPE_NAMED(arena, line)                                                           \
    SW_CLEANUP(sw_json_scope_end)                                                                  \
    struct sw_json_scope sw_json_scope_##line = sw_json_scope_begin(arena)

/* Parses `text` as one JSON value of any type, nested at most SW_JSON_MAX_DEPTH, accepting what
 * json/scan accepts. Duplicate members: the last wins, as in the API server. *ret is a new
 * reference, owned by the caller or by the open scope's arena. The process must be in the numeric
 * locale that it began in, "C".
 * Fails with SW_ESYNTAX (message: line and column from 1, what was expected, what was found),
 * SW_ELIMIT (depth), SW_ENOMEM. */
int sw_json_read(struct sw_str text, json_t **ret, struct sw_err *reterr);

#endif

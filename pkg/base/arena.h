/*
 * Arenas: memory that is given out piece by piece and taken back all at once.
 *
 * Everything allocated from an arena lives until the arena is cleared or released, and is never
 * freed alone. An arena never holds more than the cap it was born with; past it, allocation fails
 * as if memory had run out.
 */
#ifndef SW_BASE_ARENA_H
#define SW_BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>
#include <stddef.h>

struct sw_arena_chunk;

/* The caller's storage; the fields are private. A zeroed arena is a released one. */
struct sw_arena {
    struct sw_arena_chunk *chunks; /* owned; newest first; NULL until the first allocation */
    size_t chunk_bytes;            /* size of the next chunk to ask for */
    size_t first_chunk_bytes;      /* size of the first chunk, kept over a clear */
    size_t held_bytes;             /* total size of all chunks */
    size_t max_bytes;
};

/* Makes an empty arena; takes no memory yet. chunk_bytes is the size of its first chunk (later ones
 * double, up to 1 MiB, or are as large as one request needs), max_bytes the most it will ever hold.
 */
void sw_arena_init(struct sw_arena *arena, size_t chunk_bytes, size_t max_bytes);

/* Gives all memory back; the arena stays usable. NULL is allowed. */
void sw_arena_release(struct sw_arena *arena);

/* The same, and leaves nothing of it in freed memory: for an arena that holds credentials. What a
 * clear gave back before is out of its reach. */
void sw_arena_wipe(struct sw_arena *arena);

/* Forgets everything allocated but keeps the first chunk for the next round, so that a thread that
 * serves one request after another asks the heap for nothing. */
void sw_arena_clear(struct sw_arena *arena);

/* How large the first chunk of an arena must be for all that this one has given out to fit into it,
 * given out in the same order. */
size_t sw_arena_used(const struct sw_arena *arena);

/* `size` bytes aligned for any type, not zeroed; arena memory. NULL when out of memory or over the
 * cap. A size of 0 gives a valid pointer to nothing. */
void *sw_arena_alloc(struct sw_arena *arena, size_t size);

/* The same, zeroed. */
void *sw_arena_zalloc(struct sw_arena *arena, size_t size);

/* Room for one more item behind `items`, an array of `count` items of item_size bytes that was only
 * ever grown by this function (NULL for none). Returns the array, moved or not, arena memory; NULL
 * when out of memory, and the old array stays valid. The new item is zeroed. Capacity follows from
 * count alone (powers of two, from 4), so no field is needed for it. */
void *sw_arena_push(struct sw_arena *arena, void *items, size_t count, size_t item_size);

/* A copy of s in arena memory, with a NUL behind it. Its data is NULL when out of memory. */
struct sw_str sw_arena_copy(struct sw_arena *arena, struct sw_str s);

/* printf into arena memory; NUL-terminated. NULL when out of memory. */
char *sw_arena_printf(struct sw_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *sw_arena_vprintf(struct sw_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif

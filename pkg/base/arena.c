#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define ALIGNMENT       (_Alignof(max_align_t))
#define MAX_CHUNK_BYTES ((size_t)1 << 20)
#define MAX_ALLOC_BYTES ((size_t)PTRDIFF_MAX / 2) /* so that no sum of sizes below overflows */
#define FIRST_CAPACITY  4

struct sw_arena_chunk {
    struct sw_arena_chunk *older; /* owned */
    size_t size_bytes;            /* of bytes[] */
    size_t used_bytes;
    _Alignas(max_align_t) char bytes[];
};

/* The next multiple of a power of two. */
static size_t align_to(size_t size, size_t alignment)
{
    return (size + alignment - 1) & ~(alignment - 1);
}

void sw_arena_init(struct sw_arena *arena, size_t chunk_bytes, size_t max_bytes)
{
    *arena = (struct sw_arena){
        .chunk_bytes = chunk_bytes,
        .first_chunk_bytes = chunk_bytes,
        .max_bytes = max_bytes,
    };
}

static void free_chunks_until(struct sw_arena *arena, struct sw_arena_chunk *last)
{
    while (arena->chunks != last) {
        struct sw_arena_chunk *chunk = arena->chunks;

        arena->chunks = chunk->older;
        arena->held_bytes -= chunk->size_bytes;
        free(chunk);
    }
}

void sw_arena_release(struct sw_arena *arena)
{
    if (!arena)
        return;
    free_chunks_until(arena, NULL);
    arena->chunk_bytes = arena->first_chunk_bytes;
}

void sw_arena_wipe(struct sw_arena *arena)
{
    if (!arena)
        return;
    for (struct sw_arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->older)
        explicit_bzero(chunk->bytes, chunk->used_bytes);
    sw_arena_release(arena);
}

void sw_arena_clear(struct sw_arena *arena)
{
    struct sw_arena_chunk *first = arena->chunks;

    while (first && first->older)
        first = first->older;
    if (first && first->size_bytes > arena->first_chunk_bytes)
        first = NULL; /* it was made for one large request: not worth holding */
    free_chunks_until(arena, first);
    if (first)
        first->used_bytes = 0;
    arena->chunk_bytes = arena->first_chunk_bytes;
}

static struct sw_arena_chunk *add_chunk(struct sw_arena *arena, size_t need)
{
    size_t size = arena->chunk_bytes > need ? arena->chunk_bytes : need;
    struct sw_arena_chunk *chunk;

    if (size > arena->max_bytes - arena->held_bytes)
        size = need;
    if (size > arena->max_bytes - arena->held_bytes)
        return NULL;
    chunk = malloc(sizeof(*chunk) + size);
    if (!chunk)
        return NULL;
    chunk->older = arena->chunks;
    chunk->size_bytes = size;
    chunk->used_bytes = 0;
    arena->chunks = chunk;
    arena->held_bytes += size;
    if (arena->chunk_bytes < MAX_CHUNK_BYTES)
        arena->chunk_bytes *= 2;
    return chunk;
}

/* `size` bytes from the first multiple of `alignment` on. */
static void *take(struct sw_arena *arena, size_t size, size_t alignment)
{
    struct sw_arena_chunk *chunk = arena->chunks;
    size_t at = chunk ? align_to(chunk->used_bytes, alignment) : 0;

    if (size > arena->max_bytes || size > MAX_ALLOC_BYTES)
        return NULL;
    if (!chunk || at > chunk->size_bytes || size > chunk->size_bytes - at) {
        chunk = add_chunk(arena, size);
        at = 0;
    }
    if (!chunk)
        return NULL;
    chunk->used_bytes = at + size;
    return chunk->bytes + at;
}

void *sw_arena_alloc(struct sw_arena *arena, size_t size)
{
    return take(arena, size, ALIGNMENT);
}

size_t sw_arena_used(const struct sw_arena *arena)
{
    size_t n = 0;

    for (const struct sw_arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->older)
        n += align_to(chunk->used_bytes, ALIGNMENT);
    return n;
}

void *sw_arena_zalloc(struct sw_arena *arena, size_t size)
{
    void *memory = sw_arena_alloc(arena, size);

    return memory ? memset(memory, 0, size) : NULL;
}

void *sw_arena_push(struct sw_arena *arena, void *items, size_t count, size_t item_size)
{
    bool full = count == 0 || (count >= FIRST_CAPACITY && (count & (count - 1)) == 0);

    if (full) {
        size_t capacity = count ? count * 2 : FIRST_CAPACITY;
        void *larger = NULL;
        size_t size;

        if (!__builtin_mul_overflow(capacity, item_size, &size))
            larger = sw_arena_alloc(arena, size);
        if (!larger)
            return NULL;
        if (count)
            memcpy(larger, items, count * item_size);
        items = larger;
    }
    memset((char *)items + count * item_size, 0, item_size);
    return items;
}

struct sw_str sw_arena_copy(struct sw_arena *arena, struct sw_str s)
{
    char *copy = take(arena, s.len + 1, 1);

    if (!copy)
        return (struct sw_str){NULL, 0};
    if (s.len)
        memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return (struct sw_str){copy, s.len};
}

char *sw_arena_vprintf(struct sw_arena *arena, const char *format, va_list args)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = len < 0 ? NULL : take(arena, (size_t)len + 1, 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, args);
    return text;
}

char *sw_arena_printf(struct sw_arena *arena, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = sw_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

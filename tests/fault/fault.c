#include "fault/fault.h"

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct {
    bool armed;
    size_t nth;   /* which one fails; 0 for none */
    size_t count; /* of allocations since fault_arm() */
    long live;    /* blocks taken and not given back since then */
} state;

void fault_arm(size_t nth)
{
    state.nth = nth;
    state.count = 0;
    state.live = 0;
    state.armed = true;
}

void fault_aim(size_t nth)
{
    state.nth = nth;
    state.count = 0;
}

size_t fault_spare(void)
{
    state.nth = 0;
    return state.count;
}

long fault_disarm(void)
{
    state.armed = false;
    return state.live;
}

static bool fails(void)
{
    return state.armed && ++state.count == state.nth;
}

static void *taken(void *memory)
{
    state.live += state.armed && memory;
    return memory;
}

/* The linker's names: __wrap_X is called for X, and __real_X is X itself. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__real_sw_arena_alloc(struct sw_arena *arena, size_t size);
void *__real_sw_arena_zalloc(struct sw_arena *arena, size_t size);
void *__real_sw_arena_push(struct sw_arena *arena, void *items, size_t count, size_t item_size);
struct sw_str __real_sw_arena_copy(struct sw_arena *arena, struct sw_str s);
char *__real_sw_arena_vprintf(struct sw_arena *arena, const char *format, va_list args);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
void *__wrap_sw_arena_alloc(struct sw_arena *arena, size_t size);
void *__wrap_sw_arena_zalloc(struct sw_arena *arena, size_t size);
void *__wrap_sw_arena_push(struct sw_arena *arena, void *items, size_t count, size_t item_size);
struct sw_str __wrap_sw_arena_copy(struct sw_arena *arena, struct sw_str s);
char *__wrap_sw_arena_printf(struct sw_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *__wrap_sw_arena_vprintf(struct sw_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : taken(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : taken(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    void *moved = fails() ? NULL : __real_realloc(memory, size);

    return memory ? moved : taken(moved);
}

void __wrap_free(void *memory)
{
    state.live -= state.armed && memory;
    __real_free(memory);
}

/* libc's own would not come by here with what they allocate. */
void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : __wrap_realloc(memory, bytes);
}

char *__wrap_strndup(const char *text, size_t max)
{
    size_t len = strnlen(text, max);
    char *copy = __wrap_malloc(len + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, SIZE_MAX);
}

void *__wrap_sw_arena_alloc(struct sw_arena *arena, size_t size)
{
    return fails() ? NULL : __real_sw_arena_alloc(arena, size);
}

void *__wrap_sw_arena_zalloc(struct sw_arena *arena, size_t size)
{
    return fails() ? NULL : __real_sw_arena_zalloc(arena, size);
}

void *__wrap_sw_arena_push(struct sw_arena *arena, void *items, size_t count, size_t item_size)
{
    return fails() ? NULL : __real_sw_arena_push(arena, items, count, item_size);
}

struct sw_str __wrap_sw_arena_copy(struct sw_arena *arena, struct sw_str s)
{
    return fails() ? (struct sw_str){NULL, 0} : __real_sw_arena_copy(arena, s);
}

char *__wrap_sw_arena_printf(struct sw_arena *arena, const char *format, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, format);
    if (!fails())
        text = __real_sw_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

char *__wrap_sw_arena_vprintf(struct sw_arena *arena, const char *format, va_list args)
{
    return fails() ? NULL : __real_sw_arena_vprintf(arena, format, args);
}

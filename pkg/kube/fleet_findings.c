#include "kube/fleet_findings.h"

#include "base/banned.h"

#define CHUNK_BYTES 1024
#define MAX_BYTES   ((size_t)1 << 20)

static void empty(struct sw_fleet_round *round)
{
    sw_arena_release(&round->arena);
    round->items = NULL;
    round->n = 0;
}

void sw_fleet_findings_init(struct sw_fleet_findings *findings)
{
    *findings = (struct sw_fleet_findings){0};
    sw_arena_init(&findings->now.arena, CHUNK_BYTES, MAX_BYTES);
    sw_arena_init(&findings->before.arena, CHUNK_BYTES, MAX_BYTES);
}

void sw_fleet_findings_release(struct sw_fleet_findings *findings)
{
    empty(&findings->now);
    empty(&findings->before);
}

void sw_fleet_findings_begin(struct sw_fleet_findings *findings)
{
    struct sw_fleet_round before = findings->before;

    if (!findings->open) {
        findings->before = findings->now;
        findings->now = before;
    }
    empty(&findings->now);
    findings->n = 0;
    findings->open = true;
}

void sw_fleet_findings_add(struct sw_fleet_findings *findings, const char *format, ...)
{
    struct sw_fleet_round *now = &findings->now;
    char **items;
    va_list args;

    findings->n++;
    if (now->n == SW_FLEET_FINDINGS_MAX)
        return;
    items = sw_arena_push(&now->arena, now->items, now->n, sizeof(*items));
    if (!items)
        return;
    now->items = items;
    va_start(args, format);
    items[now->n] = sw_arena_vprintf(&now->arena, format, args);
    va_end(args);
    now->n += items[now->n] != NULL;
}

static bool has(const struct sw_fleet_round *round, const char *item)
{
    for (size_t i = 0; i < round->n; i++) {
        if (strcmp(round->items[i], item) == 0)
            return true;
    }
    return false;
}

void sw_fleet_findings_end(struct sw_fleet_findings *findings,
                           void (*say)(void *context, const char *message), void *context)
{
    for (size_t i = 0; i < findings->now.n; i++) {
        if (!has(&findings->before, findings->now.items[i]))
            say(context, findings->now.items[i]);
    }
    empty(&findings->before);
    findings->open = false;
}

#include "serve/line.h"

#include "io/clock.h"

#include "base/banned.h"

uint64_t sw_line_turn(struct sw_line *line)
{
    if (!line->turn_ns)
        line->turn_ns = sw_clock_mono_ns();
    return line->turn_ns;
}

void sw_line_end_turn(struct sw_line *line, uint64_t now_ns)
{
    line->late_ns = line->turn_ns && now_ns > line->turn_ns ? now_ns - line->turn_ns : 0;
    line->turn_ns = 0;
}

void sw_line_push(struct sw_line *line, struct sw_line_item *item)
{
    struct sw_line_item **end = &line->row;

    while (*end)
        end = &(*end)->next;
    item->next = NULL;
    item->conn->waits = true;
    *end = item;
}

static uint64_t served_ns(const struct sw_line_item *item)
{
    return item->conn->peer
               ? atomic_load_explicit(&item->conn->peer->served_ns, memory_order_relaxed)
               : 0;
}

struct sw_line_item *sw_line_pop(struct sw_line *line, uint64_t now_ns)
{
    struct sw_line_item **best = &line->row, *item;

    if (!*best)
        return NULL;
    for (struct sw_line_item **at = &(*best)->next; *at; at = &(*at)->next) {
        if (served_ns(*at) < served_ns(*best))
            best = at;
    }
    item = *best;
    *best = item->next;
    item->conn->waits = false;
    if (item->conn->peer)
        atomic_store_explicit(&item->conn->peer->served_ns, now_ns, memory_order_relaxed);
    return item;
}

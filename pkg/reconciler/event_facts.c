#include "reconciler/event_facts.h"

#include <stdlib.h>

#include "base/banned.h"

static int by_content(const void *a, const void *b)
{
    const struct sw_event_fact *x = a, *y = b;

    if (x->verdict != y->verdict)
        return (int)x->verdict - (int)y->verdict;
    if (x->reason != y->reason)
        return (int)x->reason - (int)y->reason;
    return sw_str_cmp(x->remote, y->remote);
}

int sw_event_facts_add(struct sw_event_facts *facts, const struct sw_event_fact *fact,
                       struct sw_arena *arena, struct sw_err *reterr)
{
    struct sw_event_fact *items = sw_arena_push(arena, facts->items, facts->n, sizeof(*items));

    if (!items)
        return sw_err_nomem(reterr);
    items[facts->n++] = *fact;
    facts->items = items;
    return 0;
}

/* Findings of all Gateways are in one entry; each is about the Service of its gateway. */
static bool is_about(const struct sw_ledger_finding *finding, const struct sw_event_object *object)
{
    return object->subject != SW_LEDGER_GATEWAYS ||
           (sw_str_eq(finding->name, object->name) &&
            sw_str_eq(finding->namespace_, object->namespace_));
}

/* The one entry of all Gateways does not say whose Gateway it is that waits. */
static bool counts(const struct sw_ledger_wait *wait, const struct sw_event_object *object)
{
    return object->subject != SW_LEDGER_GATEWAYS && wait->verb != SW_OP_DELETE &&
           wait->verb != SW_OP_RELEASE;
}

void sw_event_facts_sort(struct sw_event_facts *facts)
{
    size_t n = 0;

    if (!facts->n)
        return;
    qsort(facts->items, facts->n, sizeof(*facts->items), by_content);
    for (size_t i = 0; i < facts->n; i++) {
        if (!n || by_content(&facts->items[n - 1], &facts->items[i]) != 0)
            facts->items[n++] = facts->items[i];
    }
    facts->n = n;
}

int sw_event_facts_read(const struct sw_ledger_entry *entry, const struct sw_event_object *object,
                        bool waits, struct sw_arena *arena, struct sw_event_facts *ret,
                        struct sw_err *reterr)
{
    struct sw_event_facts facts = {NULL, 0};
    int r = 0;

    for (size_t i = 0; r == 0 && entry && i < entry->n_findings; i++) {
        const struct sw_ledger_finding *finding = &entry->findings[i];
        const struct sw_event_fact fact = {finding->verdict, finding->reason, finding->remote};

        if (is_about(finding, object))
            r = sw_event_facts_add(&facts, &fact, arena, reterr);
    }
    for (size_t i = 0; r == 0 && waits && entry && i < entry->n_waits; i++) {
        const struct sw_event_fact fact = {SW_MESH_WAITS, entry->waits[i].reason, {NULL, 0}};

        if (counts(&entry->waits[i], object))
            r = sw_event_facts_add(&facts, &fact, arena, reterr);
    }
    if (r < 0)
        return r;
    sw_event_facts_sort(&facts);
    *ret = facts;
    return 0;
}

bool sw_event_facts_wait(const struct sw_ledger_entry *entry, const struct sw_event_object *object)
{
    for (size_t i = 0; entry && i < entry->n_waits; i++) {
        if (counts(&entry->waits[i], object))
            return true;
    }
    return false;
}

bool sw_event_facts_have(const struct sw_event_facts *facts, const struct sw_event_fact *fact)
{
    return facts->n && bsearch(fact, facts->items, facts->n, sizeof(*facts->items), by_content);
}

bool sw_event_facts_withhold(const struct sw_event_facts *facts, struct sw_str remote)
{
    for (size_t i = 0; i < facts->n; i++) {
        const struct sw_event_fact *fact = &facts->items[i];

        if (fact->verdict == SW_MESH_WITHHELD &&
            (!fact->remote.len || sw_str_eq(fact->remote, remote)))
            return true;
    }
    return false;
}

#include "failover/outcome.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

void sw_outcome_init(struct sw_outcome *outcome, struct sw_arena *arena)
{
    *outcome = (struct sw_outcome){.arena = arena};
}

int sw_outcome_find(struct sw_outcome *outcome, struct sw_findings *findings,
                    enum sw_reason reason, const struct sw_at *at, struct sw_err *reterr,
                    const char *format, ...)
{
    struct sw_finding *items =
        sw_arena_push(outcome->arena, findings->items, findings->n, sizeof(*items));
    struct sw_finding finding = {.reason = reason};
    va_list args;

    if (!items)
        return sw_err_nomem(reterr);
    findings->items = items;
    va_start(args, format);
    finding.message = sw_arena_vprintf(outcome->arena, format, args);
    va_end(args);
    finding.path = at ? sw_at_path(at, outcome->arena) : "";
    if (!finding.message || !finding.path)
        return sw_err_nomem(reterr);
    items[findings->n++] = finding;
    return 0;
}

int sw_outcome_change(struct sw_outcome *outcome, enum sw_patch_verb verb, const struct sw_at *at,
                      json_t *value, struct sw_err *reterr)
{
    if (verb != SW_PATCH_REMOVE && !value)
        return sw_err_nomem(reterr);
    return sw_patch_push(&outcome->patch, outcome->arena, verb, at, value, reterr);
}

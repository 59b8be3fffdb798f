#include "mesh/finding.h"

#include "base/banned.h"

int sw_mesh_find(struct sw_mesh_findings *findings, struct sw_arena *arena,
                 struct sw_mesh_finding finding, struct sw_err *reterr, const char *format, ...)
{
    struct sw_mesh_finding *items;
    va_list args;

    finding.message = sw_reason_sentence(finding.reason);
    if (format) {
        va_start(args, format);
        finding.message = sw_arena_vprintf(arena, format, args);
        va_end(args);
    }
    items = sw_arena_push(arena, findings->items, findings->n, sizeof(*items));
    if (!items || !finding.message)
        return sw_err_nomem(reterr);
    items[findings->n++] = finding;
    findings->items = items;
    return 0;
}

const char *sw_mesh_verdict_word(enum sw_mesh_verdict verdict)
{
    static const char *const words[] = {
        [SW_MESH_EMITTED] = "Emitted",
        [SW_MESH_WITHHELD] = "Withheld",
        [SW_MESH_WARNED] = "Warned",
        [SW_MESH_WAITS] = "Waits",
    };

    return words[verdict];
}

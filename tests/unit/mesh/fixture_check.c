#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "mesh/workloadentry.h"

/* Compares the lines in `buf`, without the last newline. */
static void check_lines(struct sw_buf *buf, const char *expected)
{
    if (buf->len)
        buf->len--;
    sw_check_buf(buf, expected);
}

void mesh_check_wanted(const struct sw_plan *plan, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, (size_t)1 << 20);
    for (size_t i = 0; i < plan->wanteds.n; i++) {
        const struct sw_wanted *wanted = &plan->wanteds.items[i];

        sw_buf_printf(&buf, "%s ", sw_mesh_kind_name(wanted->kind));
        if (wanted->entry)
            sw_buf_printf(&buf, "%.*s %.*s %u", SW_STR_ARG(wanted->entry->remote),
                          SW_STR_ARG(wanted->entry->address), wanted->entry->weight);
        else
            sw_buf_printf(&buf, "%.*s/%.*s", SW_STR_ARG(wanted->namespace_),
                          SW_STR_ARG(wanted->name));
        if (wanted->gate != SW_PLANNED)
            sw_buf_printf(&buf, " (%s)", sw_reason_word(wanted->gate));
        sw_buf_append_text(&buf, "\n");
    }
    check_lines(&buf, expected);
}

void mesh_check_findings(const struct sw_plan *plan, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, (size_t)1 << 20);
    for (size_t i = 0; i < plan->findings.n; i++) {
        const struct sw_mesh_finding *finding = &plan->findings.items[i];

        sw_buf_printf(&buf, "%s %s %.*s: %s\n", sw_mesh_verdict_word(finding->verdict),
                      sw_reason_word(finding->reason), SW_STR_ARG(finding->about.cluster),
                      finding->message);
    }
    check_lines(&buf, expected);
}

json_t *mesh_wanted_json(const struct sw_plan *plan, enum sw_mesh_kind kind)
{
    for (size_t i = 0; i < plan->wanteds.n; i++) {
        if (plan->wanteds.items[i].kind == kind)
            return sw_wanted_json(&plan->wanteds.items[i]);
    }
    return NULL;
}

static void write_op(struct sw_buf *buf, const char *verb, enum sw_mesh_kind kind,
                     struct sw_str name)
{
    sw_buf_printf(buf, "%s %s %.*s", verb, sw_mesh_kind_name(kind), SW_STR_ARG(name));
}

static void write_wait(struct sw_buf *buf, const struct sw_wait *wait)
{
    sw_buf_append_text(buf, "wait ");
    write_op(buf, sw_op_verb_name(wait->verb), wait->kind,
             wait->remote.len ? wait->remote : wait->name);
    sw_buf_printf(buf, ": %s", sw_reason_word(wait->reason));
    if (wait->until_ms)
        sw_buf_printf(buf, " until %llu", (unsigned long long)wait->until_ms);
    sw_buf_append_text(buf, "\n");
}

void mesh_check_diff(struct mesh *mesh, const struct sw_plan *plans, size_t n, const char *expected)
{
    struct sw_diff diff;
    struct sw_err err = {0};
    struct sw_buf buf;

    sw_diff_init(&diff, mesh_build(mesh), mesh->now_ms, &mesh->world->arena);
    for (size_t i = 0; i < n; i++) {
        if (sw_diff_add(&diff, &plans[i], &err) < 0)
            fail_msg("%s", err.message);
    }
    if (sw_diff_finish(&diff, &err) < 0)
        fail_msg("%s", err.message);
    sw_buf_init(&buf, (size_t)1 << 20);
    for (size_t i = 0; i < diff.n_ops; i++) {
        const struct sw_op *op = &diff.ops[i];

        write_op(&buf, sw_op_verb_name(op->verb), op->kind, op->remote.len ? op->remote : op->name);
        sw_buf_append_text(&buf, "\n");
    }
    for (size_t i = 0; i < diff.n_waits; i++)
        write_wait(&buf, &diff.waits[i]);
    check_lines(&buf, expected);
}

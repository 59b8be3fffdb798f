/*
 * What the reconciler reads of an object of its own, remembers (ledger, agenda, retries) and
 * reports, with the n-th allocation failing.
 */
#include <stdio.h>
#include <string.h>

#include "fault/fault.h"
#include "fault/story.h"
#include "mesh/observed.h"
#include "reconciler/agenda.h"
#include "reconciler/ledger.h"
#include "reconciler/report.h"
#include "reconciler/retries.h"
#include "json/read.h"

static struct sw_ledger *ledger;

/* The first try, or the second one where the first had no memory; true if one did not fail. A third
 * is not needed, for only one allocation fails. */
#define IN_TWO_TRIES(r, call) (((r) = (call)) >= 0 || ((r) == SW_ENOMEM && ((r) = (call)) >= 0))

static struct sw_plan plan_of(const char *service, struct sw_mesh_finding *findings, size_t n)
{
    return (struct sw_plan){
        .namespace_ = SW_STR("shop"),
        .service = sw_str_from(service),
        .kinds = 1u << SW_MESH_WORKLOADENTRY,
        .wanteds.n = n,
        .findings = {findings, n},
    };
}

static const struct sw_ledger_entry *cart(void)
{
    return sw_ledger_find(ledger, SW_LEDGER_SERVICE, SW_STR("shop"), SW_STR("cart"));
}

static struct sw_mesh_finding withheld(const char *remote, const char *message)
{
    return (struct sw_mesh_finding){
        .verdict = SW_MESH_WITHHELD,
        .reason = SW_NO_READY_PODS,
        .about = {SW_STR("shop"), SW_STR("cart"), sw_str_from(remote)},
        .message = message,
    };
}

/* How the one entry is. */
static bool ledger_holds(size_t n_findings, size_t n_waits)
{
    const struct sw_ledger_entry *entry = cart();

    return sw_ledger_count(ledger, SW_MESH_WITHHELD, SW_NO_READY_PODS) == n_findings &&
           sw_ledger_count_waits(ledger, SW_WAITS_RULE) == n_waits &&
           (entry ? entry->n_findings == n_findings && entry->n_waits == n_waits : n_findings == 0);
}

/* Takes the plan down; one that cannot be taken down leaves the entry as it was. */
static bool note(struct sw_plan *plan, size_t n_before)
{
    uint64_t version = sw_ledger_version(ledger);

    if (sw_ledger_note(ledger, plan, NULL) == 0)
        return true;
    return ledger_holds(n_before, 0) && sw_ledger_version(ledger) == version &&
           sw_ledger_note(ledger, plan, NULL) == 0;
}

static bool keep_a_ledger(void)
{
    struct sw_mesh_finding first[] = {withheld("west", "no pods")};
    struct sw_mesh_finding then[] = {withheld("west", NULL), withheld("north", "none at all")};
    const struct sw_wait wait = {
        .kind = SW_MESH_WORKLOADENTRY,
        .reason = SW_WAITS_RULE,
        .for_namespace = SW_STR("shop"),
        .for_service = SW_STR("cart"),
    };
    struct sw_plan before = plan_of("cart", first, 1), after = plan_of("cart", then, 2);
    int r;

    if (!IN_TWO_TRIES(r, sw_ledger_new(&ledger, NULL)))
        return false;
    if (!note(&before, 0) || !note(&after, 1))
        return false;
    for (int i = 0; i < 3; i++) {
        if (!IN_TWO_TRIES(r, sw_ledger_note_wait(ledger, &wait, NULL)))
            return false;
    }
    return ledger_holds(2, 3) && cart()->n_wanted == 2;
}

static void free_ledger(void)
{
    sw_ledger_free(ledger);
    ledger = NULL;
}

static struct sw_agenda agenda;
static struct sw_arena arena;

/* What cannot be taken out is still in it. */
static bool keep_an_agenda(void)
{
    struct sw_agenda_due due = {0};
    char names[20][8];
    int r;

    sw_arena_init(&arena, 256, (size_t)1 << 20);
    for (size_t i = 0; i < 20; i++) {
        struct sw_plan_key key = {SW_STR("shop"), sw_str_from(names[i])};

        snprintf(names[i], sizeof(names[i]), "s%zu", i);
        key.name = sw_str_from(names[i]);
        if (!IN_TWO_TRIES(r, sw_agenda_add(&agenda, key, (int64_t)(100 + i), i % 2, NULL)))
            return false;
    }
    if (!IN_TWO_TRIES(r, sw_agenda_take(&agenda, 100, false, &arena, &due, NULL)))
        return false;
    return due.n == 11 && sw_agenda_next(&agenda) == 102; /* the first, and all that are together */
}

static void free_agenda(void)
{
    sw_agenda_release(&agenda);
    agenda = (struct sw_agenda){0};
    sw_arena_release(&arena);
}

static struct sw_retries retries;

/* The reason of a failure may be forgotten, the failure may not. */
static bool remember_failures(void)
{
    const struct sw_retry_failure failure = {"no right", SW_NOT_WRITTEN, 1000, 0};
    bool reason_is_right = true;

    for (size_t i = 0; i < 20; i++) {
        char name[8];
        const struct sw_op op = {
            .verb = SW_OP_DELETE,
            .kind = SW_MESH_STUB,
            .namespace_ = SW_STR("shop"),
            .name = {name, (size_t)snprintf(name, sizeof(name), "s%zu", i)},
            .for_namespace = SW_STR("shop"),
            .for_service = SW_STR("cart"),
        };
        struct sw_retry *retry = sw_retries_get(&retries, &op);

        if (!retry)
            retry = sw_retries_get(&retries, &op);
        if (!retry)
            return false;
        sw_retry_begin(retry, &op);
        sw_retry_failed(&retries, retry, &failure, 5000);
        if (sw_retry_when(retry, &op, 5000) != 6000)
            return false;
        reason_is_right =
            reason_is_right && (!retry->failure || strcmp(retry->failure, "no right") == 0);
    }
    return reason_is_right && retries.n_failing == 20;
}

static void free_retries(void)
{
    sw_retries_release(&retries);
    retries = (struct sw_retries){0};
}

static struct sw_buf text;

static bool fill_ledger(void)
{
    struct sw_mesh_finding findings[] = {withheld("west", "no pods"), withheld("north", NULL)};
    struct sw_plan plan = plan_of("cart", findings, 2), other = plan_of("till", findings, 1);

    sw_arena_init(&arena, 256, (size_t)1 << 20);
    sw_buf_init(&text, SW_REPORT_MAX_BYTES);
    return sw_ledger_new(&ledger, NULL) == 0 && sw_ledger_note(ledger, &plan, NULL) == 0 &&
           sw_ledger_note(ledger, &other, NULL) == 0;
}

/* Half a report is never taken for a whole one, and what is read of one is what was written. */
static bool write_a_report(void)
{
    const struct sw_report_cluster clusters[] = {
        {SW_STR("west"), true, true, 100, ""},
        {SW_STR("north"), true, false, 100, "refused"},
    };
    const struct sw_report report = {
        .local = SW_STR("east"),
        .clusters = clusters,
        .n_clusters = 2,
        .ledger = ledger,
    };
    int r = sw_report_write(&report, &arena, &text, NULL);

    if (r == SW_ENOMEM) {
        sw_buf_release(&text);
        sw_buf_init(&text, SW_REPORT_MAX_BYTES);
        r = sw_report_write(&report, &arena, &text, NULL);
    }
    return r == 0 && text.len > 2 &&
           memcmp(text.data + text.len - 14, "],\"omitted\":0}", 14) == 0 &&
           memmem(text.data, text.len, "\"name\":\"cart\",\"wanted\":2", 24) &&
           memmem(text.data, text.len, "\"name\":\"till\",\"wanted\":1", 24) &&
           memmem(text.data, text.len, "\"error\":\"refused\"", 17);
}

static void free_report(void)
{
    free_ledger();
    sw_buf_release(&text);
    sw_arena_release(&arena);
}

static json_t *object;

/* The same fields as if all of them had been written at once, though two entries have them. */
static bool make_object(void)
{
    static const char written[] =
        "{\"metadata\":{\"labels\":{\"a\":\"1\",\"b\":\"2\"},\"managedFields\":["
        "{\"manager\":\"spillway\",\"fieldsV1\":{\"f:spec\":{\"f:host\":{},\"f:ports\":{"
        "\"k:{\\\"number\\\":1}\":{\"f:number\":{}},\"k:{\\\"number\\\":2}\":{}}}}},"
        "{\"manager\":\"spillway\",\"fieldsV1\":{\"f:metadata\":{\"f:labels\":{\"f:a\":{},"
        "\"f:b\":{}}},\"f:spec\":{\"f:port\":{},\"f:hosts\":{\"v:\\\"x\\\"\":{}}}}}]},"
        "\"spec\":{\"host\":\"h\",\"port\":7,\"hosts\":[\"x\"],"
        "\"ports\":[{\"number\":1},{\"number\":2}]}}";

    return sw_json_read(sw_str_from(written), &object, NULL) == 0;
}

/* Half of our fields are never taken for all of them. */
static bool read_an_object(void)
{
    struct sw_observed observed;
    struct sw_digest digest;
    int r;

    if (!IN_TWO_TRIES(r, sw_observed_read(object, &observed, NULL)))
        return false;
    if (!IN_TWO_TRIES(r, sw_digest_object(object, &digest, NULL)))
        return false;
    return observed.managed && !observed.shared && sw_digest_eq(&observed.digest, &digest);
}

static void free_object(void)
{
    json_decref(object);
    object = NULL;
}

int main(void)
{
    static const struct story stories[] = {
        {"a ledger is kept", NULL, keep_a_ledger, free_ledger},
        {"an agenda is kept", NULL, keep_an_agenda, free_agenda},
        {"failures are remembered", NULL, remember_failures, free_retries},
        {"an object is read", make_object, read_an_object, free_object},
        {"a report is written", fill_ledger, write_a_report, free_report},
    };

    sw_json_setup();
    return stories_tell(stories, sizeof(stories) / sizeof(stories[0]));
}

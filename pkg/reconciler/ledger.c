#include "reconciler/ledger.h"

#include <stdlib.h>

#include "base/banned.h"

#define N_VERDICTS (SW_MESH_WAITS + 1)

/* Most of what waits that an entry keeps, and counts. */
#define MAX_WAITS 1024

struct sw_ledger {
    struct sw_hash entries;
    uint64_t version;
    size_t counts[N_VERDICTS][SW_LEDGER_N_REASONS];
    size_t waits[SW_LEDGER_N_REASONS];
};

/* The key of an entry. */
struct key {
    enum sw_ledger_subject subject;
    struct sw_str namespace_;
    struct sw_str name;
};

int sw_ledger_new(struct sw_ledger **ret, struct sw_err *reterr)
{
    struct sw_ledger *ledger = calloc(1, sizeof(*ledger));

    if (!ledger)
        return sw_err_nomem(reterr);
    *ret = ledger;
    return 0;
}

static void free_entry(struct sw_ledger_entry *entry)
{
    free(entry->block);
    free((void *)entry->waits);
    free(entry);
}

void sw_ledger_free(struct sw_ledger *ledger)
{
    if (!ledger)
        return;
    for (struct sw_record *record = sw_hash_next(&ledger->entries, NULL), *next; record;
         record = next) {
        next = sw_hash_next(&ledger->entries, record);
        free_entry((struct sw_ledger_entry *)record);
    }
    sw_hash_release(&ledger->entries);
    free(ledger);
}

static bool entry_is(const struct sw_record *record, const void *key)
{
    const struct sw_ledger_entry *entry = (const struct sw_ledger_entry *)record;
    const struct key *wanted = key;

    return entry->subject == wanted->subject && sw_str_eq(entry->name, wanted->name) &&
           sw_str_eq(entry->namespace_, wanted->namespace_);
}

static struct sw_ledger_entry *find(const struct sw_ledger *ledger, struct key key)
{
    return (struct sw_ledger_entry *)sw_hash_find(
        &ledger->entries, sw_hash_of(key.namespace_, key.name), entry_is, &key);
}

const struct sw_ledger_entry *sw_ledger_find(const struct sw_ledger *ledger,
                                             enum sw_ledger_subject subject,
                                             struct sw_str namespace_, struct sw_str name)
{
    return find(ledger, (struct key){subject, namespace_, name});
}

const struct sw_ledger_entry *sw_ledger_next(const struct sw_ledger *ledger,
                                             const struct sw_ledger_entry *entry)
{
    return (const struct sw_ledger_entry *)sw_hash_next(&ledger->entries,
                                                        entry ? &entry->record : NULL);
}

uint64_t sw_ledger_version(const struct sw_ledger *ledger)
{
    return ledger->version;
}

size_t sw_ledger_count(const struct sw_ledger *ledger, enum sw_mesh_verdict verdict,
                       enum sw_reason reason)
{
    return ledger->counts[verdict][reason];
}

size_t sw_ledger_count_waits(const struct sw_ledger *ledger, enum sw_reason reason)
{
    return ledger->waits[reason];
}

static int add_entry(struct sw_ledger *ledger, struct key key, struct sw_ledger_entry **ret,
                     struct sw_err *reterr)
{
    struct sw_ledger_entry *entry = calloc(1, sizeof(*entry) + key.namespace_.len + key.name.len);
    char *at;
    int r;

    if (!entry)
        return sw_err_nomem(reterr);
    at = entry->names;
    entry->subject = key.subject;
    entry->namespace_ = sw_str_place(&at, key.namespace_);
    entry->name = sw_str_place(&at, key.name);
    r = sw_hash_insert(&ledger->entries, &entry->record, sw_hash_of(key.namespace_, key.name),
                       reterr);
    if (r < 0) {
        free_entry(entry);
        return r;
    }
    *ret = entry;
    return 0;
}

/* Takes what the entry says out of the sums, and puts it in. */
static void count(struct sw_ledger *ledger, const struct sw_ledger_entry *entry, bool in)
{
    const size_t one = in ? 1 : (size_t)-1;

    for (size_t i = 0; i < entry->n_findings; i++)
        ledger->counts[entry->findings[i].verdict][entry->findings[i].reason] += one;
    for (size_t i = 0; i < entry->n_waits; i++)
        ledger->waits[entry->waits[i].reason] += one;
}

static struct sw_str message_of(const struct sw_mesh_finding *finding)
{
    return sw_str_from(finding->message ? finding->message : sw_reason_sentence(finding->reason));
}

static void copy_finding(const struct sw_mesh_finding *from, struct sw_ledger_finding *to,
                         char **texts)
{
    *to = (struct sw_ledger_finding){
        .verdict = from->verdict,
        .reason = from->reason,
        .namespace_ = sw_str_place(texts, from->about.namespace_),
        .name = sw_str_place(texts, from->about.name),
        .remote = sw_str_place(texts, from->about.cluster),
        .message = sw_str_place(texts, message_of(from)),
    };
}

static size_t text_bytes(const struct sw_mesh_findings *findings)
{
    size_t n = 0;

    for (size_t i = 0; i < findings->n; i++) {
        const struct sw_about *about = &findings->items[i].about;

        n += about->namespace_.len + about->name.len + about->cluster.len +
             message_of(&findings->items[i]).len;
    }
    return n;
}

/* Findings and texts as one block; NULL for none. */
static int copy_findings(const struct sw_mesh_findings *findings, struct sw_ledger_finding **ret,
                         struct sw_err *reterr)
{
    struct sw_ledger_finding *block = NULL;
    char *texts;

    if (findings->n) {
        block = malloc(findings->n * sizeof(*block) + text_bytes(findings));
        if (!block)
            return sw_err_nomem(reterr);
        texts = (char *)(block + findings->n);
        for (size_t i = 0; i < findings->n; i++)
            copy_finding(&findings->items[i], &block[i], &texts);
    }
    *ret = block;
    return 0;
}

static bool is_same(const struct sw_ledger_entry *entry, const struct sw_plan *plan)
{
    if (entry->n_waits || entry->n_wanted != plan->wanteds.n ||
        entry->n_findings != plan->findings.n)
        return false;
    for (size_t i = 0; i < entry->n_findings; i++) {
        const struct sw_ledger_finding *a = &entry->findings[i];
        const struct sw_mesh_finding *b = &plan->findings.items[i];

        if (a->verdict != b->verdict || a->reason != b->reason ||
            !sw_str_eq(a->namespace_, b->about.namespace_) || !sw_str_eq(a->name, b->about.name) ||
            !sw_str_eq(a->remote, b->about.cluster) || !sw_str_eq(a->message, message_of(b)))
            return false;
    }
    return true;
}

static enum sw_ledger_subject subject_of(uint32_t kinds)
{
    if (kinds & 1u << SW_MESH_GATEWAY)
        return SW_LEDGER_GATEWAYS;
    return kinds & 1u << SW_MESH_WORKLOADENTRY || kinds & 1u << SW_MESH_STUB ||
                   kinds & 1u << SW_MESH_DESTINATIONRULE
               ? SW_LEDGER_SERVICE
               : SW_LEDGER_INGRESS;
}

static void drop(struct sw_ledger *ledger, struct sw_ledger_entry *entry)
{
    count(ledger, entry, false);
    sw_hash_remove(&ledger->entries, &entry->record);
    free_entry(entry);
    ledger->version++;
}

int sw_ledger_note(struct sw_ledger *ledger, const struct sw_plan *plan, struct sw_err *reterr)
{
    struct key key = {subject_of(plan->kinds), plan->namespace_, plan->service};
    struct sw_ledger_entry *entry = find(ledger, key);
    struct sw_ledger_finding *findings = NULL;
    int r = 0;

    if (!plan->wanteds.n && !plan->findings.n) {
        if (entry)
            drop(ledger, entry);
        return 0;
    }
    if (entry && is_same(entry, plan))
        return 0;
    r = copy_findings(&plan->findings, &findings, reterr);
    if (r == 0 && !entry)
        r = add_entry(ledger, key, &entry, reterr);
    if (r < 0) {
        free(findings);
        return r;
    }
    count(ledger, entry, false);
    free(entry->block);
    free((void *)entry->waits);
    entry->waits = NULL;
    entry->n_waits = 0;
    entry->block = findings;
    entry->findings = findings;
    entry->n_findings = plan->findings.n;
    entry->n_wanted = plan->wanteds.n;
    entry->version = ++ledger->version;
    count(ledger, entry, true);
    return 0;
}

int sw_ledger_note_wait(struct sw_ledger *ledger, const struct sw_wait *wait, struct sw_err *reterr)
{
    struct key key = {subject_of(1u << wait->kind), wait->for_namespace, wait->for_service};
    struct sw_ledger_entry *entry = find(ledger, key);
    struct sw_ledger_wait *waits;
    int r = entry ? 0 : add_entry(ledger, key, &entry, reterr);

    if (r < 0 || entry->n_waits >= MAX_WAITS)
        return r;
    waits = realloc((void *)entry->waits, (entry->n_waits + 1) * sizeof(*waits));
    if (!waits)
        return sw_err_nomem(reterr);
    waits[entry->n_waits++] = (struct sw_ledger_wait){
        .verb = wait->verb,
        .kind = wait->kind,
        .reason = wait->reason,
        .until_ms = wait->until_ms,
    };
    entry->waits = waits;
    entry->version = ++ledger->version;
    ledger->waits[wait->reason]++;
    return 0;
}

#include "reconciler/event_filter.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

#include "base/banned.h"

/* Facts of one object: one or two for each cluster. */
#define CHUNK_BYTES ((size_t)16 << 10)
#define MAX_BYTES   ((size_t)8 << 20)

/* What there was no memory for is compared again after so long. */
#define RESCAN_MS 60000

/* In waiting_ms: it waited when that was taken for known. */
#define KNOWN (-1)

/* Of a subject, `version` is that of the entry, as last compared, 0 where it has to be; noticed_ms,
 * since when there is something to tell, and waiting_ms, since when something of it waits: 0 for
 * never. */
struct sw_event_filter {
    struct sw_hash subjects;
    struct sw_event_subject *first, **last; /* the queue of those that there is something of */
    struct sw_arena arena;                  /* for one comparison */
    struct sw_event_calm calm;
    uint32_t picture; /* of the scan under way */
    uint64_t version; /* of the ledger, as last compared */
    int64_t scanned_ms;
    int64_t again_ms; /* when time alone makes a scan worth its while */
    uint64_t next_id;
};

int sw_event_filter_new(uint64_t first_id, struct sw_event_filter **ret, struct sw_err *reterr)
{
    struct sw_event_filter *filter = calloc(1, sizeof(*filter));

    if (!filter)
        return sw_err_nomem(reterr);
    filter->last = &filter->first;
    filter->next_id = first_id;
    sw_arena_init(&filter->arena, CHUNK_BYTES, MAX_BYTES);
    *ret = filter;
    return 0;
}

void sw_event_filter_free(struct sw_event_filter *filter)
{
    if (!filter)
        return;
    sw_event_subject_remove_all(&filter->subjects);
    sw_arena_release(&filter->arena);
    free(filter);
}

void sw_event_filter_forget(struct sw_event_filter *filter)
{
    filter->calm.began = false;
}

size_t sw_event_filter_count(const struct sw_event_filter *filter)
{
    return filter->subjects.n;
}

bool sw_event_filter_has_news(const struct sw_event_filter *filter)
{
    return filter->first != NULL;
}

static void wake(struct sw_event_filter *filter, int64_t at_ms)
{
    if (at_ms < filter->again_ms)
        filter->again_ms = at_ms;
}

/* What is so. While something of it waits it is not in place yet, unless that was told before. */
static int read_facts(struct sw_event_filter *filter, const struct sw_event_subject *subject,
                      const struct sw_ledger_entry *entry, int64_t now_ms,
                      struct sw_event_facts *ret)
{
    const bool late =
        subject->waiting_ms > 0 && now_ms - subject->waiting_ms >= SW_EVENT_PATIENCE_MS;
    struct sw_event_facts facts;
    size_t n = 0;
    int r = sw_event_facts_read(entry, &subject->object, late, &filter->arena, &facts, NULL);

    if (r < 0)
        return r;
    for (size_t i = 0; i < facts.n; i++) {
        const struct sw_event_fact *fact = &facts.items[i];

        if (fact->verdict != SW_MESH_EMITTED || !subject->waiting_ms ||
            sw_event_facts_have(&subject->told, fact) ||
            sw_event_calm_holds(&filter->calm, fact->remote, now_ms))
            facts.items[n++] = *fact;
    }
    facts.n = n;
    *ret = facts;
    return 0;
}

/* Takes for told what is not to be told and, unless `keep`, for not told what is gone. */
static int take_known(struct sw_event_filter *filter, struct sw_event_subject *subject,
                      const struct sw_event_facts *now, bool keep, int64_t now_ms)
{
    struct sw_event_facts told = {NULL, 0};
    int r = 0;

    for (size_t i = 0; r == 0 && keep && i < subject->told.n; i++) {
        const struct sw_event_fact *fact = &subject->told.items[i];

        if (!sw_event_calm_holds(&filter->calm, fact->remote, now_ms))
            r = sw_event_facts_add(&told, fact, &filter->arena, NULL);
    }
    for (size_t i = 0; r == 0 && i < now->n; i++) {
        const struct sw_event_fact *fact = &now->items[i];

        if (sw_event_facts_have(&subject->told, fact) ||
            sw_event_calm_holds(&filter->calm, fact->remote, now_ms))
            r = sw_event_facts_add(&told, fact, &filter->arena, NULL);
    }
    sw_event_facts_sort(&told);
    return r < 0 ? r : sw_event_subject_set_told(subject, &told, NULL);
}

/* --- the queue --------------------------------------------------------------------------- */

static void enqueue(struct sw_event_filter *filter, struct sw_event_subject *subject)
{
    if (subject->queued)
        return;
    subject->queued = true;
    subject->next = NULL;
    *filter->last = subject;
    filter->last = &subject->next;
}

static struct sw_event_subject *dequeue(struct sw_event_filter *filter)
{
    struct sw_event_subject *subject = filter->first;

    if (!subject)
        return NULL;
    filter->first = subject->next;
    if (!filter->first)
        filter->last = &filter->first;
    subject->queued = false;
    return subject;
}

/* There may be something to tell of it: when its turn comes. */
static void note_news(struct sw_event_filter *filter, struct sw_event_subject *subject,
                      bool is_news, int64_t now_ms)
{
    if (!is_news) {
        subject->noticed_ms = 0;
        return;
    }
    if (!subject->noticed_ms)
        subject->noticed_ms = now_ms;
    if (sw_event_subject_allowed_ms(subject) <= now_ms)
        enqueue(filter, subject);
    else
        wake(filter, sw_event_subject_allowed_ms(subject));
}

/* --- the scan ---------------------------------------------------------------------------- */

static void note_waits(struct sw_event_filter *filter, struct sw_event_subject *subject,
                       const struct sw_ledger_entry *entry, int64_t now_ms)
{
    if (!sw_event_facts_wait(entry, &subject->object))
        subject->waiting_ms = 0;
    else if (now_ms < filter->calm.over_ms)
        subject->waiting_ms = KNOWN;
    else if (!subject->waiting_ms)
        subject->waiting_ms = now_ms;
    if (subject->waiting_ms > 0 && now_ms - subject->waiting_ms < SW_EVENT_PATIENCE_MS)
        wake(filter, subject->waiting_ms + SW_EVENT_PATIENCE_MS);
}

/* Is there anything to tell of it? 1, 0, or SW_ENOMEM. What was told and is gone stays told until
 * its news is: it may come back before. */
static int find_news(struct sw_event_filter *filter, struct sw_event_subject *subject,
                     const struct sw_ledger_entry *entry, int64_t now_ms)
{
    struct sw_event_facts now;
    struct sw_event_news news;
    int r = read_facts(filter, subject, entry, now_ms, &now);

    if (r == 0)
        r = take_known(filter, subject, &now, true, now_ms);
    if (r == 0)
        r = sw_event_news_find(&subject->told, &now, &filter->arena, &news, NULL);
    return r == 0 ? take_known(filter, subject, &now, false, now_ms) : r;
}

/* Compares it with what was told. Without memory its version stays unknown, so that the next scan
 * does it again. */
static void compare_subject(struct sw_event_filter *filter, struct sw_event_subject *subject,
                            const struct sw_ledger_entry *entry, int64_t now_ms)
{
    const int r = find_news(filter, subject, entry, now_ms);

    subject->version = entry && r >= 0 ? entry->version : 0;
    if (r >= 0)
        note_news(filter, subject, r == 1, now_ms);
    sw_arena_clear(&filter->arena);
}

static void compare(struct sw_event_filter *filter, const struct sw_event_object *object,
                    const struct sw_ledger_entry *entry, int64_t now_ms)
{
    struct sw_event_subject *subject = sw_event_subject_get(&filter->subjects, object);

    if (!subject || subject->record.picture == filter->picture)
        return;
    subject->record.picture = filter->picture;
    if (subject->version == entry->version && !subject->noticed_ms && !subject->waiting_ms)
        return;
    note_waits(filter, subject, entry, now_ms);
    compare_subject(filter, subject, entry, now_ms);
}

/* Of the gateways, one is as far as its findings. */
static void compare_entry(struct sw_event_filter *filter, const struct sw_ledger_entry *entry,
                          int64_t now_ms)
{
    struct sw_event_object object = {entry->subject, entry->namespace_, entry->name};

    if (entry->subject != SW_LEDGER_GATEWAYS) {
        compare(filter, &object, entry, now_ms);
        return;
    }
    for (size_t i = 0; i < entry->n_findings; i++) {
        object.namespace_ = entry->findings[i].namespace_;
        object.name = entry->findings[i].name;
        compare(filter, &object, entry, now_ms);
    }
}

/* Of one that no entry is about any more, an end may be to tell; then it is forgotten, once it has
 * all of its Events again: else a Service that comes and goes would always have them. */
static void compare_gone(struct sw_event_filter *filter, struct sw_event_subject *subject,
                         int64_t now_ms)
{
    subject->waiting_ms = 0;
    compare_subject(filter, subject, NULL, now_ms);
    if (subject->queued || subject->noticed_ms)
        return;
    if (subject->full_ms > now_ms) {
        wake(filter, subject->full_ms);
        return;
    }
    sw_event_subject_remove(&filter->subjects, subject);
}

void sw_event_filter_scan(struct sw_event_filter *filter, const struct sw_ledger *ledger,
                          const struct sw_str *clusters, size_t n_clusters, int64_t now_ms)
{
    const struct sw_ledger_entry *entry = NULL;

    sw_event_calm_note(&filter->calm, clusters, n_clusters, now_ms);
    filter->picture++;
    filter->version = sw_ledger_version(ledger);
    filter->scanned_ms = now_ms;
    filter->again_ms = now_ms + RESCAN_MS;
    while ((entry = sw_ledger_next(ledger, entry)))
        compare_entry(filter, entry, now_ms);
    for (struct sw_record *record = sw_hash_next(&filter->subjects, NULL), *next; record;
         record = next) {
        next = sw_hash_next(&filter->subjects, record);
        if (record->picture != filter->picture)
            compare_gone(filter, (struct sw_event_subject *)record, now_ms);
    }
}

int64_t sw_event_filter_due_ms(const struct sw_event_filter *filter, const struct sw_ledger *ledger)
{
    const int64_t soon_ms = filter->scanned_ms + SW_EVENT_SCAN_MS;

    if (!filter->calm.began)
        return 0;
    return filter->version != sw_ledger_version(ledger) && soon_ms < filter->again_ms
               ? soon_ms
               : filter->again_ms;
}

/* --- what is told ------------------------------------------------------------------------ */

static const struct sw_ledger_entry *entry_of(const struct sw_ledger *ledger,
                                              const struct sw_event_object *object)
{
    const struct sw_str none = {NULL, 0};

    return object->subject == SW_LEDGER_GATEWAYS
               ? sw_ledger_find(ledger, object->subject, none, none)
               : sw_ledger_find(ledger, object->subject, object->namespace_, object->name);
}

static void fill_event(const struct sw_event_subject *subject, const struct sw_event_news *news,
                       const struct sw_event_series *series, struct sw_str message,
                       struct sw_event *ret)
{
    *ret = (struct sw_event){
        .subject = subject->object.subject,
        .warning = news->verdict != SW_MESH_EMITTED,
        .reason = series->reason,
        .id = series->id,
        .count = series->count,
        .first_ms = series->first_ms,
        .last_ms = series->last_ms,
    };
    snprintf(ret->namespace_, sizeof(ret->namespace_), "%.*s",
             SW_STR_ARG(subject->object.namespace_));
    snprintf(ret->name, sizeof(ret->name), "%.*s", SW_STR_ARG(subject->object.name));
    snprintf(ret->message, sizeof(ret->message), "%.*s", SW_STR_ARG(message));
}

/* Nothing counts as told before all of it has the memory it takes. */
static bool tell(struct sw_event_filter *filter, struct sw_event_subject *subject,
                 const struct sw_ledger_entry *entry, int64_t now_ms, struct sw_event *ret)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf message;
    struct sw_event_series *series;
    struct sw_event_facts now, told;
    struct sw_event_news news;

    sw_buf_init(&message, SW_EVENT_MESSAGE_MAX);
    if (read_facts(filter, subject, entry, now_ms, &now) < 0 ||
        sw_event_news_find(&subject->told, &now, &filter->arena, &news, NULL) != 1)
        return false;
    sw_event_write_message(entry, &subject->object, &news, &message);
    series = sw_event_subject_series(subject, sw_event_reason(&subject->object, &news));
    if (message.failure || !series ||
        sw_event_news_tell(&subject->told, &now, &news, &filter->arena, &told, NULL) < 0 ||
        sw_event_subject_set_told(subject, &told, NULL) < 0)
        return false;
    sw_event_series_count(series, subject->noticed_ms, &filter->next_id);
    sw_event_subject_spend(subject, now_ms);
    fill_event(subject, &news, series, sw_buf_str(&message), ret);
    return true;
}

bool sw_event_filter_next(struct sw_event_filter *filter, const struct sw_ledger *ledger,
                          int64_t now_ms, struct sw_event *ret)
{
    struct sw_event_subject *subject;
    bool found = false;
    int r;

    while (!found && (subject = dequeue(filter))) {
        const struct sw_ledger_entry *entry = entry_of(ledger, &subject->object);

        found = tell(filter, subject, entry, now_ms, ret);
        /* What there is news of and cannot be told lacks memory: to ask again at once would be to
         * ask for ever. It stays noticed, and the next scan takes it up. */
        r = find_news(filter, subject, entry, now_ms);
        if (r == 0 || (r == 1 && found))
            note_news(filter, subject, r == 1, now_ms);
        sw_arena_clear(&filter->arena);
    }
    return found;
}

#include "reconciler/event_subject.h"

#include <stdlib.h>

#include "base/banned.h"

static bool is_of(const struct sw_record *record, const void *key)
{
    const struct sw_event_object *a = &((const struct sw_event_subject *)record)->object, *b = key;

    return a->subject == b->subject && sw_str_eq(a->name, b->name) &&
           sw_str_eq(a->namespace_, b->namespace_);
}

static struct sw_event_subject *make(const struct sw_event_object *object)
{
    const size_t n = object->namespace_.len, n_name = object->name.len;
    struct sw_event_subject *subject = calloc(1, sizeof(*subject) + n + n_name);

    if (!subject)
        return NULL;
    if (n)
        memcpy(subject->names, object->namespace_.data, n);
    memcpy(subject->names + n, object->name.data, n_name);
    subject->object.subject = object->subject;
    subject->object.namespace_ = (struct sw_str){subject->names, n};
    subject->object.name = (struct sw_str){subject->names + n, n_name};
    return subject;
}

struct sw_event_subject *sw_event_subject_get(struct sw_hash *subjects,
                                              const struct sw_event_object *object)
{
    const uint32_t hash = sw_hash_of(object->namespace_, object->name);
    struct sw_record *found = sw_hash_find(subjects, hash, is_of, object);
    struct sw_event_subject *made;

    if (found)
        return (struct sw_event_subject *)found;
    if (!object->name.len || object->name.len >= SW_EVENT_NAME_SIZE ||
        object->namespace_.len >= SW_EVENT_NAMESPACE_SIZE)
        return NULL;
    made = make(object);
    if (made && sw_hash_insert(subjects, &made->record, hash, NULL) < 0) {
        free(made);
        return NULL;
    }
    return made;
}

static void free_subject(struct sw_event_subject *subject)
{
    for (struct sw_event_series *series = subject->series, *next; series; series = next) {
        next = series->next;
        free(series);
    }
    free(subject->told.items);
    free(subject);
}

void sw_event_subject_remove(struct sw_hash *subjects, struct sw_event_subject *subject)
{
    sw_hash_remove(subjects, &subject->record);
    free_subject(subject);
}

void sw_event_subject_remove_all(struct sw_hash *subjects)
{
    for (struct sw_record *record = sw_hash_next(subjects, NULL), *next; record; record = next) {
        next = sw_hash_next(subjects, record);
        free_subject((struct sw_event_subject *)record);
    }
    sw_hash_release(subjects);
    *subjects = (struct sw_hash){.n = 0};
}

/* One block, with the names of clusters at its end. */
int sw_event_subject_set_told(struct sw_event_subject *subject, const struct sw_event_facts *facts,
                              struct sw_err *reterr)
{
    struct sw_event_fact *items = NULL;
    size_t bytes = facts->n * sizeof(*items);
    char *at;

    for (size_t i = 0; i < facts->n; i++)
        bytes += facts->items[i].remote.len;
    if (facts->n && !(items = malloc(bytes)))
        return sw_err_nomem(reterr);
    at = (char *)(items + facts->n);
    for (size_t i = 0; i < facts->n; i++) {
        items[i] = facts->items[i];
        items[i].remote.data = at;
        if (items[i].remote.len)
            memcpy(at, facts->items[i].remote.data, items[i].remote.len);
        at += items[i].remote.len;
    }
    free(subject->told.items);
    subject->told = (struct sw_event_facts){items, facts->n};
    return 0;
}

int64_t sw_event_subject_allowed_ms(const struct sw_event_subject *subject)
{
    return subject->full_ms - (int64_t)(SW_EVENT_BURST - 1) * SW_EVENT_REFILL_MS;
}

void sw_event_subject_spend(struct sw_event_subject *subject, int64_t now_ms)
{
    if (subject->full_ms < now_ms)
        subject->full_ms = now_ms;
    subject->full_ms += SW_EVENT_REFILL_MS;
}

struct sw_event_series *sw_event_subject_series(struct sw_event_subject *subject,
                                                const char *reason)
{
    struct sw_event_series *series = subject->series;

    while (series && series->reason != reason)
        series = series->next;
    if (series)
        return series;
    series = calloc(1, sizeof(*series));
    if (!series)
        return NULL;
    series->reason = reason;
    series->next = subject->series;
    subject->series = series;
    return series;
}

void sw_event_series_count(struct sw_event_series *series, int64_t noticed_ms, uint64_t *next_id)
{
    if (!series->count || noticed_ms - series->last_ms >= SW_EVENT_SERIES_MS) {
        series->id = (*next_id)++;
        series->count = 0;
        series->first_ms = noticed_ms;
    }
    series->count++;
    series->last_ms = noticed_ms;
}

#include "sync/names.h"

#include <stdlib.h>

#include "base/banned.h"

#define MAX_NAME_BYTES  253
#define MAX_LABEL_BYTES 63

/* One name. */
struct entry {
    bool wanted;   /* in the round under way */
    bool asking;   /* given out, no answer yet */
    bool answered; /* found, or said not to exist, at least once */
    int64_t due_ms;
    int64_t retry_ms;   /* how long the next failure waits, before the first answer */
    int64_t missing_ms; /* since when it is said not to exist; -1 while it is not */
    int64_t found_ms;   /* when it was last found; -1 before */
    bool failing;       /* the last answer was no address */
    size_t n;
    struct sw_ip addresses[SW_NAMES_MAX_ADDRESSES]; /* sorted */
    char name[MAX_NAME_BYTES + 1];
};

struct sw_names {
    struct entry **entries; /* owned; sorted by name */
    size_t n;
    size_t cap;
    uint64_t version;
};

int sw_names_new(struct sw_names **ret, struct sw_err *reterr)
{
    struct sw_names *names = calloc(1, sizeof(*names));

    if (!names)
        return sw_err_nomem(reterr);
    *ret = names;
    return 0;
}

void sw_names_free(struct sw_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->n; i++)
        free(names->entries[i]);
    free(names->entries);
    free(names);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Lower-case and without the dot at its end. False for what is no host name. */
static bool normalise(struct sw_str text, char ret[static MAX_NAME_BYTES + 1])
{
    size_t label = 0;

    if (text.len && text.data[text.len - 1] == '.')
        text.len--;
    if (text.len == 0 || text.len > MAX_NAME_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == '.' ? label == 0 : !is_name_byte(c) || label == MAX_LABEL_BYTES)
            return false;
        label = c == '.' ? 0 : label + 1;
        ret[i] = c;
    }
    ret[text.len] = '\0';
    return label > 0;
}

/* Position of the first entry that is not before `name`. */
static size_t position_of(const struct sw_names *names, const char *name)
{
    size_t low = 0, high = names->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(names->entries[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *find(const struct sw_names *names, const char *name)
{
    size_t i = position_of(names, name);

    return i < names->n && strcmp(names->entries[i]->name, name) == 0 ? names->entries[i] : NULL;
}

void sw_names_begin(struct sw_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        names->entries[i]->wanted = false;
}

void sw_names_end(struct sw_names *names)
{
    size_t n = 0;

    for (size_t i = 0; i < names->n; i++) {
        if (names->entries[i]->wanted || names->entries[i]->asking)
            names->entries[n++] = names->entries[i];
        else
            free(names->entries[i]);
    }
    names->n = n;
}

static int make_room(struct sw_names *names, struct sw_err *reterr)
{
    size_t cap = names->cap ? names->cap * 2 : 16;
    struct entry **entries;

    if (names->n >= SW_NAMES_MAX)
        return sw_err_set(reterr, SW_ELIMIT, "more than %d names of gateways", SW_NAMES_MAX);
    if (names->n < names->cap)
        return 0;
    entries = realloc(names->entries, cap * sizeof(struct entry *));
    if (!entries)
        return sw_err_nomem(reterr);
    names->entries = entries;
    names->cap = cap;
    return 0;
}

int sw_names_want(struct sw_names *names, struct sw_str name, struct sw_err *reterr)
{
    char text[MAX_NAME_BYTES + 1];
    struct entry *entry;
    size_t at;
    int r;

    if (!normalise(name, text))
        return sw_err_set(reterr, SW_ETYPE, "expected a host name or an IP, found \"%.*s\"",
                          SW_STR_ARG(sw_str_slice(name, 0, MAX_NAME_BYTES)));
    entry = find(names, text);
    if (entry) {
        entry->wanted = true;
        return 0;
    }
    r = make_room(names, reterr);
    if (r < 0)
        return r;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return sw_err_nomem(reterr);
    *entry = (struct entry){.wanted = true,
                            .retry_ms = SW_NAMES_RETRY_MS,
                            .missing_ms = -1,
                            .found_ms = -1,
                            .due_ms = INT64_MIN};
    memcpy(entry->name, text, sizeof(text));
    at = position_of(names, text);
    memmove(&names->entries[at + 1], &names->entries[at], (names->n - at) * sizeof(struct entry *));
    names->entries[at] = entry;
    names->n++;
    return 0;
}

const char *sw_names_next(struct sw_names *names, int64_t now_ms, int64_t *ret_wake_ms)
{
    int64_t wake_ms = INT64_MAX;

    for (size_t i = 0; i < names->n; i++) {
        struct entry *entry = names->entries[i];

        if (entry->asking || !entry->wanted)
            continue;
        if (entry->due_ms <= now_ms) {
            entry->asking = true;
            return entry->name;
        }
        if (entry->due_ms < wake_ms)
            wake_ms = entry->due_ms;
    }
    *ret_wake_ms = wake_ms;
    return NULL;
}

/* Puts an address in its place, if there is none like it; the highest goes where there are too
 * many. */
static void add_address(struct sw_ip *list, size_t *n, const struct sw_ip *ip)
{
    size_t i = *n;

    while (i > 0 && sw_ip_cmp(&list[i - 1], ip) > 0)
        i--;
    if ((i > 0 && sw_ip_cmp(&list[i - 1], ip) == 0) || i == SW_NAMES_MAX_ADDRESSES)
        return;
    if (*n == SW_NAMES_MAX_ADDRESSES)
        (*n)--;
    memmove(&list[i + 1], &list[i], (*n - i) * sizeof(*list));
    list[i] = *ip;
    (*n)++;
}

static void set_addresses(struct sw_names *names, struct entry *entry,
                          const struct sw_names_answer *answer)
{
    struct sw_ip list[SW_NAMES_MAX_ADDRESSES];
    bool same;
    size_t n = 0;

    for (size_t i = 0; i < answer->n; i++) {
        if (sw_ip_is_reachable(&answer->addresses[i]))
            add_address(list, &n, &answer->addresses[i]);
    }
    for (size_t i = 0; i < entry->n; i++) {
        if (entry->addresses[i].family == answer->unanswered)
            add_address(list, &n, &entry->addresses[i]);
    }
    same = n == entry->n;
    for (size_t i = 0; same && i < n; i++)
        same = sw_ip_cmp(&list[i], &entry->addresses[i]) == 0;
    if (same)
        return;
    memcpy(entry->addresses, list, n * sizeof(*list));
    entry->n = n;
    names->version++;
}

static int64_t clamp(int64_t ttl_ms)
{
    if (ttl_ms < SW_NAMES_MIN_MS)
        return SW_NAMES_MIN_MS;
    return ttl_ms < SW_NAMES_MAX_MS ? ttl_ms : SW_NAMES_MAX_MS;
}

static int64_t wait_after_failure(struct entry *entry)
{
    int64_t wait_ms = entry->retry_ms;

    if (entry->answered || wait_ms > SW_NAMES_MIN_MS)
        return SW_NAMES_MIN_MS;
    entry->retry_ms *= 2;
    return wait_ms;
}

/* An answer with no address that counts is one that there is none. */
static enum sw_names_outcome outcome_of(const struct sw_names_answer *answer)
{
    if (answer->outcome != SW_NAMES_FOUND)
        return answer->outcome;
    for (size_t i = 0; i < answer->n; i++) {
        if (sw_ip_is_reachable(&answer->addresses[i]))
            return SW_NAMES_FOUND;
    }
    return SW_NAMES_NONE;
}

void sw_names_answer(struct sw_names *names, const char *name, int64_t now_ms,
                     const struct sw_names_answer *answer)
{
    struct entry *entry = find(names, name);

    if (!entry)
        return;
    entry->asking = false;
    entry->failing = outcome_of(answer) != SW_NAMES_FOUND;
    switch (outcome_of(answer)) {
    case SW_NAMES_FOUND:
        entry->found_ms = now_ms;
        entry->answered = true;
        entry->missing_ms = -1;
        entry->due_ms = now_ms + (answer->unanswered ? SW_NAMES_MIN_MS : clamp(answer->ttl_ms));
        set_addresses(names, entry, answer);
        return;
    case SW_NAMES_NONE:
        entry->answered = true;
        if (entry->missing_ms < 0)
            entry->missing_ms = now_ms;
        if (entry->n && now_ms - entry->missing_ms >= SW_NAMES_GONE_MS)
            set_addresses(names, entry, &(struct sw_names_answer){.outcome = SW_NAMES_NONE});
        entry->due_ms = now_ms + SW_NAMES_MIN_MS;
        return;
    case SW_NAMES_FAILED:
    default:
        entry->due_ms = now_ms + wait_after_failure(entry);
        return;
    }
}

size_t sw_names_addresses(const struct sw_names *names, struct sw_str name,
                          const struct sw_ip **ret)
{
    char text[MAX_NAME_BYTES + 1];
    const struct entry *entry = normalise(name, text) ? find(names, text) : NULL;

    if (!entry || !entry->wanted)
        return 0;
    *ret = entry->addresses;
    return entry->n;
}

struct sw_names_summary sw_names_summary(const struct sw_names *names)
{
    struct sw_names_summary summary = {.oldest_ms = -1};

    for (size_t i = 0; i < names->n; i++) {
        const struct entry *entry = names->entries[i];

        if (!entry->wanted)
            continue;
        summary.n++;
        summary.n_failing += entry->failing;
        summary.n_empty += entry->n == 0;
        if (entry->failing && entry->n &&
            (summary.oldest_ms < 0 || entry->found_ms < summary.oldest_ms))
            summary.oldest_ms = entry->found_ms;
    }
    return summary;
}

uint64_t sw_names_version(const struct sw_names *names)
{
    return names->version;
}

#include "sync/event.h"

#include "json/scan.h"
#include "sync/shallow.h"

#include "base/banned.h"

#define ANNOTATION_INITIAL_EVENTS_END "k8s.io/initial-events-end"

enum event_slot { TYPE, OBJECT, VERSION, INITIAL_EVENTS_END, CODE, MESSAGE, N_EVENT_SLOTS };

static const struct sw_scan_want annotation_wants[] = {
    {ANNOTATION_INITIAL_EVENTS_END, INITIAL_EVENTS_END, NULL},
    {NULL, 0, NULL},
};

static const struct sw_scan_want metadata_wants[] = {
    {"resourceVersion", VERSION, NULL},
    {"annotations", -1, annotation_wants},
    {NULL, 0, NULL},
};

static const struct sw_scan_want object_wants[] = {
    {"metadata", -1, metadata_wants},
    {"code", CODE, NULL},
    {"message", MESSAGE, NULL},
    {NULL, 0, NULL},
};

static const struct sw_scan_want event_wants[] = {
    {"type", TYPE, NULL},
    {"object", OBJECT, object_wants},
    {NULL, 0, NULL},
};

/* One object that is nested too deep to be kept must not keep what it comes in from being read. */
static int scan(struct sw_str text, const struct sw_scan_want *wants, struct sw_scan_slice *slices,
                size_t n_slices, struct sw_err *reterr)
{
    struct sw_err err = {0};
    int r = sw_scan(text, wants, slices, n_slices, &err);

    if (r == SW_ELIMIT)
        return sw_shallow_scan(text, wants, slices, n_slices, reterr);
    return r < 0 ? sw_err_set(reterr, r, "%s", err.message) : 0;
}

/* A string member, unset when it is absent or null. */
static int read_string(const struct sw_scan_slice *slice, const char *path, struct sw_arena *arena,
                       struct sw_str *ret, struct sw_err *reterr)
{
    if (slice->type == SW_SCAN_STRING)
        return sw_scan_string(slice, arena, ret, reterr);
    if (slice->type == SW_SCAN_ABSENT || slice->type == SW_SCAN_NULL) {
        *ret = (struct sw_str){NULL, 0};
        return 0;
    }
    return sw_err_set(reterr, SW_ETYPE, "%s: expected a string, found %s", path,
                      sw_scan_type_name(slice->type));
}

static int read_type(const struct sw_scan_slice *slice, struct sw_arena *arena,
                     enum sw_event_type *ret, struct sw_err *reterr)
{
    static const struct {
        const char *word;
        enum sw_event_type type;
    } types[] = {
        {"ADDED", SW_EVENT_PUT},        {"MODIFIED", SW_EVENT_PUT}, {"DELETED", SW_EVENT_REMOVED},
        {"BOOKMARK", SW_EVENT_BOOKMARK}, {"ERROR", SW_EVENT_ERROR},
    };
    struct sw_str word;
    int r = read_string(slice, "type", arena, &word, reterr);

    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (sw_str_is(word, types[i].word)) {
            *ret = types[i].type;
            return 0;
        }
    }
    return sw_err_set(reterr, SW_ETYPE,
                      "type: expected ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, found \"%.*s\"",
                      SW_STR_ARG(word));
}

static int read_status(const struct sw_scan_slice *slices, struct sw_arena *arena,
                       struct sw_event *ret, struct sw_err *reterr)
{
    ret->expired = sw_str_is(slices[CODE].text, "410");
    return read_string(&slices[MESSAGE], "object.message", arena, &ret->message, reterr);
}

int sw_event_read(struct sw_str line, struct sw_arena *arena, struct sw_event *ret,
                  struct sw_err *reterr)
{
    struct sw_scan_slice slices[N_EVENT_SLOTS];
    struct sw_event event = {0};
    struct sw_str end;
    int r = scan(line, event_wants, slices, N_EVENT_SLOTS, reterr);

    if (r == 0)
        r = read_type(&slices[TYPE], arena, &event.type, reterr);
    if (r < 0)
        return r;
    if (slices[OBJECT].type != SW_SCAN_OBJECT)
        return sw_err_set(reterr, SW_ETYPE, "object: expected an object, found %s",
                          sw_scan_type_name(slices[OBJECT].type));
    event.object = slices[OBJECT].text;
    if (event.type == SW_EVENT_ERROR) {
        r = read_status(slices, arena, &event, reterr);
    } else {
        r = read_string(&slices[VERSION], "object.metadata.resourceVersion", arena, &event.version,
                        reterr);
        if (r == 0 && event.version.len == 0)
            r = sw_err_set(reterr, SW_ETYPE, "object.metadata.resourceVersion: expected a version");
    }
    if (r == 0)
        r = read_string(&slices[INITIAL_EVENTS_END], ANNOTATION_INITIAL_EVENTS_END, arena, &end,
                        reterr);
    if (r < 0)
        return r;
    event.initial_events_end = event.type == SW_EVENT_BOOKMARK && sw_str_is(end, "true");
    *ret = event;
    return 0;
}

enum page_slot { KIND, PAGE_VERSION, TOKEN, ITEMS, N_PAGE_SLOTS };

static const struct sw_scan_want list_metadata_wants[] = {
    {"resourceVersion", PAGE_VERSION, NULL},
    {"continue", TOKEN, NULL},
    {NULL, 0, NULL},
};

static const struct sw_scan_want page_wants[] = {
    {"kind", KIND, NULL},
    {"metadata", -1, list_metadata_wants},
    {"items", ITEMS, NULL},
    {NULL, 0, NULL},
};

int sw_page_read(struct sw_str text, struct sw_arena *arena, struct sw_page *ret,
                 struct sw_err *reterr)
{
    struct sw_scan_slice slices[N_PAGE_SLOTS];
    struct sw_page page = {0};
    struct sw_str kind = {NULL, 0};
    int r = scan(text, page_wants, slices, N_PAGE_SLOTS, reterr);

    if (r == 0)
        r = read_string(&slices[KIND], "kind", arena, &kind, reterr);
    if (r == 0)
        r = read_string(&slices[PAGE_VERSION], "metadata.resourceVersion", arena, &page.version,
                        reterr);
    if (r == 0)
        r = read_string(&slices[TOKEN], "metadata.continue", arena, &page.token, reterr);
    if (r < 0)
        return r;
    if (!sw_str_has_suffix(kind, SW_STR("List")) || page.version.len == 0)
        return sw_err_set(reterr, SW_ETYPE, "expected a list with a resourceVersion, found %.*s",
                          SW_STR_ARG(kind));
    if (slices[ITEMS].type == SW_SCAN_ARRAY)
        page.items = sw_str_slice(slices[ITEMS].text, 1, slices[ITEMS].text.len - 1);
    else if (slices[ITEMS].type != SW_SCAN_NULL)
        return sw_err_set(reterr, SW_ETYPE, "items: expected an array, found %s",
                          sw_scan_type_name(slices[ITEMS].type));
    *ret = page;
    return 0;
}

/* What is no object between the items (white space and commas) is passed over. */
bool sw_page_next(struct sw_page *page, struct sw_str *ret)
{
    size_t begin = sw_str_find(page->items, '{');
    struct sw_str rest = sw_str_slice(page->items, begin, page->items.len);
    size_t len = sw_shallow_length(rest);

    if (len == 0)
        return false;
    *ret = sw_str_slice(rest, 0, len);
    page->items = sw_str_slice(rest, len, rest.len);
    return true;
}

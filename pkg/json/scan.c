#include "json/scan.h"

#include "json/lex.h"

#include "base/banned.h"

/* Members wanted in one object; a bit of a word remembers each that has been seen. */
#define MAX_SIBLINGS 64

struct walk {
    struct sw_lex lex;
    struct sw_scan_slice *slices; /* the caller's */
    size_t n_slices;
    const char *twice; /* key of a wanted member that stands twice; NULL for none */
    bool misused;      /* the want tree is not one */
};

/* The want whose key is the name in the quotes at [p, end), or NULL. */
static const struct sw_scan_want *find_want(const struct walk *walk,
                                            const struct sw_scan_want *wants, const char *p,
                                            const char *end)
{
    struct sw_str name = {p + 1, (size_t)(end - p) - 2};

    for (; wants->key; wants++) {
        if (walk->lex.string & SW_LEX_ESCAPE) {
            if (sw_lex_reads_as(name, wants->key))
                return wants;
        } else if (strncmp(wants->key, name.data, name.len) == 0 && !wants->key[name.len]) {
            return wants;
        }
    }
    return NULL;
}

/* A failure of ours, at a want that breaks the rules of its tree; NULL. */
static const char *misuse(struct walk *walk, const char *at)
{
    walk->misused = true;
    return sw_lex_fail(&walk->lex, at, "a proper want");
}

/* Notes in *seen that `want` of `wants` has been seen in its object; NULL if it had been, else the
 * name's place `at`. */
static const char *note_seen(struct walk *walk, const struct sw_scan_want *wants,
                             const struct sw_scan_want *want, uint64_t *seen, const char *at)
{
    size_t index = (size_t)(want - wants);

    if (index >= MAX_SIBLINGS)
        return misuse(walk, at);
    if (*seen >> index & 1) {
        walk->twice = want->key;
        return sw_lex_fail(&walk->lex, at, "another member");
    }
    *seen |= (uint64_t)1 << index;
    return at;
}

static const char *walk_value(struct walk *walk, const char *p, const struct sw_scan_want *want,
                              unsigned int depth);

/* Behind the object whose brace is just before p, and which makes the nesting `depth`. */
static const char *walk_object(struct walk *walk, const char *p, const struct sw_scan_want *wants,
                               unsigned int depth)
{
    struct sw_lex *lex = &walk->lex;
    uint64_t seen = 0;

    if (depth > SW_JSON_MAX_DEPTH)
        return sw_lex_too_deep(lex, p - 1);
    p = sw_lex_space(lex, p);
    if (sw_lex_peek(lex, p) == '}')
        return p + 1;
    for (;;) {
        const struct sw_scan_want *want = NULL;
        const char *name = p;

        p = sw_lex_name(lex, p);
        if (!p)
            return NULL;
        if (wants)
            want = find_want(walk, wants, name, p);
        if (want && !note_seen(walk, wants, want, &seen, name))
            return NULL;
        p = sw_lex_colon(lex, p);
        if (!p)
            return NULL;
        p = walk_value(walk, p, want, depth);
        if (!p)
            return NULL;
        p = sw_lex_space(lex, p);
        if (sw_lex_peek(lex, p) == '}')
            return p + 1;
        if (sw_lex_peek(lex, p) != ',')
            return sw_lex_fail(lex, p, "',' or '}'");
        p = sw_lex_space(lex, p + 1);
    }
}

/* Behind the array whose bracket is just before p, and which makes the nesting `depth`. */
static const char *walk_array(struct walk *walk, const char *p, unsigned int depth)
{
    struct sw_lex *lex = &walk->lex;

    if (depth > SW_JSON_MAX_DEPTH)
        return sw_lex_too_deep(lex, p - 1);
    p = sw_lex_space(lex, p);
    if (sw_lex_peek(lex, p) == ']')
        return p + 1;
    for (;;) {
        p = walk_value(walk, p, NULL, depth);
        if (!p)
            return NULL;
        p = sw_lex_space(lex, p);
        if (sw_lex_peek(lex, p) == ']')
            return p + 1;
        if (sw_lex_peek(lex, p) != ',')
            return sw_lex_fail(lex, p, "',' or ']'");
        p = sw_lex_space(lex, p + 1);
    }
}

/* Behind the value at p, which stands in `depth` objects and arrays; notes its slice if wanted. */
static const char *walk_value(struct walk *walk, const char *p, const struct sw_scan_want *want,
                              unsigned int depth)
{
    struct sw_lex *lex = &walk->lex;
    const char *begin = p;
    enum sw_scan_type type;
    bool real;

    switch (sw_lex_peek(lex, p)) {
    case '"':
        type = SW_SCAN_STRING;
        p = sw_lex_string(lex, p + 1);
        break;
    case '{':
        type = SW_SCAN_OBJECT;
        p = walk_object(walk, p + 1, want ? want->children : NULL, depth + 1);
        break;
    case '[':
        type = SW_SCAN_ARRAY;
        p = walk_array(walk, p + 1, depth + 1);
        break;
    case 't':
        type = SW_SCAN_TRUE;
        p = sw_lex_literal(lex, p, "true");
        break;
    case 'f':
        type = SW_SCAN_FALSE;
        p = sw_lex_literal(lex, p, "false");
        break;
    case 'n':
        type = SW_SCAN_NULL;
        p = sw_lex_literal(lex, p, "null");
        break;
    default:
        type = SW_SCAN_NUMBER;
        p = sw_lex_number(lex, p, &real);
        break;
    }
    if (!p || !want || want->slot < 0)
        return p;
    if ((size_t)want->slot >= walk->n_slices)
        return misuse(walk, begin);
    walk->slices[want->slot] = (struct sw_scan_slice){type, {begin, (size_t)(p - begin)}};
    return p;
}

static int scan_error(const struct walk *walk, struct sw_err *reterr)
{
    const struct sw_lex *lex = &walk->lex;

    if (walk->misused)
        return sw_err_set(reterr, SW_EINTERNAL, "more members are wanted than there is room for");
    if (walk->twice)
        sw_err_set(reterr, lex->code, "member \"%s\" stands twice", walk->twice);
    else
        sw_lex_error(lex, reterr);
    if (reterr)
        sw_err_wrap(reterr, "byte %zu", (size_t)(lex->failed_at - lex->start));
    return lex->code;
}

int sw_scan(struct sw_str text, const struct sw_scan_want *wants, struct sw_scan_slice *slices,
            size_t n_slices, struct sw_err *reterr)
{
    struct walk walk = {.lex = sw_lex_of(text), .slices = slices, .n_slices = n_slices};
    struct sw_lex *lex = &walk.lex;
    const char *p = sw_lex_space(lex, lex->start);

    for (size_t i = 0; i < n_slices; i++)
        slices[i] = (struct sw_scan_slice){SW_SCAN_ABSENT, {NULL, 0}};
    if (sw_lex_peek(lex, p) != '{')
        sw_lex_fail(lex, p, "an object");
    else
        p = walk_object(&walk, p + 1, wants, 1);
    if (lex->code == 0) {
        p = sw_lex_space(lex, p);
        if (p < lex->end)
            sw_lex_fail(lex, p, "nothing behind the object");
    }
    return lex->code == 0 ? 0 : scan_error(&walk, reterr);
}

int sw_scan_string(const struct sw_scan_slice *slice, struct sw_arena *arena, struct sw_str *ret,
                   struct sw_err *reterr)
{
    struct sw_str inside;
    char *copy;

    if (slice->type != SW_SCAN_STRING)
        return sw_err_set(reterr, SW_EINTERNAL, "%s was taken for a string",
                          sw_scan_type_name(slice->type));
    inside = sw_str_slice(slice->text, 1, slice->text.len - 1);
    if (sw_str_find(inside, '\\') == inside.len) {
        *ret = inside;
        return 0;
    }
    copy = sw_arena_alloc(arena, inside.len);
    if (!copy)
        return sw_err_nomem(reterr);
    *ret = (struct sw_str){copy, sw_lex_unescape(inside, copy)};
    return 0;
}

const char *sw_scan_type_name(enum sw_scan_type type)
{
    switch (type) {
    case SW_SCAN_OBJECT:
        return "an object";
    case SW_SCAN_ARRAY:
        return "an array";
    case SW_SCAN_STRING:
        return "a string";
    case SW_SCAN_NUMBER:
        return "a number";
    case SW_SCAN_TRUE:
        return "true";
    case SW_SCAN_FALSE:
        return "false";
    case SW_SCAN_NULL:
        return "null";
    default:
        return "nothing";
    }
}

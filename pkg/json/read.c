#include "json/read.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "json/lex.h"
#include "json/scan.h"

#include <stdlib.h>

#include "base/banned.h"

/* The one piece of state in this folder, forced by jansson: its allocation functions take no
 * argument that could say for whom they allocate. */
static _Thread_local struct sw_arena *current_arena;

static void *allocate(size_t size)
{
    return current_arena ? sw_arena_alloc(current_arena, size) : malloc(size);
}

static void deallocate(void *memory)
{
    if (!current_arena)
        free(memory);
}

void sw_json_setup(void)
{
    json_set_alloc_funcs(allocate, deallocate);
    json_object_seed(0);
}

struct sw_json_scope sw_json_scope_begin(struct sw_arena *arena)
{
    struct sw_json_scope scope = {.outer = current_arena};

    current_arena = arena;
    return scope;
}

void sw_json_scope_end(struct sw_json_scope *scope)
{
    current_arena = scope->outer;
}

struct reader {
    struct sw_lex lex;
    struct sw_buf scratch; /* owned; the token in hand, where it must be rewritten */
};

/* The text of the string whose quotes are at `begin` and just before `end`, its escapes (if it has
 * any) resolved: borrowed until the next call. False when out of memory. */
static bool resolve(struct reader *reader, const char *begin, const char *end, bool escapes,
                    struct sw_str *ret)
{
    struct sw_str inside = {begin + 1, (size_t)(end - begin) - 2};
    char *out;

    if (!escapes) {
        *ret = inside;
        return true;
    }
    sw_buf_clear(&reader->scratch);
    out = sw_buf_extend(&reader->scratch, inside.len);
    if (!out)
        return false;
    *ret = (struct sw_str){out, sw_lex_unescape(inside, out)};
    return true;
}

static json_t *new_integer(struct sw_str text)
{
    bool negative = text.data[0] == '-';
    uint64_t magnitude = 0;

    sw_str_to_u64(sw_str_slice(text, negative, text.len), UINT64_MAX, &magnitude);
    return json_integer((json_int_t)(negative ? -magnitude : magnitude));
}

static json_t *new_real(struct reader *reader, struct sw_str text)
{
    sw_buf_clear(&reader->scratch);
    sw_buf_append_str(&reader->scratch, text);
    sw_buf_append(&reader->scratch, "", 1);
    if (sw_buf_status(&reader->scratch, NULL) < 0)
        return NULL;
    return json_real(strtod(reader->scratch.data, NULL));
}

/* The readers of values below move *p behind the value that is at it. They return a new reference,
 * or NULL: the text's fault where the lexer says so, else out of memory. */

static json_t *read_string(struct reader *reader, const char **p)
{
    const char *begin = *p;
    struct sw_str text;

    *p = sw_lex_string(&reader->lex, begin + 1);
    if (!*p || !resolve(reader, begin, *p, reader->lex.string & SW_LEX_ESCAPE, &text))
        return NULL;
    return json_stringn_nocheck(text.data, text.len);
}

static json_t *read_number(struct reader *reader, const char **p)
{
    struct sw_str text = {*p, 0};
    bool real = false;

    *p = sw_lex_number(&reader->lex, text.data, &real);
    if (!*p)
        return NULL;
    text.len = (size_t)(*p - text.data);
    return real ? new_real(reader, text) : new_integer(text);
}

static json_t *read_literal(struct reader *reader, const char **p, const char *literal,
                            json_t *value)
{
    *p = sw_lex_literal(&reader->lex, *p, literal);
    return *p ? value : NULL;
}

static json_t *read_value(struct reader *reader, const char **p, unsigned int depth);

/* Reads `"name": value` into `object`; false on failure. */
static bool read_member(struct reader *reader, const char **p, json_t *object, unsigned int depth)
{
    const char *begin = *p;
    const char *end;
    bool escapes;
    json_t *value;
    struct sw_str name;

    end = sw_lex_name(&reader->lex, begin);
    if (!end)
        return false;
    escapes = reader->lex.string & SW_LEX_ESCAPE;
    *p = sw_lex_colon(&reader->lex, end);
    value = *p ? read_value(reader, p, depth) : NULL;
    if (!value)
        return false;
    if (!resolve(reader, begin, end, escapes, &name)) {
        json_decref(value);
        return false;
    }
    return json_object_setn_new_nocheck(object, name.data, name.len, value) == 0;
}

/* Behind the comma or the closing bracket at *p, white space included; *ret_more is true for a
 * comma. False for anything else. */
static bool read_separator(struct reader *reader, const char **p, char close, bool *ret_more)
{
    struct sw_lex *lex = &reader->lex;
    int c;

    *p = sw_lex_space(lex, *p);
    c = sw_lex_peek(lex, *p);
    if (c != ',' && c != close) {
        sw_lex_fail(lex, *p, close == '}' ? "',' or '}'" : "',' or ']'");
        return false;
    }
    *ret_more = c == ',';
    *p = *ret_more ? sw_lex_space(lex, *p + 1) : *p + 1;
    return true;
}

/* Opens the object or array at *p, which makes the nesting `depth`; *ret_more is false when it is
 * empty, and *p then behind it. False when that is too deep. */
static bool read_opening(struct reader *reader, const char **p, char close, unsigned int depth,
                         bool *ret_more)
{
    if (depth > SW_JSON_MAX_DEPTH) {
        sw_lex_too_deep(&reader->lex, *p);
        return false;
    }
    *p = sw_lex_space(&reader->lex, *p + 1);
    *ret_more = sw_lex_peek(&reader->lex, *p) != close;
    if (!*ret_more)
        (*p)++;
    return true;
}

static json_t *read_object(struct reader *reader, const char **p, unsigned int depth)
{
    json_auto_t *object = NULL;
    bool more;

    if (!read_opening(reader, p, '}', depth, &more))
        return NULL;
    object = json_object();
    if (!object)
        return NULL;
    while (more)
        if (!read_member(reader, p, object, depth) || !read_separator(reader, p, '}', &more))
            return NULL;
    return SW_TAKE(object);
}

static json_t *read_array(struct reader *reader, const char **p, unsigned int depth)
{
    json_auto_t *array = NULL;
    bool more;

    if (!read_opening(reader, p, ']', depth, &more))
        return NULL;
    array = json_array();
    if (!array)
        return NULL;
    while (more) {
        json_t *element = read_value(reader, p, depth);

        if (!element || json_array_append_new(array, element) < 0 ||
            !read_separator(reader, p, ']', &more))
            return NULL;
    }
    return SW_TAKE(array);
}

/* `depth` is the number of objects and arrays around the value. */
static json_t *read_value(struct reader *reader, const char **p, unsigned int depth)
{
    switch (sw_lex_peek(&reader->lex, *p)) {
    case '"':
        return read_string(reader, p);
    case '{':
        return read_object(reader, p, depth + 1);
    case '[':
        return read_array(reader, p, depth + 1);
    case 't':
        return read_literal(reader, p, "true", json_true());
    case 'f':
        return read_literal(reader, p, "false", json_false());
    case 'n':
        return read_literal(reader, p, "null", json_null());
    default:
        return read_number(reader, p);
    }
}

/* Fills *reterr with the lexer's failure and where it is: the column in characters, both from 1. */
static int read_error(const struct sw_lex *lex, struct sw_err *reterr)
{
    size_t line = 1, column = 1;

    for (const char *p = lex->start; p < lex->failed_at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*p & 0xc0) != 0x80) {
            column++;
        }
    }
    sw_lex_error(lex, reterr);
    if (reterr)
        sw_err_wrap(reterr, "line %zu, column %zu", line, column);
    return lex->code;
}

static void release_reader(struct reader *reader)
{
    sw_buf_release(&reader->scratch);
}

int sw_json_read(struct sw_str text, json_t **ret, struct sw_err *reterr)
{
    SW_CLEANUP(release_reader) struct reader reader = {.lex = sw_lex_of(text)};
    struct sw_lex *lex = &reader.lex;
    const char *p = sw_lex_space(lex, lex->start);
    json_auto_t *value = NULL;

    /* A token is never larger than the text, and one byte ends a number. */
    sw_buf_init(&reader.scratch, text.len + 1);
    value = read_value(&reader, &p, 0);
    if (value) {
        p = sw_lex_space(lex, p);
        if (p < lex->end)
            sw_lex_fail(lex, p, "nothing behind the value");
    }
    if (lex->code != 0)
        return read_error(lex, reterr);
    if (!value)
        return sw_err_nomem(reterr);
    *ret = SW_TAKE(value);
    return 0;
}

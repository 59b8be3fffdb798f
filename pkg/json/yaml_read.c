#include "json/yaml.h"

#include "base/cleanup.h"
#include "json/read.h"
#include "json/yaml_stream.h"

#include "base/banned.h"

static void drop_documents(struct sw_yaml_documents *documents)
{
    for (size_t i = 0; i < documents->n; i++)
        json_decref(documents->items[i].value);
    *documents = (struct sw_yaml_documents){0};
}

/* Takes document->value, also when it fails. */
static int push_document(struct sw_yaml_documents *documents, struct sw_arena *arena,
                         const struct sw_yaml_document *document, struct sw_err *reterr)
{
    struct sw_yaml_document *items =
        sw_arena_push(arena, documents->items, documents->n, sizeof(*items));

    if (!items) {
        json_decref(document->value);
        return sw_err_nomem(reterr);
    }
    items[documents->n++] = *document;
    documents->items = items;
    return 0;
}

static size_t count_members(json_t *value)
{
    size_t n = json_object_size(value);
    const char *key;
    json_t *child;
    size_t i;

    json_array_foreach (value, i, child)
        n += count_members(child);
    json_object_foreach (value, key, child)
        n += count_members(child);
    return n;
}

/* Where the JSON object at the beginning of `text` ends, if it is one, and how many members are
 * written in it: colons outside strings. */
static size_t measure_object(struct sw_str text, size_t *ret_n_members)
{
    size_t at = 0, depth = 0;
    bool quoted = false;

    *ret_n_members = 0;
    for (; at < text.len; at++) {
        char c = text.data[at];

        if (quoted && c == '\\')
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == ':')
            ++*ret_n_members;
        else if (!quoted && c == '{')
            depth++;
        else if (!quoted && c == '}' && --depth == 0)
            return at + 1;
    }
    return text.len;
}

/* What is left of a text, and the line it begins in, from 1. */
struct rest {
    struct sw_str text;
    size_t line;
};

static void skip(struct rest *rest, size_t len)
{
    for (size_t i = 0; i < len; i++)
        rest->line += rest->text.data[i] == '\n';
    rest->text = sw_str_slice(rest->text, len, rest->text.len);
}

static void skip_space(struct rest *rest)
{
    size_t n = 0;

    while (n < rest->text.len && memchr(" \t\r\n", rest->text.data[n], 4))
        n++;
    skip(rest, n);
}

/* Reads the JSON object that *rest begins with: 1 and *ret, 0 if there is none, or none without
 * duplicate keys, or SW_ENOMEM. */
static int read_json_object(struct rest *rest, struct sw_yaml_document *ret, struct sw_err *err)
{
    json_auto_t *value = NULL;
    size_t n_members, len;
    int status;

    if (rest->text.data[0] != '{')
        return 0;
    len = measure_object(rest->text, &n_members);
    status = sw_json_read(sw_str_slice(rest->text, 0, len), &value, err);
    if (status == SW_ENOMEM)
        return status;
    if (status < 0 || count_members(value) != n_members)
        return 0;
    *ret = (struct sw_yaml_document){.value = SW_TAKE(value), .line = rest->line};
    skip(rest, len);
    return 1;
}

/* kubectl reads a stream that begins with { as JSON. It matters: libyaml knows no surrogate pairs
 * and takes no key of over 1,024 characters. Returns 1 for a stream of JSON objects, 0 for any
 * other, or SW_ENOMEM. */
static int read_json(struct sw_str text, struct sw_arena *arena, struct sw_yaml_documents *ret,
                     struct sw_err *err)
{
    SW_CLEANUP(drop_documents) struct sw_yaml_documents documents = {0};
    struct rest rest = {text, 1};

    for (skip_space(&rest); rest.text.len; skip_space(&rest)) {
        struct sw_yaml_document document;
        int status = read_json_object(&rest, &document, err);

        if (status == 1 && push_document(&documents, arena, &document, err) < 0)
            return SW_ENOMEM;
        if (status < 1)
            return status;
    }
    if (documents.n == 0)
        return 0;
    *ret = documents;
    documents = (struct sw_yaml_documents){0};
    return 1;
}

static int read_yaml(struct sw_str text, struct sw_arena *arena, struct sw_yaml_documents *ret,
                     struct sw_err *err)
{
    SW_CLEANUP(drop_documents) struct sw_yaml_documents documents = {0};
    SW_CLEANUP(sw_yaml_stream_release) struct sw_yaml_stream stream = {0};
    struct sw_yaml_document document;
    int status = sw_yaml_stream_init(&stream, text, arena, err);

    while (status == 0) {
        int more = sw_yaml_stream_next(&stream, &document, err);

        if (more < 0)
            return more;
        if (more == 0)
            break;
        if (!json_is_null(document.value))
            status = push_document(&documents, arena, &document, err);
    }
    if (status < 0)
        return status;
    *ret = documents;
    documents = (struct sw_yaml_documents){0};
    return 0;
}

int sw_yaml_read(struct sw_str text, struct sw_arena *arena, struct sw_yaml_documents *ret,
                 struct sw_err *reterr)
{
    struct sw_err err = {0};
    int status = read_json(text, arena, ret, &err);

    if (status == 0)
        status = read_yaml(text, arena, ret, &err);
    if (status < 0 && reterr)
        *reterr = err;
    return status < 0 ? status : 0;
}

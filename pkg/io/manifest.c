#include "io/manifest.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/file.h"
#include "json/get.h"
#include "json/yaml.h"
#include "model/form.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

#define CHUNK_BYTES ((size_t)64 << 10)

int sw_problems_add(struct sw_problems *problems, const char *path, size_t line, size_t column,
                    const char *message, struct sw_err *reterr)
{
    struct sw_problem problem = {.line = line, .column = column}, *items;

    if (!problems)
        return 0;
    if (problems->n == SW_PROBLEMS_MAX) {
        problems->n_more++;
        return 0;
    }
    problem.path = sw_arena_copy(problems->arena, sw_str_from(path)).data;
    problem.message = sw_arena_copy(problems->arena, sw_str_from(message)).data;
    items = sw_arena_push(problems->arena, problems->items, problems->n, sizeof(*items));
    if (!problem.path || !problem.message || !items)
        return sw_err_nomem(reterr);
    items[problems->n++] = problem;
    problems->items = items;
    return 0;
}

/* Takes "<word> 12" and what ends it off the front of *message: the form in which readers begin
 * their messages. False, and nothing taken, if that is not what stands there. */
static bool cut_number(struct sw_str *message, struct sw_str word, char end, size_t *ret)
{
    struct sw_str rest = *message, number;
    uint64_t value;

    if (!sw_str_has_prefix(rest, word))
        return false;
    rest = sw_str_slice(rest, word.len, rest.len);
    number = sw_str_cut(&rest, end);
    if (!rest.data || !sw_str_to_u64(number, SIZE_MAX, &value))
        return false;
    *ret = (size_t)value;
    *message = sw_str_slice(rest, 1, rest.len);
    return true;
}

/* A text that is no YAML: "line 3, column 7: ...". */
static int add_syntax(const char *path, const struct sw_err *err, struct sw_problems *problems,
                      struct sw_err *reterr)
{
    struct sw_str message = sw_str_from(err->message);
    size_t line = 0, column = 0;

    if (cut_number(&message, SW_STR("line "), ',', &line))
        cut_number(&message, SW_STR("column "), ':', &column);
    return sw_problems_add(problems, path, line, column, message.data, reterr);
}

int sw_manifest_blame(const json_t *object, struct sw_err *reterr)
{
    struct sw_str kind = {NULL, 0}, namespace_ = {NULL, 0}, name = {NULL, 0};
    json_t *metadata = NULL;

    sw_get_str(object, "kind", NULL, &kind, NULL);
    sw_get_object(object, "metadata", NULL, &metadata, NULL);
    sw_get_str(metadata, "namespace", NULL, &namespace_, NULL);
    sw_get_str(metadata, "name", NULL, &name, NULL);
    if (!name.len)
        return sw_err_wrap(reterr, "%.*s without a name", SW_STR_ARG(kind));
    return sw_err_wrap(reterr, "%.*s %.*s%s%.*s", SW_STR_ARG(kind), SW_STR_ARG(namespace_),
                       namespace_.len ? "/" : "", SW_STR_ARG(name));
}

/* What reading one text works on. */
struct reader {
    const char *path;
    size_t line; /* of the document in hand */
    struct sw_arena *arena;
    struct sw_manifest *manifest;
    struct sw_problems *problems;
};

/* What is wrong with one object or document leaves the others as they are. */
static int pass_over(const struct reader *reader, const struct sw_err *err, struct sw_err *reterr)
{
    if (err->code != SW_ETYPE)
        return sw_err_set(reterr, err->code, "%s", err->message);
    return sw_problems_add(reader->problems, reader->path, reader->line, 0, err->message, reterr);
}

/* The notes of a list, which has no place of its own, go before those of its first object. */
static int join_notes(const struct sw_form_items *items, const struct sw_form *form,
                      struct sw_arena *arena, struct sw_manifest_object *object,
                      struct sw_err *reterr)
{
    size_t n_list = items->next == 1 ? items->n_notes : 0;
    const char **slips;

    object->slips = form->notes;
    object->n_slips = form->n_notes;
    if (n_list == 0)
        return 0;
    slips = sw_arena_alloc(arena, (n_list + form->n_notes) * sizeof(*slips));
    if (!slips)
        return sw_err_nomem(reterr);
    memcpy(slips, items->notes, n_list * sizeof(*slips));
    if (form->n_notes)
        memcpy(slips + n_list, form->notes, form->n_notes * sizeof(*slips));
    object->slips = slips;
    object->n_slips += n_list;
    return 0;
}

static int push(const struct reader *reader, const struct sw_manifest_object *object,
                struct sw_err *reterr)
{
    struct sw_manifest *manifest = reader->manifest;
    struct sw_manifest_object *items =
        sw_arena_push(reader->arena, manifest->items, manifest->n, sizeof(*items));

    if (!items)
        return sw_err_nomem(reterr);
    items[manifest->n++] = *object;
    manifest->items = items;
    return 0;
}

static int take_object(const struct reader *reader, const struct sw_form_items *items,
                       json_t *value, struct sw_err *reterr)
{
    struct sw_manifest_object object = {
        .value = value, .path = reader->path, .line = reader->line};
    struct sw_err err = {0};
    struct sw_form form = {0};
    int r = sw_form_normalise(value, reader->arena, &form, &err);

    if (r < 0) {
        if (items->is_list)
            sw_err_wrap(&err, "items[%zu]", items->next - 1);
        return pass_over(reader, &err, reterr);
    }
    r = join_notes(items, &form, reader->arena, &object, reterr);
    return r < 0 ? r : push(reader, &object, reterr);
}

static int take_document(const struct reader *reader, json_t *document, struct sw_err *reterr)
{
    struct sw_form_items items;
    struct sw_err err = {0};
    json_t *value;
    int r = sw_form_items_begin(document, reader->arena, &items, &err);

    if (r < 0)
        return pass_over(reader, &err, reterr);
    while ((r = sw_form_items_next(&items, &value, &err)) != 0) {
        if (r < 0)
            r = pass_over(reader, &err, reterr);
        else
            r = take_object(reader, &items, value, reterr);
        if (r < 0)
            return r;
        err = (struct sw_err){0};
    }
    return 0;
}

int sw_manifest_parse(struct sw_str text, const char *path, struct sw_arena *arena,
                      struct sw_manifest *manifest, struct sw_problems *problems,
                      struct sw_err *reterr)
{
    struct reader reader = {
        .path = path, .arena = arena, .manifest = manifest, .problems = problems};
    struct sw_yaml_documents documents;
    struct sw_err err = {0};
    int r = sw_yaml_read(text, arena, &documents, &err);

    if (r == SW_ESYNTAX || r == SW_ELIMIT)
        return add_syntax(path, &err, problems, reterr);
    if (r < 0)
        return sw_err_set(reterr, r, "%s: %s", path, err.message);
    for (size_t i = 0; r == 0 && i < documents.n; i++) {
        reader.line = documents.items[i].line;
        r = take_document(&reader, documents.items[i].value, reterr);
    }
    return r;
}

/* Standard input by its descriptor: /dev/stdin cannot be opened where that is a socket. */
static int read_stdin(struct sw_buf *buf, struct sw_err *reterr)
{
    char chunk[16384];

    while (!buf->failure) {
        ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sw_err_set(reterr, SW_EIO, "-: %s", strerror(errno));
        if (n == 0)
            return 0;
        sw_buf_append(buf, chunk, (size_t)n);
    }
    if (buf->failure == SW_ELIMIT)
        return sw_err_set(reterr, SW_ELIMIT, "-: larger than the limit of %zu bytes",
                          buf->max_bytes);
    return sw_buf_status(buf, reterr);
}

/* A file that cannot be read. The message begins with its path, as a problem does by itself. */
static int add_unread(const char *path, const struct sw_err *err, struct sw_problems *problems,
                      struct sw_err *reterr)
{
    const char *message = err->message;
    size_t len = strlen(path);

    if (strncmp(message, path, len) == 0 && strncmp(message + len, ": ", 2) == 0)
        message += len + 2;
    return sw_problems_add(problems, path, 0, 0, message, reterr);
}

int sw_manifest_read(const char *path, struct sw_arena *arena, struct sw_manifest *manifest,
                     struct sw_problems *problems, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    struct sw_err err = {0};
    int r;

    sw_buf_init(&text, SW_MANIFEST_MAX_BYTES);
    r = strcmp(path, "-") == 0 ? read_stdin(&text, &err) : sw_file_read(path, &text, &err);
    if (r == SW_ENOMEM)
        return sw_err_nomem(reterr);
    if (r < 0)
        return add_unread(path, &err, problems, reterr);
    return sw_manifest_parse(sw_buf_str(&text), path, arena, manifest, problems, reterr);
}

#include "json/yaml_stream.h"

#include "base/cleanup.h"

#include "base/banned.h"

#define MAP_TAG   "tag:yaml.org,2002:map"
#define SEQ_TAG   "tag:yaml.org,2002:seq"
#define MERGE_TAG "tag:yaml.org,2002:merge"

/* A mapping as it is read. */
struct mapping {
    json_t *object; /* owned */
    json_t *merged; /* owned; an object of the keys that only a merge has set; NULL until one has */
};

static int build(struct sw_yaml_stream *stream, const yaml_event_t *first, int depth, json_t **ret,
                 struct sw_err *err);

static void release_mapping(struct mapping *mapping)
{
    json_decref(mapping->object);
    json_decref(mapping->merged);
}

/* Puts the place in front of the message that `err` holds; returns its code. */
static int wrap_at(yaml_mark_t mark, struct sw_err *err)
{
    return sw_err_wrap(err, "line %zu, column %zu", mark.line + 1, mark.column + 1);
}

static int fail_at(yaml_mark_t mark, const char *problem, struct sw_err *err)
{
    sw_err_set(err, SW_ESYNTAX, "%s", problem);
    return wrap_at(mark, err);
}

/* libyaml names the byte, not the line, of what is no text at all. */
static yaml_mark_t mark_of_byte(struct sw_str text, size_t byte)
{
    yaml_mark_t mark = {0};

    for (size_t i = 0; i < text.len && i < byte; i++) {
        if (text.data[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)text.data[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static int fail_of_parser(const struct sw_yaml_stream *stream, struct sw_err *err)
{
    const yaml_parser_t *parser = &stream->parser;
    const char *problem = parser->problem ? parser->problem : "not YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        return sw_err_nomem(err);
    if (parser->error == YAML_READER_ERROR)
        return fail_at(mark_of_byte(stream->text, parser->problem_offset), problem, err);
    sw_err_set(err, SW_ESYNTAX, "%s%s%s", problem, parser->context ? ", " : "",
               parser->context ? parser->context : "");
    return wrap_at(parser->problem_mark, err);
}

static int next_event(struct sw_yaml_stream *stream, yaml_event_t *ret, struct sw_err *err)
{
    return yaml_parser_parse(&stream->parser, ret) ? 0 : fail_of_parser(stream, err);
}

/* The scalar of an event; its text is borrowed from there. */
static int resolve(const yaml_event_t *event, struct sw_yaml_scalar *ret, struct sw_err *err)
{
    struct sw_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    const char *tag = (const char *)event->data.scalar.tag;

    if (tag)
        return sw_yaml_scalar_resolve_tagged(text, tag, ret, err);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        *ret = sw_yaml_scalar_resolve(text);
    else
        *ret = (struct sw_yaml_scalar){.type = SW_YAML_STRING, .text = text};
    return 0;
}

static int build_scalar(struct sw_yaml_stream *stream, const yaml_event_t *event, json_t **ret,
                        struct sw_err *err)
{
    struct sw_yaml_scalar scalar;
    json_t *value;
    size_t anchor;
    int status = resolve(event, &scalar, err);

    if (status == 0)
        status = sw_yaml_anchors_begin(&stream->anchors, (char *)event->data.scalar.anchor, &anchor,
                                       err);
    if (status == 0)
        status = sw_yaml_scalar_value(&scalar, &value, err);
    if (status < 0)
        return wrap_at(event->start_mark, err);
    sw_yaml_anchors_end(&stream->anchors, anchor, value, &scalar);
    *ret = value;
    return 0;
}

static int build_alias(struct sw_yaml_stream *stream, const yaml_event_t *event, int depth,
                       json_t **ret, struct sw_err *err)
{
    const struct sw_yaml_anchor *anchor;
    int status =
        sw_yaml_anchors_find(&stream->anchors, (char *)event->data.alias.anchor, &anchor, err);

    if (status == 0)
        status = sw_yaml_copy(&stream->anchors, anchor->value, depth, ret, err);
    return status < 0 ? wrap_at(event->start_mark, err) : 0;
}

/* kubectl ignores a collection's tag. Here one that means something else is refused. */
static int begin_collection(struct sw_yaml_stream *stream, const yaml_event_t *event, int depth,
                            size_t *ret_anchor, struct sw_err *err)
{
    bool sequence = event->type == YAML_SEQUENCE_START_EVENT;
    const yaml_char_t *tag =
        sequence ? event->data.sequence_start.tag : event->data.mapping_start.tag;
    const yaml_char_t *anchor =
        sequence ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
    int status = sw_yaml_check_depth(depth, err);

    if (status == 0 && tag && strcmp((char *)tag, sequence ? SEQ_TAG : MAP_TAG) != 0 &&
        strcmp((char *)tag, "!") != 0)
        status = sw_err_set(err, SW_ESYNTAX, "the tag %s is not known here", tag);
    if (status == 0)
        status = sw_yaml_anchors_begin(&stream->anchors, (const char *)anchor, ret_anchor, err);
    return status < 0 ? wrap_at(event->start_mark, err) : 0;
}

static int build_sequence(struct sw_yaml_stream *stream, const yaml_event_t *first, int depth,
                          json_t **ret, struct sw_err *err)
{
    json_auto_t *array = json_array();
    size_t anchor;
    int status = array ? begin_collection(stream, first, depth, &anchor, err) : sw_err_nomem(err);

    while (status == 0) {
        SW_CLEANUP(yaml_event_delete) yaml_event_t event = {0};
        json_t *item;

        status = next_event(stream, &event, err);
        if (status == 0 && event.type == YAML_SEQUENCE_END_EVENT)
            break;
        if (status == 0)
            status = build(stream, &event, depth + 1, &item, err);
        if (status == 0 && json_array_append_new(array, item) < 0)
            status = sw_err_nomem(err);
    }
    if (status < 0)
        return status;
    sw_yaml_anchors_end(&stream->anchors, anchor, array, NULL);
    *ret = SW_TAKE(array);
    return 0;
}

static bool is_merge_key(const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;

    if (event->type != YAML_SCALAR_EVENT || strcmp((char *)event->data.scalar.value, "<<") != 0)
        return false;
    return tag ? strcmp(tag, MERGE_TAG) == 0 : event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* As go-yaml does it, a merge takes effect where it stands: it overrides the keys before it and is
 * overridden by those behind it. */
static int merge_object(struct mapping *mapping, json_t *from, struct sw_err *err)
{
    const char *key;
    json_t *member;

    if (!mapping->merged)
        mapping->merged = json_object();
    json_object_foreach (from, key, member) {
        bool new = !json_object_get(mapping->object, key);

        if ((new &&json_object_set_new_nocheck(mapping->merged, key, json_null()) < 0) ||
            json_object_set_nocheck(mapping->object, key, member) < 0)
            return sw_err_nomem(err);
    }
    return mapping->merged ? 0 : sw_err_nomem(err);
}

static int merge(struct sw_yaml_stream *stream, const yaml_event_t *first, int depth,
                 struct mapping *mapping, struct sw_err *err)
{
    json_auto_t *from = NULL;
    bool list;
    int status = build(stream, first, depth, &from, err);

    if (status < 0)
        return status;
    if (json_is_object(from))
        return merge_object(mapping, from, err);
    list = first->type == YAML_SEQUENCE_START_EVENT;
    for (size_t i = 0; list && i < json_array_size(from); i++)
        list = json_is_object(json_array_get(from, i));
    if (!list)
        return fail_at(first->start_mark, "<< takes a mapping or a list of mappings", err);
    /* Backwards, because the earlier ones win. */
    for (size_t i = json_array_size(from); i > 0 && status == 0; i--)
        status = merge_object(mapping, json_array_get(from, i - 1), err);
    return status;
}

/* The name that the key of `event` stands for: borrowed from the event, or arena memory. */
static int read_key(struct sw_yaml_stream *stream, const yaml_event_t *event, struct sw_str *ret,
                    struct sw_err *err)
{
    const struct sw_yaml_anchor *anchor;
    struct sw_yaml_scalar scalar;
    int status;

    if (event->type == YAML_ALIAS_EVENT) {
        status =
            sw_yaml_anchors_find(&stream->anchors, (char *)event->data.alias.anchor, &anchor, err);
        if (status < 0)
            return wrap_at(event->start_mark, err);
        if (json_is_object(anchor->value) || json_is_array(anchor->value))
            return fail_at(event->start_mark, "a key must be a scalar", err);
        scalar = anchor->scalar;
    } else if (event->type == YAML_SCALAR_EVENT) {
        status = resolve(event, &scalar, err);
        if (status < 0)
            return wrap_at(event->start_mark, err);
    } else {
        return fail_at(event->start_mark, "a key must be a scalar", err);
    }
    status = sw_yaml_scalar_key(&scalar, stream->anchors.arena, ret, err);
    return status < 0 ? wrap_at(event->start_mark, err) : 0;
}

static int add_member(struct sw_yaml_stream *stream, const yaml_event_t *key_event, int depth,
                      struct mapping *mapping, struct sw_err *err)
{
    SW_CLEANUP(yaml_event_delete) yaml_event_t event = {0};
    json_auto_t *value = NULL, *anchored_key = NULL;
    struct sw_str key;
    int status;

    if (is_merge_key(key_event)) {
        status = next_event(stream, &event, err);
        return status < 0 ? status : merge(stream, &event, depth, mapping, err);
    }
    status = read_key(stream, key_event, &key, err);
    if (status == 0 && key_event->type == YAML_SCALAR_EVENT && key_event->data.scalar.anchor)
        status = build_scalar(stream, key_event, &anchored_key, err);
    if (status == 0)
        status = next_event(stream, &event, err);
    if (status == 0)
        status = build(stream, &event, depth, &value, err);
    if (status < 0)
        return status;
    if (json_object_getn(mapping->object, key.data, key.len) &&
        !json_object_getn(mapping->merged, key.data, key.len)) {
        sw_err_set(err, SW_ESYNTAX, "the key \"%.*s\" stands twice in its mapping",
                   SW_STR_ARG(key));
        return wrap_at(key_event->start_mark, err);
    }
    json_object_deln(mapping->merged, key.data, key.len);
    if (json_object_setn_new_nocheck(mapping->object, key.data, key.len, SW_TAKE(value)) < 0)
        return sw_err_nomem(err);
    return 0;
}

static int build_mapping(struct sw_yaml_stream *stream, const yaml_event_t *first, int depth,
                         json_t **ret, struct sw_err *err)
{
    SW_CLEANUP(release_mapping) struct mapping mapping = {.object = json_object()};
    size_t anchor;
    int status =
        mapping.object ? begin_collection(stream, first, depth, &anchor, err) : sw_err_nomem(err);

    while (status == 0) {
        SW_CLEANUP(yaml_event_delete) yaml_event_t event = {0};

        status = next_event(stream, &event, err);
        if (status == 0 && event.type == YAML_MAPPING_END_EVENT)
            break;
        if (status == 0)
            status = add_member(stream, &event, depth + 1, &mapping, err);
    }
    if (status < 0)
        return status;
    sw_yaml_anchors_end(&stream->anchors, anchor, mapping.object, NULL);
    *ret = SW_TAKE(mapping.object);
    return 0;
}

/* The node that begins with the event `first` and will stand inside `depth` containers; a new
 * reference. Reads the rest of its events. */
static int build(struct sw_yaml_stream *stream, const yaml_event_t *first, int depth, json_t **ret,
                 struct sw_err *err)
{
    switch (first->type) {
    case YAML_ALIAS_EVENT:
        return build_alias(stream, first, depth, ret, err);
    case YAML_SEQUENCE_START_EVENT:
        return build_sequence(stream, first, depth, ret, err);
    case YAML_MAPPING_START_EVENT:
        return build_mapping(stream, first, depth, ret, err);
    default:
        return build_scalar(stream, first, ret, err);
    }
}

static int build_document(struct sw_yaml_stream *stream, struct sw_yaml_document *ret,
                          struct sw_err *err)
{
    SW_CLEANUP(yaml_event_delete) yaml_event_t first = {0};
    SW_CLEANUP(yaml_event_delete) yaml_event_t end = {0};
    json_auto_t *value = NULL;
    int status = next_event(stream, &first, err);

    if (status == 0)
        status = build(stream, &first, 0, &value, err);
    if (status == 0)
        status = next_event(stream, &end, err);
    sw_yaml_anchors_clear(&stream->anchors);
    if (status < 0)
        return status;
    ret->value = SW_TAKE(value);
    ret->line = first.start_mark.line + 1;
    return 1;
}

int sw_yaml_stream_init(struct sw_yaml_stream *stream, struct sw_str text, struct sw_arena *arena,
                        struct sw_err *err)
{
    *stream = (struct sw_yaml_stream){.text = text, .anchors = {.arena = arena}};
    if (!yaml_parser_initialize(&stream->parser))
        return sw_err_nomem(err);
    yaml_parser_set_input_string(&stream->parser,
                                 (const unsigned char *)(text.data ? text.data : ""), text.len);
    return 0;
}

void sw_yaml_stream_release(struct sw_yaml_stream *stream)
{
    sw_yaml_anchors_clear(&stream->anchors);
    yaml_parser_delete(&stream->parser);
}

int sw_yaml_stream_next(struct sw_yaml_stream *stream, struct sw_yaml_document *ret,
                        struct sw_err *err)
{
    for (;;) {
        SW_CLEANUP(yaml_event_delete) yaml_event_t event = {0};
        const yaml_version_directive_t *version;
        int status = next_event(stream, &event, err);

        if (status < 0 || event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT)
            return status;
        if (event.type != YAML_DOCUMENT_START_EVENT)
            continue;
        version = event.data.document_start.version_directive;
        if (version && (version->major != 1 || version->minor != 1))
            return fail_at(event.start_mark, "only YAML 1.1 is read, as by kubectl", err);
        return build_document(stream, ret, err);
    }
}

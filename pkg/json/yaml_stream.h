/*
 * A stream of YAML text (libyaml's events) to JSON values, one document after the other: the part
 * of json/yaml.h that knows merge keys and duplicates. Not for others to include.
 */
#ifndef SW_JSON_YAML_STREAM_H
#define SW_JSON_YAML_STREAM_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "json/yaml.h"
#include "json/yaml_anchor.h"

#include <yaml.h>

/* The caller's storage; the fields are private. */
struct sw_yaml_stream {
    yaml_parser_t parser;
    struct sw_str text; /* borrowed */
    struct sw_yaml_anchors anchors;
};

/* Prepares to read `text`, which is borrowed until the release, as `arena` is. Fails with
 * SW_ENOMEM; a release is allowed all the same. */
int sw_yaml_stream_init(struct sw_yaml_stream *stream, struct sw_str text, struct sw_arena *arena,
                        struct sw_err *err);

/* Gives back what reading took. */
void sw_yaml_stream_release(struct sw_yaml_stream *stream);

/* The next document, null ones included: 1 and *ret, whose value is a new reference; 0 at the end.
 * `err` must not be NULL. Fails as sw_yaml_read() does; the stream is then only good for release.
 */
int sw_yaml_stream_next(struct sw_yaml_stream *stream, struct sw_yaml_document *ret,
                        struct sw_err *err);

#endif

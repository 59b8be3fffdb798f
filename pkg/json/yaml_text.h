/*
 * One string as a YAML scalar. Part of json/yaml.h; not for others to include.
 */
#ifndef SW_JSON_YAML_TEXT_H
#define SW_JSON_YAML_TEXT_H

#include "base/buf.h"
#include "base/str.h"

/* Appends `text` (well-formed UTF-8) on one line: plain where it reads back as that string, else
 * quoted. A failure stays in buf. */
void sw_yaml_text_write(struct sw_str text, struct sw_buf *buf);

/* True for a text that reads better as a literal block, and can be one: of several lines, with
 * nothing in it that must be escaped. */
bool sw_yaml_text_is_block(struct sw_str text);

/* Appends `text`, which is_block(), as a literal block in a collection whose column is `indent`:
 * the header ("|-"), and the lines two columns further in, each with its line break. A failure
 * stays in buf. */
void sw_yaml_text_write_block(struct sw_str text, size_t indent, struct sw_buf *buf);

#endif

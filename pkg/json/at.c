#include "json/at.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "json/write.h"

#include "base/banned.h"

/* A path lies in a document of at most 7 MiB; escaping grows a byte of it to six at most. */
#define MAX_TEXT_BYTES ((size_t)42 << 20)

/* True for a key that cannot be mistaken when it stands between dots. */
static bool is_plain(struct sw_str key)
{
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.data[i];

        if (c <= ' ' || c >= 0x7f || c == '.' || c == '[' || c == ']' || c == '"')
            return false;
    }
    return key.len > 0;
}

static void write_steps(const struct sw_at *at, struct sw_buf *buf)
{
    struct sw_str key;

    if (!at)
        return;
    write_steps(at->up, buf);
    if (!at->key) {
        sw_buf_append_text(buf, "[");
        sw_buf_append_u64(buf, at->index);
        sw_buf_append_text(buf, "]");
        return;
    }
    key = sw_str_from(at->key);
    if (is_plain(key)) {
        if (at->up)
            sw_buf_append_text(buf, ".");
        sw_buf_append_str(buf, key);
        return;
    }
    sw_buf_append_text(buf, "[");
    sw_json_write_string(key, buf);
    sw_buf_append_text(buf, "]");
}

void sw_at_write_path(const struct sw_at *at, struct sw_buf *buf)
{
    if (at)
        write_steps(at, buf);
    else
        sw_buf_append_text(buf, "the document");
}

static void write_token(const char *key, struct sw_buf *buf)
{
    struct sw_str rest = sw_str_from(key);

    while (rest.len > 0) {
        size_t plain = 0;

        while (plain < rest.len && rest.data[plain] != '~' && rest.data[plain] != '/')
            plain++;
        sw_buf_append(buf, rest.data, plain);
        if (plain < rest.len)
            sw_buf_append_text(buf, rest.data[plain] == '~' ? "~0" : "~1");
        rest = sw_str_slice(rest, plain + 1, rest.len);
    }
}

static void write_pointer(const struct sw_at *at, struct sw_buf *buf)
{
    if (!at)
        return;
    write_pointer(at->up, buf);
    sw_buf_append_text(buf, "/");
    if (at->key)
        write_token(at->key, buf);
    else
        sw_buf_append_u64(buf, at->index);
}

static char *in_arena(const struct sw_at *at, void (*write)(const struct sw_at *, struct sw_buf *),
                      struct sw_arena *arena)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    write(at, &buf);
    if (sw_buf_status(&buf, NULL) < 0)
        return NULL;
    return (char *)sw_arena_copy(arena, sw_buf_str(&buf)).data;
}

char *sw_at_path(const struct sw_at *at, struct sw_arena *arena)
{
    return in_arena(at, sw_at_write_path, arena);
}

char *sw_at_pointer(const struct sw_at *at, struct sw_arena *arena)
{
    return in_arena(at, write_pointer, arena);
}

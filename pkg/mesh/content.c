#include "mesh/content.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "json/write.h"

#include <string.h>

#include "base/banned.h"

#define MAX_BYTES ((size_t)16 << 20)

static bool is_among(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names;
}

/* All members but some, name by name. */
static void write_but(const json_t *object, const char *const *without, struct sw_buf *buf)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)object, name, value) {
        if (is_among(name, without))
            continue;
        sw_json_write_string((struct sw_str){name, strlen(name)}, buf);
        sw_buf_append_text(buf, "\n");
        sw_json_write_canonical(value, buf);
        sw_buf_append_text(buf, "\n");
    }
}

int sw_content_digest(const json_t *object, struct sw_digest *ret, struct sw_err *reterr)
{
    static const char *const beside[] = {"metadata", "status", NULL};
    static const char *const volatiles[] = {"generation", "managedFields", "resourceVersion", NULL};
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_sha256 hash;
    int r;

    sw_buf_init(&buf, MAX_BYTES);
    write_but(object, beside, &buf);
    sw_buf_append_text(&buf, "\n");
    write_but(json_object_get(object, "metadata"), volatiles, &buf);
    r = sw_buf_status(&buf, reterr);
    if (r < 0)
        return r;
    sw_sha256_init(&hash);
    sw_sha256_add_str(&hash, sw_buf_str(&buf));
    *ret = sw_sha256_digest(&hash);
    return 0;
}

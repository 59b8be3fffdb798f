#include "kube/gvr.h"

#include "base/banned.h"

static const struct sw_gvr known[] = {
#define GVR_ROW(name, ...) [SW_GVR_##name] = {__VA_ARGS__},
    SW_GVR_MAP(GVR_ROW)
#undef GVR_ROW
};

const struct sw_gvr *sw_gvr(enum sw_gvr_id id)
{
    return &known[id];
}

const struct sw_gvr *sw_gvr_find(struct sw_str api_version, struct sw_str kind)
{
    struct sw_str group = {0}, version = api_version;

    if (sw_str_find(api_version, '/') < api_version.len)
        group = sw_str_cut(&version, '/');
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (sw_str_is(kind, known[i].kind) && sw_str_is(group, known[i].group) &&
            sw_str_is(version, known[i].version))
            return &known[i];
    return NULL;
}

/* RFC 3986 section 2.3: what needs no escape anywhere. */
static bool is_unreserved(char c)
{
    const char low = (char)(c | 0x20);

    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static void write_escaped(struct sw_str text, struct sw_buf *buf)
{
    size_t plain = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.data[i]))
            continue;
        sw_buf_append_str(buf, sw_str_slice(text, plain, i));
        sw_buf_printf(buf, "%%%02X", (unsigned char)text.data[i]);
        plain = i + 1;
    }
    sw_buf_append_str(buf, sw_str_slice(text, plain, text.len));
}

void sw_gvr_write_path(const struct sw_gvr_ref *ref, struct sw_buf *buf)
{
    const struct sw_gvr *gvr = ref->gvr;

    if (gvr->group[0])
        sw_buf_printf(buf, "/apis/%s/%s", gvr->group, gvr->version);
    else
        sw_buf_printf(buf, "/api/%s", gvr->version);
    if (gvr->namespaced && ref->namespace_.len) {
        sw_buf_append_text(buf, "/namespaces/");
        write_escaped(ref->namespace_, buf);
    }
    sw_buf_printf(buf, "/%s", gvr->resource);
    if (ref->name.len) {
        sw_buf_append_text(buf, "/");
        write_escaped(ref->name, buf);
    }
    if (ref->subresource)
        sw_buf_printf(buf, "/%s", ref->subresource);
}

void sw_gvr_write_query(const char *key, struct sw_str value, struct sw_buf *buf)
{
    const struct sw_str path = sw_buf_str(buf);

    sw_buf_printf(buf, "%c%s=", sw_str_find(path, '?') < path.len ? '&' : '?', key);
    write_escaped(value, buf);
}

void sw_gvr_write_words(const struct sw_gvr_ref *ref, struct sw_buf *buf)
{
    sw_buf_append_text(buf, ref->gvr->resource);
    if (ref->subresource)
        sw_buf_printf(buf, "/%s", ref->subresource);
    if (ref->name.len && ref->namespace_.len && ref->gvr->namespaced)
        sw_buf_printf(buf, " \"%.*s/%.*s\"", SW_STR_ARG(ref->namespace_), SW_STR_ARG(ref->name));
    else if (ref->name.len)
        sw_buf_printf(buf, " \"%.*s\"", SW_STR_ARG(ref->name));
    else if (ref->namespace_.len && ref->gvr->namespaced)
        sw_buf_printf(buf, " in \"%.*s\"", SW_STR_ARG(ref->namespace_));
}

#include "certs/bundle.h"

#include <string.h>

#include "base/banned.h"

/* A block begins on a line of its own. */
static void append(struct sw_str text, struct sw_buf *buf)
{
    if (buf->len && buf->data[buf->len - 1] != '\n')
        sw_buf_append_text(buf, "\n");
    sw_buf_append_str(buf, text);
}

/* Without the lines before it. A Secret is secret, and a caBundle is not: who has put a key before
 * an authority in ca.crt must not find it published. */
static struct sw_str block_of(struct sw_str text)
{
    const char *begin = memmem(text.data, text.len, SW_CERT_PEM_BEGIN.data, SW_CERT_PEM_BEGIN.len);

    return begin ? sw_str_slice(text, (size_t)(begin - text.data), text.len) : text;
}

void sw_cert_bundle_write(const struct sw_cert_state *state, const struct sw_cert_list *bundle,
                          struct sw_buf *buf)
{
    const struct sw_cert_list *cas = state->cas;

    for (size_t i = 0; i < bundle->n; i++) {
        if (sw_cert_plan_keeps_entry(state, &bundle->items[i]))
            append(bundle->items[i].text, buf);
    }
    for (size_t i = 0; i < cas->n; i++) {
        if (sw_cert_plan_trusts(state, i) &&
            sw_cert_list_find(bundle, cas->items[i].id) == bundle->n)
            append(block_of(cas->items[i].text), buf);
    }
}

void sw_cert_bundle_write_authorities(const struct sw_cert_state *state, struct sw_str first,
                                      struct sw_buf *buf)
{
    sw_buf_append_str(buf, first);
    for (size_t i = 0; i < state->cas->n; i++) {
        if (sw_cert_plan_keeps_ca(state, i))
            append(state->cas->items[i].text, buf);
    }
}

#include "admission/response.h"

#include "base/cleanup.h"
#include "base/utf8.h"
#include "json/write.h"

#include <stdint.h>

#include "base/banned.h"

/* Over what a setting of the largest size that an API server takes can be refused for. */
#define MAX_MESSAGE_BYTES ((size_t)16 << 20)

/* Over what most operations of a DestinationRule's patch take, which have a short pointer and one
 * of our own values. */
#define TYPICAL_OP_BYTES 256

/* "and 18446744073709551615 more warnings" */
#define MAX_COUNT_LEN 64

/* What Go's unicode.IsControl says yes to: C0, DEL, and C1, which is two bytes in UTF-8. */
static void blank_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        unsigned char next = i + 1 < len ? (unsigned char)text[i + 1] : 0;

        if (c < ' ' || c == 0x7f)
            text[i] = ' ';
        else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
            text[i] = text[i + 1] = ' ';
    }
}

static void write_finding(const struct sw_finding *finding, struct sw_buf *buf)
{
    size_t from = buf->len;

    sw_buf_printf(buf, "%s%s%s", finding->path, *finding->path ? ": " : "", finding->message);
    if (buf->len > from)
        blank_controls(buf->data + from, buf->len - from);
}

/* The text of `buf`, or as much of it as one warning may have, between two characters and with
 * "..." behind it. Borrowed. */
static struct sw_str cut(struct sw_buf *buf)
{
    size_t len = SW_RESPONSE_MAX_WARNING_LEN - 3;

    if (buf->len <= SW_RESPONSE_MAX_WARNING_LEN)
        return sw_buf_str(buf);
    while (len && sw_utf8_is_tail((unsigned char)buf->data[len]))
        len--;
    memcpy(buf->data + len, "...", 3);
    return (struct sw_str){buf->data, len + 3};
}

static void write_warnings(const struct sw_findings *warnings, struct sw_buf *buf)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;
    size_t total = 0, i;

    sw_buf_init(&text, MAX_MESSAGE_BYTES);
    for (i = 0; i < warnings->n; i++) {
        struct sw_str warning;

        sw_buf_clear(&text);
        write_finding(&warnings->items[i], &text);
        warning = cut(&text);
        total += warning.len;
        if (total > SW_RESPONSE_MAX_WARNING_BYTES - MAX_COUNT_LEN)
            break;
        sw_buf_append_text(buf, i ? "," : "");
        sw_json_write_string(warning, buf);
        if (text.failure)
            buf->failure = text.failure;
    }
    if (i < warnings->n)
        sw_buf_printf(buf, ",\"and %zu more warning%s\"", warnings->n - i,
                      warnings->n - i > 1 ? "s" : "");
}

void sw_response_write_refusals(const struct sw_outcome *outcome, struct sw_buf *buf)
{
    const struct sw_findings *refusals = &outcome->refusals;

    if (refusals->n > 1)
        sw_buf_printf(buf, "%zu findings:", refusals->n);
    for (size_t i = 0; i < refusals->n && i < SW_RESPONSE_MAX_REFUSALS; i++) {
        sw_buf_append_text(buf, refusals->n > 1 ? "\n  " : "");
        write_finding(&refusals->items[i], buf);
    }
    if (refusals->n > SW_RESPONSE_MAX_REFUSALS)
        sw_buf_printf(buf, "\n  and %zu more", refusals->n - SW_RESPONSE_MAX_REFUSALS);
    if (outcome->advice)
        sw_buf_printf(buf, "\n%s", outcome->advice);
}

static void write_status(const struct sw_outcome *outcome, struct sw_buf *buf)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;

    sw_buf_init(&text, MAX_MESSAGE_BYTES);
    sw_response_write_refusals(outcome, &text);
    sw_buf_append_text(buf, ",\"status\":{\"code\":422,\"reason\":\"Invalid\",\"message\":");
    sw_json_write_string(sw_buf_str(&text), buf);
    sw_buf_append_text(buf, "}");
    if (text.failure)
        buf->failure = text.failure;
}

static void write_patch(const struct sw_patch *patch, struct sw_buf *buf)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf text;

    sw_buf_init(&text, MAX_MESSAGE_BYTES);
    sw_buf_reserve(&text, patch->n_ops * TYPICAL_OP_BYTES);
    sw_patch_write(patch, &text);
    sw_buf_append_text(buf, ",\"patchType\":\"JSONPatch\",\"patch\":\"");
    sw_buf_append_base64(buf, text.data, text.len);
    sw_buf_append_text(buf, "\"");
    if (text.failure)
        buf->failure = text.failure;
}

void sw_response_write(const struct sw_review *review, const struct sw_outcome *outcome,
                       struct sw_buf *buf)
{
    bool allowed = outcome->refusals.n == 0;

    sw_buf_append_text(buf, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                            "\"response\":{\"uid\":");
    sw_buf_append_str(buf, review->uid_json);
    sw_buf_append_text(buf, allowed ? ",\"allowed\":true" : ",\"allowed\":false");
    if (!allowed)
        write_status(outcome, buf);
    else if (outcome->patch.n_ops)
        write_patch(&outcome->patch, buf);
    if (outcome->warnings.n) {
        sw_buf_append_text(buf, ",\"warnings\":[");
        write_warnings(&outcome->warnings, buf);
        sw_buf_append_text(buf, "]");
    }
    sw_buf_append_text(buf, "}}");
}

#include "lib/check.h"

#include "base/cleanup.h"
#include "model/labels.h"
#include "json/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_TEXT_BYTES ((size_t)8 << 20)

void sw_check_buf(struct sw_buf *buf, const char *expected)
{
    char *actual;

    sw_buf_append(buf, "", 1);
    assert_int_equal(sw_buf_status(buf, NULL), 0);
    for (size_t i = 0; i < buf->len; i++) {
        if (buf->data[i] == '"')
            buf->data[i] = '\'';
    }
    /* A failing assertion leaves by longjmp; cmocka frees this even then. */
    actual = test_malloc(buf->len);
    memcpy(actual, buf->data, buf->len);
    sw_buf_release(buf);
    assert_string_equal(actual, expected);
    test_free(actual);
}

void sw_check_json(const json_t *value, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    if (value)
        sw_json_write(value, &buf);
    else
        sw_buf_append_text(&buf, "NULL");
    sw_check_buf(&buf, expected);
}

void sw_check_patch(const struct sw_patch *patch, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_patch_write(patch, &buf);
    sw_check_buf(&buf, expected);
}

void sw_check_findings(const struct sw_findings *findings, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    for (size_t i = 0; i < findings->n; i++) {
        const struct sw_finding *item = &findings->items[i];

        sw_buf_printf(&buf, "%s%s %s%s%s", i ? "\n" : "", sw_reason_word(item->reason),
                      item->path, *item->path ? ": " : "", item->message);
    }
    sw_check_buf(&buf, expected);
}

void sw_check(struct sw_outcome outcome, const char *patch, const char *warnings)
{
    sw_check_patch(&outcome.patch, patch);
    sw_check_findings(&outcome.warnings, warnings);
    sw_check_findings(&outcome.refusals, "");
}

void sw_check_labels(const struct sw_labels *labels, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_labels_write(labels, &buf);
    sw_check_buf(&buf, expected);
}

void sw_check_str(struct sw_str s, const char *expected)
{
    struct sw_buf buf;

    if (!expected) {
        assert_null(s.data);
        return;
    }
    assert_non_null(s.data);
    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_buf_append_str(&buf, s);
    sw_check_buf(&buf, expected);
}

void sw_check_err(int r, const struct sw_err *err, int code, const char *expected)
{
    struct sw_buf buf;

    sw_buf_init(&buf, MAX_TEXT_BYTES);
    sw_buf_append_text(&buf, err->message);
    sw_check_buf(&buf, expected);
    assert_int_equal(r, code);
    assert_int_equal(err->code, code);
}

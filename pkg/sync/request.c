#include "sync/request.h"

#include "base/banned.h"

/* Appends "&key=" and the value with what a query reserves escaped (RFC 3986 section 2.3); nothing
 * for an unset value. */
static void write_set(const char *key, struct sw_str value, struct sw_buf *buf)
{
    if (!value.len)
        return;
    sw_buf_printf(buf, "&%s=", key);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~')
            sw_buf_append(buf, &c, 1);
        else
            sw_buf_printf(buf, "%%%02X", (unsigned char)c);
    }
}

void sw_request_write_query(const struct sw_request *request, struct sw_buf *buf)
{
    if (request->verb == SW_REQUEST_LIST) {
        sw_buf_printf(buf, "limit=%u", request->limit);
        write_set("labelSelector", request->label_selector, buf);
        write_set("continue", request->continue_token, buf);
        return;
    }
    sw_buf_printf(buf, "watch=1&allowWatchBookmarks=true&timeoutSeconds=%u", request->timeout_s);
    if (request->verb == SW_REQUEST_WATCH_LIST)
        sw_buf_append_text(buf, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
    write_set("labelSelector", request->label_selector, buf);
    write_set("resourceVersion", request->resource_version, buf);
}

#include "serve/route.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "base/banned.h"

#define TEXT "text/plain; charset=utf-8"

/* Longest line of plain text; what a peer sent is cut well before. */
#define LINE_SIZE 512
/* How much of a peer's word is repeated to it. */
#define ECHO_BYTES 64

void sw_response_init(struct sw_response *response)
{
    *response = (struct sw_response){.status = 200, .content_type = "application/json"};
    sw_buf_init(&response->body, SW_RESPONSE_MAX_BYTES);
}

void sw_response_release(struct sw_response *response)
{
    sw_buf_release(&response->body);
}

void sw_response_text(struct sw_response *response, int status, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    response->status = status;
    response->content_type = TEXT;
    sw_buf_clear(&response->body);
    sw_buf_append_text(&response->body, line);
    sw_buf_append_text(&response->body, "\n");
}

static bool equals_ignoring_case(struct sw_str a, struct sw_str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

static struct sw_str trim(struct sw_str s)
{
    while (s.len && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = sw_str_slice(s, 1, s.len);
    while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s = sw_str_slice(s, 0, s.len - 1);
    return s;
}

/* Parameters (";charset=utf-8") are allowed and ignored: JSON is UTF-8 (RFC 8259 section 8.1). */
static bool is_media_type(struct sw_str content_type, const char *expected)
{
    return equals_ignoring_case(trim(sw_str_cut(&content_type, ';')), sw_str_from(expected));
}

static bool is_method(const struct sw_route *route, struct sw_str method)
{
    return sw_str_is(method, route->method) ||
           (sw_str_is(method, "HEAD") && strcmp(route->method, "GET") == 0);
}

static void refuse_path(const struct sw_routes *routes, struct sw_response *response)
{
    char paths[LINE_SIZE / 2] = "";
    size_t len = 0;

    for (size_t i = 0; i < routes->n_items && len < sizeof(paths); i++) {
        int n = snprintf(paths + len, sizeof(paths) - len, "%s%s", i ? ", " : "",
                         routes->items[i].path);

        len += n > 0 ? (size_t)n : 0;
    }
    sw_response_text(response, 404, "no such path: expected %s", paths);
}

static void refuse_method(const struct sw_route *route, const struct sw_request *request,
                          struct sw_response *response)
{
    response->allow = strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method;
    sw_response_text(response, 405, "method %.*s is not allowed on %s: expected %s",
                     SW_STR_ARG(sw_str_slice(request->method, 0, ECHO_BYTES)), route->path,
                     response->allow);
}

static void refuse_body(const struct sw_routes *routes, const struct sw_request *request,
                        struct sw_response *response)
{
    response->close = true;
    sw_response_text(response, 413, "body of %zu bytes: expected at most %zu", request->body.len,
                     routes->max_body_bytes);
}

static void refuse_type(const struct sw_route *route, const struct sw_request *request,
                        struct sw_response *response)
{
    sw_response_text(response, 415, "Content-Type '%.*s': expected %s",
                     SW_STR_ARG(sw_str_slice(request->content_type, 0, ECHO_BYTES)),
                     route->content_type);
}

static void answer_route(const struct sw_routes *routes, const struct sw_route *route,
                         const struct sw_request *request, struct sw_response *response)
{
    struct sw_err err = {0};

    if (!is_method(route, request->method)) {
        refuse_method(route, request, response);
    } else if (request->body.len > routes->max_body_bytes) {
        refuse_body(routes, request, response);
    } else if (route->content_type && !is_media_type(request->content_type, route->content_type)) {
        refuse_type(route, request, response);
    } else {
        route->handle(route->ctx, request, response);
        assert(response->status >= 200 && response->status <= 599);
        if (sw_buf_status(&response->body, &err) < 0)
            sw_response_text(response, 500, "the answer could not be written: %s", err.message);
    }
}

size_t sw_routes_answer(const struct sw_routes *routes, const struct sw_request *request,
                        struct sw_response *response)
{
    size_t i = 0;

    while (i < routes->n_items && !sw_str_is(request->path, routes->items[i].path))
        i++;
    if (i < routes->n_items)
        answer_route(routes, &routes->items[i], request, response);
    else
        refuse_path(routes, response);
    return i;
}

/* What follows the scheme and "//" of an absolute form; unset when the target is not one. */
static struct sw_str after_scheme(struct sw_str target)
{
    static const struct sw_str schemes[] = {{"http://", 7}, {"https://", 8}};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (equals_ignoring_case(sw_str_slice(target, 0, schemes[i].len), schemes[i]))
            return sw_str_slice(target, schemes[i].len, target.len);
    }
    return (struct sw_str){NULL, 0};
}

void sw_request_target(struct sw_str target, struct sw_str *ret_path, struct sw_str *ret_query)
{
    struct sw_str absolute = after_scheme(target), rest = target, path;

    if (absolute.data) {
        size_t host_len = sw_str_find(absolute, '/');

        if (sw_str_find(absolute, '?') < host_len)
            host_len = sw_str_find(absolute, '?');
        rest = sw_str_slice(absolute, host_len, absolute.len);
    }
    path = sw_str_cut(&rest, '?');
    *ret_path = absolute.data && path.len == 0 ? SW_STR("/") : path;
    *ret_query = rest;
}

const char *sw_status_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {{200, "OK"},
                 {400, "Bad Request"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {503, "Service Unavailable"}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].status == status)
            return known[i].reason;
    }
    return "-";
}

#include "mirror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void on_begin(void *context)
{
    sw_buf_append_text(&((struct mirror *)context)->told, "begin ");
}

static void on_end(void *context)
{
    sw_buf_append_text(&((struct mirror *)context)->told, "end ");
}

static int note(struct mirror *mirror, const char *what, struct sw_str object,
                struct sw_err *reterr)
{
    const char *name = memmem(object.data, object.len, "\"name\":\"", 8);
    struct sw_str rest;

    assert_non_null(name);
    rest = sw_str_slice(object, (size_t)(name - object.data) + 8, object.len);
    rest = sw_str_cut(&rest, '"');
    if (mirror->failure)
        return sw_err_set(reterr, mirror->failure, "not kept");
    sw_buf_printf(&mirror->told, "%s %.*s ", what, SW_STR_ARG(rest));
    return 0;
}

static int on_put(void *context, struct sw_str object, struct sw_err *reterr)
{
    return note(context, "put", object, reterr);
}

static int on_remove(void *context, struct sw_str object, struct sw_err *reterr)
{
    return note(context, "remove", object, reterr);
}

static int setup(void **state, enum sw_reflector_presence presence)
{
    struct mirror *mirror = calloc(1, sizeof(*mirror));
    struct sw_reflector_sink sink = {mirror, on_begin, on_end, on_put, on_remove};

    if (!mirror)
        return -1;
    mirror->now_ms = 1000;
    sw_buf_init(&mirror->told, 1 << 20);
    sw_buf_init(&mirror->query, 1 << 16);
    sw_reflector_init(&mirror->reflector, sink, presence, 42);
    *state = mirror;
    return 0;
}

int mirror_setup(void **state)
{
    return setup(state, SW_REFLECTOR_ALWAYS);
}

int mirror_setup_optional(void **state)
{
    return setup(state, SW_REFLECTOR_OPTIONAL);
}

int mirror_teardown(void **state)
{
    struct mirror *mirror = *state;

    sw_reflector_release(&mirror->reflector);
    sw_buf_release(&mirror->told);
    sw_buf_release(&mirror->query);
    free(mirror);
    return 0;
}

void assert_told(struct mirror *mirror, const char *expected)
{
    sw_buf_append(&mirror->told, "", 1);
    assert_int_equal(sw_buf_status(&mirror->told, NULL), 0);
    assert_string_equal(mirror->told.data, expected);
    sw_buf_clear(&mirror->told);
}

void assert_sends(struct mirror *mirror, const char *part)
{
    struct sw_request request;
    int64_t wake_ms = 0;

    assert_int_equal(sw_reflector_next(&mirror->reflector, mirror->now_ms, &wake_ms, &request),
                     SW_REFLECTOR_SEND);
    sw_buf_clear(&mirror->query);
    sw_request_write_query(&request, &mirror->query);
    sw_buf_append(&mirror->query, "", 1);
    assert_int_equal(sw_buf_status(&mirror->query, NULL), 0);
    if (!strstr(mirror->query.data, part))
        fail_msg("expected %s in %s", part, mirror->query.data);
}

void assert_waits(struct mirror *mirror, int64_t from_ms, int64_t to_ms)
{
    struct sw_request request;
    int64_t wake_ms = 0;

    assert_int_equal(sw_reflector_next(&mirror->reflector, mirror->now_ms, &wake_ms, &request),
                     SW_REFLECTOR_WAIT);
    assert_in_range(wake_ms - mirror->now_ms, (uintmax_t)from_ms, (uintmax_t)to_ms);
}

static void assert_next(struct mirror *mirror, enum sw_reflector_action expected)
{
    struct sw_request request;
    int64_t wake_ms = 0;

    assert_int_equal(sw_reflector_next(&mirror->reflector, mirror->now_ms, &wake_ms, &request),
                     expected);
}

void assert_aborts(struct mirror *mirror)
{
    assert_next(mirror, SW_REFLECTOR_ABORT);
}

void assert_deserts(struct mirror *mirror)
{
    assert_next(mirror, SW_REFLECTOR_DESERT);
}

void pass(struct mirror *mirror, int64_t ms)
{
    mirror->now_ms += ms;
}

void pass_wait(struct mirror *mirror, const char *part)
{
    struct sw_request request;
    int64_t wake_ms = mirror->now_ms;

    assert_int_equal(sw_reflector_next(&mirror->reflector, mirror->now_ms, &wake_ms, &request),
                     SW_REFLECTOR_WAIT);
    mirror->now_ms = wake_ms;
    assert_sends(mirror, part);
}

void answer(struct mirror *mirror, int http_status)
{
    sw_reflector_response(&mirror->reflector, mirror->now_ms, http_status, 0);
}

void send_text(struct mirror *mirror, const char *text)
{
    char *bytes = strdup(text);

    assert_non_null(bytes);
    for (char *c = bytes; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    sw_reflector_data(&mirror->reflector, mirror->now_ms, sw_str_from(bytes));
    free(bytes);
}

void send_event(struct mirror *mirror, const char *type, const char *name, const char *version)
{
    char line[512];

    snprintf(line, sizeof(line),
             "{'type':'%s','object':{'metadata':{'name':'%s','resourceVersion':'%s'}}}\n", type,
             name, version);
    send_text(mirror, line);
}

void send_bookmark(struct mirror *mirror, const char *version)
{
    char line[512];

    snprintf(line, sizeof(line),
             "{'type':'BOOKMARK','object':{'metadata':{'resourceVersion':'%s'}}}\n", version);
    send_text(mirror, line);
}

void send_end_of_list(struct mirror *mirror, const char *version)
{
    char line[512];

    snprintf(line, sizeof(line),
             "{'type':'BOOKMARK','object':{'metadata':{'resourceVersion':'%s',"
             "'annotations':{'k8s.io/initial-events-end':'true'}}}}\n",
             version);
    send_text(mirror, line);
}

void close_well(struct mirror *mirror)
{
    sw_reflector_closed(&mirror->reflector, mirror->now_ms, NULL);
}

void cut(struct mirror *mirror)
{
    sw_reflector_closed(&mirror->reflector, mirror->now_ms, "connection reset");
}

void sync_up(struct mirror *mirror)
{
    assert_sends(mirror, "sendInitialEvents=true");
    answer(mirror, 200);
    send_event(mirror, "ADDED", "a", "3");
    send_event(mirror, "ADDED", "b", "2");
    send_end_of_list(mirror, "10");
    assert_told(mirror, "begin put a put b end ");
    assert_true(mirror->reflector.stats.synced);
}

void begin_watch(struct mirror *mirror)
{
    sync_up(mirror);
    pass(mirror, 400000);
    close_well(mirror);
    assert_sends(mirror, "&resourceVersion=10");
    answer(mirror, 200);
}

#include "fake_http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "io/clock.h"

#define MAX_SCRIPT 16

struct fake_http fake;

static struct {
    int http_status;
    const char *body;
} script[MAX_SCRIPT];
static unsigned int n_script, n_played;

int fake_setup(void **state)
{
    (void)state;
    fake = (struct fake_http){.now_ms = 1000000};
    n_script = n_played = 0;
    return 0;
}

struct sw_client fake_client(void)
{
    static char http, target;

    return (struct sw_client){(struct sw_http *)&http, (struct sw_http_target *)&target};
}

static void copy(struct sw_str from, char *to, size_t size)
{
    assert_true(from.len < size);
    snprintf(to, size, "%.*s", SW_STR_ARG(from));
}

struct sw_http_transfer *fake_last(void)
{
    assert_true(fake.n_requests > 0);
    return &fake.requests[fake.n_requests - 1];
}

static void answer(struct sw_http_transfer *to, int http_status, int64_t retry_after_s,
                   const char *body)
{
    const struct sw_str whole = sw_str_from(body);
    const struct sw_str parts[] = {sw_str_slice(whole, 0, whole.len / 2),
                                   sw_str_slice(whole, whole.len / 2, whole.len)};

    assert_false(to->closed || to->cancelled);
    to->sink.response(to->sink.context, http_status, retry_after_s);
    for (int i = 0; i < 2 && !to->broken && !to->cancelled; i++)
        to->sink.data(to->sink.context, parts[i]);
    to->closed = true;
    if (!to->cancelled)
        to->sink.closed(to->sink.context, to->broken ? "write error" : NULL);
}

void fake_answer_later(int http_status, int64_t retry_after_s, const char *body)
{
    answer(fake_last(), http_status, retry_after_s, body);
}

void fake_answer(int http_status, const char *body)
{
    fake_answer_later(http_status, 0, body);
}

void fake_fail(const char *failure)
{
    struct sw_http_transfer *last = fake_last();

    assert_false(last->closed || last->cancelled);
    last->closed = true;
    last->sink.closed(last->sink.context, failure);
}

void fake_will_answer(int http_status, const char *body)
{
    assert_true(n_script < MAX_SCRIPT);
    script[n_script].http_status = http_status;
    script[n_script++].body = body;
}

int sw_http_setup(struct sw_err *reterr)
{
    (void)reterr;
    return 0;
}

int sw_http_new(struct sw_http **ret, struct sw_err *reterr)
{
    (void)reterr;
    *ret = fake_client().http;
    return 0;
}

void sw_http_free(struct sw_http *http)
{
    (void)http;
}

int sw_http_target_new(const struct sw_kube_config *config, struct sw_http_target **ret,
                       struct sw_err *reterr)
{
    (void)config;
    (void)reterr;
    *ret = fake_client().target;
    return 0;
}

void sw_http_target_free(struct sw_http_target *target)
{
    (void)target;
}

struct sw_str sw_http_target_server(const struct sw_http_target *target)
{
    (void)target;
    return SW_STR(FAKE_SERVER);
}

int sw_http_send(struct sw_http *http, struct sw_http_target *target,
                 const struct sw_http_request *request, struct sw_http_sink sink,
                 struct sw_http_transfer **ret, struct sw_err *reterr)
{
    struct sw_http_transfer *sent = &fake.requests[fake.n_requests];

    assert_ptr_equal(http, fake_client().http);
    assert_ptr_equal(target, fake_client().target);
    if (fake.fails)
        return sw_err_set(reterr, fake.fails, "the token file cannot be read");
    assert_true(fake.n_requests < FAKE_MAX_REQUESTS);
    fake.n_requests++;
    copy(sw_str_from(request->method), sent->method, sizeof(sent->method));
    copy(request->path, sent->path, sizeof(sent->path));
    copy(sw_str_from(request->content_type), sent->content_type, sizeof(sent->content_type));
    copy(request->body, sent->body, sizeof(sent->body));
    sent->timeout_ms = request->timeout_ms;
    sent->sink = sink;
    *ret = sent;
    return 0;
}

void sw_http_cancel(struct sw_http_transfer *transfer)
{
    if (transfer)
        transfer->cancelled = true;
}

void sw_http_break(struct sw_http_transfer *transfer)
{
    transfer->broken = true;
}

/* The first that waits for an answer; NULL for none. */
static struct sw_http_transfer *first_open(void)
{
    for (unsigned int i = 0; i < fake.n_requests; i++)
        if (!fake.requests[i].closed && !fake.requests[i].cancelled)
            return &fake.requests[i];
    return NULL;
}

void sw_http_wait(struct sw_http *http, int64_t timeout_ms)
{
    (void)http;
    fake.n_waits++;
    if (timeout_ms > 0 && !(n_played < n_script && first_open()))
        fake.now_ms += timeout_ms;
    if (fake.on_wait)
        fake.on_wait(fake.context);
}

void sw_http_run(struct sw_http *http)
{
    struct sw_http_transfer *open = first_open();

    (void)http;
    if (!open || n_played == n_script)
        return;
    n_played++;
    answer(open, script[n_played - 1].http_status, 0, script[n_played - 1].body);
}

void sw_http_wakeup(struct sw_http *http)
{
    (void)http;
    fake.n_wakeups++;
}

uint64_t sw_clock_mono_ns(void)
{
    return (uint64_t)fake.now_ms * 1000000;
}

uint64_t sw_clock_mono_ms(void)
{
    return (uint64_t)fake.now_ms;
}

/* 2026-11-23T10:00:00Z, and what the other clock says. */
uint64_t sw_clock_wall_ms(void)
{
    return UINT64_C(1795428000000) + (uint64_t)fake.now_ms;
}

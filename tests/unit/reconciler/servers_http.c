#include "servers_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "io/clock.h"

struct sw_http *servers_http(void)
{
    static char http;

    return (struct sw_http *)&http;
}

int sw_http_target_new(const struct sw_kube_config *config, struct sw_http_target **ret,
                       struct sw_err *reterr)
{
    size_t i = 0;

    (void)reterr;
    while (servers.targets[i].server)
        assert_true(++i < MAX_TARGETS);
    servers.targets[i] = (struct sw_http_target){servers_find(config->server), config->server};
    *ret = &servers.targets[i];
    return 0;
}

void sw_http_target_free(struct sw_http_target *target)
{
    if (!target)
        return;
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++)
        assert_false(servers.transfers[i].under_way && servers.transfers[i].target == target);
    target->server = NULL;
}

struct sw_str sw_http_target_server(const struct sw_http_target *target)
{
    return target->url;
}

int sw_http_send(struct sw_http *http, struct sw_http_target *target,
                 const struct sw_http_request *request, struct sw_http_sink sink,
                 struct sw_http_transfer **ret, struct sw_err *reterr)
{
    struct sw_str query = request->path, path = sw_str_cut(&query, '?');
    struct sw_http_transfer *sent = NULL;

    (void)reterr;
    assert_ptr_equal(http, servers_http());
    for (unsigned int i = 0; i < MAX_TRANSFERS && !sent; i++) {
        if (!servers.transfers[i].under_way)
            sent = &servers.transfers[i];
    }
    assert_non_null(sent);
    assert_true(path.len < sizeof(sent->path) && query.len < sizeof(sent->query));
    assert_true(servers.n_sent < MAX_SENT);
    servers.n_sent++;
    sent->under_way = true;
    sent->broken = false;
    sent->status = 0;
    sent->n_pending = 0;
    sent->target = target;
    sent->server = target->server;
    sent->sink = sink;
    snprintf(sent->path, sizeof(sent->path), "%.*s", SW_STR_ARG(path));
    snprintf(sent->query, sizeof(sent->query), "%.*s", SW_STR_ARG(query));
    servers.sent[servers.n_sent - 1].server = sent->server;
    snprintf(servers.sent[servers.n_sent - 1].path, sizeof(sent->path), "%s", sent->path);
    snprintf(servers.sent[servers.n_sent - 1].query, sizeof(sent->query), "%s", sent->query);
    *ret = sent;
    return 0;
}

void sw_http_cancel(struct sw_http_transfer *transfer)
{
    if (!transfer)
        return;
    assert_true(transfer->under_way);
    transfer->under_way = false;
}

void sw_http_desert(struct sw_http_transfer *transfer)
{
    sw_http_cancel(transfer);
}

void sw_http_run(struct sw_http *http)
{
    assert_ptr_equal(http, servers_http());
    for (unsigned int i = 0; i < MAX_TRANSFERS; i++) {
        if (servers.transfers[i].under_way)
            servers_serve(&servers.transfers[i]);
    }
}

/* Threads wait, and here is none. */
int sw_http_new(struct sw_http **ret, struct sw_err *reterr)
{
    (void)reterr;
    *ret = servers_http();
    return 0;
}

void sw_http_free(struct sw_http *http)
{
    (void)http;
}

void sw_http_wait(struct sw_http *http, int64_t timeout_ms)
{
    (void)http;
    (void)timeout_ms;
    fail_msg("nobody waits here");
}

void sw_http_wakeup(struct sw_http *http)
{
    (void)http;
}

void sw_http_break(struct sw_http_transfer *transfer)
{
    transfer->broken = true;
}

uint64_t sw_clock_mono_ns(void)
{
    return (uint64_t)servers_now_ms * 1000000;
}

uint64_t sw_clock_mono_ms(void)
{
    return (uint64_t)servers_now_ms;
}

uint64_t sw_clock_wall_ms(void)
{
    return UINT64_C(1795428000000) + (uint64_t)servers_now_ms;
}

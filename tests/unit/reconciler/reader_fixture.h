/*
 * A reader of an API server in memory.
 */
#ifndef SW_TESTS_RECONCILER_READER_FIXTURE_H
#define SW_TESTS_RECONCILER_READER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "reconciler/reader.h"
#include "servers.h"
#include "json/read.h"

#define EAST "https://east:6443"

#define CART "{'metadata':{'namespace':'shop','name':'cart'},'spec':{'selector':{'app':'cart'}}}"
#define TILL "{'metadata':{'namespace':'shop','name':'till'},'spec':{'selector':{'app':'till'}}}"
#define ODD  "{'metadata':{'namespace':'shop','name':'odd'},'spec':{'selector':7}}"

static struct sw_state *mesh;
static struct sw_state_cluster *cluster;
static struct sw_reader *reader;

static inline int setup(void **state)
{
    if (servers_setup(state) < 0 || sw_state_new(NULL, &mesh, NULL) < 0 ||
        sw_state_add_cluster(mesh, SW_STR("east"), (struct sw_str){NULL, 0}, &cluster, NULL) < 0)
        return -1;
    reader = NULL;
    return 0;
}

static inline int teardown(void **state)
{
    sw_reader_free(reader);
    sw_state_free(mesh);
    return servers_teardown(state);
}

static inline struct sw_reader_options options_of(const char *kubeconfig)
{
    return (struct sw_reader_options){
        .http = servers_http(),
        .kubeconfig = sw_str_from(kubeconfig),
        .trust = SW_KUBE_INLINE_ONLY,
        .folder = "",
        .root_namespace = SW_STR("istio-system"),
        .role = {.local = true, .config = true},
        .seed = 1,
    };
}

/* One that is attached to the state, in that role. */
static inline void begin_as(bool local, bool config)
{
    struct sw_reader_options options = options_of(servers_kubeconfig(EAST));

    options.role = (struct sw_reader_role){local, config};
    assert_int_equal(sw_reader_new(&options, &reader, NULL), 0);
    assert_int_equal(sw_reader_attach(reader, cluster, NULL), 0);
}

static inline void begin(void)
{
    begin_as(true, true);
}

/* Until there is nothing more to do now. Returns when there will be. */
static inline int64_t run(void)
{
    int64_t wake_ms = sw_reader_step(reader, servers_now_ms);

    while (!servers_are_idle() || wake_ms <= servers_now_ms) {
        sw_http_run(servers_http());
        wake_ms = sw_reader_step(reader, servers_now_ms);
    }
    return wake_ms;
}

/* Lets so much time pass, step by step. */
static inline void wait_for(int64_t ms)
{
    int64_t end_ms = servers_now_ms + ms;

    while (servers_now_ms < end_ms) {
        int64_t wake_ms = run();

        servers_now_ms = wake_ms < end_ms ? wake_ms : end_ms;
    }
    run();
}

static inline struct sw_reader_health health(void)
{
    struct sw_reader_health ret;

    sw_reader_health(reader, servers_now_ms, &ret);
    return ret;
}

static inline size_t n_services(void)
{
    return sw_state_count(cluster, SW_RESOURCE_SERVICE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

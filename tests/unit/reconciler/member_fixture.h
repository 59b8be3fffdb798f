/*
 * A member whose kubeconfig is a file, is given, or leads to a folder; its API servers are in
 * memory.
 */
#ifndef SW_TESTS_RECONCILER_MEMBER_FIXTURE_H
#define SW_TESTS_RECONCILER_MEMBER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reconciler/member.h"
#include "servers.h"
#include "json/read.h"

#define OLD  "https://old:6443"
#define NEW  "https://new:6443"

#define CART "{'metadata':{'namespace':'shop','name':'cart'},'spec':{'selector':{'app':'cart'}}}"
#define TILL "{'metadata':{'namespace':'shop','name':'till'},'spec':{'selector':{'app':'till'}}}"
#define BOOK "{'metadata':{'namespace':'shop','name':'book'},'spec':{'selector':{'app':'book'}}}"

/* In the folder of the test. */
#define CONFIG_FILE   "kubeconfig"
#define MANIFEST_FILE "services.yaml"

static struct sw_state *mesh;
static struct sw_member *member;
static char folder[64];

/* What on_move() was told. */
static struct {
    unsigned int n;
    struct sw_http_target *target;
    unsigned int n_open_before; /* watches of the old API server at that moment */
} moves;

static inline void on_move(void *context, struct sw_http_target *target)
{
    assert_ptr_equal(context, &moves);
    moves.n++;
    moves.target = target;
    moves.n_open_before = servers_open(OLD, NULL);
}

static inline int setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/sw_test_member.XXXXXX");
    if (!mkdtemp(folder) || chdir(folder) < 0 || servers_setup(state) < 0)
        return -1;
    moves.n = 0;
    member = NULL;
    return sw_state_new(NULL, &mesh, NULL);
}

static inline int teardown(void **state)
{
    sw_member_free(member);
    sw_state_free(mesh);
    unlink(CONFIG_FILE);
    unlink(MANIFEST_FILE);
    if (chdir("/") < 0 || rmdir(folder) < 0)
        return -1;
    return servers_teardown(state);
}

static inline void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline int make(const struct sw_cluster *cluster, struct sw_member **ret,
                       struct sw_err *reterr)
{
    const struct sw_member_options options = {
        .http = servers_http(),
        .state = mesh,
        .name = SW_STR("west"),
        .cluster = cluster,
        .root_namespace = SW_STR("istio-system"),
        .on_move = on_move,
        .move_context = &moves,
    };

    return sw_member_new(&options, ret, reterr);
}

static const struct sw_cluster by_file = {.kubeconfig = {CONFIG_FILE, sizeof(CONFIG_FILE) - 1}};
static const struct sw_cluster by_folder = {.dir = "."};

static inline void begin(const struct sw_cluster *cluster)
{
    struct sw_err err = {0};

    if (make(cluster, &member, &err) < 0)
        fail_msg("%s", err.message);
}

static inline void run(void)
{
    int64_t wake_ms = sw_member_step(member, servers_now_ms);

    while (!servers_are_idle() || wake_ms <= servers_now_ms) {
        sw_http_run(servers_http());
        wake_ms = sw_member_step(member, servers_now_ms);
    }
}

static inline void wait_for(int64_t ms)
{
    for (int64_t end_ms = servers_now_ms + ms; servers_now_ms < end_ms; servers_now_ms += 100)
        run();
    run();
}

static inline struct sw_member_health health(void)
{
    struct sw_member_health ret;

    sw_member_health(member, servers_now_ms, &ret);
    return ret;
}

static inline size_t n_services(void)
{
    return sw_state_count(sw_member_state(member), SW_RESOURCE_SERVICE);
}

static inline void assert_says(const char *words)
{
    const struct sw_member_health found = health();

    assert_int_not_equal(found.error.code, 0);
    if (!strstr(found.error.message, words))
        fail_msg("'%s' does not say '%s'", found.error.message, words);
}

static inline void give(const char *text)
{
    assert_int_equal(sw_member_give(member, sw_str_from(text), NULL, NULL), 0);
}

/* A kubeconfig for OLD with that member of its user. */
static inline const char *kubeconfig_with(const char *user)
{
    static char text[512];

    snprintf(text, sizeof(text),
             "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], "
             "clusters: [{name: c, cluster: {server: '%s'}}], users: [{name: u, user: {%s}}]}",
             OLD, user);
    return text;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

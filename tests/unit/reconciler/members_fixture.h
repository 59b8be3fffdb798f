/*
 * Clusters of a command line, and Secrets beside them; their API servers are in memory.
 */
#ifndef SW_TESTS_RECONCILER_MEMBERS_FIXTURE_H
#define SW_TESTS_RECONCILER_MEMBERS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reconciler/members.h"
#include "servers.h"
#include "json/read.h"

#define HOME    "https://home:6443"
#define AWAY    "https://away:6443"
#define WEST    "https://west:6443"
#define OTHER   "https://other:6443"

#define SECRETS "/api/v1/namespaces/sys/secrets"
#define OF_SYS  "{'metadata':{'name':'a','namespace':'sys'},'data':{}}"

#define CART    "{'metadata':{'namespace':'shop','name':'cart'},'spec':{'selector':{'app':'cart'}}}"
#define TILL    "{'metadata':{'namespace':'shop','name':'till'},'spec':{'selector':{'app':'till'}}}"

/* In the folder of the test. */
#define HOME_FILE "home.yaml"

static struct sw_state *mesh;
static struct sw_members *members;
static struct sw_clusters clusters;
static struct sw_arena arena; /* of what the test makes */
static char folder[64], gone[64];
static unsigned int n_moves;

static inline void on_move(void *context, struct sw_http_target *target)
{
    (void)context;
    (void)target;
    n_moves++;
}

static inline void on_gone(void *context, struct sw_str cluster)
{
    (void)context;
    snprintf(gone, sizeof(gone), "%.*s", SW_STR_ARG(cluster));
}

static inline int setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/sw_test_members.XXXXXX");
    if (!mkdtemp(folder) || chdir(folder) < 0 || servers_setup(state) < 0)
        return -1;
    sw_arena_init(&arena, 65536, (size_t)16 << 20);
    gone[0] = '\0';
    n_moves = 0;
    members = NULL;
    clusters = (struct sw_clusters){0};
    clusters.items[clusters.n++] = (struct sw_cluster){
        .name = SW_STR("home"),
        .kubeconfig = SW_STR(HOME_FILE),
    };
    return sw_state_new(NULL, &mesh, NULL);
}

static inline int teardown(void **state)
{
    sw_members_free(members);
    sw_state_free(mesh);
    sw_arena_release(&arena);
    unlink(HOME_FILE);
    if (chdir("/") < 0 || rmdir(folder) < 0)
        return -1;
    return servers_teardown(state);
}

static inline void write_home(const char *text)
{
    FILE *file = fopen(HOME_FILE, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline int make(struct sw_str secrets_namespace, struct sw_err *reterr)
{
    const struct sw_members_options options = {
        .http = servers_http(),
        .state = mesh,
        .clusters = &clusters,
        .root_namespace = SW_STR("istio-system"),
        .secrets_namespace = secrets_namespace,
        .on_move = on_move,
        .on_gone = on_gone,
    };

    return sw_members_new(&options, &members, reterr);
}

static inline void run(void)
{
    int64_t wake_ms = sw_members_step(members, servers_now_ms);

    while (!servers_are_idle() || wake_ms <= servers_now_ms) {
        sw_http_run(servers_http());
        wake_ms = sw_members_step(members, servers_now_ms);
    }
}

static inline void wait_for(int64_t ms)
{
    for (int64_t end_ms = servers_now_ms + ms; servers_now_ms < end_ms; servers_now_ms += 100)
        run();
    run();
}

/* With home alone, and Secrets looked for; has settled. */
static inline void begin(void)
{
    write_home(servers_kubeconfig(HOME));
    assert_int_equal(make(SW_STR("sys"), NULL), 0);
    run();
}

/* Secret sys/a, with one key. */
static inline void put_secret(const char *key, const char *kubeconfig)
{
    struct sw_buf text;
    struct sw_str kept;

    sw_buf_init(&text, 65536);
    sw_buf_printf(&text, "{'metadata':{'name':'a','namespace':'sys'},'data':{'%s':'", key);
    sw_buf_append_base64(&text, kubeconfig, strlen(kubeconfig));
    sw_buf_append_text(&text, "'}}");
    kept = sw_arena_copy(&arena, sw_buf_str(&text));
    assert_non_null(kept.data);
    sw_buf_release(&text);
    servers_put(HOME, SECRETS, kept.data);
    run();
}

/* NULL if there is none of that name. */
static inline const struct sw_member *find(const char *name)
{
    for (size_t i = 0; i < sw_members_count(members); i++) {
        if (sw_str_is(sw_member_name(sw_members_at(members, i)), name))
            return sw_members_at(members, i);
    }
    return NULL;
}

static inline struct sw_member_health health_of(const char *name)
{
    struct sw_member_health ret;

    assert_non_null(find(name));
    sw_member_health(find(name), servers_now_ms, &ret);
    return ret;
}

static inline size_t n_services(const char *name)
{
    return sw_state_count(sw_member_state(find(name)), SW_RESOURCE_SERVICE);
}

static inline void assert_says(struct sw_err err, const char *words)
{
    assert_int_not_equal(err.code, 0);
    if (!strstr(err.message, words))
        fail_msg("'%s' does not say '%s'", err.message, words);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

/* webhook/kube_link.c: kubeconfigs that change, and what is said of those that do not work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>

#include "../kube/api.h"
#include "io/clock.h"
#include "webhook/kube_link.h"
#include "json/read.h"

/* Nothing listens there. */
#define NOBODY 1

struct fixture {
    struct pki authority;
    struct api *api;
    struct sw_http *http;
    pthread_mutex_t lock;
    struct sw_kube_link link;
};

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_kube_link_options options = {.given = true};

    if (!f || sw_http_new(&f->http, NULL) < 0)
        return -1;
    f->authority = pki_make("cluster-ca", NULL, NULL);
    f->api = api_start(&f->authority);
    pthread_mutex_init(&f->lock, NULL);
    options.http = f->http;
    options.lock = &f->lock;
    *state = f;
    return sw_kube_link_init(&f->link, &options, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_kube_link_release(&f->link);
    sw_http_free(f->http);
    pthread_mutex_destroy(&f->lock);
    api_stop(f->api);
    pki_release(&f->authority);
    free(f);
    return 0;
}

static void give(struct fixture *f, int port)
{
    struct sw_str ca = pki_cert_pem(&f->authority);
    struct sw_buf text;

    sw_buf_init(&text, 65536);
    sw_buf_printf(&text,
                  "current-context: c\n"
                  "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
                  "users: [{name: u, user: {token: t}}]\n"
                  "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:%d', "
                  "certificate-authority-data: ",
                  port);
    sw_buf_append_base64(&text, ca.data, ca.len);
    sw_buf_append_text(&text, "}}]\n");
    assert_int_equal(sw_kube_link_give(&f->link, sw_buf_str(&text), NULL, NULL), 0);
    sw_buf_release(&text);
}

/* How it will be, as things are now, in `later_ms`. */
static struct sw_kube_health health_in(struct fixture *f, int64_t later_ms)
{
    return sw_kube_link_health(&f->link, now() + later_ms);
}

/* Lets it work. */
static void run_for(struct fixture *f, int64_t ms)
{
    int64_t end_ms = now() + ms;

    while (now() < end_ms) {
        sw_kube_link_step(&f->link, now());
        sw_http_wait(f->http, 20);
        sw_http_run(f->http);
    }
}

static void run_until_synced(struct fixture *f)
{
    for (int i = 0; i < 200 && !health_in(f, 0).synced; i++)
        run_for(f, 50);
    assert_true(health_in(f, 0).synced);
}

static void a_kubeconfig_that_leads_nowhere_is_told_of_after_a_while(void **state)
{
    struct fixture *f = *state;
    struct sw_kube_health health;
    uint64_t version;

    give(f, api_port(f->api));
    run_until_synced(f);
    version = sw_kube_link_version(&f->link);

    give(f, NOBODY);
    run_for(f, 300);
    health = health_in(f, 0);
    assert_true(health.synced);
    assert_int_equal(health.error.code, 0);
    health = health_in(f, SW_KUBE_CLIENT_PATIENCE_MS);
    assert_true(health.synced);
    assert_int_equal(health.error.code, SW_EIO);
    assert_non_null(strstr(health.error.message, "that of before stays in use"));
    assert_non_null(strstr(health.error.message, "https://127.0.0.1:1/api/v1/namespaces: "));
    assert_int_equal(sw_kube_link_version(&f->link), version);
}

static void one_that_leads_somewhere_again_ends_that(void **state)
{
    struct fixture *f = *state;
    uint64_t version;

    give(f, api_port(f->api));
    run_until_synced(f);
    give(f, NOBODY);
    run_for(f, 100);
    version = sw_kube_link_version(&f->link);

    give(f, api_port(f->api));
    for (int i = 0; i < 200 && sw_kube_link_version(&f->link) == version; i++)
        run_for(f, 50);
    assert_int_not_equal(sw_kube_link_version(&f->link), version);
    assert_int_equal(health_in(f, SW_KUBE_CLIENT_PATIENCE_MS).error.code, 0);
}

static void the_first_that_leads_nowhere_is_told_of_at_once(void **state)
{
    struct fixture *f = *state;
    struct sw_kube_health health;

    give(f, NOBODY);
    run_for(f, 300);
    health = health_in(f, 0);
    assert_false(health.synced);
    assert_int_equal(health.error.code, SW_EIO);
    assert_null(strstr(health.error.message, "stays in use"));
}

/* A cluster whose Secret went and came again, unusable now, before either was told of. */
static void an_empty_one_leaves_the_one_before(void **state)
{
    struct fixture *f = *state;

    give(f, NOBODY);
    assert_int_equal(sw_kube_link_give(&f->link, SW_STR(""), NULL, NULL), 0);
    assert_int_equal(f->link.config_error.code, 0);
    assert_true(f->link.file.text.len > 0);
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(a_kubeconfig_that_leads_nowhere_is_told_of_after_a_while),
        LINK_TEST(one_that_leads_somewhere_again_ends_that),
        LINK_TEST(the_first_that_leads_nowhere_is_told_of_at_once),
        LINK_TEST(an_empty_one_leaves_the_one_before),
    };

    signal(SIGPIPE, SIG_IGN);
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    sw_json_setup();
    if (sw_http_setup(NULL) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

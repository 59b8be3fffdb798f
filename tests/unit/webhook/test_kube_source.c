/* webhook/kube_source.c and kube_client.c: from a kubeconfig to a view, and when it is told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../kube/api.h"
#include "io/clock.h"
#include "json/read.h"
#include "webhook/held_view.h"
#include "webhook/kube_source.h"

#define PATH "test_kube_source.yaml"

struct fixture {
    struct pki authority;
    struct api *api;
    struct sw_source source;
    struct sw_held_view *held;
};

/* One whose user has that token. */
static void append_kubeconfig(const struct fixture *f, const char *token, struct sw_buf *text)
{
    struct sw_str ca = pki_cert_pem(&f->authority);

    sw_buf_printf(text,
                  "current-context: c\n"
                  "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
                  "users: [{name: u, user: {token: %s}}]\n"
                  "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:%d', "
                  "certificate-authority-data: ",
                  token, api_port(f->api));
    sw_buf_append_base64(text, ca.data, ca.len);
    sw_buf_append_text(text, "}}]\n");
}

static void write_kubeconfig(const struct fixture *f)
{
    FILE *file = fopen(PATH, "w");
    struct sw_buf text;

    assert_non_null(file);
    sw_buf_init(&text, 65536);
    append_kubeconfig(f, "t", &text);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    sw_buf_release(&text);
    fclose(file);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const struct sw_kube_source_options options = {
        .cluster = SW_STR("east"), .kubeconfig = SW_STR(PATH)};

    if (!f)
        return -1;
    f->authority = pki_make("cluster-ca", NULL, NULL);
    f->api = api_start(&f->authority);
    write_kubeconfig(f);
    *state = f;
    return sw_kube_source_open(&options, &f->source, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_held_view_unref(f->held);
    sw_source_release(&f->source);
    api_stop(f->api);
    pki_release(&f->authority);
    unlink(PATH);
    free(f);
    return 0;
}

/* Asks as the feed does, woken or not, until the version is another; fails after ten seconds. */
static uint64_t next_version(struct fixture *f, uint64_t before, struct sw_err *reterr)
{
    uint64_t version = before, end_ms = sw_clock_mono_ms() + 10000;
    struct pollfd fd = {.fd = f->source.ops->wakeup_fd(f->source.self), .events = POLLIN};

    while (sw_clock_mono_ms() < end_ms) {
        if (f->source.ops->version(f->source.self, &version, reterr) == 0 && version != before)
            return version;
        poll(&fd, 1, 200);
    }
    fail_msg("no other version than %ju: %s", (uintmax_t)before, reterr->message);
    return 0;
}

static void read_view(struct fixture *f, uint64_t *ret_version)
{
    sw_held_view_unref(f->held);
    f->held = NULL;
    assert_int_equal(
        sw_held_view_read(&f->source, SW_STR("east"), &f->held, ret_version, NULL), 0);
}

static void a_view_follows_the_api_server(void **state)
{
    struct fixture *f = *state;
    struct sw_held_view *first;
    struct sw_err err = {0};
    uint64_t version, heard_ms = UINT64_MAX;

    next_version(f, 0, &err);
    read_view(f, &version);
    assert_true(f->held->view.source.live && f->held->view.source.synced);
    assert_int_equal(f->held->view.n_services, 1);
    assert_int_equal(f->held->view.n_namespaces, 1);
    assert_int_equal(f->held->view.n_workspaces, 0);
    assert_true(f->source.ops->heard(f->source.self, &heard_ms));
    assert_true(heard_ms < 10000);

    first = sw_held_view_ref(f->held);
    api_go_on(f->api);
    while (f->held->view.n_services + f->held->view.n_namespaces > 0) {
        next_version(f, version, &err);
        read_view(f, &version);
    }
    /* What was leased before lives on. */
    assert_true(sw_str_is(first->view.services[0]->meta.name, "one"));
    sw_held_view_unref(first);
}

static void version_says_why_there_is_none(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};
    uint64_t version;

    unlink(PATH);
    assert_true(f->source.ops->version(f->source.self, &version, &err) < 0);
    for (int i = 0; i < 100 && err.code != SW_ENOENT; i++) {
        poll(NULL, 0, 50);
        f->source.ops->version(f->source.self, &version, &err);
    }
    assert_string_equal(err.message, PATH ": No such file or directory");
}

static void a_kubeconfig_that_comes_late_is_taken_up(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};
    uint64_t version;

    unlink(PATH);
    assert_true(f->source.ops->version(f->source.self, &version, &err) < 0);
    write_kubeconfig(f);
    next_version(f, 0, &err);
    read_view(f, &version);
    assert_int_equal(f->held->view.n_services, 1);
}

static void free_without_being_asked_is_fine(void **state)
{
    struct fixture *f = *state;

    sw_source_release(&f->source);
    assert_null(f->source.ops);
}

static void open_in_cluster_outside_of_one_fails(void **state)
{
    const struct sw_kube_source_options options = {.cluster = SW_STR("here")};
    struct sw_source source;

    (void)state;
    unsetenv("KUBERNETES_SERVICE_HOST");
    assert_int_equal(sw_kube_source_open(&options, &source, NULL), SW_ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void a_view_outlives_its_source(void **state)
{
    struct fixture *f = *state;
    struct sw_err err = {0};
    uint64_t version;

    next_version(f, 0, &err);
    read_view(f, &version);
    sw_source_release(&f->source);
    assert_true(sw_str_is(f->held->view.services[0]->meta.name, "one"));
    assert_true(sw_str_is(f->held->view.source.cluster, "east"));
}

static void give(struct fixture *f, const char *token, const char *error)
{
    struct sw_err err = {0};
    struct sw_buf text;

    sw_buf_init(&text, 65536);
    if (token)
        append_kubeconfig(f, token, &text);
    if (error)
        sw_err_set(&err, SW_EUSAGE, "%s", error);
    assert_int_equal(sw_kube_source_give(&f->source, sw_buf_str(&text), error ? &err : NULL, NULL),
                     0);
    sw_buf_release(&text);
}

/* Asks until it fails so; fails the test after ten seconds. */
static void wait_for_error(struct fixture *f, const char *expected)
{
    struct sw_err err = {0};
    uint64_t version;

    for (int i = 0; i < 200 && strcmp(err.message, expected) != 0; i++) {
        poll(NULL, 0, 50);
        err = (struct sw_err){0};
        f->source.ops->version(f->source.self, &version, &err);
    }
    assert_string_equal(err.message, expected);
}

static void a_given_kubeconfig_is_taken_up(void **state)
{
    const struct sw_kube_source_options options = {.cluster = SW_STR("east"), .given = true};
    struct fixture *f = *state;
    struct sw_err err = {0};
    uint64_t first, second;

    sw_source_release(&f->source);
    assert_int_equal(sw_kube_source_open(&options, &f->source, NULL), 0);
    give(f, NULL, "Secret a/b, key c: no");
    wait_for_error(f, "Secret a/b, key c: no"); /* a cluster with a reason, and nothing else */
    give(f, "t", NULL);
    next_version(f, 0, &err);
    read_view(f, &first);
    assert_int_equal(f->held->view.n_services, 1);
    give(f, "t", "Secret a/b, key c: a newer one is refused");
    wait_for_error(f, "Secret a/b, key c: a newer one is refused");
    give(f, "t", NULL); /* the same: nothing is listed anew */
    poll(NULL, 0, 300);
    assert_int_equal(f->source.ops->version(f->source.self, &second, NULL), 0);
    assert_int_equal(second, first);
    give(f, "other", NULL);
    assert_true(next_version(f, first, &err) > first);
    read_view(f, &second);
    assert_int_equal(f->held->view.n_services, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_view_follows_the_api_server),
        TEST(version_says_why_there_is_none),
        TEST(a_kubeconfig_that_comes_late_is_taken_up),
        TEST(free_without_being_asked_is_fine),
        cmocka_unit_test(open_in_cluster_outside_of_one_fails),
        TEST(a_view_outlives_its_source),
        TEST(a_given_kubeconfig_is_taken_up),
    };

    signal(SIGPIPE, SIG_IGN);
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    sw_json_setup();
    if (sw_http_setup(NULL) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

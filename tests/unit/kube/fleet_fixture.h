/*
 * A fleet that is fed by hand, and what it has told. For tests of it in this folder.
 */
#ifndef SW_TESTS_KUBE_FLEET_FIXTURE_H
#define SW_TESTS_KUBE_FLEET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kube/fleet.h"
#include "kube/fleet_secrets.h"
#include "json/read.h"

#define MAX_CLUSTERS 4

struct fixture {
    struct sw_fleet *fleet;
    struct sw_reflector_sink in;
    struct sw_buf told; /* "+west=w1 ~west=w2 -west", and findings, since the last look */
    int n_failures;     /* events to fail before one is taken */
    int64_t now_ms;
};

/* A kubeconfig that has the word in it; "!" in front makes it one that is refused. */
static inline void write_kubeconfig(const char *word, struct sw_buf *buf)
{
    sw_buf_printf(buf,
                  "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], "
                  "clusters: [{name: c, cluster: {server: 'https://%s'}}], "
                  "users: [{name: u, user: {token: s3cret%s}}]}",
                  word[0] == '!' ? word + 1 : word, word[0] == '!' ? ", exec: {command: rm}" : "");
}

static inline int on_event(void *context, const struct sw_fleet_event *event, struct sw_err *reterr)
{
    static const char marks[] = {
        [SW_FLEET_ADDED] = '+', [SW_FLEET_CHANGED] = '~', [SW_FLEET_REMOVED] = '-'};
    struct fixture *f = context;
    struct sw_str config = event->kubeconfig;
    const char *server = config.data ? memmem(config.data, config.len, "https://", 8) : NULL;

    if (f->n_failures > 0) {
        f->n_failures--;
        return sw_err_nomem(reterr);
    }
    sw_buf_printf(&f->told, "%c%.*s", marks[event->change], SW_STR_ARG(event->cluster));
    if (server) {
        struct sw_str rest = {server + 8, config.len - (size_t)(server + 8 - config.data)};
        struct sw_str host = sw_str_cut(&rest, '\'');

        sw_buf_printf(&f->told, "=%.*s", SW_STR_ARG(host));
    }
    if (event->error)
        sw_buf_printf(&f->told, "(%s)", event->error);
    sw_buf_append_text(&f->told, " ");
    return 0;
}

static inline void on_finding(void *context, const char *message)
{
    struct fixture *f = context;

    sw_buf_printf(&f->told, "[%s] ", message);
}

static inline int setup(void **state)
{
    static const struct sw_str taken[] = {{"home", 4}, {"given", 5}};
    struct fixture *f = calloc(1, sizeof(*f));
    const struct sw_fleet_options options = {
        .namespace_ = SW_STR("sys"),
        .local = SW_STR("home"),
        .taken = taken,
        .n_taken = 2,
        .max_clusters = MAX_CLUSTERS,
        .sink = {f, on_event, on_finding},
    };

    if (!f || sw_fleet_new(&options, &f->fleet, NULL) < 0)
        return -1;
    f->in = sw_fleet_input(f->fleet);
    sw_buf_init(&f->told, 1 << 20);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    sw_fleet_free(f->fleet);
    sw_buf_release(&f->told);
    free(f);
    return 0;
}

static inline void put_text(struct fixture *f, const char *text)
{
    assert_int_equal(f->in.put(f->in.context, sw_str_from(text), NULL), 0);
}

/* A Secret made at that second with these keys and words, "west=w1 east=e1". */
static inline void put(struct fixture *f, const char *name, int second, const char *clusters)
{
    struct sw_str rest = sw_str_from(clusters);
    const char *comma = "";
    struct sw_buf text, config;

    sw_buf_init(&text, 1 << 20);
    sw_buf_printf(&text,
                  "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"sys\",\"creationTimestamp\":"
                  "\"2026-01-01T00:00:%02dZ\",\"managedFields\":[{}]},\"data\":{",
                  name, second);
    while (rest.len) {
        struct sw_str word = sw_str_cut(&rest, ' '), key = sw_str_cut(&word, '=');
        char value[64];

        snprintf(value, sizeof(value), "%.*s", SW_STR_ARG(word));
        sw_buf_init(&config, 1 << 16);
        write_kubeconfig(value, &config);
        sw_buf_printf(&text, "%s\"%.*s\":\"", comma, SW_STR_ARG(key));
        sw_buf_append_base64(&text, config.data, config.len);
        sw_buf_append_text(&text, "\"");
        sw_buf_release(&config);
        comma = ",";
    }
    sw_buf_append(&text, "}}", 3);
    put_text(f, text.data);
    sw_buf_release(&text);
}

static inline void remove_secret(struct fixture *f, const char *name)
{
    char text[256];

    snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"sys\"}}", name);
    assert_int_equal(f->in.remove(f->in.context, sw_str_from(text), NULL), 0);
}

static inline void begin(struct fixture *f)
{
    f->in.begin(f->in.context);
}

static inline void end(struct fixture *f)
{
    f->in.end(f->in.context);
}

static inline int64_t step(struct fixture *f)
{
    f->now_ms += 10;
    return sw_fleet_step(f->fleet, f->now_ms);
}

/* Steps, and fails unless this is all that is told. */
static inline void assert_told(struct fixture *f, const char *expected)
{
    step(f);
    sw_buf_append(&f->told, "", 1);
    assert_string_equal(f->told.data, expected);
    sw_buf_clear(&f->told);
}

static inline struct sw_fleet_status status(struct fixture *f)
{
    struct sw_fleet_status ret;

    sw_fleet_status(f->fleet, f->now_ms, &ret);
    return ret;
}

/* What is there before a test begins: west. */
static inline void begin_with_west(struct fixture *f)
{
    begin(f);
    put(f, "a", 10, "west=w1");
    end(f);
    assert_told(f, "+west=w1 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif

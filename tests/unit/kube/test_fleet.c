/* pkg/kube/fleet.c and its parts: which clusters Secrets name, and when somebody is told. */
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
static void write_kubeconfig(const char *word, struct sw_buf *buf)
{
    sw_buf_printf(buf,
                  "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], "
                  "clusters: [{name: c, cluster: {server: 'https://%s'}}], "
                  "users: [{name: u, user: {token: s3cret%s}}]}",
                  word[0] == '!' ? word + 1 : word, word[0] == '!' ? ", exec: {command: rm}" : "");
}

static int on_event(void *context, const struct sw_fleet_event *event, struct sw_err *reterr)
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
    if (server)
        sw_buf_printf(&f->told, "=%.*s", (int)strcspn(server + 8, "'"), server + 8);
    if (event->error)
        sw_buf_printf(&f->told, "(%s)", event->error);
    sw_buf_append_text(&f->told, " ");
    return 0;
}

static void on_finding(void *context, const char *message)
{
    struct fixture *f = context;

    sw_buf_printf(&f->told, "[%s] ", message);
}

static int setup(void **state)
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

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_fleet_free(f->fleet);
    sw_buf_release(&f->told);
    free(f);
    return 0;
}

static void put_text(struct fixture *f, const char *text)
{
    assert_int_equal(f->in.put(f->in.context, sw_str_from(text), NULL), 0);
}

/* A Secret made at that second with these keys and words, "west=w1 east=e1". */
static void put(struct fixture *f, const char *name, int second, const char *clusters)
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

static void remove_secret(struct fixture *f, const char *name)
{
    char text[256];

    snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"sys\"}}", name);
    assert_int_equal(f->in.remove(f->in.context, sw_str_from(text), NULL), 0);
}

static void begin(struct fixture *f)
{
    f->in.begin(f->in.context);
}

static void end(struct fixture *f)
{
    f->in.end(f->in.context);
}

static int64_t step(struct fixture *f)
{
    f->now_ms += 10;
    return sw_fleet_step(f->fleet, f->now_ms);
}

/* Steps, and fails unless this is all that is told. */
static void assert_told(struct fixture *f, const char *expected)
{
    step(f);
    sw_buf_append(&f->told, "", 1);
    assert_string_equal(f->told.data, expected);
    sw_buf_clear(&f->told);
}

static struct sw_fleet_status status(struct fixture *f)
{
    struct sw_fleet_status ret;

    sw_fleet_status(f->fleet, f->now_ms, &ret);
    return ret;
}

/* What is there before a test begins: west. */
static void begin_with_west(struct fixture *f)
{
    begin(f);
    put(f, "a", 10, "west=w1");
    end(f);
    assert_told(f, "+west=w1 ");
}

static void nothing_is_told_before_the_picture_is_whole(void **state)
{
    struct fixture *f = *state;

    assert_told(f, "");
    begin(f);
    put(f, "b", 20, "west=late");
    assert_told(f, "");
    assert_false(status(f).synced);
    assert_int_equal(status(f).error.code, SW_EIO);
    put(f, "a", 10, "west=w1 east=e1");
    end(f);
    assert_false(status(f).synced); /* not before it was told */
    assert_told(f, "[Secret sys/b, key west: passed over, for Secret a, which is older, has that "
                   "name too] +east=e1 +west=w1 ");
    assert_true(status(f).synced);
    assert_int_equal(status(f).error.code, 0);
    assert_int_equal(status(f).n_clusters, 2);
    assert_int_equal(status(f).n_findings, 1);
}

static void a_picture_of_nothing_is_synced(void **state)
{
    struct fixture *f = *state;

    begin(f);
    end(f);
    assert_told(f, "");
    assert_true(status(f).synced);
    assert_int_equal(status(f).n_clusters, 0);
}

static void a_secret_that_comes_changes_and_goes_is_told(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "b", 20, "east=e1");
    assert_told(f, "+east=e1 ");
    put(f, "b", 20, "east=e2");
    assert_told(f, "~east=e2 ");
    remove_secret(f, "b");
    assert_told(f, "-east ");
    assert_told(f, "");
}

static void a_key_that_goes_removes_its_cluster_alone(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "a", 10, "west=w1 east=e1");
    assert_told(f, "+east=e1 ");
    put(f, "a", 10, "east=e1");
    assert_told(f, "-west ");
    put(f, "a", 10, "");
    assert_told(f, "-east ");
}

static void what_a_new_picture_lacks_is_gone(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    begin(f);
    assert_told(f, "");
    put(f, "b", 20, "east=e1");
    assert_told(f, ""); /* half a picture */
    end(f);
    assert_told(f, "-west +east=e1 ");
}

static void an_identical_kubeconfig_changes_nothing(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "a", 10, "west=w1");
    assert_told(f, "");
    begin(f);
    put(f, "b", 20, "west=w1"); /* whatever Secret it comes from */
    end(f);
    assert_told(f, "");
}

static void the_older_secret_has_the_name(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "younger", 11, "west=w2");
    assert_told(f, "[Secret sys/younger, key west: passed over, for Secret a, which is older, has "
                   "that name too] ");
    put(f, "younger", 11, "west=w3"); /* the same finding is not said twice */
    assert_told(f, "");
    put(f, "older", 9, "west=w0");
    assert_told(f, "[Secret sys/a, key west: passed over, for Secret older, which is older, has "
                   "that name too] [Secret sys/younger, key west: passed over, for Secret older, "
                   "which is older, has that name too] ~west=w0 ");
    remove_secret(f, "older");
    remove_secret(f, "a");
    assert_told(f, "~west=w3 ");
    put(f, "A", 11, "west=w4"); /* of one age: by name */
    assert_told(f, "[Secret sys/younger, key west: passed over, for Secret A, which is older, has "
                   "that name too] ~west=w4 ");
}

static void names_of_others_are_passed_over(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", 10, "home=h given=g _x=x west=w1");
    end(f);
    assert_told(f, "[Secret sys/a, key _x: is no cluster's name: expected at most 63 letters, "
                   "digits, '-', '_' and '.' that begin and end with a letter or digit] "
                   "[Secret sys/a, key given: passed over, for a --cluster of the command line "
                   "has that name] +west=w1 ");
}

static void a_refused_kubeconfig_leaves_the_last_good_one(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put(f, "a", 10, "west=!w2");
    assert_told(f, "~west=w1(Secret sys/a, key west: user.exec: not supported; use a token or a "
                   "client certificate) ");
    put(f, "a", 10, "west=!w2");
    assert_told(f, "");
    put(f, "a", 10, "west=w1"); /* the good one again */
    assert_told(f, "~west=w1 ");
    put(f, "a", 10, "west=!w2");
    step(f);
    sw_buf_clear(&f->told);
    put(f, "a", 10, "west=w3");
    assert_told(f, "~west=w3 ");
}

static void a_cluster_that_never_had_a_good_one_is_told_of(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", 10, "west=!w1");
    end(f);
    assert_told(f, "+west(Secret sys/a, key west: user.exec: not supported; use a token or a "
                   "client certificate) ");
    assert_true(status(f).synced);
    put(f, "a", 10, "west=w2");
    assert_told(f, "~west=w2 ");
}

static void only_so_many_are_taken_up(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "b", 20, "c4=4 c5=5 c6=6");
    put(f, "a", 10, "c1=1 c2=2 c3=3");
    end(f);
    assert_told(f, "[Secret sys/b, key c5: left out, for there are 4 remote clusters of older "
                   "Secrets, and no room for more] [Secret sys/b, key c6: left out, for there are "
                   "4 remote clusters of older Secrets, and no room for more] "
                   "+c1=1 +c2=2 +c3=3 +c4=4 ");
    put(f, "a", 10, "c1=1 c3=3");
    assert_told(f, "-c2 +c5=5 "); /* what is said of c6 was said */
    assert_int_equal(status(f).n_findings, 1);
}

static void an_unreadable_secret_leaves_what_it_said(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    put_text(f, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"west\":[\"s3cret\"]}}");
    assert_told(f, "[Secret sys/a cannot be read, what it said before stays: data.west: expected "
                   "a string, found an array] ");
    put_text(f, "{\"metadata\":{\"name\":\"b\"},\"data\":{\"west\":\"s3cret!\"}}");
    assert_told(f, "[Secrets of namespace sys: 1 passed over; the last is b: data.west: not base64 "
                   "at byte 6] ");
    assert_int_equal(status(f).n_findings, 2);
    put(f, "a", 10, "west=w1");
    assert_told(f, "");
    assert_int_equal(status(f).n_findings, 1);
}

static void an_event_that_cannot_be_taken_comes_again(void **state)
{
    struct fixture *f = *state;

    begin(f);
    put(f, "a", 10, "west=w1");
    end(f);
    f->n_failures = 1;
    assert_true(step(f) <= f->now_ms + 1000);
    assert_false(status(f).synced);
    assert_told(f, "+west=w1 ");
    assert_true(status(f).synced);
    remove_secret(f, "a");
    f->n_failures = 2;
    step(f);
    step(f);
    assert_told(f, "-west ");
    assert_int_equal(status(f).n_clusters, 0);
}

static void a_cluster_that_goes_and_comes_back_unheard_is_changed(void **state)
{
    struct fixture *f = *state;

    begin_with_west(f);
    remove_secret(f, "a");
    put(f, "b", 20, "west=w2");
    assert_told(f, "~west=w2 ");
}

static void secrets_have_a_cap(void **state)
{
    struct fixture *f = *state;
    struct sw_fleet_status now;
    char name[32];

    begin(f);
    for (int i = 0; i < SW_FLEET_SECRETS_MAX + 3; i++) {
        snprintf(name, sizeof(name), "s%04d", i);
        put(f, name, 10, "");
    }
    end(f);
    step(f);
    now = status(f);
    assert_true(now.synced);
    assert_int_equal(now.n_findings, 1);
    sw_buf_append(&f->told, "", 1);
    assert_non_null(strstr(f->told.data, "3 passed over; the last is s1022: there are too many"));
}

static void free_of_nothing_is_allowed(void **state)
{
    (void)state;
    sw_fleet_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_before_the_picture_is_whole),
        TEST(a_picture_of_nothing_is_synced),
        TEST(a_secret_that_comes_changes_and_goes_is_told),
        TEST(a_key_that_goes_removes_its_cluster_alone),
        TEST(what_a_new_picture_lacks_is_gone),
        TEST(an_identical_kubeconfig_changes_nothing),
        TEST(the_older_secret_has_the_name),
        TEST(names_of_others_are_passed_over),
        TEST(a_refused_kubeconfig_leaves_the_last_good_one),
        TEST(a_cluster_that_never_had_a_good_one_is_told_of),
        TEST(only_so_many_are_taken_up),
        TEST(an_unreadable_secret_leaves_what_it_said),
        TEST(an_event_that_cannot_be_taken_comes_again),
        TEST(a_cluster_that_goes_and_comes_back_unheard_is_changed),
        TEST(secrets_have_a_cap),
        cmocka_unit_test(free_of_nothing_is_allowed),
    };

    sw_json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* webhook/tls_watch.c: certificates that change, and those that cannot be read, are told and
 * counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>

#include "folder.h"
#include "pki.h"
#include "webhook/tls_watch.h"

struct fixture {
    char path[FOLDER_PATH_SIZE];
    char cert_file[2 * FOLDER_PATH_SIZE], key_file[2 * FOLDER_PATH_SIZE];
    struct pki one, other;
    struct sw_tls *tls;
    struct sw_metrics *metrics;
    struct sw_log log;
    int log_fds[2];
    struct sw_tls_watch watch;
    char text[1 << 14];
};

static void use(struct fixture *f, const struct pki *pki)
{
    pki_write(f->cert_file, pki_cert_pem(pki));
    pki_write(f->key_file, pki_key_pem(pki));
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_tls_options options;

    if (!f || pipe2(f->log_fds, O_NONBLOCK) < 0)
        return -1;
    folder_make(f->path);
    folder_join(f->cert_file, f->path, "tls.crt");
    folder_join(f->key_file, f->path, "tls.key");
    f->one = pki_make("one", NULL, NULL);
    f->other = pki_make("other", NULL, NULL);
    use(f, &f->one);
    options = (struct sw_tls_options){.cert_file = f->cert_file, .key_file = f->key_file};
    f->metrics = sw_metrics_new();
    sw_log_init(&f->log, f->log_fds[1], SW_LOG_INFO);
    *state = f;
    if (!f->metrics || sw_tls_new(&options, &f->tls, NULL) < 0)
        return -1;
    return sw_tls_watch_init(&f->watch, f->tls, f->metrics, &f->log, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_tls_watch_release(&f->watch);
    sw_tls_free(f->tls);
    sw_metrics_free(f->metrics);
    pki_release(&f->one);
    pki_release(&f->other);
    close(f->log_fds[0]);
    close(f->log_fds[1]);
    folder_remove(f->path);
    free(f);
    return 0;
}

/* What was logged since the last call. */
static const char *logged(struct fixture *f)
{
    ssize_t len = read(f->log_fds[0], f->text, sizeof(f->text) - 1);

    f->text[len > 0 ? len : 0] = '\0';
    return f->text;
}

static void init_tells_the_certificate_in_use(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_info info;

    sw_tls_describe(f->tls, &info);
    assert_int_equal(sw_gauge_value(f->watch.not_after), info.not_after_s);
    assert_non_null(
        strstr(logged(f), "\"msg\":\"certificate\",\"subject\":\"CN=one\",\"sha256\":\""));
}

static void look_at_the_same_files_says_nothing(void **state)
{
    struct fixture *f = *state;

    logged(f);
    sw_tls_watch_look(&f->watch);
    assert_string_equal(logged(f), "");
    assert_int_equal(sw_counter_value(f->watch.reloads), 0);
    assert_int_equal(sw_counter_value(f->watch.failures), 0);
}

static void look_takes_a_new_certificate(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_info info;

    logged(f);
    use(f, &f->other);
    sw_tls_watch_look(&f->watch);
    sw_tls_describe(f->tls, &info);
    assert_string_equal(info.subject, "CN=other");
    assert_non_null(
        strstr(logged(f), "\"msg\":\"certificate exchanged\",\"subject\":\"CN=other\""));
    assert_int_equal(sw_counter_value(f->watch.reloads), 1);
}

static void look_keeps_the_certificate_and_says_each_failure_once(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_info info;

    logged(f);
    pki_write(f->key_file, pki_key_pem(&f->other)); /* the key of another certificate */
    sw_tls_watch_look(&f->watch);
    assert_non_null(strstr(logged(f), "\"level\":\"warn\""));
    sw_tls_watch_look(&f->watch);
    assert_string_equal(logged(f), "");
    assert_int_equal(sw_counter_value(f->watch.failures), 2);
    sw_tls_describe(f->tls, &info);
    assert_string_equal(info.subject, "CN=one");

    assert_int_equal(unlink(f->key_file), 0);
    sw_tls_watch_look(&f->watch);
    assert_non_null(strstr(logged(f), "tls.key"));
}

/* Whether it tells of itself that it is time to look; the kernel does so at once. */
static bool tells(const struct fixture *f)
{
    struct pollfd fd = {.fd = sw_tls_watch_fd(&f->watch), .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

static void the_folder_tells_when_to_look(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_options options = {.cert_file = f->cert_file, .key_file = f->key_file};

    assert_int_equal(sw_tls_watch_fd(&f->watch), -1);
    assert_int_equal(sw_tls_watch_files(&f->watch, &options, NULL), 0);
    sw_tls_watch_look(&f->watch);
    assert_false(tells(f));
    use(f, &f->other);
    assert_true(tells(f));
    sw_tls_watch_look(&f->watch);
    assert_false(tells(f));
    assert_int_equal(sw_counter_value(f->watch.reloads), 1);
}

static void a_folder_that_cannot_be_watched_is_told_of(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_options options = {.cert_file = f->cert_file, .key_file = "nowhere/tls.key"};

    logged(f);
    assert_int_equal(sw_tls_watch_files(&f->watch, &options, NULL), 0);
    assert_non_null(strstr(logged(f), "gives no watch on the certificate's folder"));
    use(f, &f->other);
    assert_true(tells(f)); /* of the other one all the same */
}

static void look_tells_that_all_is_well_again(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(unlink(f->key_file), 0);
    sw_tls_watch_look(&f->watch);
    logged(f);
    use(f, &f->one);
    sw_tls_watch_look(&f->watch);
    assert_non_null(strstr(logged(f), "\"level\":\"info\""));
    sw_tls_watch_look(&f->watch);
    assert_string_equal(logged(f), "");
    assert_int_equal(sw_counter_value(f->watch.reloads), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void take_brings_the_first_certificate_and_each_other(void **state)
{
    struct fixture *f = *state;
    const struct sw_tls_pem one = {.cert = pki_cert_pem(&f->one), .key = pki_key_pem(&f->one)};
    const struct sw_tls_pem other = {.cert = pki_cert_pem(&f->other),
                                     .key = pki_key_pem(&f->other)};
    const struct sw_tls_pem mixed = {.cert = pki_cert_pem(&f->one), .key = pki_key_pem(&f->other)};
    struct sw_metrics *metrics = sw_metrics_new();
    struct sw_tls_watch watch;
    struct sw_tls *tls = NULL;

    logged(f);
    assert_int_equal(sw_tls_new(&(struct sw_tls_options){.late = true}, &tls, NULL), 0);
    assert_int_equal(sw_tls_watch_init(&watch, tls, metrics, &f->log, NULL), 0);
    assert_string_equal(logged(f), "");
    assert_false(sw_tls_watch_take(&watch, &mixed));
    assert_non_null(strstr(logged(f), "\"level\":\"warn\""));
    assert_true(sw_tls_watch_take(&watch, &one));
    assert_non_null(strstr(logged(f), "\"msg\":\"certificate\",\"subject\":\"CN=one\""));
    assert_int_equal(sw_counter_value(watch.reloads), 0);
    assert_true(sw_tls_watch_take(&watch, &one));
    assert_string_equal(logged(f), "");
    assert_true(sw_tls_watch_take(&watch, &other));
    assert_non_null(strstr(logged(f), "certificate exchanged"));
    assert_int_equal(sw_counter_value(watch.reloads), 1);
    assert_int_equal(sw_counter_value(watch.failures), 1);
    sw_tls_free(tls);
    sw_metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_tells_the_certificate_in_use),
        TEST(look_at_the_same_files_says_nothing),
        TEST(look_takes_a_new_certificate),
        TEST(look_keeps_the_certificate_and_says_each_failure_once),
        TEST(the_folder_tells_when_to_look),
        TEST(a_folder_that_cannot_be_watched_is_told_of),
        TEST(look_tells_that_all_is_well_again),
        TEST(take_brings_the_first_certificate_and_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

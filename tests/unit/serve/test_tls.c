/* pkg/serve/tls.c: certificates from files and memory, and their exchange. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pki.h"
#include "serve/tls.h"

SW_DEFINE_CLEANUP(cleanup_tls, struct sw_tls, sw_tls_free);

struct fixture {
    char dir[64], cert_file[96], key_file[96], ca_file[96];
    struct pki one, other;
    struct sw_err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    snprintf(f->dir, sizeof(f->dir), "/tmp/sw_test_tls.XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->cert_file, sizeof(f->cert_file), "%s/tls.crt", f->dir);
    snprintf(f->key_file, sizeof(f->key_file), "%s/tls.key", f->dir);
    snprintf(f->ca_file, sizeof(f->ca_file), "%s/ca.crt", f->dir);
    f->one = pki_make("one", NULL, NULL);
    f->other = pki_make("other", NULL, NULL);
    pki_write(f->cert_file, pki_cert_pem(&f->one));
    pki_write(f->key_file, pki_key_pem(&f->one));
    pki_write(f->ca_file, pki_cert_pem(&f->other));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    unlink(f->cert_file);
    unlink(f->key_file);
    unlink(f->ca_file);
    rmdir(f->dir);
    pki_release(&f->one);
    pki_release(&f->other);
    free(f);
    return 0;
}

static struct sw_tls_options files_of(const struct fixture *f)
{
    return (struct sw_tls_options){.cert_file = f->cert_file, .key_file = f->key_file};
}

static struct sw_tls *make(struct fixture *f)
{
    struct sw_tls_options options = files_of(f);
    struct sw_tls *tls = NULL;

    assert_int_equal(sw_tls_new(&options, &tls, &f->err), 0);
    assert_int_equal(f->err.code, 0);
    return tls;
}

static void assert_refused(struct fixture *f, struct sw_tls_options options, int code,
                           const char *words)
{
    struct sw_tls *tls = NULL;

    assert_int_equal(sw_tls_new(&options, &tls, &f->err), code);
    assert_null(tls);
    if (!strstr(f->err.message, words))
        fail_msg("'%s' does not say '%s'", f->err.message, words);
}

static void assert_subject(struct sw_tls *tls, const char *subject)
{
    struct sw_tls_info info;

    sw_tls_describe(tls, &info);
    assert_string_equal(info.subject, subject);
}

static void new_from_files_describes_its_certificate(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = make(f);
    int64_t now_s = time(NULL);
    struct sw_tls_info info;

    sw_tls_describe(tls, &info);
    assert_string_equal(info.subject, "CN=one");
    assert_in_range(info.not_before_s, now_s - 3700, now_s - 3500);
    assert_in_range(info.not_after_s, now_s + 86300, now_s + 86500);
    assert_int_equal(strlen(info.sha256), 64);
    assert_int_equal(strspn(info.sha256, "0123456789abcdef"), 64);
}

static void new_from_memory(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = NULL;
    struct sw_tls_options options = {
        .pem = {.cert = pki_cert_pem(&f->one), .key = pki_key_pem(&f->one)}};

    assert_int_equal(sw_tls_new(&options, &tls, NULL), 0);
    assert_subject(tls, "CN=one");
    assert_int_equal(sw_tls_reload(tls, NULL, NULL, &f->err), SW_EUSAGE);
}

static void new_refuses_files_that_are_not_there(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_options options = files_of(f);

    options.client_ca_file = "/nowhere/ca.crt";
    assert_refused(f, options, SW_ENOENT, "/nowhere/ca.crt");
    options.key_file = "/nowhere/tls.key";
    assert_refused(f, options, SW_ENOENT, "/nowhere/tls.key");
    options.cert_file = "/nowhere/tls.crt";
    assert_refused(f, options, SW_ENOENT, "/nowhere/tls.crt");
    options.cert_file = "/dev/zero";
    assert_refused(f, options, SW_ELIMIT, "/dev/zero");
}

static void new_refuses_what_is_not_pem(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_options options = files_of(f);

    pki_write(f->key_file, SW_STR("no key"));
    assert_refused(f, options, SW_ESYNTAX, "tls.key: an unencrypted private key in PEM was");
    pki_write(f->key_file, pki_cert_pem(&f->one));
    assert_refused(f, options, SW_ESYNTAX, "tls.key");
    pki_write(f->cert_file, SW_STR(""));
    assert_refused(f, options, SW_ESYNTAX, "tls.crt: a certificate in PEM was expected");
    pki_write(f->cert_file, SW_STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
    assert_refused(f, options, SW_ESYNTAX, "tls.crt: a certificate in PEM was expected");
}

/* An empty bundle must not mean that anybody may connect. */
static void new_refuses_an_empty_client_ca(void **state)
{
    struct fixture *f = *state;
    struct sw_tls_options options = files_of(f);

    pki_write(f->ca_file, SW_STR(""));
    options.client_ca_file = f->ca_file;
    assert_refused(f, options, SW_ESYNTAX, "ca.crt: a certificate in PEM was expected");
}

static void new_refuses_an_encrypted_key_without_asking(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->key_file, "w");

    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, f->one.key, EVP_aes_128_cbc(),
                                          (const unsigned char *)"secret", 6, NULL, NULL),
                     1);
    fclose(file);
    assert_refused(f, files_of(f), SW_ESYNTAX, "unencrypted");
}

static void new_refuses_a_key_of_another_certificate(void **state)
{
    struct fixture *f = *state;

    pki_write(f->key_file, pki_key_pem(&f->other));
    assert_refused(f, files_of(f), SW_ETYPE, "tls.key: the key does not belong");
}

static void new_refuses_options_that_do_not_fit(void **state)
{
    static const char *const names[] = {"kube-apiserver", NULL};
    struct fixture *f = *state;
    struct sw_tls_options options = files_of(f);

    options.client_names = names;
    assert_refused(f, options, SW_EUSAGE, "no client CA");
    options.client_names = NULL;
    options.key_file = NULL;
    assert_refused(f, options, SW_EUSAGE, "no key file");
    options = files_of(f);
    options.late = true;
    assert_refused(f, options, SW_EUSAGE, "one that is to come");
}

static void reload_says_whether_anything_changed(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = make(f);
    bool changed = true;

    assert_int_equal(sw_tls_reload(tls, NULL, &changed, NULL), 0);
    assert_false(changed);
    assert_subject(tls, "CN=one");
    pki_write(f->cert_file, pki_cert_pem(&f->other));
    pki_write(f->key_file, pki_key_pem(&f->other));
    assert_int_equal(sw_tls_reload(tls, NULL, &changed, NULL), 0);
    assert_true(changed);
    assert_subject(tls, "CN=other");
}

static void reload_keeps_the_old_where_the_new_is_no_good(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = make(f);
    SSL_CTX *before = sw_tls_acquire(tls), *after;
    bool changed = false;

    pki_write(f->cert_file, pki_cert_pem(&f->other));
    assert_int_equal(sw_tls_reload(tls, NULL, &changed, &f->err), SW_ETYPE);
    assert_false(changed);
    assert_subject(tls, "CN=one");
    after = sw_tls_acquire(tls);
    assert_ptr_equal(before, after);
    SSL_CTX_free(before);
    SSL_CTX_free(after);
    /* The second half arrives. */
    pki_write(f->key_file, pki_key_pem(&f->other));
    assert_int_equal(sw_tls_reload(tls, NULL, &changed, NULL), 0);
    assert_true(changed);
}

static void reload_takes_texts_from_memory(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = make(f);
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&f->other), .key = pki_key_pem(&f->other)};

    assert_int_equal(sw_tls_reload(tls, &pem, NULL, NULL), 0);
    assert_subject(tls, "CN=other");
}

/* It must not be the way to switch the check of clients off. */
static void reload_refuses_to_forget_the_client_ca(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = NULL;
    struct sw_tls_options options = files_of(f);
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&f->other), .key = pki_key_pem(&f->other)};

    options.client_ca_file = f->ca_file;
    assert_int_equal(sw_tls_new(&options, &tls, NULL), 0);
    assert_int_equal(sw_tls_reload(tls, &pem, NULL, &f->err), SW_EUSAGE);
    assert_subject(tls, "CN=one");
}

static void a_late_one_has_nothing_until_it_is_brought(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = NULL;
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&f->one), .key = pki_key_pem(&f->one)};
    struct sw_tls_pem mixed = {.cert = pki_cert_pem(&f->one), .key = pki_key_pem(&f->other)};
    struct sw_tls_info info;
    SSL_CTX *context;
    bool changed = false;

    assert_int_equal(sw_tls_new(&(struct sw_tls_options){.late = true}, &tls, NULL), 0);
    assert_null(sw_tls_acquire(tls));
    sw_tls_describe(tls, &info);
    assert_string_equal(info.sha256, "");
    assert_int_equal(info.not_after_s, 0);
    assert_int_equal(sw_tls_reload(tls, NULL, NULL, &f->err), SW_EUSAGE);
    assert_int_equal(sw_tls_reload(tls, &mixed, NULL, &f->err), SW_ETYPE);
    assert_null(sw_tls_acquire(tls));

    assert_int_equal(sw_tls_reload(tls, &pem, &changed, NULL), 0);
    assert_true(changed);
    context = sw_tls_acquire(tls);
    assert_non_null(context);
    SSL_CTX_free(context);
    assert_subject(tls, "CN=one");
}

static void a_late_one_checks_clients_by_the_file(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = NULL;
    struct sw_tls_options options = {.late = true, .client_ca_file = "/nowhere/ca.crt"};
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&f->one), .key = pki_key_pem(&f->one)};
    SSL_CTX *context;
    bool changed = false;

    assert_refused(f, options, SW_ENOENT, "/nowhere/ca.crt");
    options.client_ca_file = f->ca_file;
    assert_int_equal(sw_tls_new(&options, &tls, NULL), 0);
    assert_int_equal(sw_tls_reload(tls, &pem, NULL, NULL), 0);
    context = sw_tls_acquire(tls);
    assert_int_equal(SSL_CTX_get_verify_mode(context) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    SSL_CTX_free(context);
    /* The file is read anew each time. */
    pki_write(f->ca_file, pki_cert_pem(&f->one));
    assert_int_equal(sw_tls_reload(tls, &pem, &changed, NULL), 0);
    assert_true(changed);
    pki_write(f->ca_file, SW_STR(""));
    assert_int_equal(sw_tls_reload(tls, &pem, NULL, &f->err), SW_ESYNTAX);
}

static void acquire_outlives_a_reload(void **state)
{
    struct fixture *f = *state;
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = make(f);
    SSL_CTX *old = sw_tls_acquire(tls);
    struct sw_tls_pem pem = {.cert = pki_cert_pem(&f->other), .key = pki_key_pem(&f->other)};
    SSL *ssl;

    assert_int_equal(sw_tls_reload(tls, &pem, NULL, NULL), 0);
    ssl = SSL_new(old);
    assert_non_null(ssl);
    assert_int_equal(X509_cmp(SSL_get_certificate(ssl), f->one.cert), 0);
    SSL_free(ssl);
    SSL_CTX_free(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(new_from_files_describes_its_certificate),
        TEST(new_from_memory),
        TEST(new_refuses_files_that_are_not_there),
        TEST(new_refuses_what_is_not_pem),
        TEST(new_refuses_an_empty_client_ca),
        TEST(new_refuses_an_encrypted_key_without_asking),
        TEST(new_refuses_a_key_of_another_certificate),
        TEST(new_refuses_options_that_do_not_fit),
        TEST(reload_says_whether_anything_changed),
        TEST(reload_keeps_the_old_where_the_new_is_no_good),
        TEST(reload_takes_texts_from_memory),
        TEST(reload_refuses_to_forget_the_client_ca),
        TEST(a_late_one_has_nothing_until_it_is_brought),
        TEST(a_late_one_checks_clients_by_the_file),
        TEST(acquire_outlives_a_reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

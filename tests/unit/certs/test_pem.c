/* certs/pem.c: what is PEM, what is not, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "certs/cert.h"
#include "certs/pem.h"
#include "maker.h"

static void reads_what_was_written(void **state)
{
    SW_CLEANUP(sw_cert_pair_release) struct sw_cert_pair ca = maker_ca(NOW_S, DAY_S);
    SW_CLEANUP(sw_cleanup_x509) X509 *cert = NULL;
    SW_CLEANUP(sw_cleanup_key) EVP_PKEY *key = NULL;

    (void)state;
    assert_int_equal(sw_pem_read_cert(maker_cert(&ca), "it", &cert, NULL), 0);
    assert_int_equal(sw_pem_read_key(maker_key(&ca), "it", &key, NULL), 0);
    assert_int_equal(X509_check_private_key(cert, key), 1);
}

static void refuses_what_is_none(void **state)
{
    static const char *const texts[] = {
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sw_err err = {0};
        X509 *cert = NULL;
        EVP_PKEY *key = NULL;

        assert_int_equal(sw_pem_read_cert(sw_str_from(texts[i]), "ca.crt", &cert, &err),
                         SW_ESYNTAX);
        assert_says(&err, "ca.crt: expected a certificate in PEM");
        assert_int_equal(sw_pem_read_key(sw_str_from(texts[i]), "ca.key", &key, &err), SW_ESYNTAX);
        assert_says(&err, "ca.key: expected an unencrypted private key in PEM");
        assert_null(cert);
        assert_null(key);
        assert_int_equal(ERR_peek_error(), 0);
    }
    assert_int_equal(sw_pem_read_cert((struct sw_str){NULL, 0}, "x", &(X509 *){NULL}, NULL),
                     SW_ESYNTAX);
}

static void refuses_what_is_too_long(void **state)
{
    size_t len = SW_CERT_TEXT_MAX_BYTES + 1;
    char *text = calloc(1, len);
    struct sw_err err = {0};
    X509 *cert = NULL;

    (void)state;
    assert_non_null(text);
    assert_int_equal(sw_pem_read_cert((struct sw_str){text, len}, "x", &cert, &err), SW_ELIMIT);
    assert_says(&err, "x: expected at most 1048576 bytes, found 1048577");
    free(text);
}

/* It would hang on a terminal. */
static void asks_for_no_password(void **state)
{
    SW_CLEANUP(sw_cleanup_key) EVP_PKEY *key = EVP_EC_gen("P-256"), *read = NULL;
    SW_CLEANUP(sw_cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
    struct sw_str text;
    char *data = NULL;

    (void)state;
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, EVP_aes_128_cbc(),
                                              (const unsigned char *)"secret", 6, NULL, NULL),
                     1);
    text.len = (size_t)BIO_get_mem_data(bio, &data);
    text.data = data;
    assert_int_equal(sw_pem_read_key(text, "x", &read, NULL), SW_ESYNTAX);
}

static void fails_in_our_words_and_in_openssl_s(void **state)
{
    struct sw_err err = {0};

    (void)state;
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    assert_int_equal(sw_pem_fail(&err, SW_ETYPE, "tls.crt", "expected that"), SW_ETYPE);
    assert_string_equal(err.message, "tls.crt: expected that: no start line");
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(sw_pem_fail(&err, SW_ETYPE, "tls.crt", "expected that"), SW_ETYPE);
    assert_string_equal(err.message, "tls.crt: expected that");
}

/* Else a Secret would be made anew because we had no memory to read it. */
static void want_of_memory_is_nothing_wrong_with_the_text(void **state)
{
    struct sw_err err = {0};

    (void)state;
    ERR_raise(ERR_LIB_ASN1, ERR_R_MALLOC_FAILURE);
    ERR_raise(ERR_LIB_PEM, ERR_R_ASN1_LIB);
    assert_int_equal(sw_pem_fail(&err, SW_ESYNTAX, "tls.crt", "expected that"), SW_ENOMEM);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_PEM, ERR_R_ASN1_LIB);
    ERR_raise(ERR_LIB_PEM, ERR_R_MALLOC_FAILURE);
    assert_false(sw_pem_forgive());
    assert_true(sw_pem_forgive());
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    assert_true(sw_pem_forgive());
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(asks_for_no_password),
        cmocka_unit_test(fails_in_our_words_and_in_openssl_s),
        cmocka_unit_test(want_of_memory_is_nothing_wrong_with_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

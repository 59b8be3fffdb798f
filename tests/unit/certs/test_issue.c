/* certs/issue.c: what an API server looks at in a certificate, looked at by OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/cleanup.h"
#include "certs/cert.h"
#include "certs/pem.h"
#include "maker.h"

#define PAIR SW_CLEANUP(sw_cert_pair_release) struct sw_cert_pair

static X509 *read_cert(struct sw_str pem)
{
    X509 *cert = NULL;

    assert_int_equal(sw_pem_read_cert(pem, "it", &cert, NULL), 0);
    return cert;
}

/* Whether the chain holds at that moment, as Go's verifier and OpenSSL's see it. */
static int verify(const struct sw_cert_pair *ca, const struct sw_cert_pair *leaf, int64_t at_s,
                  const char *host)
{
    SW_CLEANUP(sw_cleanup_x509) X509 *root = read_cert(maker_cert(ca));
    SW_CLEANUP(sw_cleanup_x509) X509 *cert = read_cert(maker_cert(leaf));
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param;
    int result;

    assert_int_equal(X509_STORE_add_cert(store, root), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, cert, NULL), 1);
    param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, at_s);
    X509_VERIFY_PARAM_set1_host(param, host, 0);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_verify_cert(context);
    result = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return result;
}

static void a_leaf_is_believed_for_its_names_and_its_time(void **state)
{
    PAIR ca = maker_ca(NOW_S, 365 * DAY_S);
    PAIR leaf = maker_leaf(&ca, NOW_S, 90 * DAY_S);

    (void)state;
    for (size_t i = 0; i < MAKER_N_NAMES; i++)
        assert_int_equal(verify(&ca, &leaf, NOW_S, maker_names[i]), X509_V_OK);
    assert_int_equal(verify(&ca, &leaf, NOW_S - SW_CERT_SKEW_S + 1, maker_names[0]), X509_V_OK);
    assert_int_equal(verify(&ca, &leaf, NOW_S - SW_CERT_SKEW_S - 1, maker_names[0]),
                     X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_equal(verify(&ca, &leaf, NOW_S + 90 * DAY_S - 1, maker_names[0]), X509_V_OK);
    assert_int_equal(verify(&ca, &leaf, NOW_S + 90 * DAY_S + 1, maker_names[0]),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(verify(&ca, &leaf, NOW_S, "other.ns.svc"), X509_V_ERR_HOSTNAME_MISMATCH);
}

static void an_authority_believes_its_own_leaves_alone(void **state)
{
    PAIR ca = maker_ca(NOW_S, DAY_S);
    PAIR other = maker_ca(NOW_S, DAY_S);
    PAIR leaf = maker_leaf(&ca, NOW_S, DAY_S);

    (void)state;
    assert_int_not_equal(verify(&other, &leaf, NOW_S, maker_names[0]), X509_V_OK);
}

static void a_leaf_ends_no_later_than_its_authority(void **state)
{
    PAIR ca = maker_ca(NOW_S, DAY_S);
    PAIR leaf = maker_leaf(&ca, NOW_S, 90 * DAY_S);
    SW_CLEANUP(sw_cleanup_x509) X509 *cert = read_cert(maker_cert(&leaf));
    SW_CLEANUP(sw_cleanup_x509) X509 *root = read_cert(maker_cert(&ca));

    (void)state;
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(cert), X509_get0_notAfter(root)), 0);
}

static void an_authority_signs_leaves_and_no_other_authority(void **state)
{
    PAIR ca = maker_ca(NOW_S, DAY_S);
    SW_CLEANUP(sw_cleanup_x509) X509 *cert = read_cert(maker_cert(&ca));

    (void)state;
    assert_int_equal(X509_check_ca(cert), 1);
    assert_int_equal(X509_get_pathlen(cert), 0);
    assert_int_equal(X509_get_key_usage(cert), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_true(X509_get_ext_by_NID(cert, NID_subject_key_identifier, -1) >= 0);
    assert_true(X509_EXTENSION_get_critical(
        X509_get_ext(cert, X509_get_ext_by_NID(cert, NID_basic_constraints, -1))));
}

static void a_leaf_is_for_servers_and_nothing_else(void **state)
{
    PAIR ca = maker_ca(NOW_S, DAY_S);
    PAIR leaf = maker_leaf(&ca, NOW_S, DAY_S);
    SW_CLEANUP(sw_cleanup_x509) X509 *cert = read_cert(maker_cert(&leaf));

    (void)state;
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_SERVER);
    assert_true(X509_get_ext_by_NID(cert, NID_authority_key_identifier, -1) >= 0);
}

static void no_two_authorities_share_a_name_or_a_number(void **state)
{
    PAIR one = maker_ca(NOW_S, DAY_S);
    PAIR two = maker_ca(NOW_S, DAY_S);
    SW_CLEANUP(sw_cleanup_x509) X509 *a = read_cert(maker_cert(&one));
    SW_CLEANUP(sw_cleanup_x509) X509 *b = read_cert(maker_cert(&two));

    (void)state;
    assert_int_not_equal(X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)), 0);
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get_serialNumber(a), X509_get_serialNumber(b)), 0);
}

static void a_name_too_long_for_a_common_name_is_an_alternative_name_all_the_same(void **state)
{
    static const char *const names[] = {
        "a-service-with-a-long-name-such-as-people-sometimes-give.a-namespace-as-long.svc"};
    PAIR ca = maker_ca(NOW_S, DAY_S);
    PAIR leaf = {0};
    const struct sw_cert_request request = {maker_cert(&ca), maker_key(&ca), names, 1};

    (void)state;
    assert_int_equal(sw_cert_issue_leaf(&request, (struct sw_cert_term){NOW_S, DAY_S}, &leaf, NULL),
                     0);
    assert_int_equal(verify(&ca, &leaf, NOW_S, names[0]), X509_V_OK);
}

static void what_ends_after_2050_can_be_told(void **state)
{
    PAIR ca = maker_ca(NOW_S, 30 * 365 * DAY_S);
    PAIR leaf = maker_leaf(&ca, NOW_S, 29 * 365 * DAY_S);

    (void)state;
    assert_int_equal(verify(&ca, &leaf, NOW_S + 28 * 365 * DAY_S, maker_names[0]), X509_V_OK);
}

static void assert_refused(const struct sw_cert_request *request, struct sw_cert_term term,
                           int code, const char *words)
{
    struct sw_cert_pair leaf = {0};
    struct sw_err err = {0};

    assert_int_equal(sw_cert_issue_leaf(request, term, &leaf, &err), code);
    assert_null(leaf.cert.data);
    assert_null(leaf.key.data);
    assert_says(&err, words);
}

static void what_cannot_be_signed_is_refused(void **state)
{
    static const char *const commas[] = {"a,DNS:evil"};
    static const char *const nothing[] = {""};
    PAIR ca = maker_ca(NOW_S, DAY_S);
    PAIR other = maker_ca(NOW_S, DAY_S);
    const struct sw_cert_term term = {NOW_S, DAY_S};
    struct sw_cert_request request = {maker_cert(&ca), maker_key(&ca), maker_names, MAKER_N_NAMES};

    (void)state;
    request.ca_key = maker_key(&other);
    assert_refused(&request, term, SW_ETYPE, "authority: expected the key of its certificate");
    request.ca_key = maker_cert(&ca);
    assert_refused(&request, term, SW_ESYNTAX, "authority's key: expected an unencrypted");
    request.ca_key = maker_key(&ca);
    request.ca_cert = SW_STR("garbage");
    assert_refused(&request, term, SW_ESYNTAX, "authority: expected a certificate");
    request.ca_cert = maker_cert(&ca);
    request.names = commas;
    request.n_names = 1;
    assert_refused(&request, term, SW_ETYPE, "found \"a,DNS:evil\"");
    request.names = nothing;
    assert_refused(&request, term, SW_ETYPE, "expected a DNS name");
    request.n_names = 0;
    assert_refused(&request, term, SW_EUSAGE, "expected 1 to 8 names, found 0");
    request.n_names = SW_CERT_NAMES_MAX + 1;
    assert_refused(&request, term, SW_EUSAGE, "found 9");
}

static void terms_that_are_none_are_refused(void **state)
{
    static const struct sw_cert_term terms[] = {
        {NOW_S, 0}, {NOW_S, -1}, {0, DAY_S}, {INT64_MAX, DAY_S}, {NOW_S, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        struct sw_cert_pair pair = {0};
        struct sw_err err = {0};

        assert_int_equal(sw_cert_issue_ca(terms[i], &pair, &err), SW_EUSAGE);
        assert_says(&err, "expected a lifetime");
    }
}

static void release_takes_what_was_never_filled(void **state)
{
    struct sw_cert_pair pair = {0};

    (void)state;
    sw_cert_pair_release(&pair);
    sw_cert_pair_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_is_believed_for_its_names_and_its_time),
        cmocka_unit_test(an_authority_believes_its_own_leaves_alone),
        cmocka_unit_test(a_leaf_ends_no_later_than_its_authority),
        cmocka_unit_test(an_authority_signs_leaves_and_no_other_authority),
        cmocka_unit_test(a_leaf_is_for_servers_and_nothing_else),
        cmocka_unit_test(no_two_authorities_share_a_name_or_a_number),
        cmocka_unit_test(a_name_too_long_for_a_common_name_is_an_alternative_name_all_the_same),
        cmocka_unit_test(what_ends_after_2050_can_be_told),
        cmocka_unit_test(what_cannot_be_signed_is_refused),
        cmocka_unit_test(terms_that_are_none_are_refused),
        cmocka_unit_test(release_takes_what_was_never_filled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

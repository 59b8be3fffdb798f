/* pkg/serve/tls_peer.c: which clients are let in by their certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>

#include "secure.h"
#include "serve/tls_peer.h"

static void show(struct secure *s, const struct pki *pki)
{
    assert_int_equal(SSL_CTX_use_certificate(s->context, pki->cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(s->context, pki->key), 1);
}

static void asks_for_a_certificate_of_its_ca(void **state)
{
    static const char *const anyone[] = {NULL};
    struct secure *s = secure_new(anyone);
    struct pki good = pki_make("client", NULL, &s->ca), bad = pki_make("client", NULL, NULL);

    (void)state;
    assert_false(secure_answers(s));
    show(s, &bad);
    assert_false(secure_answers(s));
    show(s, &good);
    assert_true(secure_answers(s));
    assert_int_equal(sw_counter_value(s->stats.handshake_failed), 2);
    pki_release(&good);
    pki_release(&bad);
    secure_free(s);
}

static void lets_in_by_name(void **state)
{
    static const char *const names[] = {"kube-apiserver", "spiffe://cluster/apiserver", NULL};
    static const struct {
        const char *cn, *san;
        bool gets_in;
    } cases[] = {
        {"kube-apiserver", NULL, true},
        {"front-proxy", "DNS:other,DNS:kube-apiserver", true},
        {"front-proxy", "URI:spiffe://cluster/apiserver", true},
        {"front-proxy", NULL, false},
        {"kube-apiserver2", NULL, false},
        {"KUBE-APISERVER", NULL, false},
        {"*", "DNS:*", false},
        {"front-proxy", "DNS:spiffe,IP:127.0.0.1", false},
    };
    struct secure *s = secure_new(names);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki pki = pki_make(cases[i].cn, cases[i].san, &s->ca);

        show(s, &pki);
        if (secure_answers(s) != cases[i].gets_in)
            fail_msg("%s %s", cases[i].cn, cases[i].gets_in ? "is refused" : "gets in");
        pki_release(&pki);
    }
    secure_free(s);
}

static void names_of_nobody(void **state)
{
    struct sw_tls_names *names = sw_tls_names_new(NULL);

    (void)state;
    assert_non_null(names);
    sw_tls_names_free(names);
    sw_tls_names_free(NULL);
}

static void subject_is_cut(void **state)
{
    struct pki pki = pki_make("a-long-name", NULL, NULL);
    char subject[8];

    (void)state;
    sw_tls_subject_of(pki.cert, subject, sizeof(subject));
    assert_string_equal(subject, "CN=a-lo");
    pki_release(&pki);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_a_certificate_of_its_ca),
        cmocka_unit_test(lets_in_by_name),
        cmocka_unit_test(names_of_nobody),
        cmocka_unit_test(subject_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

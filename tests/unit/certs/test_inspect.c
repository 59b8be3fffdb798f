/* certs/inspect.c: lists, keys, and pairs that can serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "certs/inspect.h"
#include "maker.h"
#include "pki.h"

#define TEXT_MAX_BYTES ((size_t)2 << 20)

struct fixture {
    struct sw_cert_pair ca, other, leaf; /* leaf is of ca */
    struct pki foreign;                  /* signs itself, and is none of ours */
    struct sw_buf text;
    struct sw_cert_list list;
    struct sw_err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->ca = maker_ca(NOW_S, 365 * DAY_S);
    f->other = maker_ca(NOW_S + 1, DAY_S);
    f->leaf = maker_leaf(&f->ca, NOW_S, 90 * DAY_S);
    f->foreign = pki_make("spillway-webhook", "DNS:hook.ns.svc", NULL);
    sw_buf_init(&f->text, TEXT_MAX_BYTES);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_cert_pair_release(&f->ca);
    sw_cert_pair_release(&f->other);
    sw_cert_pair_release(&f->leaf);
    pki_release(&f->foreign);
    sw_buf_release(&f->text);
    free(f);
    return 0;
}

static void add(struct fixture *f, struct sw_str text)
{
    sw_buf_append_str(&f->text, text);
}

static void read_text(struct fixture *f)
{
    assert_int_equal(sw_buf_status(&f->text, NULL), 0);
    assert_int_equal(sw_cert_list_read(sw_buf_str(&f->text), &f->list, &f->err), 0);
}

static void a_list_is_read_in_its_order(void **state)
{
    struct fixture *f = *state;

    add(f, maker_cert(&f->other));
    add(f, pki_cert_pem(&f->foreign));
    add(f, maker_cert(&f->ca));
    read_text(f);

    assert_int_equal(f->list.n, 3);
    assert_int_equal(f->list.n_unread, 0);
    assert_true(f->list.items[0].ours);
    assert_false(f->list.items[1].ours);
    assert_true(f->list.items[2].ours);
    assert_int_equal(f->list.items[2].not_before_s, NOW_S - SW_CERT_SKEW_S);
    assert_int_equal(f->list.items[2].not_after_s, NOW_S + 365 * DAY_S);
    assert_int_equal(strlen(f->list.items[0].id), 64);
    assert_int_equal(sw_cert_list_find(&f->list, f->list.items[2].id), 2);
    assert_int_equal(sw_cert_list_find(&f->list, "none"), 3);
    assert_true(sw_str_eq(f->list.items[2].text, maker_cert(&f->ca)));
}

static void an_empty_text_is_a_list_of_none(void **state)
{
    struct fixture *f = *state;

    read_text(f);
    assert_int_equal(f->list.n + f->list.n_unread, 0);
    add(f, SW_STR(" \n\n"));
    read_text(f);
    assert_int_equal(f->list.n + f->list.n_unread, 0);
}

static void what_is_no_certificate_is_counted_and_passed_over(void **state)
{
    struct fixture *f = *state;

    add(f, SW_STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    add(f, maker_cert(&f->ca));
    add(f, SW_STR("words"));
    read_text(f);
    assert_int_equal(f->list.n, 1);
    assert_int_equal(f->list.n_unread, 2);

    sw_buf_clear(&f->text);
    add(f, maker_cert(&f->ca));
    add(f, SW_STR("-----BEGIN CERTIFICATE-----\nAAAA"));
    read_text(f);
    assert_int_equal(f->list.n, 1);
    assert_int_equal(f->list.n_unread, 1);
}

/* A user's notes on the CAs of a bundle stay with them. */
static void lines_before_a_certificate_belong_to_it(void **state)
{
    struct fixture *f = *state;

    add(f, SW_STR("# the company's\n"));
    add(f, pki_cert_pem(&f->foreign));
    add(f, SW_STR("\r\n\n# ours\n"));
    add(f, maker_cert(&f->ca));
    read_text(f);
    assert_int_equal(f->list.n, 2);
    assert_int_equal(f->list.n_unread, 0);
    assert_true(sw_str_has_prefix(f->list.items[0].text, SW_STR("# the company's\n-----BEGIN")));
    assert_true(sw_str_has_prefix(f->list.items[1].text, SW_STR("# ours\n-----BEGIN")));
}

static void a_serving_certificate_of_ours_is_no_authority_of_ours(void **state)
{
    struct fixture *f = *state;

    add(f, maker_cert(&f->leaf));
    read_text(f);
    assert_false(f->list.items[0].ours);
}

static void a_list_has_limits(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < SW_CERT_LIST_MAX; i++)
        add(f, maker_cert(&f->ca));
    read_text(f);
    assert_int_equal(f->list.n, SW_CERT_LIST_MAX);
    add(f, maker_cert(&f->ca));
    assert_int_equal(sw_cert_list_read(sw_buf_str(&f->text), &f->list, &f->err), SW_ELIMIT);
    assert_says(&f->err, "expected at most 256 certificates");
    while (f->text.len <= SW_CERT_TEXT_MAX_BYTES)
        add(f, maker_cert(&f->ca));
    assert_int_equal(sw_cert_list_read(sw_buf_str(&f->text), &f->list, &f->err), SW_ELIMIT);
    assert_says(&f->err, "bytes of certificates");
}

static void a_key_is_found_among_authorities(void **state)
{
    struct fixture *f = *state;
    size_t found = 99;

    add(f, maker_cert(&f->other));
    add(f, maker_cert(&f->ca));
    add(f, maker_cert(&f->leaf));
    read_text(f);
    assert_int_equal(sw_cert_list_find_key(&f->list, maker_key(&f->ca), &found, &f->err), 0);
    assert_int_equal(found, 1);
    assert_int_equal(sw_cert_list_find_key(&f->list, maker_key(&f->other), &found, NULL), 0);
    assert_int_equal(found, 0);
    /* It is there, but may sign nothing. */
    assert_int_equal(sw_cert_list_find_key(&f->list, maker_key(&f->leaf), &found, &f->err),
                     SW_ENOENT);
    assert_int_equal(sw_cert_list_find_key(&f->list, pki_key_pem(&f->foreign), &found, &f->err),
                     SW_ENOENT);
    assert_says(&f->err, "one of 3 authorities");
    assert_int_equal(sw_cert_list_find_key(&f->list, SW_STR("x"), &found, &f->err), SW_ESYNTAX);
    assert_int_equal(found, 0);
}

/* Inspects a pair against the list that was read last. */
static int inspect(struct fixture *f, struct sw_str cert, struct sw_str key,
                   struct sw_cert_leaf *ret)
{
    const struct sw_cert_serving serving = {cert, key, &f->list, maker_names, MAKER_N_NAMES};

    return sw_cert_inspect(&serving, ret, &f->err);
}

static void a_pair_that_can_serve_is_told(void **state)
{
    struct fixture *f = *state;
    struct sw_cert_leaf leaf = {0};

    add(f, maker_cert(&f->other));
    add(f, maker_cert(&f->ca));
    read_text(f);
    assert_int_equal(inspect(f, maker_cert(&f->leaf), maker_key(&f->leaf), &leaf), 0);
    assert_int_equal(leaf.ca, 1);
    assert_int_equal(leaf.not_before_s, NOW_S - SW_CERT_SKEW_S);
    assert_int_equal(leaf.not_after_s, NOW_S + 90 * DAY_S);
    assert_int_equal(strlen(leaf.id), 64);
}

static void a_pair_that_cannot_serve_is_refused(void **state)
{
    SW_CLEANUP(sw_cert_pair_release) struct sw_cert_pair named = {0};
    static const char *const elsewhere[] = {"hook.elsewhere.svc"};
    struct fixture *f = *state;
    const struct sw_cert_request request = {maker_cert(&f->ca), maker_key(&f->ca), elsewhere, 1};
    struct sw_cert_leaf leaf = {.ca = 77};

    add(f, maker_cert(&f->ca));
    read_text(f);
    assert_int_equal(inspect(f, maker_cert(&f->leaf), maker_key(&f->ca), &leaf), SW_ETYPE);
    assert_says(&f->err, "key: expected that of the certificate, found another's");
    assert_int_equal(inspect(f, SW_STR("garbage"), maker_key(&f->leaf), &leaf), SW_ESYNTAX);
    assert_int_equal(inspect(f, maker_cert(&f->leaf), SW_STR("garbage"), &leaf), SW_ESYNTAX);
    assert_int_equal(inspect(f, maker_cert(&f->ca), maker_key(&f->ca), &leaf), SW_ETYPE);
    assert_int_equal(
        sw_cert_issue_leaf(&request, (struct sw_cert_term){NOW_S, DAY_S}, &named, NULL), 0);
    assert_int_equal(inspect(f, maker_cert(&named), maker_key(&named), &leaf), SW_ETYPE);
    assert_says(&f->err, "valid for hook.ns.svc, found other names");

    sw_buf_clear(&f->text);
    add(f, maker_cert(&f->other));
    read_text(f);
    assert_int_equal(inspect(f, maker_cert(&f->leaf), maker_key(&f->leaf), &leaf), SW_ETYPE);
    assert_says(&f->err, "signed by one of 1 authorities, found another signer");
    assert_int_equal(leaf.ca, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_list_is_read_in_its_order),
        TEST(an_empty_text_is_a_list_of_none),
        TEST(what_is_no_certificate_is_counted_and_passed_over),
        TEST(lines_before_a_certificate_belong_to_it),
        TEST(a_serving_certificate_of_ours_is_no_authority_of_ours),
        TEST(a_list_has_limits),
        TEST(a_key_is_found_among_authorities),
        TEST(a_pair_that_can_serve_is_told),
        TEST(a_pair_that_cannot_serve_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

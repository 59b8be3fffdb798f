/* certs/holding.c: what the Secret's texts are together, whatever somebody has made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "certs/holding.h"
#include "maker.h"

struct fixture {
    struct sw_cert_pair ca, before, leaf; /* leaf is of `before` */
    struct sw_buf cas;
    struct sw_cert_texts texts;
    struct sw_cert_holding holding;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->ca = maker_ca(NOW_S, 365 * DAY_S);
    f->before = maker_ca(NOW_S - DAY_S, 365 * DAY_S);
    f->leaf = maker_leaf(&f->before, NOW_S, 90 * DAY_S);
    sw_buf_init(&f->cas, 10000);
    sw_buf_append_str(&f->cas, maker_cert(&f->ca));
    sw_buf_append_str(&f->cas, maker_cert(&f->before));
    f->texts = (struct sw_cert_texts){sw_buf_str(&f->cas), maker_key(&f->ca), maker_cert(&f->leaf),
                                      maker_key(&f->leaf)};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_cert_pair_release(&f->ca);
    sw_cert_pair_release(&f->before);
    sw_cert_pair_release(&f->leaf);
    sw_buf_release(&f->cas);
    free(f);
    return 0;
}

static void look(struct fixture *f)
{
    const struct sw_cert_names names = {maker_names, MAKER_N_NAMES};

    assert_int_equal(sw_cert_holding_read(&f->texts, names, &f->holding, NULL), 0);
}

static void all_of_it_is_told(void **state)
{
    struct fixture *f = *state;
    struct sw_cert_state told = {0};

    look(f);
    assert_int_equal(f->holding.signer_error.code, 0);
    assert_int_equal(f->holding.leaf_error.code, 0);
    assert_int_equal(strlen(f->holding.leaf_id), 64);
    sw_cert_holding_tell(&f->holding, &told);
    assert_int_equal(told.cas->n, 2);
    assert_int_equal(told.signer, 0);
    assert_true(told.leaf.set);
    assert_int_equal(told.leaf.ca, 1);
    assert_int_equal(told.leaf.not_after_s, NOW_S + 90 * DAY_S);
    assert_int_equal(told.leaf.not_before_s, NOW_S - SW_CERT_SKEW_S);
}

static void an_empty_secret_holds_nothing(void **state)
{
    struct fixture *f = *state;

    f->texts = (struct sw_cert_texts){0};
    look(f);
    assert_int_equal(f->holding.cas.n, 0);
    assert_int_equal(f->holding.signer, 0);
    assert_false(f->holding.leaf.set);
    assert_string_equal(f->holding.leaf_id, "");
    assert_int_equal(f->holding.signer_error.code, SW_ESYNTAX);
    assert_int_equal(f->holding.leaf_error.code, SW_ESYNTAX);
}

static void a_key_that_is_gone_leaves_the_certificate(void **state)
{
    struct fixture *f = *state;

    f->texts.ca_key = SW_STR("garbage");
    look(f);
    assert_int_equal(f->holding.signer, 2);
    assert_int_equal(f->holding.signer_error.code, SW_ESYNTAX);
    assert_true(f->holding.leaf.set);
    f->texts.ca_key = maker_key(&f->leaf);
    look(f);
    assert_int_equal(f->holding.signer, 2);
    assert_int_equal(f->holding.signer_error.code, SW_ENOENT);
}

static void a_certificate_that_is_broken_leaves_the_signer(void **state)
{
    struct fixture *f = *state;

    f->texts.key = maker_key(&f->ca);
    look(f);
    assert_int_equal(f->holding.signer, 0);
    assert_false(f->holding.leaf.set);
    assert_says(&f->holding.leaf_error, "found another's");
}

static void a_certificate_of_an_authority_that_is_gone_is_none(void **state)
{
    struct fixture *f = *state;

    f->texts.ca_cert = maker_cert(&f->ca);
    look(f);
    assert_int_equal(f->holding.cas.n, 1);
    assert_int_equal(f->holding.signer, 0);
    assert_false(f->holding.leaf.set);
}

static void more_authorities_than_can_be_are_none(void **state)
{
    struct fixture *f = *state;
    struct sw_buf many;

    sw_buf_init(&many, 2 * SW_CERT_TEXT_MAX_BYTES);
    for (size_t i = 0; i <= SW_CERT_LIST_MAX; i++)
        sw_buf_append_str(&many, maker_cert(&f->ca));
    f->texts.ca_cert = sw_buf_str(&many);
    look(f);
    assert_int_equal(f->holding.cas.n, 0);
    assert_int_equal(f->holding.signer_error.code, SW_ELIMIT);
    assert_false(f->holding.leaf.set);
    sw_buf_release(&many);
}

static void a_look_forgets_the_one_before(void **state)
{
    struct fixture *f = *state;
    const struct sw_cert_texts good = f->texts;

    f->texts = (struct sw_cert_texts){0};
    look(f);
    f->texts = good;
    look(f);
    assert_int_equal(f->holding.signer_error.code, 0);
    assert_int_equal(f->holding.leaf_error.code, 0);
    assert_true(f->holding.leaf.set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(all_of_it_is_told),
        TEST(an_empty_secret_holds_nothing),
        TEST(a_key_that_is_gone_leaves_the_certificate),
        TEST(a_certificate_that_is_broken_leaves_the_signer),
        TEST(a_certificate_of_an_authority_that_is_gone_is_none),
        TEST(more_authorities_than_can_be_are_none),
        TEST(a_look_forgets_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

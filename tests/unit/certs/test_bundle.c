/* certs/bundle.c: what a plan's writes come to as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "certs/bundle.h"
#include "maker.h"

/* Three authorities, newest first: the signer, the one before, which signed the leaf, and one that
 * has expired. */
struct fixture {
    struct sw_cert_list cas, bundle;
    struct sw_cert_state state;
    struct sw_buf text;
};

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    f = (struct fixture){0};
    maker_push(&f.cas, maker_made_up("new\n", NOW_S - DAY_S, 365 * DAY_S));
    maker_push(&f.cas, maker_made_up("old\n", NOW_S - 200 * DAY_S, 365 * DAY_S));
    maker_push(&f.cas, maker_made_up("gone\n", NOW_S - 400 * DAY_S, 365 * DAY_S));
    f.state = (struct sw_cert_state){
        .now_s = NOW_S,
        .cert_lifetime_s = 90 * DAY_S,
        .cas = &f.cas,
        .leaf = {.set = true, .not_after_s = NOW_S + DAY_S, .ca = 1},
        .served_ms = SW_CERT_FORGET_MS,
    };
    sw_buf_init(&f.text, 10000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sw_buf_release(&f.text);
    return 0;
}

static void assert_bundle(const char *expected)
{
    sw_buf_clear(&f.text);
    sw_cert_bundle_write(&f.state, &f.bundle, &f.text);
    sw_buf_append(&f.text, "", 1);
    assert_int_equal(sw_buf_status(&f.text, NULL), 0);
    assert_string_equal(f.text.data, expected);
}

static void a_bundle_gets_what_it_lacks(void **state)
{
    (void)state;
    assert_bundle("new\nold\n");
    maker_push(&f.bundle, f.cas.items[1]);
    assert_bundle("old\nnew\n");
}

static void a_bundle_keeps_what_others_put_there(void **state)
{
    struct sw_cert theirs = maker_made_up("theirs", NOW_S, DAY_S);
    struct sw_cert expired = maker_made_up("expired\n", NOW_S - 2 * DAY_S, DAY_S);

    (void)state;
    theirs.ours = expired.ours = false;
    maker_push(&f.bundle, theirs); /* whose last line has no end */
    maker_push(&f.bundle, expired);
    assert_bundle("theirs\nnew\nold\n");
}

static void a_bundle_loses_what_is_of_no_use(void **state)
{
    (void)state;
    maker_push(&f.bundle, maker_made_up("unknown\n", NOW_S, DAY_S));
    maker_push(&f.bundle, f.cas.items[2]);
    assert_bundle("new\nold\n");
    f.state.served_ms = SW_CERT_FORGET_MS - 1;
    assert_bundle("unknown\nnew\nold\n");
}

static void what_stands_before_an_authority_in_the_secret_stays_there(void **state)
{
#define BLOCK "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    (void)state;
    f.cas.items[0].text = SW_STR("-----BEGIN PRIVATE KEY-----\nBB==\n"
                                 "-----END PRIVATE KEY-----\n" BLOCK);
    assert_bundle(BLOCK "old\n");
#undef BLOCK
}

static void the_secret_lists_the_newest_first(void **state)
{
    (void)state;
    sw_cert_bundle_write_authorities(&f.state, SW_STR("first\n"), &f.text);
    sw_buf_append(&f.text, "", 1);
    assert_string_equal(f.text.data, "first\nnew\nold\n");
    sw_buf_clear(&f.text);
    f.state.leaf.ca = 0;
    f.state.now_s += 90 * DAY_S; /* all that the old one has signed has ended */
    sw_cert_bundle_write_authorities(&f.state, (struct sw_str){NULL, 0}, &f.text);
    sw_buf_append(&f.text, "", 1);
    assert_string_equal(f.text.data, "new\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_bundle_gets_what_it_lacks),
        TEST(a_bundle_keeps_what_others_put_there),
        TEST(a_bundle_loses_what_is_of_no_use),
        TEST(what_stands_before_an_authority_in_the_secret_stays_there),
        TEST(the_secret_lists_the_newest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

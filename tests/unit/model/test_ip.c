/* pkg/model/ip.c: spellings of IP addresses, and what another cluster can be told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/check.h"
#include "model/ip.h"

static void check_reads_as(const char *text, const char *expected)
{
    char written[SW_IP_TEXT_SIZE];
    struct sw_ip ip;

    if (!sw_ip_parse(sw_str_from(text), &ip))
        fail_msg("%s is not read", text);
    assert_int_equal(sw_ip_write(&ip, written), strlen(expected));
    assert_string_equal(written, expected);
}

static void each_spelling_is_written_alike(void **state)
{
    (void)state;
    check_reads_as("192.0.2.1", "192.0.2.1");
    check_reads_as("0.0.0.0", "0.0.0.0");
    check_reads_as("255.255.255.255", "255.255.255.255");
    check_reads_as("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    check_reads_as("2001:db8::0001", "2001:db8::1");
    check_reads_as("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    check_reads_as("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    check_reads_as("::", "::");
    check_reads_as("::1", "::1");
    check_reads_as("1::", "1::");
    check_reads_as("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    check_reads_as("::ffff:192.0.2.1", "::ffff:c000:201");
    check_reads_as("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void what_is_no_address_is_not_read(void **state)
{
    static const char *const texts[] = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4 ",
        "1.2.3.",
        "a.b.c.d",
        "1.2.3.-4",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "12345::",
        "g::",
        "1:2:3:4:5:6:7:8::",
        "fe80::1%eth0",
        "[::1]",
        "::1.2.3",
        "1.2.3.4::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "gateway.example.com",
        "1:",
        ":1",
        "1:2:3:4::5:6:7:8",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sw_ip ip = {.family = 9};

        if (sw_ip_parse(sw_str_from(texts[i]), &ip))
            fail_msg("\"%s\" is read", texts[i]);
        assert_int_equal(ip.family, 9);
    }
}

static bool is_reachable(const char *text)
{
    struct sw_ip ip;

    assert_true(sw_ip_parse(sw_str_from(text), &ip));
    return sw_ip_is_reachable(&ip);
}

static void reachable_is_what_means_the_same_elsewhere(void **state)
{
    static const char *const good[] = {"192.0.2.1", "10.0.0.1",        "2001:db8::1",
                                       "fd00::1",   "::ffff:10.0.0.1", "223.255.255.255"};
    static const char *const bad[] = {
        "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::",
        "::1",     "fe80::1",   "febf::1",     "ff02::1",   "::ffff:127.0.0.1"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(is_reachable(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(is_reachable(bad[i]));
}

static void order_is_by_family_then_by_bytes(void **state)
{
    static const char *const sorted[] = {"9.0.0.1", "10.0.0.1", "10.0.0.2", "::1", "2001::"};

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(sorted) / sizeof(sorted[0]); i++) {
        struct sw_ip a, b;

        assert_true(sw_ip_parse(sw_str_from(sorted[i]), &a));
        assert_true(sw_ip_parse(sw_str_from(sorted[i + 1]), &b));
        assert_true(sw_ip_cmp(&a, &b) < 0);
        assert_true(sw_ip_cmp(&b, &a) > 0);
        assert_int_equal(sw_ip_cmp(&a, &a), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_spelling_is_written_alike),
        cmocka_unit_test(what_is_no_address_is_not_read),
        cmocka_unit_test(reachable_is_what_means_the_same_elsewhere),
        cmocka_unit_test(order_is_by_family_then_by_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* pkg/kube/resolver.c: what names become of what a DNS server says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "dns.h"
#include "io/clock.h"
#include "kube/resolver.h"

/* No test waits for longer. */
#define PATIENCE_MS 20000

struct fixture {
    struct dns *dns;
    struct sw_names *names;
    struct sw_resolver *resolver;
    struct sw_http *http;
    int64_t ahead_ms; /* how far the names' clock is ahead of the real one */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sw_resolver_options options = {.timeout_ms = 500, .tries = 2};

    if (!f)
        return -1;
    f->dns = dns_start();
    if (!f->dns)
        return -1;
    options.servers = dns_address(f->dns);
    if (sw_names_new(&f->names, NULL) < 0 || sw_http_new(&f->http, NULL) < 0 ||
        sw_resolver_new(f->names, &options, &f->resolver, NULL) < 0)
        return -1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sw_resolver_free(f->resolver);
    sw_http_free(f->http);
    sw_names_free(f->names);
    dns_stop(f->dns);
    free(f);
    return 0;
}

static int64_t now(const struct fixture *f)
{
    return (int64_t)sw_clock_mono_ms() + f->ahead_ms;
}

static void want(struct fixture *f, const char *name)
{
    sw_names_begin(f->names);
    assert_int_equal(sw_names_want(f->names, sw_str_from(name), NULL), 0);
    sw_names_end(f->names);
}

/* Works as a process does until the name has been answered. The names' time goes on so far first
 * that whatever has been answered is due. Returns in how many ms it is due again. */
static int64_t resolve(struct fixture *f)
{
    int64_t begun_ms;

    f->ahead_ms += SW_NAMES_MAX_MS;
    begun_ms = now(f);
    for (;;) {
        struct sw_http_fd fds[SW_HTTP_MAX_FDS];
        int64_t wake_ms = sw_resolver_step(f->resolver, now(f));
        size_t n = sw_resolver_fds(f->resolver, fds);

        /* Without a socket, or with one that only waits to be of use again, all was answered. */
        if (wake_ms - begun_ms >= SW_NAMES_RETRY_MS)
            return wake_ms - begun_ms;
        if (now(f) - begun_ms > PATIENCE_MS)
            fail_msg("no answer in time");
        sw_http_wait_too(f->http, fds, n, wake_ms - now(f));
    }
}

/* The names' addresses, "a b". */
static void check(struct fixture *f, const char *name, const char *expected)
{
    const struct sw_ip *ips;
    size_t n = sw_names_addresses(f->names, sw_str_from(name), &ips);
    char written[SW_IP_TEXT_SIZE];
    struct sw_buf buf;

    sw_buf_init(&buf, 4096);
    for (size_t i = 0; i < n; i++) {
        sw_ip_write(&ips[i], written);
        sw_buf_printf(&buf, "%s%s", i ? " " : "", written);
    }
    sw_buf_append(&buf, "", 1);
    assert_string_equal(buf.data, expected);
    sw_buf_release(&buf);
}

/* A due time, which is at most a second or so later than the answer's own. */
static void check_due(int64_t due_ms, int64_t expected_ms)
{
    assert_in_range(due_ms, expected_ms - 1, expected_ms + PATIENCE_MS);
}

#define SAY(f, ...)                                                                                \
    do {                                                                                           \
        static const struct dns_reply say_replies[] = {__VA_ARGS__};                               \
                                                                                                   \
        dns_say((f)->dns, say_replies, sizeof(say_replies) / sizeof(say_replies[0]));              \
    } while (0)

static const struct dns_record two_a[] = {{NULL, DNS_A, 300, "192.0.2.2"},
                                          {NULL, DNS_A, 120, "192.0.2.1"}};
static const struct dns_record other_way_round[] = {{NULL, DNS_A, 120, "192.0.2.1"},
                                                    {NULL, DNS_A, 300, "192.0.2.2"}};
static const struct dns_record one_aaaa[] = {{NULL, DNS_AAAA, 60, "2001:db8::1"}};

#define NO_AAAA(asked)                                                                             \
    {                                                                                              \
        .name = (asked), .type = DNS_AAAA                                                          \
    }

static void several_records_are_sorted_and_the_shortest_ttl_counts(void **state)
{
    struct fixture *f = *state;
    int64_t due_ms;
    uint64_t version;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 2}, NO_AAAA("gw.test"));
    want(f, "gw.test");
    due_ms = resolve(f);
    check(f, "gw.test", "192.0.2.1 192.0.2.2");
    check_due(due_ms, 120000);
    version = sw_names_version(f->names);
    SAY(f, {.name = "gw.test", .type = DNS_A, .records = other_way_round, .n = 2},
        NO_AAAA("gw.test"));
    resolve(f);
    assert_int_equal(sw_names_version(f->names), version);
}

static void both_families_are_asked_for(void **state)
{
    struct fixture *f = *state;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 2},
        {.name = "gw.test", .type = DNS_AAAA, .records = one_aaaa, .n = 1});
    want(f, "GW.test.");
    check_due(resolve(f), 60000);
    check(f, "gw.test", "192.0.2.1 192.0.2.2 2001:db8::1");
    SAY(f, {.name = "gw.test", .type = DNS_AAAA, .records = one_aaaa, .n = 1},
        {.name = "gw.test", .type = DNS_A});
    resolve(f);
    check(f, "gw.test", "2001:db8::1");
}

static void a_cname_leads_on_and_its_ttl_counts(void **state)
{
    static const struct dns_record chain[] = {
        {NULL, DNS_CNAME, 45, "b.test"},
        {"b.test", DNS_CNAME, 300, "c.test"},
        {"c.test", DNS_A, 300, "192.0.2.1"},
    };
    struct fixture *f = *state;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = chain, .n = 3},
        {.name = "gw.test", .type = DNS_AAAA, .records = chain, .n = 2});
    want(f, "gw.test");
    check_due(resolve(f), 45000);
    check(f, "gw.test", "192.0.2.1");
}

static void a_failure_leaves_what_was_known(void **state)
{
    struct fixture *f = *state;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 2}, NO_AAAA("gw.test"));
    want(f, "gw.test");
    resolve(f);
    SAY(f, {.name = "gw.test", .type = DNS_A, .code = DNS_SERVFAIL},
        {.name = "gw.test", .type = DNS_AAAA, .code = DNS_SERVFAIL});
    check_due(resolve(f), SW_NAMES_MIN_MS);
    check(f, "gw.test", "192.0.2.1 192.0.2.2");
    SAY(f, {.name = "gw.test", .type = DNS_A, .code = DNS_REFUSED}, NO_AAAA("gw.test"));
    resolve(f);
    check(f, "gw.test", "192.0.2.1 192.0.2.2");
    SAY(f, {.name = "gw.test", .type = DNS_A, .malformed = true}, NO_AAAA("gw.test"));
    resolve(f);
    check(f, "gw.test", "192.0.2.1 192.0.2.2");
}

static void silence_is_a_failure_after_each_try(void **state)
{
    struct fixture *f = *state;
    int n_udp;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 2}, NO_AAAA("gw.test"));
    want(f, "gw.test");
    resolve(f);
    n_udp = dns_n_udp(f->dns);
    SAY(f, {.name = "gw.test", .type = DNS_A, .silent = true},
        {.name = "gw.test", .type = DNS_AAAA, .silent = true});
    check_due(resolve(f), SW_NAMES_MIN_MS);
    assert_true(dns_n_udp(f->dns) >= n_udp + 4);
    check(f, "gw.test", "192.0.2.1 192.0.2.2");
}

/* A server that never answers for AAAA must not keep a name from being resolved. */
static void one_family_without_an_answer_does_not_hide_the_other(void **state)
{
    struct fixture *f = *state;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 2},
        {.name = "gw.test", .type = DNS_AAAA, .records = one_aaaa, .n = 1});
    want(f, "gw.test");
    resolve(f);
    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 1},
        {.name = "gw.test", .type = DNS_AAAA, .silent = true});
    check_due(resolve(f), SW_NAMES_MIN_MS);
    check(f, "gw.test", "192.0.2.2 2001:db8::1");
}

static void a_name_that_is_gone_keeps_its_addresses_for_a_while(void **state)
{
    struct fixture *f = *state;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 2}, NO_AAAA("gw.test"));
    want(f, "gw.test");
    resolve(f);
    dns_say(f->dns, NULL, 0);
    check_due(resolve(f), SW_NAMES_MIN_MS);
    check(f, "gw.test", "192.0.2.1 192.0.2.2");
    resolve(f); /* ten minutes later */
    check(f, "gw.test", "");
}

static void a_truncated_answer_is_asked_for_over_tcp(void **state)
{
    static struct dns_record many[40];
    static char addresses[40][16];
    static struct dns_reply replies[] = {
        {.name = "gw.test", .type = DNS_A, .truncated = true, .records = many, .n = 40},
        NO_AAAA("gw.test")};
    const struct sw_ip *ips;
    struct fixture *f = *state;

    for (int i = 0; i < 40; i++) {
        snprintf(addresses[i], sizeof(addresses[i]), "192.0.2.%d", i + 1);
        many[i] = (struct dns_record){NULL, DNS_A, 60, addresses[i]};
    }
    dns_say(f->dns, replies, 2);
    want(f, "gw.test");
    resolve(f);
    assert_int_equal(sw_names_addresses(f->names, SW_STR("gw.test"), &ips), SW_NAMES_MAX_ADDRESSES);
    assert_int_equal(dns_n_tcp(f->dns), 1);
}

static void many_names_are_asked_for_in_turns(void **state)
{
    static char names[100][16];
    static struct dns_reply replies[200];
    struct fixture *f = *state;

    sw_names_begin(f->names);
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof(names[i]), "gw%d.test", i);
        replies[2 * i] =
            (struct dns_reply){.name = names[i], .type = DNS_A, .records = two_a, .n = 2};
        replies[2 * i + 1] = (struct dns_reply)NO_AAAA(names[i]);
        assert_int_equal(sw_names_want(f->names, sw_str_from(names[i]), NULL), 0);
    }
    sw_names_end(f->names);
    dns_say(f->dns, replies, 200);
    resolve(f);
    for (int i = 0; i < 100; i++)
        check(f, names[i], "192.0.2.1 192.0.2.2");
}

static void what_is_under_way_at_the_end_has_failed(void **state)
{
    struct fixture *f = *state;
    int64_t wake_ms;

    SAY(f, {.name = "gw.test", .type = DNS_A, .silent = true},
        {.name = "gw.test", .type = DNS_AAAA, .silent = true});
    want(f, "gw.test");
    sw_resolver_step(f->resolver, now(f));
    assert_null(sw_names_next(f->names, INT64_MAX, &wake_ms));
    sw_resolver_free(f->resolver);
    f->resolver = NULL;
    assert_non_null(sw_names_next(f->names, INT64_MAX, &wake_ms));
}

static void servers_that_are_no_addresses_are_refused(void **state)
{
    struct fixture *f = *state;
    struct sw_resolver_options options = {.servers = "dns.example.com"};
    struct sw_resolver *resolver;
    struct sw_err err = {0};

    assert_int_equal(sw_resolver_new(f->names, &options, &resolver, &err), SW_EUSAGE);
    assert_string_equal(err.message, "DNS servers: expected addresses, found \"dns.example.com\"");
}

static void lookups_are_counted_by_what_they_came_to(void **state)
{
    struct fixture *f = *state;

    SAY(f, {.name = "gw.test", .type = DNS_A, .records = two_a, .n = 2}, NO_AAAA("gw.test"));
    want(f, "gw.test");
    resolve(f);
    SAY(f, {.name = "gw.test", .type = DNS_A, .code = DNS_NXDOMAIN},
        {.name = "gw.test", .type = DNS_AAAA, .code = DNS_NXDOMAIN});
    resolve(f);
    SAY(f, {.name = "gw.test", .type = DNS_A, .code = DNS_SERVFAIL},
        {.name = "gw.test", .type = DNS_AAAA, .code = DNS_SERVFAIL});
    resolve(f);
    assert_int_equal(sw_resolver_stats(f->resolver)->n_found, 1);
    assert_int_equal(sw_resolver_stats(f->resolver)->n_none, 1);
    assert_int_equal(sw_resolver_stats(f->resolver)->n_failed, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(several_records_are_sorted_and_the_shortest_ttl_counts),
        TEST(both_families_are_asked_for),
        TEST(a_cname_leads_on_and_its_ttl_counts),
        TEST(a_failure_leaves_what_was_known),
        TEST(silence_is_a_failure_after_each_try),
        TEST(one_family_without_an_answer_does_not_hide_the_other),
        TEST(a_name_that_is_gone_keeps_its_addresses_for_a_while),
        TEST(a_truncated_answer_is_asked_for_over_tcp),
        TEST(many_names_are_asked_for_in_turns),
        TEST(what_is_under_way_at_the_end_has_failed),
        TEST(servers_that_are_no_addresses_are_refused),
        TEST(lookups_are_counted_by_what_they_came_to),
    };

    if (sw_http_setup(NULL) < 0 || sw_resolver_setup(NULL) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

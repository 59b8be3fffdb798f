/* pkg/serve/peer.c: one count for each address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "serve/peer.h"

static struct sw_peers peers;

static int setup(void **state)
{
    (void)state;
    sw_peers_init(&peers);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < SW_PEERS_BUCKETS; i++)
        assert_null(peers.buckets[i]);
    sw_peers_release(&peers);
    return 0;
}

static struct sw_peer *enter_v4(const char *address, uint16_t port)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(port)};

    assert_int_equal(inet_pton(AF_INET, address, &from.sin_addr), 1);
    return sw_peers_enter(&peers, (struct sockaddr *)&from);
}

static struct sw_peer *enter_v6(const char *address)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};

    assert_int_equal(inet_pton(AF_INET6, address, &from.sin6_addr), 1);
    return sw_peers_enter(&peers, (struct sockaddr *)&from);
}

static void the_port_makes_no_difference(void **state)
{
    struct sw_peer *one = enter_v4("10.0.0.1", 1000), *again = enter_v4("10.0.0.1", 2000);

    (void)state;
    assert_non_null(one);
    assert_ptr_equal(one, again);
    assert_int_equal(one->n_connections, 2);
    sw_peers_leave(&peers, again);
    assert_int_equal(one->n_connections, 1);
    sw_peers_leave(&peers, one);
}

static void the_address_does(void **state)
{
    struct sw_peer *one = enter_v4("10.0.0.1", 1), *other = enter_v4("10.0.0.2", 1),
                   *third = enter_v6("fd00::1");

    (void)state;
    assert_ptr_not_equal(one, other);
    assert_ptr_not_equal(one, third);
    assert_int_equal(one->n_connections, 1);
    sw_peers_leave(&peers, one);
    sw_peers_leave(&peers, other);
    sw_peers_leave(&peers, third);
}

static void ipv4_in_ipv6_is_ipv4(void **state)
{
    struct sw_peer *one = enter_v4("10.0.0.1", 1), *mapped = enter_v6("::ffff:10.0.0.1");

    (void)state;
    assert_ptr_equal(one, mapped);
    sw_peers_leave(&peers, one);
    sw_peers_leave(&peers, mapped);
}

static void more_addresses_than_buckets(void **state)
{
    enum { N = 3 * SW_PEERS_BUCKETS };
    struct sw_peer *all[N];

    (void)state;
    for (unsigned int i = 0; i < N; i++) {
        char address[32];

        snprintf(address, sizeof(address), "10.1.%u.%u", i / 256, i % 256);
        all[i] = enter_v4(address, 1);
        assert_non_null(all[i]);
        assert_int_equal(all[i]->n_connections, 1);
    }
    for (size_t i = 0; i < N; i += 2)
        sw_peers_leave(&peers, all[i]);
    for (size_t i = 1; i < N; i += 2) {
        assert_int_equal(all[i]->n_connections, 1);
        sw_peers_leave(&peers, all[i]);
    }
}

static void an_address_begins_anew_when_it_comes_back(void **state)
{
    struct sw_peer *one = enter_v4("10.0.0.1", 1);

    (void)state;
    one->held_bytes = 5;
    sw_peers_leave(&peers, one);
    one = enter_v4("10.0.0.1", 1);
    assert_int_equal(one->held_bytes, 0);
    sw_peers_leave(&peers, one);
    sw_peers_leave(&peers, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_port_makes_no_difference),
        TEST(the_address_does),
        TEST(ipv4_in_ipv6_is_ipv4),
        TEST(more_addresses_than_buckets),
        TEST(an_address_begins_anew_when_it_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

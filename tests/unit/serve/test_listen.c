/* pkg/serve/listen.c: addresses, and the ports they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "serve/listen.h"

static struct sw_listen_name open_at(const char *address, int *fds, size_t n)
{
    struct sw_listen_name name = {.port = 0};
    struct sw_err err = {0};

    if (sw_listen_open(address, fds, n, &name, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(err.code, 0);
    assert_int_not_equal(name.port, 0);
    return name;
}

static void assert_refused(const char *address, int code, const char *words)
{
    struct sw_listen_name name = {.port = 7};
    struct sw_err err = {0};
    int fd = -7;

    assert_int_equal(sw_listen_open(address, &fd, 1, &name, &err), code);
    assert_int_equal(err.code, code);
    assert_int_equal(name.port, 7);
    /* What is no address is known to be none before anything is bound. */
    assert_int_equal(sw_listen_check(address, NULL), code == SW_EUSAGE ? code : 0);
    if (!strstr(err.message, words) || !strstr(err.message, address))
        fail_msg("'%s' does not say '%s'", err.message, words);
}

static void assert_named(const char *text, const char *before_port, uint16_t port)
{
    char expected[SW_LISTEN_NAME_SIZE];

    snprintf(expected, sizeof(expected), "%s%u", before_port, port);
    assert_string_equal(text, expected);
}

static void open_chooses_a_port(void **state)
{
    int fd;
    struct sw_listen_name name = open_at("127.0.0.1:0", &fd, 1);
    struct client client = client_open(name.port);

    (void)state;
    assert_named(name.text, "127.0.0.1:", name.port);
    client_close(&client);
    close(fd);
}

/* Some machines and containers have no IPv6. */
static bool has_v6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

    if (fd >= 0)
        close(fd);
    return has;
}

static void open_takes_ipv6(void **state)
{
    struct sw_listen_name name;
    struct client client;
    int fd;

    (void)state;
    if (!has_v6())
        skip();
    name = open_at("[::1]:0", &fd, 1);
    client = client_open_v6(name.port);
    assert_named(name.text, "[::1]:", name.port);
    client_close(&client);
    close(fd);
}

static void open_everywhere_takes_both_families(void **state)
{
    int fd;
    struct sw_listen_name name = open_at(":0", &fd, 1);
    struct client v4 = client_open(name.port), v6 = {.fd = -1};

    (void)state;
    if (has_v6())
        v6 = client_open_v6(name.port);
    assert_named(name.text, has_v6() ? "[::]:" : "0.0.0.0:", name.port);
    client_close(&v4);
    client_close(&v6);
    close(fd);
}

static void open_of_several_shares_one_port(void **state)
{
    int fds[3];
    struct sw_listen_name name = open_at("127.0.0.1:0", fds, 3);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct sockaddr_in bound = {.sin_port = 0};
        socklen_t len = sizeof(bound);

        assert_int_equal(getsockname(fds[i], (struct sockaddr *)&bound, &len), 0);
        assert_int_equal(ntohs(bound.sin_port), name.port);
        close(fds[i]);
    }
}

static void open_refuses_a_port_in_use(void **state)
{
    char address[SW_LISTEN_NAME_SIZE];
    int fds[2];
    struct sw_listen_name name = open_at("127.0.0.1:0", fds, 2);

    (void)state;
    snprintf(address, sizeof(address), "127.0.0.1:%u", name.port);
    assert_refused(address, SW_EIO, "Address already in use");
    close(fds[0]);
    close(fds[1]);
}

static void open_again_after_close(void **state)
{
    char address[SW_LISTEN_NAME_SIZE];
    int fd;
    struct sw_listen_name name = open_at("127.0.0.1:0", &fd, 1);
    struct client client = client_open(name.port);

    (void)state;
    close(fd);
    client_close(&client);
    snprintf(address, sizeof(address), "127.0.0.1:%u", name.port);
    open_at(address, &fd, 1);
    close(fd);
}

static void open_refuses_what_is_no_address(void **state)
{
    static const char *const bad[] = {
        "",           "8443",          "127.0.0.1", "127.0.0.1:", "::1:80", "127.0.0.1:x",
        "1.2.3.4:-1", "1.2.3.4:65536", "[::1:80",   "[::1]80",    "a b:80"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(bad[i], SW_EUSAGE, "expected");
    assert_refused("localhost:80", SW_EUSAGE, "expected the number of an address");
}

static void open_refuses_an_address_of_another_machine(void **state)
{
    (void)state;
    assert_refused("192.0.2.1:0", SW_EIO, "Cannot assign requested address");
}

static void name_of_an_unknown_family(void **state)
{
    struct sockaddr address = {.sa_family = AF_UNIX};
    struct sw_listen_name name = {.port = 7};

    (void)state;
    sw_listen_name_of(&address, &name);
    assert_string_equal(name.text, "unknown");
    assert_int_equal(name.port, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_chooses_a_port),
        cmocka_unit_test(open_takes_ipv6),
        cmocka_unit_test(open_everywhere_takes_both_families),
        cmocka_unit_test(open_of_several_shares_one_port),
        cmocka_unit_test(open_refuses_a_port_in_use),
        cmocka_unit_test(open_again_after_close),
        cmocka_unit_test(open_refuses_what_is_no_address),
        cmocka_unit_test(open_refuses_an_address_of_another_machine),
        cmocka_unit_test(name_of_an_unknown_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

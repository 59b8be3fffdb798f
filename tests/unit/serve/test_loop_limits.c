/* pkg/serve/loop.c: nobody holds a connection by being slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "fixture.h"
#include "io/clock.h"
#include "pki.h"
#include "serve/stats.h"
#include "serve/tls.h"

#define SHORT_MS 150
/* How long a test waits for what must come: generous, since the machine may be busy. */
#define PATIENCE_MS 60000

struct limited {
    struct sw_metrics *metrics;
    struct sw_server_stats stats;
    struct sw_tls *tls;
    struct sw_server *server;
    struct client client;
};

/* A server with these limits; TLS when asked for. */
static struct limited *limited_new(struct sw_server_options options, bool with_tls)
{
    struct limited *l = calloc(1, sizeof(*l));

    assert_non_null(l);
    l->client.fd = -1;
    l->metrics = sw_metrics_new();
    assert_int_equal(
        sw_server_stats_init(&l->stats, l->metrics, fixture_routes(), FIXTURE_N_ROUTES, NULL), 0);
    if (with_tls) {
        struct pki pki = pki_make("server", NULL, NULL);
        struct sw_tls_options tls = {.pem = {pki_cert_pem(&pki), pki_key_pem(&pki), {NULL, 0}}};

        assert_int_equal(sw_tls_new(&tls, &l->tls, NULL), 0);
        pki_release(&pki);
    }
    options.listen = "127.0.0.1:0";
    options.stats = &l->stats;
    options.tls = l->tls;
    assert_int_equal(sw_server_new(&options, fixture_routes(), FIXTURE_N_ROUTES, &l->server, NULL),
                     0);
    assert_int_equal(sw_server_start(l->server, NULL), 0);
    l->client = client_open(client_port_of(sw_server_address(l->server)));
    return l;
}

static void limited_free(struct limited *l)
{
    client_close(&l->client);
    sw_server_free(l->server);
    sw_tls_free(l->tls);
    sw_metrics_free(l->metrics);
    free(l);
}

/* Waits until the server has no connection left. */
static void assert_all_gone(const struct limited *l)
{
    uint64_t until_ms = sw_clock_mono_ms() + PATIENCE_MS;

    while (sw_gauge_value(l->stats.connections) > 0 && sw_clock_mono_ms() < until_ms)
        usleep(5000);
    assert_int_equal(sw_gauge_value(l->stats.connections), 0);
}

static void assert_cut(const struct limited *l, enum sw_phase phase)
{
    for (int i = 0; i < SW_N_PHASES; i++)
        assert_int_equal(sw_counter_value(l->stats.cut[i]), i == (int)phase ? 1 : 0);
}

static void cuts_a_request_whose_head_does_not_end(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.read_ms = SHORT_MS}, false);

    (void)state;
    assert_true(client_send_text(&l->client, "GET /big?1 HTTP/1.1\r\nHost:"));
    assert_true(client_ended(&l->client));
    assert_all_gone(l);
    assert_cut(l, SW_PHASE_READING);
    limited_free(l);
}

static void cuts_a_request_whose_body_does_not_end(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.read_ms = SHORT_MS}, false);

    (void)state;
    assert_true(client_send_text(&l->client, POST("/echo", "10") "12345"));
    assert_true(client_ended(&l->client));
    assert_cut(l, SW_PHASE_READING);
    limited_free(l);
}

/* Sending a byte now and then does not buy more time. */
static void cuts_a_request_that_trickles(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.read_ms = SHORT_MS}, false);
    uint64_t until_ms = sw_clock_mono_ms() + PATIENCE_MS;

    (void)state;
    assert_true(client_send_text(&l->client, POST("/echo", "90000")));
    while (client_send(&l->client, "x", 1) && sw_clock_mono_ms() < until_ms)
        usleep(10000);
    assert_true(sw_clock_mono_ms() < until_ms);
    assert_all_gone(l);
    assert_cut(l, SW_PHASE_READING);
    limited_free(l);
}

static void cuts_a_second_request_as_well(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.read_ms = SHORT_MS}, false);

    (void)state;
    assert_goes_on(&l->client);
    usleep(3 * SHORT_MS * 1000);
    assert_goes_on(&l->client);
    assert_true(client_send_text(&l->client, "GET /"));
    assert_true(client_ended(&l->client));
    assert_cut(l, SW_PHASE_READING);
    limited_free(l);
}

static void cuts_an_idle_connection(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.idle_ms = SHORT_MS}, false);

    (void)state;
    assert_goes_on(&l->client);
    assert_true(client_ended(&l->client));
    assert_cut(l, SW_PHASE_IDLE);
    limited_free(l);
}

static void cuts_a_connection_that_never_asks(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.idle_ms = SHORT_MS}, false);

    (void)state;
    assert_true(client_ended(&l->client));
    assert_cut(l, SW_PHASE_IDLE);
    limited_free(l);
}

static void keeps_a_connection_that_asks_now_and_then(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.idle_ms = 2000}, false);

    (void)state;
    for (size_t i = 0; i < 15; i++) {
        usleep(200000);
        assert_goes_on(&l->client);
    }
    limited_free(l);
}

static void cuts_a_client_that_does_not_read(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.send_ms = SHORT_MS}, false);
    int small = 4096;

    (void)state;
    setsockopt(l->client.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_true(client_send_text(&l->client, "GET /big?16000000 HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(client_wait(&l->client));
    assert_all_gone(l);
    assert_cut(l, SW_PHASE_SENDING);
    assert_int_equal(sw_gauge_value(l->stats.in_flight), 0);
    limited_free(l);
}

static void cuts_a_handshake_that_does_not_begin(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.handshake_ms = SHORT_MS}, true);

    (void)state;
    assert_true(client_ended(&l->client));
    assert_all_gone(l);
    assert_cut(l, SW_PHASE_HANDSHAKE);
    limited_free(l);
}

static void cuts_a_handshake_that_does_not_end(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.handshake_ms = SHORT_MS}, true);

    (void)state;
    assert_true(client_send(&l->client, "\x16\x03\x01\x02\x00\x01", 6));
    assert_true(client_ended(&l->client));
    assert_cut(l, SW_PHASE_HANDSHAKE);
    assert_int_equal(sw_counter_value(l->stats.handshake_failed), 0);
    limited_free(l);
}

static void cuts_a_refused_client_that_never_stops(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.linger_ms = SHORT_MS}, false);
    uint64_t until_ms = sw_clock_mono_ms() + PATIENCE_MS;
    char *bytes = fixture_bytes(100000);

    (void)state;
    assert_true(client_send_text(&l->client, POST("/echo", "99999999999")));
    while (client_send(&l->client, bytes, 100000) && sw_clock_mono_ms() < until_ms)
        ;
    assert_true(sw_clock_mono_ms() < until_ms);
    assert_all_gone(l);
    assert_cut(l, SW_PHASE_LINGERING);
    free(bytes);
    limited_free(l);
}

static void counts_what_happened(void **state)
{
    struct limited *l = limited_new((struct sw_server_options){.max_body_bytes = 1000}, false);

    (void)state;
    assert_goes_on(&l->client);
    client_ask(&l->client, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    client_ask(&l->client, POST("/echo", "100000"));
    assert_true(client_ended(&l->client));
    client_close(&l->client);
    assert_all_gone(l);
    assert_int_equal(sw_counter_value(l->stats.accepted), 1);
    assert_int_equal(sw_counter_value(l->stats.answers[0][0]), 1);             /* /echo 200 */
    assert_int_equal(sw_counter_value(l->stats.answers[SW_ROUTES_MAX][2]), 1); /* other 404 */
    assert_int_equal(sw_counter_value(l->stats.answers[SW_ROUTES_MAX][4]), 1); /* other 413 */
    assert_int_equal(sw_gauge_value(l->stats.in_flight), 0);
    limited_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_a_request_whose_head_does_not_end),
        cmocka_unit_test(cuts_a_request_whose_body_does_not_end),
        cmocka_unit_test(cuts_a_request_that_trickles),
        cmocka_unit_test(cuts_a_second_request_as_well),
        cmocka_unit_test(cuts_an_idle_connection),
        cmocka_unit_test(cuts_a_connection_that_never_asks),
        cmocka_unit_test(keeps_a_connection_that_asks_now_and_then),
        cmocka_unit_test(cuts_a_client_that_does_not_read),
        cmocka_unit_test(cuts_a_handshake_that_does_not_begin),
        cmocka_unit_test(cuts_a_handshake_that_does_not_end),
        cmocka_unit_test(cuts_a_refused_client_that_never_stops),
        cmocka_unit_test(counts_what_happened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* pkg/kube/easy.c: whom we trust, where a request goes, and who we are there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <unistd.h>

#include "http_fixture.h"

/* It is not even asked: the connection fails before. */
static void assert_fails(struct http_fixture *f, const char *says)
{
    http_get(f, "/ok");
    assert_int_equal(f->heard.n_responses, 0);
    if (!strstr(f->heard.failure, says))
        fail_msg("expected %s in %s", says, f->heard.failure);
}

static void another_authority_is_not_trusted(void **state)
{
    struct http_fixture *f = *state;
    struct pki other = pki_make("other-ca", NULL, NULL);

    f->config.ca_pem = pki_cert_pem(&other);
    assert_fails(f, "certificate");
    f->config.insecure = true;
    http_get(f, "/ok");
    assert_int_equal(f->heard.status, 200);
    pki_release(&other);
}

static void without_an_authority_the_systems_are_trusted(void **state)
{
    struct http_fixture *f = *state;

    f->config.ca_pem = (struct sw_str){NULL, 0};
    assert_fails(f, "certificate");
}

static void a_certificate_for_another_name_is_not_trusted(void **state)
{
    struct http_fixture *f = *state;

    snprintf(f->server, sizeof(f->server), "https://localhost:%d", api_port(f->api));
    f->config.server = sw_str_from(f->server);
    assert_fails(f, "subject name");
    f->config.tls_server_name = SW_STR("kubernetes");
    http_get(f, "/ok");
    assert_int_equal(f->heard.status, 200);
    f->config.tls_server_name = SW_STR("elsewhere");
    assert_fails(f, "subject name");
}

static void a_path_of_the_server_comes_before_the_requests(void **state)
{
    struct http_fixture *f = *state;

    snprintf(f->server, sizeof(f->server), "https://127.0.0.1:%d/k8s/c-1", api_port(f->api));
    f->config.server = sw_str_from(f->server);
    http_get(f, "/api/v1");
    assert_non_null(strstr(f->heard.body, "GET /k8s/c-1/api/v1 HTTP/1.1\r\n"));
    f->config.tls_server_name = SW_STR("kubernetes");
    http_get(f, "/api/v1");
    assert_non_null(strstr(f->heard.body, "GET /k8s/c-1/api/v1 HTTP/1.1\r\n"));
}

static void a_client_certificate_is_shown(void **state)
{
    struct http_fixture *f = *state;
    struct pki client = pki_make("system:spillway", NULL, &f->authority);

    http_get(f, "/whoami");
    assert_string_equal(f->heard.body, "nobody");
    f->config.cert_pem = pki_cert_pem(&client);
    f->config.key_pem = pki_key_pem(&client);
    http_get(f, "/whoami");
    assert_string_equal(f->heard.body, "system:spillway");
    pki_release(&client);
}

static void certificates_in_files_do_as_well(void **state)
{
    struct http_fixture *f = *state;
    struct pki client = pki_make("system:files", NULL, &f->authority);
    const char *ca = "test_http_ca.pem", *cert = "test_http_cert.pem", *key = "test_http_key.pem";

    pki_write(ca, pki_cert_pem(&f->authority));
    pki_write(cert, pki_cert_pem(&client));
    pki_write(key, pki_key_pem(&client));
    f->config.ca_pem = (struct sw_str){NULL, 0};
    f->config.ca_file = sw_str_from(ca);
    f->config.cert_file = sw_str_from(cert);
    f->config.key_file = sw_str_from(key);
    http_get(f, "/whoami");
    assert_string_equal(f->heard.body, "system:files");
    unlink(ca);
    unlink(cert);
    unlink(key);
    pki_release(&client);
}

static void a_token_that_was_refused_is_read_again(void **state)
{
    struct http_fixture *f = *state;
    const char *path = "test_http_token";

    f->config.token_file = sw_str_from(path);
    pki_write(path, SW_STR("first\n"));
    http_get(f, "/echo");
    assert_non_null(strstr(f->heard.body, "Authorization: Bearer first\r\n"));
    pki_write(path, SW_STR("second\n"));
    http_get(f, "/status/403");
    http_get(f, "/echo");
    assert_non_null(strstr(f->heard.body, "Authorization: Bearer first\r\n"));
    http_get(f, "/status/401");
    http_get(f, "/echo");
    assert_non_null(strstr(f->heard.body, "Authorization: Bearer second\r\n"));
    unlink(path);
}

static void send_without_its_token_fails(void **state)
{
    struct http_fixture *f = *state;
    struct sw_http_request request = {.method = "GET", .path = SW_STR("/ok")};
    struct sw_err err = {0};

    f->config.token_file = SW_STR("/nowhere/token");
    assert_int_equal(sw_http_send(f->http, f->target, &request, heard_sink(&f->heard),
                                  &f->heard.transfer, &err),
                     SW_ENOENT);
    assert_string_equal(err.message, "/nowhere/token: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HTTP_TEST(another_authority_is_not_trusted),
        HTTP_TEST(without_an_authority_the_systems_are_trusted),
        HTTP_TEST(a_certificate_for_another_name_is_not_trusted),
        HTTP_TEST(a_path_of_the_server_comes_before_the_requests),
        HTTP_TEST(a_client_certificate_is_shown),
        HTTP_TEST(certificates_in_files_do_as_well),
        HTTP_TEST(a_token_that_was_refused_is_read_again),
        HTTP_TEST(send_without_its_token_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

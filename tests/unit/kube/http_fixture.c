#include "http_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static int prepare_process(void)
{
    signal(SIGPIPE, SIG_IGN);
    unsetenv("https_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    return sw_http_setup(NULL);
}

int http_setup(void **state)
{
    struct http_fixture *f = calloc(1, sizeof(*f));

    if (!f || prepare_process() < 0)
        return -1;
    f->authority = pki_make("cluster-ca", NULL, NULL);
    f->api = api_start(&f->authority);
    snprintf(f->server, sizeof(f->server), "https://127.0.0.1:%d", api_port(f->api));
    f->config.server = sw_str_from(f->server);
    f->config.ca_pem = pki_cert_pem(&f->authority);
    if (sw_http_new(&f->http, NULL) < 0 || sw_http_target_new(&f->config, &f->target, NULL) < 0)
        return -1;
    *state = f;
    return 0;
}

int http_teardown(void **state)
{
    struct http_fixture *f = *state;

    sw_http_free(f->http);
    sw_http_target_free(f->target);
    api_stop(f->api);
    pki_release(&f->authority);
    free(f);
    return 0;
}

void http_get(struct http_fixture *f, const char *path)
{
    api_get(f->http, f->target, path, &f->heard);
}

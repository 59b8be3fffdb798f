/*
 * A server of paths, a client of it, and what the client has heard last.
 */
#ifndef SW_TESTS_KUBE_HTTP_H
#define SW_TESTS_KUBE_HTTP_H

#include "api.h"

struct http_fixture {
    struct pki authority;
    struct api *api;
    char server[64];
    struct sw_kube_config config; /* may be changed between requests */
    struct sw_http *http;
    struct sw_http_target *target;
    struct heard heard;
};

/* The process too is made ready: no proxy, no signal for a closed pipe. */
int http_setup(void **state);
int http_teardown(void **state);
#define HTTP_TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)

/* A GET, until it is over. */
void http_get(struct http_fixture *f, const char *path);

#endif

/*
 * One request as libcurl wants it: where to, as whom, and with what checks.
 */
#ifndef SW_KUBE_EASY_H
#define SW_KUBE_EASY_H

#include "kube/http.h"

#include <curl/curl.h>

/* The caller's storage; a zeroed one is released. */
struct sw_easy {
    CURL *handle;
    struct curl_slist *headers;    /* owned, as is the next */
    struct curl_slist *connect_to; /* NULL but for a tls-server-name */
    char failure[CURL_ERROR_SIZE]; /* what libcurl says of a failure; "" for nothing */
};

/* Makes a request of it that may be started. `token` is unset for none. It must not move from then
 * on, and `config` must outlive it. Fails with SW_ENOMEM, SW_ELIMIT (a URL or header over its cap)
 * and SW_EIO (what libcurl does not take); it is then to be released. */
int sw_easy_init(struct sw_easy *easy, const struct sw_kube_config *config, struct sw_str token,
                 const struct sw_http_request *request, struct sw_err *reterr);

/* It must not be started, or be stopped again. */
void sw_easy_release(struct sw_easy *easy);

#endif

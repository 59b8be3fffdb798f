#include "kube/http.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/clock.h"
#include "io/file.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>

#include "base/banned.h"

/* A projected token is a JWT of one or two KiB. */
#define MAX_TOKEN_BYTES ((size_t)64 << 10)
#define TOKEN_FRESH_MS  60000

#define CONNECT_TIMEOUT_MS 10000
#define KEEPALIVE_IDLE_S   30
#define KEEPALIVE_EVERY_S  10
#define CA_FRESH_S         60

#define MAX_URL_BYTES    ((size_t)64 << 10)
#define MAX_HEADER_BYTES (MAX_TOKEN_BYTES + 256)

#define HTTP_UNAUTHORIZED 401

struct sw_http {
    CURLM *multi;
    struct sw_http_transfer *transfers; /* owned; every one under way, and those to be swept */
};

struct sw_http_target {
    const struct sw_kube_config *config; /* borrowed */
    struct sw_buf token;                 /* of the token file; empty when it is to be read */
    int64_t token_read_ms;
};

struct sw_http_transfer {
    struct sw_http *http;          /* borrowed */
    struct sw_http_target *target; /* borrowed */
    struct sw_http_transfer *next;
    struct sw_http_sink sink;
    CURL *easy;
    struct curl_slist *headers;    /* owned, as is the next */
    struct curl_slist *connect_to; /* NULL but for a tls-server-name */
    int status;            /* of the answer whose headers are coming; 0 before any */
    int64_t retry_after_s;
    bool over;             /* closed or cancelled: to be swept */
};

int sw_http_setup(struct sw_err *reterr)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return sw_err_set(reterr, SW_EINTERNAL, "libcurl does not initialise");
    return 0;
}

int sw_http_new(struct sw_http **ret, struct sw_err *reterr)
{
    struct sw_http *http = calloc(1, sizeof(*http));

    if (!http)
        return sw_err_nomem(reterr);
    http->multi = curl_multi_init();
    if (!http->multi) {
        free(http);
        return sw_err_nomem(reterr);
    }
    *ret = http;
    return 0;
}

static void free_transfer(struct sw_http_transfer *transfer)
{
    if (transfer->easy) {
        curl_multi_remove_handle(transfer->http->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->connect_to);
    free(transfer);
}

void sw_http_free(struct sw_http *http)
{
    if (!http)
        return;
    while (http->transfers) {
        struct sw_http_transfer *transfer = http->transfers;

        http->transfers = transfer->next;
        free_transfer(transfer);
    }
    curl_multi_cleanup(http->multi);
    free(http);
}

int sw_http_target_new(const struct sw_kube_config *config, struct sw_http_target **ret,
                       struct sw_err *reterr)
{
    struct sw_http_target *target = calloc(1, sizeof(*target));

    if (!target)
        return sw_err_nomem(reterr);
    target->config = config;
    sw_buf_init(&target->token, MAX_TOKEN_BYTES);
    *ret = target;
    return 0;
}

void sw_http_target_free(struct sw_http_target *target)
{
    if (!target)
        return;
    sw_buf_release(&target->token);
    free(target);
}

/* The token to send, without the newline that ends its file; unset where none is needed. */
static int current_token(struct sw_http_target *target, struct sw_str *ret, struct sw_err *reterr)
{
    int64_t now_ms = (int64_t)sw_clock_mono_ms();
    struct sw_str token;

    if (!target->config->token_file.len) {
        *ret = target->config->token;
        return 0;
    }
    if (target->token.len == 0 || now_ms - target->token_read_ms >= TOKEN_FRESH_MS) {
        int r = sw_file_read(target->config->token_file.data, &target->token, reterr);

        if (r < 0)
            return r;
        target->token_read_ms = now_ms;
    }
    token = sw_buf_str(&target->token);
    while (token.len && (token.data[token.len - 1] == '\n' || token.data[token.len - 1] == '\r'))
        token.len--;
    *ret = token;
    return 0;
}

/* A header line, "Retry-After: 1". Dates are passed over: no API server sends them. */
static void read_header(struct sw_http_transfer *transfer, struct sw_str line)
{
    struct sw_str rest = line, name = sw_str_cut(&rest, ':');
    uint64_t seconds;

    if (name.len != sizeof("retry-after") - 1 || !curl_strnequal(name.data, "retry-after", name.len))
        return;
    while (rest.len && rest.data[0] == ' ')
        rest = sw_str_slice(rest, 1, rest.len);
    if (sw_str_to_u64(rest, INT_MAX, &seconds))
        transfer->retry_after_s = (int64_t)seconds;
}

/* "HTTP/2 200" or "HTTP/1.1 200 OK": an answer begins, perhaps after an interim one. */
static void read_status(struct sw_http_transfer *transfer, struct sw_str line)
{
    uint64_t status = 0;

    sw_str_cut(&line, ' ');
    sw_str_to_u64(sw_str_cut(&line, ' '), 999, &status);
    transfer->status = (int)status;
    transfer->retry_after_s = 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct sw_http_transfer *transfer = context;
    struct sw_str line = {bytes, size * n};

    while (line.len && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
        line.len--;
    if (sw_str_has_prefix(line, SW_STR("HTTP/")))
        read_status(transfer, line);
    else if (line.len)
        read_header(transfer, line);
    else if (transfer->status >= 200 && !transfer->over) {
        if (transfer->status == HTTP_UNAUTHORIZED)
            sw_buf_clear(&transfer->target->token);
        transfer->sink.response(transfer->sink.context, transfer->status,
                                transfer->retry_after_s);
    }
    /* Anything but the size makes libcurl give the transfer up. */
    return transfer->over ? 0 : size * n;
}

static size_t on_data(char *bytes, size_t size, size_t n, void *context)
{
    struct sw_http_transfer *transfer = context;

    if (!transfer->over)
        transfer->sink.data(transfer->sink.context, (struct sw_str){bytes, size * n});
    return transfer->over ? 0 : size * n;
}

/* Options are kept so that the first that fails shows. */
#define SET(easy, option, value, result)                                                           \
    ((result) = (result) == CURLE_OK ? curl_easy_setopt((easy), (option), (value)) : (result))

static CURLcode set_blob(CURL *easy, CURLoption option, struct sw_str pem, CURLcode result)
{
    struct curl_blob blob = {(void *)(uintptr_t)pem.data, pem.len, CURL_BLOB_NOCOPY};

    return pem.len ? SET(easy, option, &blob, result) : result;
}

static CURLcode set_file(CURL *easy, CURLoption option, struct sw_str path, CURLcode result)
{
    return path.len ? SET(easy, option, path.data, result) : result;
}

static CURLcode set_tls(CURL *easy, const struct sw_kube_config *config)
{
    CURLcode result = CURLE_OK;

    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2, result);
    SET(easy, CURLOPT_SSL_VERIFYPEER, config->insecure ? 0L : 1L, result);
    SET(easy, CURLOPT_SSL_VERIFYHOST, config->insecure ? 0L : 2L, result);
    SET(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_FRESH_S, result);
    result = set_blob(easy, CURLOPT_CAINFO_BLOB, config->ca_pem, result);
    result = set_file(easy, CURLOPT_CAINFO, config->ca_file, result);
    result = set_blob(easy, CURLOPT_SSLCERT_BLOB, config->cert_pem, result);
    result = set_file(easy, CURLOPT_SSLCERT, config->cert_file, result);
    result = set_blob(easy, CURLOPT_SSLKEY_BLOB, config->key_pem, result);
    return set_file(easy, CURLOPT_SSLKEY, config->key_file, result);
}

static CURLcode set_connection(CURL *easy, const struct sw_kube_config *config)
{
    CURLcode result = CURLE_OK;

    SET(easy, CURLOPT_PROTOCOLS_STR, "https", result);
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS, result);
    SET(easy, CURLOPT_PIPEWAIT, 1L, result);
    SET(easy, CURLOPT_NOSIGNAL, 1L, result);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS, result);
    SET(easy, CURLOPT_TCP_KEEPALIVE, 1L, result);
    SET(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S, result);
    SET(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_EVERY_S, result);
    SET(easy, CURLOPT_USERAGENT, "spillway/" SW_VERSION, result);
    return set_file(easy, CURLOPT_PROXY, config->proxy_url, result);
}

static CURLcode set_request(struct sw_http_transfer *transfer,
                            const struct sw_http_request *request)
{
    CURLcode result = CURLE_OK;
    CURL *easy = transfer->easy;

    SET(easy, CURLOPT_HEADERFUNCTION, on_header, result);
    SET(easy, CURLOPT_HEADERDATA, transfer, result);
    SET(easy, CURLOPT_WRITEFUNCTION, on_data, result);
    SET(easy, CURLOPT_WRITEDATA, transfer, result);
    SET(easy, CURLOPT_PRIVATE, transfer, result);
    SET(easy, CURLOPT_HTTPHEADER, transfer->headers, result);
    SET(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms, result);
    if (request->content_type) {
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len, result);
        SET(easy, CURLOPT_COPYPOSTFIELDS, request->body.data ? request->body.data : "", result);
    }
    return SET(easy, CURLOPT_CUSTOMREQUEST, request->method, result);
}

static int add_header(struct sw_http_transfer *transfer, struct sw_buf *line, struct sw_err *reterr)
{
    struct curl_slist *longer;

    sw_buf_append(line, "", 1);
    if (sw_buf_status(line, reterr) < 0)
        return line->failure;
    longer = curl_slist_append(transfer->headers, line->data);
    if (!longer)
        return sw_err_nomem(reterr);
    transfer->headers = longer;
    return 0;
}

static int set_headers(struct sw_http_transfer *transfer, const struct sw_http_request *request,
                       struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf line;
    struct sw_str token = {NULL, 0};
    int r = current_token(transfer->target, &token, reterr);

    sw_buf_init(&line, MAX_HEADER_BYTES);
    if (r == 0) {
        sw_buf_append_text(&line, "Accept: application/json");
        r = add_header(transfer, &line, reterr);
    }
    if (r == 0 && token.len) {
        sw_buf_clear(&line);
        sw_buf_printf(&line, "Authorization: Bearer %.*s", SW_STR_ARG(token));
        r = add_header(transfer, &line, reterr);
    }
    if (r == 0 && request->content_type) {
        sw_buf_clear(&line);
        sw_buf_printf(&line, "Content-Type: %s", request->content_type);
        r = add_header(transfer, &line, reterr);
    }
    return r;
}

/* HOST[:PORT] of a server, and the path behind it. */
static struct sw_str host_and_port(struct sw_str server, struct sw_str *ret_path)
{
    struct sw_str rest = sw_str_slice(server, sizeof("https://") - 1, server.len);
    size_t slash = sw_str_find(rest, '/');

    *ret_path = sw_str_slice(rest, slash, rest.len);
    return sw_str_slice(rest, 0, slash);
}

/* libcurl takes the name to verify and to send as SNI from the URL: with a tls-server-name the URL
 * has that name, and connections go to the server all the same. */
static int set_url(struct sw_http_transfer *transfer, struct sw_str path, struct sw_err *reterr)
{
    const struct sw_kube_config *config = transfer->target->config;
    SW_CLEANUP(sw_buf_release) struct sw_buf url;
    CURLcode result = CURLE_OK;
    struct sw_str prefix;

    sw_buf_init(&url, MAX_URL_BYTES);
    if (config->tls_server_name.len) {
        host_and_port(config->server, &prefix);
        sw_buf_printf(&url, "https://%.*s%.*s", SW_STR_ARG(config->tls_server_name),
                      SW_STR_ARG(prefix));
    } else {
        sw_buf_append_str(&url, config->server);
    }
    sw_buf_append_str(&url, path);
    sw_buf_append(&url, "", 1);
    if (sw_buf_status(&url, reterr) < 0)
        return url.failure;
    SET(transfer->easy, CURLOPT_URL, url.data, result);
    return result == CURLE_OK ? 0 : sw_err_set(reterr, SW_EIO, "%s", curl_easy_strerror(result));
}

/* An IPv6 address has its colons in brackets. */
static bool has_port(struct sw_str host)
{
    size_t bracket = sw_str_find(host, ']');
    struct sw_str tail = bracket < host.len ? sw_str_slice(host, bracket, host.len) : host;

    return sw_str_find(tail, ':') < tail.len;
}

static int redirect_connections(struct sw_http_transfer *transfer, struct sw_err *reterr)
{
    const struct sw_kube_config *config = transfer->target->config;
    SW_CLEANUP(sw_buf_release) struct sw_buf rule;
    struct curl_slist *rules;
    struct sw_str prefix, host;

    if (!config->tls_server_name.len)
        return 0;
    host = host_and_port(config->server, &prefix);
    sw_buf_init(&rule, MAX_URL_BYTES);
    sw_buf_printf(&rule, "::%.*s%s", SW_STR_ARG(host), has_port(host) ? "" : ":443");
    sw_buf_append(&rule, "", 1);
    if (sw_buf_status(&rule, reterr) < 0)
        return rule.failure;
    rules = curl_slist_append(NULL, rule.data);
    if (!rules)
        return sw_err_nomem(reterr);
    transfer->connect_to = rules;
    return curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, rules) == CURLE_OK
               ? 0
               : sw_err_nomem(reterr);
}

static int prepare(struct sw_http_transfer *transfer, const struct sw_http_request *request,
                   struct sw_err *reterr)
{
    const struct sw_kube_config *config = transfer->target->config;
    CURLcode result;
    int r = set_headers(transfer, request, reterr);

    if (r == 0)
        r = set_url(transfer, request->path, reterr);
    if (r == 0)
        r = redirect_connections(transfer, reterr);
    if (r < 0)
        return r;
    result = set_tls(transfer->easy, config);
    if (result == CURLE_OK)
        result = set_connection(transfer->easy, config);
    if (result == CURLE_OK)
        result = set_request(transfer, request);
    return result == CURLE_OK ? 0 : sw_err_set(reterr, SW_EIO, "%s", curl_easy_strerror(result));
}

int sw_http_send(struct sw_http *http, struct sw_http_target *target,
                 const struct sw_http_request *request, struct sw_http_sink sink,
                 struct sw_http_transfer **ret, struct sw_err *reterr)
{
    struct sw_http_transfer *transfer = calloc(1, sizeof(*transfer));
    int r;

    if (!transfer)
        return sw_err_nomem(reterr);
    transfer->http = http;
    transfer->target = target;
    transfer->sink = sink;
    transfer->easy = curl_easy_init();
    r = transfer->easy ? prepare(transfer, request, reterr) : sw_err_nomem(reterr);
    if (r == 0 && curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK)
        r = sw_err_nomem(reterr);
    if (r < 0) {
        free_transfer(transfer);
        return r;
    }
    transfer->next = http->transfers;
    http->transfers = transfer;
    *ret = transfer;
    return 0;
}

void sw_http_cancel(struct sw_http_transfer *transfer)
{
    if (transfer)
        transfer->over = true;
}

/* Frees what is over. Not within libcurl's callbacks: a handle must not be removed there. */
static void sweep(struct sw_http *http)
{
    struct sw_http_transfer **link = &http->transfers;

    while (*link) {
        struct sw_http_transfer *transfer = *link;

        if (!transfer->over) {
            link = &transfer->next;
            continue;
        }
        *link = transfer->next;
        free_transfer(transfer);
    }
}

static void close_finished(struct sw_http *http)
{
    CURLMsg *message;
    int n_left;

    while ((message = curl_multi_info_read(http->multi, &n_left))) {
        struct sw_http_transfer *transfer = NULL;
        CURLcode result = message->data.result;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (!transfer || transfer->over)
            continue;
        transfer->over = true;
        transfer->sink.closed(transfer->sink.context,
                              result == CURLE_OK ? NULL : curl_easy_strerror(result));
    }
}

void sw_http_run(struct sw_http *http, int64_t timeout_ms)
{
    int n_running;

    if (timeout_ms > INT_MAX)
        timeout_ms = INT_MAX;
    /* A request that was just added makes this return at once. */
    curl_multi_poll(http->multi, NULL, 0, timeout_ms < 0 ? 0 : (int)timeout_ms, NULL);
    curl_multi_perform(http->multi, &n_running);
    close_finished(http);
    sweep(http);
}

void sw_http_wakeup(struct sw_http *http)
{
    curl_multi_wakeup(http->multi);
}

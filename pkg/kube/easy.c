#include "kube/easy.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "kube/token.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/banned.h"

#define CONNECT_TIMEOUT_MS    10000
#define KEEPALIVE_IDLE_S      30
#define KEEPALIVE_EVERY_S     10
#define UNANSWERED_TIMEOUT_MS 60000
#define CA_FRESH_S            60

#define MAX_URL_BYTES    ((size_t)64 << 10)
#define MAX_HEADER_BYTES (SW_TOKEN_MAX_BYTES + 256)

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

/* A connection to a machine that is gone is noticed by what it leaves unanswered: keepalive probes
 * are not sent while something waits to be acknowledged, and the kernel would wait a quarter of an
 * hour for that. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    const int timeout_ms = UNANSWERED_TIMEOUT_MS;

    (void)context;
    (void)purpose;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
    return CURL_SOCKOPT_OK;
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
    /* A name that does not resolve must not hold up who cancels: getaddrinfo() may take half a
     * minute. */
    SET(easy, CURLOPT_QUICK_EXIT, 1L, result);
    SET(easy, CURLOPT_SOCKOPTFUNCTION, on_socket, result);
    /* What a proxy says to CONNECT is no answer of the API server. */
    SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L, result);
    SET(easy, CURLOPT_USERAGENT, "spillway/" SW_VERSION, result);
    return set_file(easy, CURLOPT_PROXY, config->proxy_url, result);
}

static CURLcode set_request(struct sw_easy *to, const struct sw_http_request *request)
{
    CURLcode result = CURLE_OK;
    CURL *easy = to->handle;

    SET(easy, CURLOPT_ERRORBUFFER, to->failure, result);
    SET(easy, CURLOPT_HTTPHEADER, to->headers, result);
    SET(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms, result);
    if (request->content_type) {
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len, result);
        SET(easy, CURLOPT_COPYPOSTFIELDS, request->body.data ? request->body.data : "", result);
    }
    return SET(easy, CURLOPT_CUSTOMREQUEST, request->method, result);
}

static int add_header(struct sw_easy *easy, struct sw_buf *line, struct sw_err *reterr)
{
    struct curl_slist *longer;

    sw_buf_append(line, "", 1);
    if (sw_buf_status(line, reterr) < 0)
        return line->failure;
    longer = curl_slist_append(easy->headers, line->data);
    if (!longer)
        return sw_err_nomem(reterr);
    easy->headers = longer;
    return 0;
}

static int set_headers(struct sw_easy *easy, struct sw_str token,
                       const struct sw_http_request *request, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf line;
    int r;

    sw_buf_init(&line, MAX_HEADER_BYTES);
    sw_buf_append_text(&line, "Accept: application/json");
    r = add_header(easy, &line, reterr);
    if (r == 0 && token.len) {
        sw_buf_clear(&line);
        sw_buf_printf(&line, "Authorization: Bearer %.*s", SW_STR_ARG(token));
        r = add_header(easy, &line, reterr);
    }
    if (r == 0 && request->content_type) {
        sw_buf_clear(&line);
        sw_buf_printf(&line, "Content-Type: %s", request->content_type);
        r = add_header(easy, &line, reterr);
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
static int set_url(struct sw_easy *easy, const struct sw_kube_config *config, struct sw_str path,
                   struct sw_err *reterr)
{
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
    SET(easy->handle, CURLOPT_URL, url.data, result);
    return result == CURLE_OK ? 0 : sw_err_set(reterr, SW_EIO, "%s", curl_easy_strerror(result));
}

/* An IPv6 address has its colons in brackets. */
static bool has_port(struct sw_str host)
{
    size_t bracket = sw_str_find(host, ']');
    struct sw_str tail = bracket < host.len ? sw_str_slice(host, bracket, host.len) : host;

    return sw_str_find(tail, ':') < tail.len;
}

static int redirect_connections(struct sw_easy *easy, const struct sw_kube_config *config,
                                struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf rule = {0};
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
    easy->connect_to = rules;
    return curl_easy_setopt(easy->handle, CURLOPT_CONNECT_TO, rules) == CURLE_OK
               ? 0
               : sw_err_nomem(reterr);
}

int sw_easy_init(struct sw_easy *easy, const struct sw_kube_config *config, struct sw_str token,
                 const struct sw_http_request *request, struct sw_err *reterr)
{
    CURLcode result;
    int r;

    *easy = (struct sw_easy){.handle = curl_easy_init()};
    if (!easy->handle)
        return sw_err_nomem(reterr);
    r = set_headers(easy, token, request, reterr);
    if (r == 0)
        r = set_url(easy, config, request->path, reterr);
    if (r == 0)
        r = redirect_connections(easy, config, reterr);
    if (r < 0)
        return r;
    result = set_tls(easy->handle, config);
    if (result == CURLE_OK)
        result = set_connection(easy->handle, config);
    if (result == CURLE_OK)
        result = set_request(easy, request);
    return result == CURLE_OK ? 0 : sw_err_set(reterr, SW_EIO, "%s", curl_easy_strerror(result));
}

void sw_easy_release(struct sw_easy *easy)
{
    curl_easy_cleanup(easy->handle);
    curl_slist_free_all(easy->headers);
    curl_slist_free_all(easy->connect_to);
    *easy = (struct sw_easy){0};
}

#include "api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"

#define MAX_CONNECTIONS 32
#define MAX_MS          10000

struct api {
    struct pki serving;
    SSL_CTX *context;
    int fd;
    uint16_t port;
    pthread_t listener;
    pthread_t threads[MAX_CONNECTIONS];
    int fds[MAX_CONNECTIONS];
    _Atomic int n_connections;
    _Atomic bool ends;
    int go_fd; /* an event: the stream goes on */
};

struct connection {
    struct api *api;
    int fd;
};

static void must(bool done)
{
    if (!done)
        abort();
}

static void say(SSL *ssl, const char *text)
{
    SSL_write(ssl, text, (int)strlen(text));
}

static void say_body(SSL *ssl, const char *body, size_t len)
{
    char head[128];

    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
    say(ssl, head);
    for (size_t at = 0; at < len;) {
        int n = SSL_write(ssl, body + at, (int)(len - at));

        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

static void wait_for(const struct api *api, int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    while (!atomic_load(&api->ends) && poll(&poll_fd, 1, 20) == 0)
        continue;
}

static void stream(struct api *api, SSL *ssl)
{
    say(ssl, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
    wait_for(api, api->go_fd);
    say(ssl, "4\r\ntwo\n\r\n0\r\n\r\n");
}

/* A line of a watch about the one object. */
static void say_event(SSL *ssl, const char *type, const char *metadata)
{
    char line[512], chunk[600];

    snprintf(line, sizeof(line), "{\"type\":\"%s\",\"object\":{\"metadata\":{%s}}}\n", type,
             metadata);
    snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n", strlen(line), line);
    say(ssl, chunk);
}

static void watch(struct api *api, SSL *ssl, const char *request)
{
    const char *namespace_ = strstr(request, "/namespaces?") ? "" : "\"namespace\":\"shop\",";
    char metadata[128];

    say(ssl, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    snprintf(metadata, sizeof(metadata), "%s\"name\":\"one\",\"resourceVersion\":\"4\"",
             namespace_);
    say_event(ssl, "ADDED", metadata);
    say_event(ssl, "BOOKMARK",
              "\"resourceVersion\":\"5\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}");
    wait_for(api, api->go_fd);
    snprintf(metadata, sizeof(metadata), "%s\"name\":\"one\",\"resourceVersion\":\"6\"",
             namespace_);
    say_event(ssl, "DELETED", metadata);
    wait_for(api, -1);
}

static void say_who(SSL *ssl)
{
    X509 *peer = SSL_get1_peer_certificate(ssl);
    char name[128] = "nobody";

    if (peer)
        X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name,
                                  (int)sizeof(name));
    X509_free(peer);
    say_body(ssl, name, strlen(name));
}

static void say_big(SSL *ssl)
{
    char *bytes = calloc(1, API_BIG_BYTES);

    must(bytes);
    say_body(ssl, bytes, API_BIG_BYTES);
    free(bytes);
}

/* Answers one request; false when the connection is to end. */
static bool answer(struct api *api, SSL *ssl, const char *request)
{
    char head[128];
    int status;

    if (strstr(request, " /ok ")) {
        say_body(ssl, "hello", 5);
    } else if (sscanf(request, "%*s /status/%d ", &status) == 1) {
        snprintf(head, sizeof(head),
                 "HTTP/1.1 %d X\r\nrEtRy-AfTeR:  7\r\nContent-Length: 2\r\n\r\n{}", status);
        say(ssl, head);
    } else if (strstr(request, " /interim ")) {
        say(ssl, "HTTP/1.1 103 Early\r\nRetry-After: 9\r\n\r\n");
        say_body(ssl, "late", 4);
    } else if (strstr(request, " /trailers ")) {
        say(ssl, "HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2\r\nok\r\n0\r\nX: y\r\n\r\n");
    } else if (strstr(request, " /stream ")) {
        stream(api, ssl);
    } else if (strstr(request, " /cut ")) {
        say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        return false;
    } else if (strstr(request, " /silent ")) {
        wait_for(api, -1);
        return false;
    } else if (strstr(request, " /big ")) {
        say_big(ssl);
    } else if (strstr(request, " /api/v1/")) {
        watch(api, ssl, request);
        return false;
    } else if (strstr(request, " /whoami ")) {
        say_who(ssl);
    } else {
        say_body(ssl, request, strlen(request));
    }
    return true;
}

/* Reads one request, a short one with its body, NUL-terminated; false at the end. */
static bool take_request(SSL *ssl, char *text, size_t size)
{
    size_t len = 0, body_len = 0;
    const char *end = NULL, *length;

    while (!end || len < (size_t)(end + 4 - text) + body_len) {
        int n = SSL_read(ssl, text + len, (int)(size - 1 - len));

        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
        length = strstr(text, "Content-Length: ");
        body_len = length ? strtoul(length + 16, NULL, 10) : 0;
    }
    return true;
}

static void *serve(void *argument)
{
    struct connection *connection = argument;
    SSL *ssl = SSL_new(connection->api->context);
    char request[8192];

    must(ssl && SSL_set_fd(ssl, connection->fd));
    if (SSL_accept(ssl) == 1) {
        while (take_request(ssl, request, sizeof(request)) &&
               answer(connection->api, ssl, request))
            continue;
        SSL_shutdown(ssl);
    }
    shutdown(connection->fd, SHUT_RDWR);
    SSL_free(ssl);
    free(connection);
    return NULL;
}

static void *listen_on(void *argument)
{
    struct api *api = argument;

    for (;;) {
        int fd = accept(api->fd, NULL, NULL), n = atomic_load(&api->n_connections);
        struct connection *connection;

        if (fd < 0 || atomic_load(&api->ends))
            return NULL;
        must(n < MAX_CONNECTIONS);
        connection = malloc(sizeof(*connection));
        must(connection);
        *connection = (struct connection){api, fd};
        api->fds[n] = fd;
        must(pthread_create(&api->threads[n], NULL, serve, connection) == 0);
        atomic_store(&api->n_connections, n + 1);
    }
}

static int bind_any(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 16) == 0 &&
         getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

struct api *api_start(const struct pki *authority)
{
    struct api *api = calloc(1, sizeof(*api));

    must(api);
    api->serving = pki_make("kube-apiserver", "DNS:kubernetes,IP:127.0.0.1", authority);
    api->context = SSL_CTX_new(TLS_server_method());
    must(api->context && SSL_CTX_use_certificate(api->context, api->serving.cert) &&
         SSL_CTX_use_PrivateKey(api->context, api->serving.key) &&
         X509_STORE_add_cert(SSL_CTX_get_cert_store(api->context), authority->cert));
    SSL_CTX_set_verify(api->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(api->context, SSL_SESS_CACHE_OFF);
    api->go_fd = eventfd(0, EFD_CLOEXEC);
    api->fd = bind_any(&api->port);
    must(api->go_fd >= 0 && pthread_create(&api->listener, NULL, listen_on, api) == 0);
    return api;
}

void api_stop(struct api *api)
{
    atomic_store(&api->ends, true);
    shutdown(api->fd, SHUT_RDWR);
    pthread_join(api->listener, NULL);
    for (int i = 0; i < atomic_load(&api->n_connections); i++) {
        shutdown(api->fds[i], SHUT_RDWR);
        pthread_join(api->threads[i], NULL);
        close(api->fds[i]);
    }
    close(api->fd);
    close(api->go_fd);
    SSL_CTX_free(api->context);
    pki_release(&api->serving);
    free(api);
}

uint16_t api_port(const struct api *api)
{
    return api->port;
}

void api_go_on(struct api *api)
{
    eventfd_write(api->go_fd, 1);
}

static void on_response(void *context, int http_status, int64_t retry_after_s)
{
    struct heard *heard = context;

    heard->status = http_status;
    heard->retry_after_s = retry_after_s;
    heard->n_responses++;
}

static void on_data(void *context, struct sw_str bytes)
{
    struct heard *heard = context;
    size_t room = sizeof(heard->body) - 1;

    for (size_t i = 0; i < bytes.len && heard->n_bytes + i < room; i++)
        heard->body[heard->n_bytes + i] = bytes.data[i];
    heard->n_bytes += bytes.len;
    if (heard->cancels) {
        sw_http_cancel(heard->transfer);
        heard->transfer = NULL;
    }
}

static void on_closed(void *context, const char *failure)
{
    struct heard *heard = context;

    snprintf(heard->failure, sizeof(heard->failure), "%s", failure ? failure : "");
    heard->transfer = NULL;
    heard->n_closed++;
}

struct sw_http_sink heard_sink(struct heard *heard)
{
    return (struct sw_http_sink){heard, on_response, on_data, on_closed};
}

void api_begin(struct sw_http *http, struct sw_http_target *target, const char *path,
               struct heard *heard)
{
    struct sw_http_request request = {.method = "GET", .path = sw_str_from(path)};
    struct sw_err err = {0};

    *heard = (struct heard){.cancels = heard->cancels};
    if (sw_http_send(http, target, &request, heard_sink(heard), &heard->transfer, &err) < 0)
        fail_msg("%s", err.message);
}

void api_run_until(struct sw_http *http, const int *flag)
{
    uint64_t end_ms = sw_clock_mono_ms() + MAX_MS;

    while (!*flag && sw_clock_mono_ms() < end_ms) {
        sw_http_wait(http, 50);
        sw_http_run(http);
    }
    assert_int_not_equal(*flag, 0);
}

void api_get(struct sw_http *http, struct sw_http_target *target, const char *path,
             struct heard *heard)
{
    api_begin(http, target, path, heard);
    api_run_until(http, &heard->n_closed);
}

#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 60

static struct client open_at(const struct sockaddr *address, socklen_t len)
{
    struct client client = {.fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct timeval patience = {.tv_sec = PATIENCE_S};

    assert_true(client.fd >= 0);
    /* OpenSSL writes to sockets without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(client.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(client.fd, address, len), 0);
    return client;
}

uint16_t client_port_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    assert_non_null(colon);
    return (uint16_t)strtoul(colon + 1, NULL, 10);
}

struct client client_open(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return open_at((const struct sockaddr *)&address, sizeof(address));
}

struct client client_open_v6(uint16_t port)
{
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    return open_at((const struct sockaddr *)&address, sizeof(address));
}

bool client_handshake(struct client *client, SSL_CTX *context)
{
    client->ssl = SSL_new(context);
    assert_non_null(client->ssl);
    assert_int_equal(SSL_set_fd(client->ssl, client->fd), 1);
    return SSL_connect(client->ssl) == 1;
}

struct client client_open_tls(uint16_t port, SSL_CTX *context)
{
    struct client client = client_open(port);

    assert_true(client_handshake(&client, context));
    return client;
}

void client_close(struct client *client)
{
    if (!client || client->fd < 0)
        return;
    SSL_free(client->ssl);
    close(client->fd);
    free(client->bytes);
    *client = (struct client){.fd = -1};
}

bool client_send(struct client *client, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len) {
        ssize_t n = client->ssl ? SSL_write(client->ssl, at, len > 16384 ? 16384 : (int)len)
                                : send(client->fd, at, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool client_send_text(struct client *client, const char *text)
{
    return client_send(client, text, strlen(text));
}

bool client_wait(struct client *client)
{
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};

    return poll(&ready, 1, PATIENCE_S * 1000) == 1;
}

/* More bytes: false at the end of the stream, or when none came in time. */
static bool receive(struct client *client)
{
    char chunk[16384];
    ssize_t n = client->ssl ? SSL_read(client->ssl, chunk, sizeof(chunk))
                            : recv(client->fd, chunk, sizeof(chunk), 0);

    if (n <= 0)
        return false;
    client->bytes = realloc(client->bytes, client->len + (size_t)n + 1);
    assert_non_null(client->bytes);
    memcpy(client->bytes + client->len, chunk, (size_t)n);
    client->len += (size_t)n;
    client->bytes[client->len] = 0;
    return true;
}

static void drop_taken(struct client *client)
{
    if (client->taken) {
        client->len -= client->taken;
        memmove(client->bytes, client->bytes + client->taken, client->len + 1);
        client->taken = 0;
    }
}

static bool take(struct client *client, bool has_body, struct reply *ret)
{
    size_t head_len, body_len = 0;
    const char *end, *length;

    drop_taken(client);
    while (!client->bytes || !(end = strstr(client->bytes, "\r\n\r\n"))) {
        if (!receive(client))
            return false;
    }
    head_len = (size_t)(end - client->bytes) + 4;
    length = strstr(client->bytes, "\r\nContent-Length: ");
    if (has_body && length && length < end)
        body_len = strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
    while (client->len < head_len + body_len) {
        if (!receive(client))
            return false;
    }
    client->taken = head_len + body_len;
    *ret = (struct reply){.head = {client->bytes, head_len},
                          .body = {client->bytes + head_len, body_len}};
    assert_int_equal(strncmp(client->bytes, "HTTP/1.1 ", 9), 0);
    ret->status = (int)strtoul(client->bytes + 9, NULL, 10);
    return true;
}

bool client_take(struct client *client, struct reply *ret)
{
    return take(client, true, ret);
}

bool client_take_head(struct client *client, struct reply *ret)
{
    return take(client, false, ret);
}

struct reply client_ask(struct client *client, const char *request)
{
    struct reply reply = {0};

    assert_true(client_send_text(client, request));
    assert_true(client_take(client, &reply));
    return reply;
}

bool client_ended(struct client *client)
{
    struct timeval begin, end;

    drop_taken(client);
    gettimeofday(&begin, NULL);
    if (client->len || receive(client))
        return false;
    gettimeofday(&end, NULL);
    return end.tv_sec - begin.tv_sec < PATIENCE_S - 1;
}

bool reply_has(const struct reply *reply, const char *name, const char *value)
{
    struct sw_str rest = reply->head;
    char line[512];

    snprintf(line, sizeof(line), "%s: %s", name, value);
    while (rest.len) {
        struct sw_str next = sw_str_cut(&rest, '\n');

        if (next.len == strlen(line) + 1 && strncasecmp(next.data, line, strlen(line)) == 0)
            return true;
    }
    return false;
}

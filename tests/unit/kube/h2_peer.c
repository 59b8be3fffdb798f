#include "h2_peer.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 8

/* RFC 9113 sections 3.4, 4.1 and 6. */
#define PREFACE_BYTES 24
#define HEAD_BYTES    9
#define DATA          0
#define HEADERS       1
#define SETTINGS      4
#define END_STREAM    1
#define ACK           1
#define END_HEADERS   4

/* ":status: 200", of HPACK's static table. */
#define STATUS_200 "\x88"

struct connection {
    struct h2_peer *peer;
    int number; /* from 0 */
    int fd;
    int n_requests;
    pthread_t thread;
};

struct h2_peer {
    struct pki serving;
    SSL_CTX *context;
    int fd;
    uint16_t port;
    pthread_t listener;
    struct connection connections[MAX_CONNECTIONS];
    _Atomic int n_connections;
};

static void must(bool done)
{
    if (!done)
        abort();
}

static bool read_all(SSL *ssl, unsigned char *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        int n = SSL_read(ssl, bytes + at, (int)(len - at));

        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static void send_frame(SSL *ssl, unsigned char type, unsigned char flags, unsigned char stream,
                       const char *payload)
{
    unsigned char frame[64] = {0, 0, (unsigned char)strlen(payload), type, flags, 0, 0, 0, stream};

    memcpy(frame + HEAD_BYTES, payload, strlen(payload));
    SSL_write(ssl, frame, HEAD_BYTES + (int)strlen(payload));
}

static void answer(struct connection *connection, SSL *ssl, unsigned char stream)
{
    bool is_first = connection->number == 0;

    if (is_first && connection->n_requests++ > 0)
        return;
    send_frame(ssl, HEADERS, END_HEADERS, stream, STATUS_200);
    send_frame(ssl, DATA, is_first ? 0 : END_STREAM, stream, "ok");
}

/* Takes one frame, of which only the type and the end of the stream's number matter. */
static bool take_frame(struct connection *connection, SSL *ssl)
{
    unsigned char head[HEAD_BYTES], payload[16384];
    size_t len;

    if (!read_all(ssl, head, sizeof(head)))
        return false;
    len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    must(len <= sizeof(payload));
    if (!read_all(ssl, payload, len))
        return false;
    if (head[3] == SETTINGS && !(head[4] & ACK))
        send_frame(ssl, SETTINGS, ACK, 0, "");
    else if (head[3] == HEADERS)
        answer(connection, ssl, head[8]);
    return true;
}

static void *serve(void *argument)
{
    struct connection *connection = argument;
    SSL *ssl = SSL_new(connection->peer->context);
    unsigned char preface[PREFACE_BYTES];

    must(ssl && SSL_set_fd(ssl, connection->fd));
    if (SSL_accept(ssl) == 1 && read_all(ssl, preface, sizeof(preface))) {
        send_frame(ssl, SETTINGS, 0, 0, "");
        while (take_frame(connection, ssl))
            continue;
    }
    SSL_free(ssl);
    return NULL;
}

static void *listen_on(void *argument)
{
    struct h2_peer *peer = argument;

    for (int n = 0;; n++) {
        int fd = accept(peer->fd, NULL, NULL);

        if (fd < 0)
            return NULL;
        must(n < MAX_CONNECTIONS);
        peer->connections[n] = (struct connection){.peer = peer, .number = n, .fd = fd};
        must(pthread_create(&peer->connections[n].thread, NULL, serve, &peer->connections[n]) == 0);
        atomic_store(&peer->n_connections, n + 1);
    }
}

static int select_h2(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                     const unsigned char *offered, unsigned int offered_len, void *context)
{
    static const unsigned char h2[] = "\2h2";
    unsigned char *chosen;

    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&chosen, ret_len, h2, 3, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

struct h2_peer *h2_peer_start(const struct pki *authority)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    struct h2_peer *peer = calloc(1, sizeof(*peer));

    must(peer);
    peer->serving = pki_make("h2-peer", "IP:127.0.0.1", authority);
    peer->context = SSL_CTX_new(TLS_server_method());
    must(peer->context && SSL_CTX_use_certificate(peer->context, peer->serving.cert) &&
         SSL_CTX_use_PrivateKey(peer->context, peer->serving.key));
    SSL_CTX_set_alpn_select_cb(peer->context, select_h2, NULL);
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(peer->fd >= 0 && bind(peer->fd, (struct sockaddr *)&address, size) == 0 &&
         listen(peer->fd, 16) == 0 &&
         getsockname(peer->fd, (struct sockaddr *)&address, &size) == 0);
    peer->port = ntohs(address.sin_port);
    must(pthread_create(&peer->listener, NULL, listen_on, peer) == 0);
    return peer;
}

void h2_peer_stop(struct h2_peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    pthread_join(peer->listener, NULL);
    for (int i = 0; i < atomic_load(&peer->n_connections); i++) {
        shutdown(peer->connections[i].fd, SHUT_RDWR);
        pthread_join(peer->connections[i].thread, NULL);
        close(peer->connections[i].fd);
    }
    close(peer->fd);
    SSL_CTX_free(peer->context);
    pki_release(&peer->serving);
    free(peer);
}

uint16_t h2_peer_port(const struct h2_peer *peer)
{
    return peer->port;
}

int h2_peer_connections(const struct h2_peer *peer)
{
    return atomic_load(&peer->n_connections);
}

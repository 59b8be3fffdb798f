#include "dns.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_BYTES 12
#define MAX_BYTES    16384

struct dns {
    int udp, tcp;
    int stop[2]; /* a pipe: closing one end wakes the thread */
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    const struct dns_reply *replies;
    int n_replies;
    int n_udp, n_tcp;
    char address[32];
};

struct message {
    unsigned char bytes[MAX_BYTES];
    size_t len;
};

static void put(struct message *message, const void *bytes, size_t len)
{
    if (message->len + len > sizeof(message->bytes))
        abort();
    memcpy(message->bytes + message->len, bytes, len);
    message->len += len;
}

static void put16(struct message *message, unsigned int number)
{
    const unsigned char bytes[2] = {(unsigned char)(number >> 8), (unsigned char)number};

    put(message, bytes, 2);
}

static void put_name(struct message *message, const char *name)
{
    while (*name) {
        size_t len = strcspn(name, ".");
        const unsigned char byte = (unsigned char)len;

        put(message, &byte, 1);
        put(message, name, len);
        name += len + (name[len] == '.');
    }
    put(message, "", 1);
}

static void put_record(struct message *message, const struct dns_record *record)
{
    unsigned char address[16];
    struct message value = {.len = 0};

    if (record->type == DNS_CNAME) {
        put_name(&value, record->value);
    } else {
        inet_pton(record->type == DNS_A ? AF_INET : AF_INET6, record->value, address);
        put(&value, address, record->type == DNS_A ? 4 : 16);
    }
    if (record->owner)
        put_name(message, record->owner);
    else
        put16(message, 0xc000 | HEADER_BYTES); /* the name in the question */
    put16(message, (unsigned int)record->type);
    put16(message, 1);
    put16(message, record->ttl_s >> 16);
    put16(message, record->ttl_s & 0xffff);
    put16(message, (unsigned int)value.len);
    put(message, value.bytes, value.len);
}

/* The name in a question, as text; returns where its type stands, 0 for none. */
static size_t read_question(const unsigned char *query, size_t len, char name[256])
{
    size_t at = HEADER_BYTES, n = 0;

    while (at < len && query[at]) {
        size_t label = query[at++];

        if (at + label > len || n + label + 1 > 255)
            return 0;
        if (n)
            name[n++] = '.';
        for (size_t i = 0; i < label; i++)
            name[n++] = (char)tolower(query[at + i]);
        at += label;
    }
    name[n] = '\0';
    return at + 5 <= len ? at + 1 : 0;
}

static const struct dns_reply *find(const struct dns *dns, const char *name, int type)
{
    for (int i = 0; i < dns->n_replies; i++) {
        if (dns->replies[i].type == type && strcmp(dns->replies[i].name, name) == 0)
            return &dns->replies[i];
    }
    return NULL;
}

/* Writes the answer; false for none. */
static bool answer(struct dns *dns, const unsigned char *query, size_t len, bool over_tcp,
                   struct message *ret)
{
    static const struct dns_reply unknown = {.code = DNS_NXDOMAIN};
    const struct dns_reply *reply;
    bool truncated, silent;
    char name[256];
    size_t at = len >= HEADER_BYTES ? read_question(query, len, name) : 0;

    if (!at)
        return false;
    pthread_mutex_lock(&dns->mutex);
    if (over_tcp)
        dns->n_tcp++;
    else
        dns->n_udp++;
    reply = find(dns, name, query[at] << 8 | query[at + 1]);
    if (!reply)
        reply = &unknown;
    silent = reply->silent;
    truncated = reply->truncated && !over_tcp;
    ret->len = 0;
    put(ret, query, 2);
    put16(ret, 0x8180U | (truncated ? 0x0200U : 0) | (unsigned int)reply->code);
    put16(ret, 1);
    put16(ret, truncated ? 0 : reply->malformed ? 9 : (unsigned int)reply->n);
    put16(ret, 0);
    put16(ret, 0);
    put(ret, query + HEADER_BYTES, at + 4 - HEADER_BYTES);
    for (int i = 0; i < reply->n && !truncated; i++)
        put_record(ret, &reply->records[i]);
    pthread_mutex_unlock(&dns->mutex);
    return !silent;
}

static void serve_udp(struct dns *dns)
{
    unsigned char query[512];
    struct sockaddr_in peer;
    socklen_t size = sizeof(peer);
    struct message message;
    ssize_t n = recvfrom(dns->udp, query, sizeof(query), 0, (struct sockaddr *)&peer, &size);

    if (n > 0 && answer(dns, query, (size_t)n, false, &message))
        sendto(dns->udp, message.bytes, message.len, 0, (struct sockaddr *)&peer, size);
}

static bool read_all(int fd, unsigned char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = recv(fd, bytes + done, len - done, 0);

        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* Each question of a connection, until its end. */
static void serve_tcp(struct dns *dns)
{
    int fd = accept(dns->tcp, NULL, NULL);
    const struct timeval limit = {.tv_sec = 2};
    unsigned char query[512], prefix[2];
    struct message message;

    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    while (read_all(fd, prefix, 2)) {
        size_t len = (size_t)(prefix[0] << 8 | prefix[1]);

        if (len > sizeof(query) || !read_all(fd, query, len))
            break;
        if (!answer(dns, query, len, true, &message))
            continue;
        prefix[0] = (unsigned char)(message.len >> 8);
        prefix[1] = (unsigned char)message.len;
        send(fd, prefix, 2, MSG_NOSIGNAL);
        send(fd, message.bytes, message.len, MSG_NOSIGNAL);
    }
    close(fd);
}

static void *serve(void *context)
{
    struct dns *dns = context;
    struct pollfd fds[] = {
        {.fd = dns->udp, .events = POLLIN},
        {.fd = dns->tcp, .events = POLLIN},
        {.fd = dns->stop[0], .events = POLLIN},
    };

    while (poll(fds, 3, -1) > 0 && !fds[2].revents) {
        if (fds[0].revents)
            serve_udp(dns);
        if (fds[1].revents)
            serve_tcp(dns);
    }
    return NULL;
}

/* Both sockets on one port: whichever is free for UDP, if it is free for TCP too. */
static bool listen_on_both(struct dns *dns)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    dns->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    dns->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(dns->udp, (struct sockaddr *)&address, size) == 0 &&
        getsockname(dns->udp, (struct sockaddr *)&address, &size) == 0 &&
        bind(dns->tcp, (struct sockaddr *)&address, size) == 0 && listen(dns->tcp, 8) == 0) {
        snprintf(dns->address, sizeof(dns->address), "127.0.0.1:%d", ntohs(address.sin_port));
        return true;
    }
    close(dns->udp);
    close(dns->tcp);
    return false;
}

struct dns *dns_start(void)
{
    struct dns *dns = calloc(1, sizeof(*dns));
    bool listens = false;

    if (!dns || pipe(dns->stop) < 0) {
        free(dns);
        return NULL;
    }
    pthread_mutex_init(&dns->mutex, NULL);
    for (int i = 0; i < 20 && !listens; i++)
        listens = listen_on_both(dns);
    if (!listens || pthread_create(&dns->thread, NULL, serve, dns) != 0) {
        free(dns);
        return NULL;
    }
    return dns;
}

void dns_stop(struct dns *dns)
{
    if (!dns)
        return;
    close(dns->stop[1]);
    pthread_join(dns->thread, NULL);
    close(dns->stop[0]);
    close(dns->udp);
    close(dns->tcp);
    pthread_mutex_destroy(&dns->mutex);
    free(dns);
}

void dns_say(struct dns *dns, const struct dns_reply *replies, int n)
{
    pthread_mutex_lock(&dns->mutex);
    dns->replies = replies;
    dns->n_replies = n;
    pthread_mutex_unlock(&dns->mutex);
}

const char *dns_address(const struct dns *dns)
{
    return dns->address;
}

static int read_count(struct dns *dns, const int *count)
{
    int n;

    pthread_mutex_lock(&dns->mutex);
    n = *count;
    pthread_mutex_unlock(&dns->mutex);
    return n;
}

int dns_n_udp(struct dns *dns)
{
    return read_count(dns, &dns->n_udp);
}

int dns_n_tcp(struct dns *dns)
{
    return read_count(dns, &dns->n_tcp);
}

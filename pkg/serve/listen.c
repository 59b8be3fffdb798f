#include "serve/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "io/fd.h"

#include "base/banned.h"

/* The kernel cuts it to net.core.somaxconn. */
#define BACKLOG 4096

/* What one connection may have unread in the kernel (which doubles it, for its own bookkeeping).
 * Unset, the kernel grows the buffer to megabytes, and h2o reads all that is there before anybody
 * can look at a limit. A body of 7 MiB still comes in at 25 MB/s from 10 ms away. */
#define RECEIVE_BUFFER_BYTES (256 << 10)

static void cleanup_addresses(struct addrinfo **addresses)
{
    if (*addresses)
        freeaddrinfo(*addresses);
}

static int fail(struct sw_err *reterr, const char *address, const char *what)
{
    return sw_err_set(reterr, SW_EIO, "%s: %s: %s", address, what, strerror(errno));
}

/* Takes "HOST:PORT" apart; an IPv6 host stands in brackets. */
static bool split(const char *address, char host[SW_LISTEN_NAME_SIZE], uint64_t *ret_port)
{
    struct sw_str all = sw_str_from(address), name, port;
    const char *colon = strrchr(address, ':');

    if (!colon)
        return false;
    name = sw_str_slice(all, 0, (size_t)(colon - address));
    port = sw_str_slice(all, name.len + 1, all.len);
    if (name.len && name.data[0] == '[' && name.data[name.len - 1] == ']')
        name = sw_str_slice(name, 1, name.len - 1);
    else if (sw_str_find(name, ':') < name.len)
        return false;
    if (name.len >= SW_LISTEN_NAME_SIZE || !sw_str_to_u64(port, UINT16_MAX, ret_port))
        return false;
    snprintf(host, SW_LISTEN_NAME_SIZE, "%.*s", SW_STR_ARG(name));
    return true;
}

static int resolve(const char *address, struct addrinfo **ret, struct sw_err *reterr)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    char host[SW_LISTEN_NAME_SIZE], port[8];
    uint64_t number;

    if (!split(address, host, &number))
        return sw_err_set(reterr, SW_EUSAGE,
                          "'%s': expected ADDRESS:PORT, as in 127.0.0.1:8443, [::1]:8443 or :8443",
                          address);
    snprintf(port, sizeof(port), "%u", (unsigned int)number);
    if (getaddrinfo(host[0] ? host : NULL, port, &hints, ret) != 0)
        return sw_err_set(reterr, SW_EUSAGE, "'%s': expected the number of an address, found '%s'",
                          address, host);
    return 0;
}

int sw_listen_check(const char *address, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_addresses) struct addrinfo *where = NULL;

    return resolve(address, &where, reterr);
}

/* An unbound socket; `shared` for one of several on a port. -1 with errno on failure. */
static int make_socket(int family, bool shared)
{
    SW_CLEANUP(sw_cleanup_fd)
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, off = 0, bytes = RECEIVE_BUFFER_BYTES;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
        return -1;
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    return sw_fd_take(&fd);
}

/* SO_REUSEPORT would let us share the port of another server of our user without a word. A socket
 * without it can be bound only where nobody listens. */
static int check_free(const char *address, const struct addrinfo *where, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_fd) int fd = make_socket(where->ai_family, false);

    if (fd < 0)
        return fail(reterr, address, "socket");
    if (bind(fd, where->ai_addr, where->ai_addrlen) < 0)
        return fail(reterr, address, "bind");
    return 0;
}

static int open_one(const char *address, const struct sockaddr *where, socklen_t where_len,
                    bool shared, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_fd) int fd = make_socket(where->sa_family, shared);

    if (fd < 0)
        return fail(reterr, address, "socket");
    if (bind(fd, where, where_len) < 0)
        return fail(reterr, address, "bind");
    if (listen(fd, BACKLOG) < 0)
        return fail(reterr, address, "listen");
    return sw_fd_take(&fd);
}

/* All sockets at one address; the first tells the port for the rest. */
static int open_all(const char *address, const struct addrinfo *where, int *fds, size_t n_fds,
                    struct sw_err *reterr)
{
    struct sockaddr_storage bound = {0};
    socklen_t bound_len = where->ai_addrlen;
    int code = check_free(address, where, reterr);

    memcpy(&bound, where->ai_addr, where->ai_addrlen);
    for (size_t i = 0; i < n_fds && code == 0; i++) {
        int fd = open_one(address, (const struct sockaddr *)&bound, bound_len, n_fds > 1, reterr);

        if (fd < 0) {
            code = fd;
        } else {
            fds[i] = fd;
            bound_len = sizeof(bound);
            getsockname(fd, (struct sockaddr *)&bound, &bound_len);
        }
        for (size_t made = 0; code < 0 && made < i; made++)
            close(fds[made]);
    }
    return code;
}

int sw_listen_open(const char *address, int *fds, size_t n_fds, struct sw_listen_name *ret,
                   struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_addresses) struct addrinfo *found = NULL;
    struct sockaddr_storage bound = {0};
    socklen_t bound_len = sizeof(bound);
    struct sw_err err = {0};
    int code = resolve(address, &found, reterr);
    bool done = false, lacking = true;

    if (code < 0)
        return code;
    /* For an empty host IPv6 first, since that socket takes IPv4 as well; the next one only where
     * this machine lacks the family. */
    for (int pass = 0; pass < 2 && !done && lacking; pass++) {
        for (const struct addrinfo *at = found; at && !done && lacking; at = at->ai_next) {
            if ((at->ai_family == AF_INET6) != (pass == 0))
                continue;
            done = open_all(address, at, fds, n_fds, &err) == 0;
            lacking = errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
        }
    }
    if (!done)
        return sw_err_set(reterr, err.code, "%s", err.message);
    getsockname(fds[0], (struct sockaddr *)&bound, &bound_len);
    sw_listen_name_of((const struct sockaddr *)&bound, ret);
    return 0;
}

void sw_listen_name_of(const struct sockaddr *address, struct sw_listen_name *ret)
{
    bool v6 = address->sa_family == AF_INET6;
    socklen_t len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    char host[SW_LISTEN_NAME_SIZE - 8];

    *ret = (struct sw_listen_name){.text = "unknown"};
    if ((!v6 && address->sa_family != AF_INET) ||
        getnameinfo(address, len, host, sizeof(host), NULL, 0, NI_NUMERICHOST) != 0)
        return;
    ret->port = ntohs(v6 ? ((const struct sockaddr_in6 *)(const void *)address)->sin6_port
                         : ((const struct sockaddr_in *)(const void *)address)->sin_port);
    snprintf(ret->text, sizeof(ret->text), v6 ? "[%s]:%u" : "%s:%u", host, ret->port);
}

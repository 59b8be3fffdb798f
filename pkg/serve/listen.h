/*
 * Listening sockets: "ADDR:PORT" to descriptors, one for each thread, all on one port.
 */
#ifndef SW_SERVE_LISTEN_H
#define SW_SERVE_LISTEN_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* "[" IPv6 "]:65535" with its NUL, and a scope ("%eth0") of the usual length. */
#define SW_LISTEN_NAME_SIZE 72

struct sockaddr;

/* Where the sockets are bound, with the port that the kernel chose for 0. */
struct sw_listen_name {
    char text[SW_LISTEN_NAME_SIZE]; /* "127.0.0.1:8443" or "[::1]:8443" */
    uint16_t port;
};

/* Whether sw_listen_open() could take it: fails as it does with SW_EUSAGE for what is not such an
 * address. Binds nothing. */
int sw_listen_check(const char *address, struct sw_err *reterr);

/* Binds and listens. `address` is "127.0.0.1:8443", "[::1]:8443", or ":8443" for every address of
 * the machine (IPv6 and IPv4, or IPv4 alone where there is no IPv6); port 0 lets the kernel choose.
 * Fills fds with n_fds descriptors (owned: close them), non-blocking and close-on-exec; more than
 * one share the port by SO_REUSEPORT, and the kernel spreads connections over them. A port that
 * somebody listens on already is refused even if he shares it too. Fails with SW_EUSAGE (not an
 * address of that form) or SW_EIO (cannot be bound), naming the address; then nothing is left open.
 */
int sw_listen_open(const char *address, int *fds, size_t n_fds, struct sw_listen_name *ret,
                   struct sw_err *reterr);

/* Writes a socket address as above to *ret; an unknown family gives "unknown" and port 0. */
void sw_listen_name_of(const struct sockaddr *address, struct sw_listen_name *ret);

#endif

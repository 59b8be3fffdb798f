/*
 * Whether a client may connect: by its certificate and the names in it. libh2o has no way to the
 * certificate of a peer, so this is decided where OpenSSL asks: during the handshake.
 */
#ifndef SW_SERVE_TLS_PEER_H
#define SW_SERVE_TLS_PEER_H

#include <stddef.h>

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct x509_st;    /* OpenSSL's X509 */
struct sw_tls_names;

/* A copy of a list that ends in NULL (NULL: of none), the caller's (sw_tls_names_free); NULL when
 * out of memory. */
struct sw_tls_names *sw_tls_names_new(const char *const *names);

/* NULL is allowed. */
void sw_tls_names_free(struct sw_tls_names *names);

/* Makes `context` demand a certificate that its own store vouches for and, if there are names, that
 * has one of them. `names` is borrowed for the life of the context and of its connections. */
void sw_tls_check_peers(struct ssl_ctx_st *context, const struct sw_tls_names *names);

/* Writes the subject of a certificate (RFC 2253), cut to size bytes with its NUL; "" on failure. */
void sw_tls_subject_of(struct x509_st *cert, char *ret, size_t size);

#endif

/*
 * One TLS context, complete or not at all: everything that a server's side of TLS is set to.
 */
#ifndef SW_SERVE_TLS_CONTEXT_H
#define SW_SERVE_TLS_CONTEXT_H

#include "base/err.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct sw_tls_info;
struct sw_tls_names;
struct sw_tls_pem;

/* What a message calls each text: its path, or what it is. */
struct sw_tls_sources {
    const char *cert;
    const char *key;
    const char *client_ca;
};

/* A context of these texts, the caller's (SSL_CTX_free); clients are asked for a certificate when
 * pem->client_ca is set. `names` is borrowed for the context's life. Fails with SW_ESYNTAX,
 * SW_ETYPE, SW_EINTERNAL or SW_ENOMEM, as sw_tls_new says. */
int sw_tls_context_new(const struct sw_tls_pem *pem, const struct sw_tls_sources *sources,
                       const struct sw_tls_names *names, struct ssl_ctx_st **ret,
                       struct sw_err *reterr);

/* Fills *ret for the context's certificate. */
void sw_tls_context_describe(struct ssl_ctx_st *context, struct sw_tls_info *ret);

#endif

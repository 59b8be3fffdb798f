/*
 * The server's side of TLS: a certificate that can be exchanged while connections run, TLS 1.2 and
 * 1.3, HTTP/1.1 as the only protocol offered, and clients checked by certificate where wanted.
 *
 * Each new connection picks the context that is current at that moment and keeps it to its end, so
 * an exchange disturbs nobody. Sessions are never resumed: the API server does not try to
 * (client-go sets no session cache), and a resumed session would carry a client past the check of
 * its name.
 */
#ifndef SW_SERVE_TLS_H
#define SW_SERVE_TLS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct sw_tls;

/* PEM texts, borrowed for the call. */
struct sw_tls_pem {
    struct sw_str cert;      /* the server's certificate, then its chain */
    struct sw_str key;       /* its private key, not encrypted */
    struct sw_str client_ca; /* one certificate or more; unset: clients are not asked for one */
};

struct sw_tls_options {
    const char *cert_file;      /* path of `cert`; copied, as the next two; NULL: use `pem` */
    const char *key_file;       /* path of `key` */
    const char *client_ca_file; /* path of `client_ca`, which is read from there for a `pem` that
                                   has none, too; NULL: clients are not asked */
    struct sw_tls_pem pem;      /* used when cert_file is NULL */
    bool late;                  /* neither yet: sw_tls_reload() brings the first one, and until then
                                   every connection is refused */
    /* Names of which a client's certificate must have one, as a common name or a DNS, URI or e-mail
     * alternative name, compared byte for byte; ends in NULL, copied. NULL or empty: any
     * certificate that client_ca vouches for. */
    const char *const *client_names;
};

/* What the current certificate says. */
struct sw_tls_info {
    int64_t not_before_s; /* seconds since 1970 */
    int64_t not_after_s;
    char sha256[65];   /* of the certificate in DER, lower-case hex: what clients can compare */
    char subject[256]; /* RFC 2253, cut */
};

/* Reads and checks everything; the result is the caller's (sw_tls_free). Fails with SW_ENOENT,
 * SW_EIO or SW_ELIMIT (a file cannot be read, or is over 1 MiB), SW_ESYNTAX (not the PEM that was
 * expected), SW_ETYPE (the key belongs to another certificate, or OpenSSL refuses one of them),
 * SW_EUSAGE (names or a check of clients without a client CA), SW_ENOMEM; the message names the
 * file. */
int sw_tls_new(const struct sw_tls_options *options, struct sw_tls **ret, struct sw_err *reterr);

/* To be called after every server that uses it was freed. NULL is allowed. */
void sw_tls_free(struct sw_tls *tls);

/* Reads the files again, or takes `pem` instead of them if it is not NULL, and makes the result the
 * context of every connection accepted from now on. *ret_changed (may be NULL) says whether
 * anything differs from what is in use: if not, nothing is done, so it may be called as often as
 * one likes. Fails as sw_tls_new does, and the context in use stays: a certificate and a key caught
 * in the middle of their exchange do not fit each other, and the next call finds both. Any thread
 * may call. */
int sw_tls_reload(struct sw_tls *tls, const struct sw_tls_pem *pem, bool *ret_changed,
                  struct sw_err *reterr);

/* The context for a new connection, a reference of the caller's (SSL_CTX_free); NULL while there is
 * no certificate yet. Any thread. */
struct ssl_ctx_st *sw_tls_acquire(struct sw_tls *tls);

/* Fills *ret for the certificate in use; with zeros while there is none. Any thread. */
void sw_tls_describe(struct sw_tls *tls, struct sw_tls_info *ret);

#endif

/*
 * Certificates for a test, made when it runs; no key is ever written down in the repository.
 */
#ifndef SW_TESTS_SERVE_PKI_H
#define SW_TESTS_SERVE_PKI_H

#include "base/str.h"

#include <openssl/ssl.h>

/* A certificate with its key, and both as PEM text. */
struct pki {
    X509 *cert;
    EVP_PKEY *key;
    BIO *cert_text, *key_text;
};

/* A certificate for common name `cn`, valid now, signed by `issuer` (NULL: by itself, and then it
 * may sign others). `san` is an alternative name as OpenSSL writes it ("DNS:a,URI:spiffe://b"), or
 * NULL. Aborts when OpenSSL fails; released by pki_release. */
struct pki pki_make(const char *cn, const char *san, const struct pki *issuer);
void pki_release(struct pki *pki);

/* The PEM texts, borrowed from it. */
struct sw_str pki_cert_pem(const struct pki *pki);
struct sw_str pki_key_pem(const struct pki *pki);

/* Writes a PEM text to a file; aborts on failure. */
void pki_write(const char *path, struct sw_str text);

#endif

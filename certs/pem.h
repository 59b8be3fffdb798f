/*
 * PEM texts to OpenSSL's objects and errors of OpenSSL to ours; for the files of this folder alone.
 */
#ifndef SW_CERTS_PEM_H
#define SW_CERTS_PEM_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

SW_DEFINE_CLEANUP(sw_cleanup_x509, X509, X509_free);
SW_DEFINE_CLEANUP(sw_cleanup_key, EVP_PKEY, EVP_PKEY_free);
SW_DEFINE_CLEANUP(sw_cleanup_bio, BIO, BIO_free_all);

/* Empties OpenSSL's queue of errors, which is the thread's. Returns false if memory had run out:
 * what looked wrong then may well be right. */
bool sw_pem_forgive(void);

/* Fills *reterr with "<where>: <what>" and OpenSSL's own words, and empties its queue. Returns
 * code, or SW_ENOMEM where it was for want of memory. */
int sw_pem_fail(struct sw_err *reterr, int code, const char *where, const char *what);

/* The first certificate (the key) of a text, the caller's. Fails with SW_ELIMIT, SW_ESYNTAX and
 * SW_ENOMEM; `what` is what the message calls the text. */
int sw_pem_read_cert(struct sw_str text, const char *what, X509 **ret, struct sw_err *reterr);
int sw_pem_read_key(struct sw_str text, const char *what, EVP_PKEY **ret, struct sw_err *reterr);

#endif

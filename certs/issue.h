/*
 * Makes certificates: an authority that signs itself, and serving certificates below it. ECDSA
 * P-256, names as subjectAltName only (Go, so the API server, ignores common names).
 */
#ifndef SW_CERTS_ISSUE_H
#define SW_CERTS_ISSUE_H

#include "base/buf.h"
#include "base/err.h"

/* Every authority's common name is this and its serial number: two never share a name, and which
 * ones are ours can be told from a caBundle. */
#define SW_CERT_CA_NAME "spillway-webhook-ca "

/* Most names of one certificate. */
#define SW_CERT_NAMES_MAX 8

/* A certificate and its key as PEM; the caller's storage. */
struct sw_cert_pair {
    struct sw_buf cert;
    struct sw_buf key; /* PKCS #8, not encrypted */
};

/* Leaves nothing of the key in freed memory. A zeroed one, and NULL, are allowed. */
void sw_cert_pair_release(struct sw_cert_pair *pair);

/* From when and how long; the certificate begins SW_CERT_SKEW_S before now_s. */
struct sw_cert_term {
    int64_t now_s;
    int64_t lifetime_s; /* over 0 */
};

/* An authority: basicConstraints critical with pathlen 0, so that it signs no other. *ret is the
 * caller's (sw_cert_pair_release). Fails with SW_EUSAGE (no such term) and SW_EINTERNAL (OpenSSL
 * fails, for want of memory too). */
int sw_cert_issue_ca(struct sw_cert_term term, struct sw_cert_pair *ret, struct sw_err *reterr);

/* Who signs, and for which names. Borrowed for the call. */
struct sw_cert_request {
    struct sw_str ca_cert;    /* PEM; its first certificate counts */
    struct sw_str ca_key;     /* PEM */
    const char *const *names; /* DNS names; the first becomes the common name where it fits */
    size_t n_names;           /* 1 to SW_CERT_NAMES_MAX */
};

/* A serving certificate of that authority, which ends no later than the authority does. *ret is the
 * caller's (sw_cert_pair_release). Fails as above, and with SW_ESYNTAX (not PEM), SW_ETYPE (the key
 * is another certificate's; what is no DNS name). */
int sw_cert_issue_leaf(const struct sw_cert_request *request, struct sw_cert_term term,
                       struct sw_cert_pair *ret, struct sw_err *reterr);

#endif

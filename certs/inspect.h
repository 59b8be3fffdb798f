/*
 * What PEM texts are: lists of certificates, which key belongs to which of them, and whether a pair
 * can serve. No clock: whether something has expired is the caller's to say.
 */
#ifndef SW_CERTS_INSPECT_H
#define SW_CERTS_INSPECT_H

#include "base/err.h"
#include "certs/cert.h"

/* Reads the certificates of a text that may hold anything else besides; what looks like one and is
 * none is counted. An empty text is an empty list. `pem` is to outlive *ret, which is undefined on
 * failure. Fails with SW_ELIMIT (SW_CERT_LIST_MAX, SW_CERT_TEXT_MAX_BYTES) and SW_ENOMEM. */
int sw_cert_list_read(struct sw_str pem, struct sw_cert_list *ret, struct sw_err *reterr);

/* Finds the certificate of `list` that the key belongs to. Fails with SW_ESYNTAX (no unencrypted
 * key in PEM), SW_ENOENT (none of them, or none that may sign certificates), SW_ENOMEM. */
int sw_cert_list_find_key(const struct sw_cert_list *list, struct sw_str key_pem, size_t *ret,
                          struct sw_err *reterr);

/* A serving pair, and what it is held against. Borrowed for the call. */
struct sw_cert_serving {
    struct sw_str cert;             /* PEM; the first certificate counts */
    struct sw_str key;              /* PEM */
    const struct sw_cert_list *cas; /* one of which must have signed it */
    const char *const *names;       /* each of which it must be valid for */
    size_t n_names;
};

/* What a pair that can serve is. */
struct sw_cert_leaf {
    int64_t not_before_s;
    int64_t not_after_s;
    char id[SW_CERT_ID_SIZE];
    size_t ca; /* the index of its signer in cas */
};

/* Fails with SW_ESYNTAX (not PEM), SW_ETYPE (the key is another's; a name is missing; not for
 * servers; signed by none of cas) and SW_ENOMEM; the message says which, and what was found. */
int sw_cert_inspect(const struct sw_cert_serving *serving, struct sw_cert_leaf *ret,
                    struct sw_err *reterr);

#endif

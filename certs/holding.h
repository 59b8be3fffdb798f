/*
 * What the four texts of the Secret are together: authorities, the one whose key is there, and a
 * certificate that can serve. What is broken is as good as not there, with the reason for the log.
 */
#ifndef SW_CERTS_HOLDING_H
#define SW_CERTS_HOLDING_H

#include "base/err.h"
#include "certs/plan.h"

/* Unset where the Secret has none. Borrowed. */
struct sw_cert_texts {
    struct sw_str ca_cert; /* authorities, newest first */
    struct sw_str ca_key;  /* of one of them */
    struct sw_str cert;    /* that is served */
    struct sw_str key;
};

/* Some 30 KiB. */
struct sw_cert_holding {
    struct sw_cert_list cas;
    size_t signer; /* in cas; cas.n for none */
    struct sw_cert_served leaf;
    char leaf_id[SW_CERT_ID_SIZE]; /* "" while leaf is not set */
    struct sw_err signer_error;    /* why there is no signer; code 0 when there is one */
    struct sw_err leaf_error;      /* likewise */
};

/* The names that a certificate must be valid for. */
struct sw_cert_names {
    const char *const *items; /* borrowed */
    size_t n;
};

/* Reads them; the texts are to outlive *ret, which is undefined on failure. Fails with SW_ENOMEM
 * alone. (OpenSSL does not always tell want of memory from a wrong signature; what is then planned
 * is safe all the same, for it is what a broken Secret asks for.) */
int sw_cert_holding_read(const struct sw_cert_texts *texts, struct sw_cert_names names,
                         struct sw_cert_holding *ret, struct sw_err *reterr);

/* Fills the parts of *ret that the Secret tells. `holding` is borrowed by it. */
void sw_cert_holding_tell(const struct sw_cert_holding *holding, struct sw_cert_state *ret);

#endif

/*
 * What certificates are to the rest of this folder, and to whoever plans with them: typed, without
 * OpenSSL. Times are seconds since 1970, as in the certificate.
 */
#ifndef SW_CERTS_CERT_H
#define SW_CERTS_CERT_H

#include "base/str.h"

/* Most certificates of one text. All public authorities together are some 150. */
#define SW_CERT_LIST_MAX 256

/* Longest text with certificates or a key that is looked at: a Secret holds no more. */
#define SW_CERT_TEXT_MAX_BYTES ((size_t)1 << 20)

/* How a certificate begins in PEM. */
#define SW_CERT_PEM_BEGIN SW_STR("-----BEGIN CERTIFICATE-----")

/* With its NUL: SHA-256 of the DER, lower-case hex. */
#define SW_CERT_ID_SIZE 65

/* The clocks of API server and webhook may differ: a certificate of ours is valid so much before it
 * was made. */
#define SW_CERT_SKEW_S 300

struct sw_cert {
    char id[SW_CERT_ID_SIZE];
    struct sw_str text; /* its PEM block, with the lines before it; borrowed from what was read */
    int64_t not_before_s;
    int64_t not_after_s;
    bool ours; /* an authority that issue.h has made, by its name */
};

struct sw_cert_list {
    struct sw_cert items[SW_CERT_LIST_MAX]; /* in the order of the text */
    size_t n;
    size_t n_unread; /* blocks that are no certificate */
};

/* Index of the one of that id; list->n for none. */
static inline size_t sw_cert_list_find(const struct sw_cert_list *list, const char *id)
{
    size_t i = 0;

    while (i < list->n && strcmp(list->items[i].id, id) != 0)
        i++;
    return i;
}

#endif

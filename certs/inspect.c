#include "certs/inspect.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "certs/issue.h"
#include "certs/pem.h"

#include "base/banned.h"

#define END         SW_STR("-----END CERTIFICATE-----")

#define SHA256_SIZE 32

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts = {0};

    /* What cannot be read has expired. */
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static bool write_id(const X509 *cert, char ret[SW_CERT_ID_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (X509_digest(cert, EVP_sha256(), digest, &len) != 1 || len != SHA256_SIZE)
        return false;
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
    return true;
}

/* By its name, and because it signs itself: a serving certificate bears the name of its issuer. */
static bool is_ours(const X509 *cert)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    char name[128];
    int len = X509_NAME_get_text_by_NID((X509_NAME *)subject, NID_commonName, name, sizeof(name));

    return len > 0 && sw_str_has_prefix(sw_str_from(name), SW_STR(SW_CERT_CA_NAME)) &&
           X509_NAME_cmp(subject, X509_get_issuer_name(cert)) == 0;
}

/* Appends the certificate of a block, or counts what is none. */
static int add_block(struct sw_str text, struct sw_cert_list *list, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_x509) X509 *x509 = NULL;
    struct sw_cert *cert = &list->items[list->n];
    int r = sw_pem_read_cert(text, "certificate", &x509, reterr);

    if (r == SW_ENOMEM)
        return r;
    if (r < 0) {
        list->n_unread++;
        return 0;
    }
    if (list->n == SW_CERT_LIST_MAX)
        return sw_err_set(reterr, SW_ELIMIT, "expected at most %d certificates, found more",
                          SW_CERT_LIST_MAX);
    *cert = (struct sw_cert){
        .text = text,
        .not_before_s = seconds_of(X509_get0_notBefore(x509)),
        .not_after_s = seconds_of(X509_get0_notAfter(x509)),
        .ours = is_ours(x509),
    };
    if (!write_id(x509, cert->id))
        return sw_pem_fail(reterr, SW_ENOMEM, "certificate", "no digest");
    list->n++;
    return 0;
}

/* Takes the text up to the end of its first block; false when there is none. */
static bool cut_block(struct sw_str *rest, struct sw_str *ret)
{
    const char *begin =
                   memmem(rest->data, rest->len, SW_CERT_PEM_BEGIN.data, SW_CERT_PEM_BEGIN.len),
               *end;
    size_t len;

    if (!begin)
        return false;
    end = memmem(begin, rest->len - (size_t)(begin - rest->data), END.data, END.len);
    len = end ? (size_t)(end - rest->data) + END.len : rest->len;
    while (len < rest->len && strchr("\r\n", rest->data[len]))
        len++;
    *ret = sw_str_slice(*rest, 0, len);
    *rest = sw_str_slice(*rest, len, rest->len);
    return true;
}

int sw_cert_list_read(struct sw_str pem, struct sw_cert_list *ret, struct sw_err *reterr)
{
    struct sw_err unread = {0};
    struct sw_str block;

    if (pem.len > SW_CERT_TEXT_MAX_BYTES)
        return sw_err_set(reterr, SW_ELIMIT,
                          "expected at most %zu bytes of certificates, found %zu",
                          SW_CERT_TEXT_MAX_BYTES, pem.len);
    ret->n = ret->n_unread = 0;
    while (pem.len && cut_block(&pem, &block)) {
        int r = add_block(block, ret, &unread);

        if (r < 0)
            return sw_err_set(reterr, r, "%s", unread.message);
    }
    /* Text without any block is not a list of none. */
    for (size_t i = 0; i < pem.len; i++) {
        if (!strchr(" \t\r\n", pem.data[i])) {
            ret->n_unread++;
            break;
        }
    }
    return 0;
}

int sw_cert_list_find_key(const struct sw_cert_list *list, struct sw_str key_pem, size_t *ret,
                          struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_key) EVP_PKEY *key = NULL;
    int r = sw_pem_read_key(key_pem, "key", &key, reterr);

    for (size_t i = 0; r == 0 && i < list->n; i++) {
        SW_CLEANUP(sw_cleanup_x509) X509 *cert = NULL;

        r = sw_pem_read_cert(list->items[i].text, "certificate", &cert, reterr);
        if (r < 0)
            break;
        if (X509_check_private_key(cert, key) == 1 && X509_check_ca(cert) == 1) {
            *ret = i;
            return 0;
        }
        if (!sw_pem_forgive())
            return sw_err_nomem(reterr);
    }
    return r < 0
               ? r
               : sw_err_set(reterr, SW_ENOENT,
                            "expected the key of one of %zu authorities, found another's", list->n);
}

/* Finds who signed it. */
static int find_signer(X509 *leaf, const struct sw_cert_list *cas, size_t *ret,
                       struct sw_err *reterr)
{
    for (size_t i = 0; i < cas->n; i++) {
        SW_CLEANUP(sw_cleanup_x509) X509 *ca = NULL;
        int r = sw_pem_read_cert(cas->items[i].text, "authority", &ca, reterr);
        int verified = 0;

        if (r < 0)
            return r;
        if (X509_check_issued(ca, leaf) == X509_V_OK)
            verified = X509_verify(leaf, X509_get0_pubkey(ca));
        if (verified == 1) {
            *ret = i;
            return 0;
        }
        /* Below 0 it is not the signature that is wrong. */
        if (!sw_pem_forgive() || verified < 0)
            return sw_err_nomem(reterr);
    }
    return sw_err_set(reterr, SW_ETYPE,
                      "certificate: expected it to be signed by one of %zu authorities, found "
                      "another signer",
                      cas->n);
}

static int check_names(const struct sw_cert_serving *serving, X509 *leaf, struct sw_err *reterr)
{
    for (size_t i = 0; i < serving->n_names; i++) {
        if (X509_check_host(leaf, serving->names[i], 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                            NULL) != 1) {
            if (!sw_pem_forgive())
                return sw_err_nomem(reterr);
            return sw_err_set(reterr, SW_ETYPE,
                              "certificate: expected it to be valid for %s, found other names",
                              serving->names[i]);
        }
    }
    return 0;
}

int sw_cert_inspect(const struct sw_cert_serving *serving, struct sw_cert_leaf *ret,
                    struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_x509) X509 *leaf = NULL;
    SW_CLEANUP(sw_cleanup_key) EVP_PKEY *key = NULL;
    struct sw_cert_leaf found;
    int r = sw_pem_read_cert(serving->cert, "certificate", &leaf, reterr);

    if (r == 0)
        r = sw_pem_read_key(serving->key, "key", &key, reterr);
    if (r < 0)
        return r;
    if (X509_check_private_key(leaf, key) != 1)
        return sw_pem_fail(reterr, SW_ETYPE, "key",
                           "expected that of the certificate, found another's");
    if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1)
        return sw_pem_fail(reterr, SW_ETYPE, "certificate",
                           "expected one for servers, found another use");
    r = check_names(serving, leaf, reterr);
    if (r == 0)
        r = find_signer(leaf, serving->cas, &found.ca, reterr);
    if (r < 0)
        return r;
    found.not_before_s = seconds_of(X509_get0_notBefore(leaf));
    found.not_after_s = seconds_of(X509_get0_notAfter(leaf));
    if (!write_id(leaf, found.id))
        return sw_pem_fail(reterr, SW_ENOMEM, "certificate", "no digest");
    *ret = found;
    return 0;
}

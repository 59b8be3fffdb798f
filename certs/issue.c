#include "certs/issue.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "certs/cert.h"
#include "certs/pem.h"

#include "base/banned.h"

/* One certificate or key of ours in PEM is under 2 KiB. */
#define PEM_MAX_BYTES ((size_t)16 << 10)

/* 16 bytes of which the first bit is 0: positive, and unguessable as RFC 5280 and the CA/Browser
 * Forum want it. */
#define SERIAL_BYTES 16

/* A common name is no longer (RFC 5280 appendix A, ub-common-name). */
#define COMMON_NAME_MAX 64

/* The longest DNS name. */
#define NAME_MAX_BYTES 253

/* 9999-12-31, the last day that a certificate can name. */
#define LAST_S 253402214400

SW_DEFINE_CLEANUP(cleanup_extension, X509_EXTENSION, X509_EXTENSION_free);

void sw_cert_pair_release(struct sw_cert_pair *pair)
{
    if (!pair)
        return;
    if (pair->key.data)
        explicit_bzero(pair->key.data, pair->key.cap);
    sw_buf_release(&pair->key);
    sw_buf_release(&pair->cert);
}

static int fail(struct sw_err *reterr, const char *what)
{
    return sw_pem_fail(reterr, SW_EINTERNAL, "certificate", what);
}

static int check_term(struct sw_cert_term term, struct sw_err *reterr)
{
    if (term.lifetime_s > 0 && term.now_s > SW_CERT_SKEW_S && term.now_s < LAST_S &&
        term.lifetime_s <= LAST_S - term.now_s)
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "certificate: expected a lifetime that ends in this era, found %lld s from "
                      "%lld",
                      (long long)term.lifetime_s, (long long)term.now_s);
}

/* Sets the serial number, and writes it down as hex. */
static bool set_serial(X509 *cert, char ret_hex[2 * SERIAL_BYTES + 1])
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number;
    bool done;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* so that all have one length */
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
    return done;
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, (const unsigned char *)value, -1,
                                      -1, 0) == 1;
}

/* What both kinds of certificate have alike. */
static bool set_common(X509 *cert, EVP_PKEY *key, struct sw_cert_term term, int64_t not_after_s)
{
    return X509_set_version(cert, X509_VERSION_3) == 1 && X509_set_pubkey(cert, key) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(term.now_s - SW_CERT_SKEW_S)) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)not_after_s);
}

static bool extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    SW_CLEANUP(cleanup_extension) X509_EXTENSION *extension = NULL;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    return extension && X509_add_ext(cert, extension, -1) == 1;
}

static int write_pem(X509 *cert, EVP_PKEY *key, struct sw_cert_pair *ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_bio) BIO *cert_bio = BIO_new(BIO_s_mem());
    SW_CLEANUP(sw_cleanup_bio) BIO *key_bio = BIO_new(BIO_s_secmem());
    SW_CLEANUP(sw_cert_pair_release) struct sw_cert_pair pair = {0};
    char *cert_text = NULL, *key_text = NULL;
    long cert_len, key_len;

    sw_buf_init(&pair.cert, PEM_MAX_BYTES);
    sw_buf_init(&pair.key, PEM_MAX_BYTES);
    if (!cert_bio || !key_bio || PEM_write_bio_X509(cert_bio, cert) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        return fail(reterr, "cannot be written");
    cert_len = BIO_get_mem_data(cert_bio, &cert_text);
    key_len = BIO_get_mem_data(key_bio, &key_text);
    sw_buf_append(&pair.cert, cert_text, cert_len > 0 ? (size_t)cert_len : 0);
    sw_buf_reserve(&pair.key, key_len > 0 ? (size_t)key_len : 0);
    sw_buf_append(&pair.key, key_text, key_len > 0 ? (size_t)key_len : 0);
    if (key_len > 0)
        OPENSSL_cleanse(key_text, (size_t)key_len);
    if (sw_buf_status(&pair.cert, reterr) < 0)
        return pair.cert.failure;
    if (sw_buf_status(&pair.key, reterr) < 0)
        return pair.key.failure;
    *ret = pair;
    pair = (struct sw_cert_pair){0};
    return 0;
}

int sw_cert_issue_ca(struct sw_cert_term term, struct sw_cert_pair *ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_key) EVP_PKEY *key = NULL;
    SW_CLEANUP(sw_cleanup_x509) X509 *cert = NULL;
    char serial[2 * SERIAL_BYTES + 1], name[sizeof(SW_CERT_CA_NAME) + sizeof(serial)];
    X509_NAME *subject;
    int r = check_term(term, reterr);

    if (r < 0)
        return r;
    key = EVP_EC_gen("P-256");
    cert = X509_new();
    if (!key || !cert || !set_serial(cert, serial) ||
        !set_common(cert, key, term, term.now_s + term.lifetime_s))
        return fail(reterr, "an authority cannot be made");
    snprintf(name, sizeof(name), SW_CERT_CA_NAME "%s", serial);
    subject = X509_get_subject_name(cert);
    if (!add_name(subject, "O", "Spillway") || !add_name(subject, "CN", name) ||
        X509_set_issuer_name(cert, subject) != 1 ||
        !extend(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !extend(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !extend(cert, cert, NID_subject_key_identifier, "hash") ||
        X509_sign(cert, key, EVP_sha256()) == 0)
        return fail(reterr, "an authority cannot be made");
    return write_pem(cert, key, ret, reterr);
}

/* Checked because they become one line of an extension, where a comma begins the next. */
static bool is_dns_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= NAME_MAX_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == len;
}

static int write_names(const struct sw_cert_request *request, struct sw_buf *ret,
                       struct sw_err *reterr)
{
    if (request->n_names < 1 || request->n_names > SW_CERT_NAMES_MAX)
        return sw_err_set(reterr, SW_EUSAGE, "certificate: expected 1 to %d names, found %zu",
                          SW_CERT_NAMES_MAX, request->n_names);
    for (size_t i = 0; i < request->n_names; i++) {
        if (!is_dns_name(request->names[i]))
            return sw_err_set(reterr, SW_ETYPE, "certificate: expected a DNS name, found \"%s\"",
                              request->names[i]);
        sw_buf_printf(ret, "%sDNS:%s", i ? "," : "", request->names[i]);
    }
    sw_buf_append(ret, "", 1);
    return sw_buf_status(ret, reterr);
}

/* Who signs. */
struct signer {
    X509 *cert;
    EVP_PKEY *key;
    int64_t not_after_s;
};

static void release_signer(struct signer *signer)
{
    X509_free(signer->cert);
    EVP_PKEY_free(signer->key);
}

static int read_signer(const struct sw_cert_request *request, struct signer *ret,
                       struct sw_err *reterr)
{
    struct tm parts = {0};
    int r = sw_pem_read_cert(request->ca_cert, "authority", &ret->cert, reterr);

    if (r == 0)
        r = sw_pem_read_key(request->ca_key, "authority's key", &ret->key, reterr);
    if (r < 0)
        return r;
    if (X509_check_private_key(ret->cert, ret->key) != 1)
        return sw_pem_fail(reterr, SW_ETYPE, "authority",
                           "expected the key of its certificate, found another's");
    if (ASN1_TIME_to_tm(X509_get0_notAfter(ret->cert), &parts) != 1)
        return sw_pem_fail(reterr, SW_ETYPE, "authority", "its end cannot be read");
    ret->not_after_s = (int64_t)timegm(&parts);
    return 0;
}

static bool sign_leaf(X509 *cert, const struct signer *signer, const char *common_name,
                      const char *names)
{
    const char *short_name =
        strlen(common_name) <= COMMON_NAME_MAX ? common_name : "spillway-webhook";

    return add_name(X509_get_subject_name(cert), "O", "Spillway") &&
           add_name(X509_get_subject_name(cert), "CN", short_name) &&
           X509_set_issuer_name(cert, X509_get_subject_name(signer->cert)) == 1 &&
           extend(cert, signer->cert, NID_basic_constraints, "critical,CA:FALSE") &&
           extend(cert, signer->cert, NID_key_usage, "critical,digitalSignature") &&
           extend(cert, signer->cert, NID_ext_key_usage, "serverAuth") &&
           extend(cert, signer->cert, NID_subject_key_identifier, "hash") &&
           extend(cert, signer->cert, NID_authority_key_identifier, "keyid:always") &&
           extend(cert, signer->cert, NID_subject_alt_name, names) &&
           X509_sign(cert, signer->key, EVP_sha256()) > 0;
}

int sw_cert_issue_leaf(const struct sw_cert_request *request, struct sw_cert_term term,
                       struct sw_cert_pair *ret, struct sw_err *reterr)
{
    SW_CLEANUP(release_signer) struct signer signer = {0};
    SW_CLEANUP(sw_buf_release) struct sw_buf names;
    SW_CLEANUP(sw_cleanup_key) EVP_PKEY *key = NULL;
    SW_CLEANUP(sw_cleanup_x509) X509 *cert = NULL;
    char serial[2 * SERIAL_BYTES + 1];
    int64_t not_after_s;
    int r = check_term(term, reterr);

    sw_buf_init(&names, SW_CERT_NAMES_MAX * (NAME_MAX_BYTES + sizeof(",DNS:")));
    if (r == 0)
        r = write_names(request, &names, reterr);
    if (r == 0)
        r = read_signer(request, &signer, reterr);
    if (r < 0)
        return r;
    not_after_s = term.now_s + term.lifetime_s;
    if (not_after_s > signer.not_after_s)
        not_after_s = signer.not_after_s;
    key = EVP_EC_gen("P-256");
    cert = X509_new();
    if (!key || !cert || !set_serial(cert, serial) || !set_common(cert, key, term, not_after_s) ||
        !sign_leaf(cert, &signer, request->names[0], names.data))
        return fail(reterr, "a serving certificate cannot be made");
    return write_pem(cert, key, ret, reterr);
}

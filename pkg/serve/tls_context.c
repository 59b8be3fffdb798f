#include "serve/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "serve/tls.h"
#include "serve/tls_peer.h"

#include "base/banned.h"

/* Forward secrecy and authenticated encryption; the suites of TLS 1.3 are all of that kind. */
#define CIPHERS_1_2  "ECDHE+AESGCM:ECDHE+CHACHA20"

#define DIGEST_BYTES 32

SW_DEFINE_CLEANUP(cleanup_context, SSL_CTX, SSL_CTX_free);
SW_DEFINE_CLEANUP(cleanup_bio, BIO, BIO_free_all);
SW_DEFINE_CLEANUP(cleanup_x509, X509, X509_free);
SW_DEFINE_CLEANUP(cleanup_key, EVP_PKEY, EVP_PKEY_free);

/* An error of OpenSSL in its own words; empties its queue, which is the thread's. */
static int fail(struct sw_err *reterr, int code, const char *where, const char *what)
{
    unsigned long error = ERR_get_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;

    ERR_clear_error();
    return sw_err_set(reterr, code, "%s: %s%s%s", where, what, reason ? ": " : "",
                      reason ? reason : "");
}

static BIO *open_text(struct sw_str text)
{
    return BIO_new_mem_buf(text.len ? text.data : "", (int)text.len);
}

/* The next certificate of a text: 1, 0 at its end, or a failure. */
static int next_certificate(BIO *bio, const char *where, X509 **ret, struct sw_err *reterr)
{
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    unsigned long error = ERR_peek_last_error();

    if (cert) {
        *ret = cert;
        return 1;
    }
    if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
        ERR_clear_error();
        return 0;
    }
    return fail(reterr, SW_ESYNTAX, where, "a certificate in PEM was expected");
}

static int use_certificate(SSL_CTX *context, struct sw_str text, const char *where,
                           struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_bio) BIO *bio = open_text(text);
    SW_CLEANUP(cleanup_x509) X509 *leaf = NULL;
    X509 *link = NULL;
    int code;

    if (!bio)
        return sw_err_nomem(reterr);
    code = next_certificate(bio, where, &leaf, reterr);
    if (code == 0)
        return sw_err_set(reterr, SW_ESYNTAX, "%s: a certificate in PEM was expected", where);
    if (code > 0 && SSL_CTX_use_certificate(context, leaf) != 1)
        return fail(reterr, SW_ETYPE, where, "the certificate cannot be used");
    while (code > 0 && (code = next_certificate(bio, where, &link, reterr)) > 0) {
        if (SSL_CTX_add0_chain_cert(context, link) != 1) {
            X509_free(link);
            return fail(reterr, SW_ETYPE, where, "the chain cannot be used");
        }
    }
    return code;
}

/* OpenSSL would ask the terminal for the password of an encrypted key. */
static int no_password(char *out, int size, int writing, void *ctx)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

static int use_key(SSL_CTX *context, struct sw_str text, const char *where, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_bio) BIO *bio = open_text(text);
    SW_CLEANUP(cleanup_key) EVP_PKEY *key = NULL;

    if (!bio)
        return sw_err_nomem(reterr);
    key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (!key)
        return fail(reterr, SW_ESYNTAX, where, "an unencrypted private key in PEM was expected");
    if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1)
        return fail(reterr, SW_ETYPE, where, "the key does not belong to the certificate");
    return 0;
}

static int use_client_ca(SSL_CTX *context, struct sw_str text, const char *where,
                         struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_bio) BIO *bio = open_text(text);
    int code, n = 0;

    if (!bio)
        return sw_err_nomem(reterr);
    for (;; n++) {
        SW_CLEANUP(cleanup_x509) X509 *cert = NULL;

        code = next_certificate(bio, where, &cert, reterr);
        if (code <= 0)
            break;
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), cert) != 1 ||
            SSL_CTX_add_client_CA(context, cert) != 1)
            return fail(reterr, SW_ETYPE, where, "the certificate cannot be used");
    }
    if (code == 0 && n == 0)
        return sw_err_set(reterr, SW_ESYNTAX, "%s: a certificate in PEM was expected", where);
    return code;
}

/* Chooses HTTP/1.1. A client that offers other protocols only is refused (RFC 7301 section 3.2);
 * speaking HTTP/2 to us would get it no further. */
static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                           const unsigned char *offered, unsigned int offered_len, void *ctx)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)ssl;
    (void)ctx;
    if (SSL_select_next_proto(&chosen, ret_len, ours, sizeof(ours) - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *context_new(void)
{
    static const unsigned char session_context[] = "spillway";
    SW_CLEANUP(cleanup_context) SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, CIPHERS_1_2) != 1 ||
        SSL_CTX_set_num_tickets(context, 0) != 1 ||
        /* Without it OpenSSL refuses every client that shows a certificate and a session. */
        SSL_CTX_set_session_id_context(context, session_context, sizeof(session_context) - 1) != 1)
        return NULL;
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    /* An idle connection then holds no record buffers (34 KiB). */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SW_TAKE(context);
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts = {0};

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

void sw_tls_context_describe(SSL_CTX *context, struct sw_tls_info *ret)
{
    X509 *leaf = SSL_CTX_get0_certificate(context);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    *ret = (struct sw_tls_info){.not_before_s = seconds_of(X509_get0_notBefore(leaf)),
                                .not_after_s = seconds_of(X509_get0_notAfter(leaf))};
    if (X509_digest(leaf, EVP_sha256(), digest, &len) == 1) {
        for (unsigned int i = 0; i < len && i < DIGEST_BYTES; i++)
            snprintf(ret->sha256 + 2 * (size_t)i, 3, "%02x", digest[i]);
    }
    sw_tls_subject_of(leaf, ret->subject, sizeof(ret->subject));
}

int sw_tls_context_new(const struct sw_tls_pem *pem, const struct sw_tls_sources *sources,
                       const struct sw_tls_names *names, SSL_CTX **ret, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_context) SSL_CTX *context = context_new();
    int code;

    if (!context)
        return fail(reterr, SW_EINTERNAL, "TLS", "no context");
    if ((code = use_certificate(context, pem->cert, sources->cert, reterr)) < 0 ||
        (code = use_key(context, pem->key, sources->key, reterr)) < 0)
        return code;
    if (pem->client_ca.data) {
        if ((code = use_client_ca(context, pem->client_ca, sources->client_ca, reterr)) < 0)
            return code;
        sw_tls_check_peers(context, names);
    }
    *ret = SW_TAKE(context);
    return 0;
}

#include "certs/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "certs/cert.h"

#include "base/banned.h"

bool sw_pem_forgive(void)
{
    bool forgiven = true;
    unsigned long error;

    while ((error = ERR_get_error()))
        forgiven = forgiven && ERR_GET_REASON(error) != ERR_R_MALLOC_FAILURE;
    return forgiven;
}

int sw_pem_fail(struct sw_err *reterr, int code, const char *where, const char *what)
{
    unsigned long error = ERR_peek_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;

    if (!sw_pem_forgive())
        return sw_err_nomem(reterr);
    return sw_err_set(reterr, code, "%s: %s%s%s", where, what, reason ? ": " : "",
                      reason ? reason : "");
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

static int open_text(struct sw_str text, const char *what, BIO **ret, struct sw_err *reterr)
{
    if (text.len > SW_CERT_TEXT_MAX_BYTES)
        return sw_err_set(reterr, SW_ELIMIT, "%s: expected at most %zu bytes, found %zu", what,
                          SW_CERT_TEXT_MAX_BYTES, text.len);
    *ret = BIO_new_mem_buf(text.len ? text.data : "", (int)text.len);
    if (!*ret)
        ERR_clear_error();
    return *ret ? 0 : sw_err_nomem(reterr);
}

int sw_pem_read_cert(struct sw_str text, const char *what, X509 **ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_bio) BIO *bio = NULL;
    int r = open_text(text, what, &bio, reterr);
    X509 *cert;

    if (r < 0)
        return r;
    cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (!cert)
        return sw_pem_fail(reterr, SW_ESYNTAX, what, "expected a certificate in PEM");
    *ret = cert;
    return 0;
}

int sw_pem_read_key(struct sw_str text, const char *what, EVP_PKEY **ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_bio) BIO *bio = NULL;
    int r = open_text(text, what, &bio, reterr);
    EVP_PKEY *key;

    if (r < 0)
        return r;
    key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (!key)
        return sw_pem_fail(reterr, SW_ESYNTAX, what, "expected an unencrypted private key in PEM");
    *ret = key;
    return 0;
}

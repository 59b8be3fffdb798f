#include "pki.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

/* Not an assertion: this must run whatever NDEBUG says. */
static void must(int done)
{
    if (!done)
        abort();
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension && X509_add_ext(cert, extension, -1));
    X509_EXTENSION_free(extension);
}

struct pki pki_make(const char *cn, const char *san, const struct pki *issuer)
{
    static long serial;
    struct pki made = {.cert = X509_new(), .key = EVP_EC_gen("P-256")};
    const struct pki *by = issuer ? issuer : &made;

    must(made.cert && made.key);
    must(X509_set_version(made.cert, X509_VERSION_3) && X509_set_pubkey(made.cert, made.key) &&
         ASN1_INTEGER_set(X509_get_serialNumber(made.cert), ++serial) &&
         X509_gmtime_adj(X509_getm_notBefore(made.cert), -3600) &&
         X509_gmtime_adj(X509_getm_notAfter(made.cert), 86400) &&
         X509_NAME_add_entry_by_txt(X509_get_subject_name(made.cert), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)cn, -1, -1, 0) &&
         X509_set_issuer_name(made.cert, X509_get_subject_name(by->cert)));
    add_extension(made.cert, by->cert, NID_basic_constraints,
                  issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (san)
        add_extension(made.cert, by->cert, NID_subject_alt_name, san);
    must(X509_sign(made.cert, by->key, EVP_sha256()) > 0);
    made.cert_text = BIO_new(BIO_s_mem());
    made.key_text = BIO_new(BIO_s_mem());
    must(PEM_write_bio_X509(made.cert_text, made.cert) &&
         PEM_write_bio_PrivateKey(made.key_text, made.key, NULL, NULL, 0, NULL, NULL));
    return made;
}

void pki_release(struct pki *pki)
{
    X509_free(pki->cert);
    EVP_PKEY_free(pki->key);
    BIO_free(pki->cert_text);
    BIO_free(pki->key_text);
    *pki = (struct pki){.cert = NULL};
}

static struct sw_str text_of(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);

    return (struct sw_str){data, (size_t)len};
}

struct sw_str pki_cert_pem(const struct pki *pki)
{
    return text_of(pki->cert_text);
}

struct sw_str pki_key_pem(const struct pki *pki)
{
    return text_of(pki->key_text);
}

void pki_write(const char *path, struct sw_str text)
{
    FILE *file = fopen(path, "w");

    must(file && fwrite(text.data, 1, text.len, file) == text.len);
    must(fclose(file) == 0);
}

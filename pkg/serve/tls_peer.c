#include "serve/tls_peer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

#include "base/banned.h"

struct sw_tls_names {
    size_t n_items;
    char *items[]; /* owned */
};

SW_DEFINE_CLEANUP(cleanup_names, struct sw_tls_names, sw_tls_names_free);
SW_DEFINE_CLEANUP(cleanup_alternatives, GENERAL_NAMES, GENERAL_NAMES_free);
SW_DEFINE_CLEANUP(cleanup_bio, BIO, BIO_free_all);

struct sw_tls_names *sw_tls_names_new(const char *const *names)
{
    SW_CLEANUP(cleanup_names) struct sw_tls_names *copy = NULL;
    size_t n = 0;

    while (names && names[n])
        n++;
    copy = calloc(1, sizeof(*copy) + n * sizeof(copy->items[0]));
    if (!copy)
        return NULL;
    for (; copy->n_items < n; copy->n_items++) {
        copy->items[copy->n_items] = strdup(names[copy->n_items]);
        if (!copy->items[copy->n_items])
            return NULL;
    }
    return SW_TAKE(copy);
}

void sw_tls_names_free(struct sw_tls_names *names)
{
    for (size_t i = 0; names && i < names->n_items; i++)
        free(names->items[i]);
    free(names);
}

/* With the length, so that a NUL inside the certificate's text hides nothing. */
static bool is_allowed(const struct sw_tls_names *names, const void *text, int len)
{
    struct sw_str found = {text, len > 0 ? (size_t)len : 0};

    for (size_t i = 0; i < names->n_items; i++) {
        if (found.len && sw_str_is(found, names->items[i]))
            return true;
    }
    return false;
}

static bool has_common_name(X509 *cert, const struct sw_tls_names *names)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    bool found = false;

    for (int at = -1; !found;) {
        unsigned char *utf8 = NULL;
        int len;

        at = X509_NAME_get_index_by_NID(subject, NID_commonName, at);
        if (at < 0)
            break;
        len =
            ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        found = is_allowed(names, utf8, len);
        OPENSSL_free(utf8);
    }
    return found;
}

static bool has_alternative_name(X509 *cert, const struct sw_tls_names *names)
{
    SW_CLEANUP(cleanup_alternatives)
    GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);

        if (name->type != GEN_DNS && name->type != GEN_URI && name->type != GEN_EMAIL)
            continue;
        if (is_allowed(names, ASN1_STRING_get0_data(name->d.ia5), ASN1_STRING_length(name->d.ia5)))
            return true;
    }
    return false;
}

static int verify_peer(int verified, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct sw_tls_names *names = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    X509 *cert = X509_STORE_CTX_get_current_cert(store);

    if (!verified || X509_STORE_CTX_get_error_depth(store) > 0 || names->n_items == 0)
        return verified;
    if (has_common_name(cert, names) || has_alternative_name(cert, names))
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

void sw_tls_check_peers(struct ssl_ctx_st *context, const struct sw_tls_names *names)
{
    SSL_CTX_set_app_data(context, (void *)names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify_peer);
}

void sw_tls_subject_of(struct x509_st *cert, char *ret, size_t size)
{
    SW_CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = 0;

    if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) >= 0)
        len = BIO_get_mem_data(bio, &text);
    snprintf(ret, size, "%.*s", (int)len, text ? text : "");
}

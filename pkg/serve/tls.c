#include "serve/tls.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/file.h"
#include "serve/tls_context.h"
#include "serve/tls_peer.h"

#include "base/banned.h"

/* A bundle of all public certificate authorities is a fifth of it. */
#define FILE_MAX_BYTES (1u << 20)

#define DIGEST_BYTES   32

struct sw_tls {
    char *cert_file; /* owned, as the next two; NULL: made from memory */
    char *key_file;
    char *client_ca_file;               /* NULL: none */
    struct sw_tls_names *names;         /* owned; read by every context's verify callback */
    bool checks_clients;                /* once and for all */
    pthread_mutex_t lock;               /* guards what follows */
    SSL_CTX *context;                   /* owned reference; NULL until there is a certificate */
    struct sw_tls_info info;            /* of its certificate */
    unsigned char digest[DIGEST_BYTES]; /* of the texts that it was made from */
};

/* Three texts as read from files. */
struct texts {
    struct sw_buf cert, key, client_ca;
};

static void cleanup_texts(struct texts *texts)
{
    if (texts->key.data)
        explicit_bzero(texts->key.data, texts->key.cap);
    sw_buf_release(&texts->cert);
    sw_buf_release(&texts->key);
    sw_buf_release(&texts->client_ca);
}

SW_DEFINE_CLEANUP(cleanup_context, SSL_CTX, SSL_CTX_free);
SW_DEFINE_CLEANUP(cleanup_tls, struct sw_tls, sw_tls_free);

/* One digest for the three texts together, each with its length before it. */
static bool digest_of(const struct sw_tls_pem *pem, unsigned char ret[DIGEST_BYTES])
{
    const struct sw_str parts[] = {pem->cert, pem->key, pem->client_ca};
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool done = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

    for (size_t i = 0; i < 3 && done; i++)
        done = EVP_DigestUpdate(md, &parts[i].len, sizeof(parts[i].len)) == 1 &&
               EVP_DigestUpdate(md, parts[i].data, parts[i].len) == 1;
    done = done && EVP_DigestFinal_ex(md, ret, NULL) == 1;
    EVP_MD_CTX_free(md);
    return done;
}

static int build(const struct sw_tls *tls, const struct sw_tls_pem *pem, SSL_CTX **ret,
                 struct sw_err *reterr)
{
    const struct sw_tls_sources sources = {.cert = tls->cert_file ? tls->cert_file : "certificate",
                                           .key = tls->key_file ? tls->key_file : "key",
                                           .client_ca = tls->client_ca_file ? tls->client_ca_file
                                                                            : "client CA"};

    return sw_tls_context_new(pem, &sources, tls->names, ret, reterr);
}

static int read_client_ca(const struct sw_tls *tls, struct texts *texts, struct sw_tls_pem *ret,
                          struct sw_err *reterr)
{
    int code;

    if (!tls->client_ca_file)
        return 0;
    sw_buf_init(&texts->client_ca, FILE_MAX_BYTES);
    code = sw_file_read(tls->client_ca_file, &texts->client_ca, reterr);
    if (code < 0)
        return code;
    ret->client_ca = sw_buf_str(&texts->client_ca);
    /* An empty file is not the absence of one: it must not turn the check off. */
    if (!ret->client_ca.data)
        ret->client_ca = SW_STR("");
    return 0;
}

static int read_texts(const struct sw_tls *tls, struct texts *texts, struct sw_tls_pem *ret,
                      struct sw_err *reterr)
{
    int code;

    sw_buf_init(&texts->cert, FILE_MAX_BYTES);
    sw_buf_init(&texts->key, FILE_MAX_BYTES);
    if ((code = sw_file_read(tls->cert_file, &texts->cert, reterr)) < 0 ||
        (code = sw_file_read(tls->key_file, &texts->key, reterr)) < 0)
        return code;
    *ret = (struct sw_tls_pem){.cert = sw_buf_str(&texts->cert), .key = sw_buf_str(&texts->key)};
    return read_client_ca(tls, texts, ret, reterr);
}

/* The texts to use: those that are given, or else the files'. */
static int gather(const struct sw_tls *tls, const struct sw_tls_pem *given, struct texts *texts,
                  struct sw_tls_pem *ret, struct sw_err *reterr)
{
    int code = 0;

    if (!given && !tls->cert_file)
        return sw_err_set(reterr, SW_EUSAGE, "TLS: no file to read again");
    if (!given)
        return read_texts(tls, texts, ret, reterr);
    *ret = *given;
    if (!tls->cert_file && !given->client_ca.data)
        code = read_client_ca(tls, texts, ret, reterr);
    if (code == 0 && tls->checks_clients && !ret->client_ca.data)
        return sw_err_set(reterr, SW_EUSAGE,
                          "TLS: clients are checked, but no client CA was given");
    return code;
}

int sw_tls_reload(struct sw_tls *tls, const struct sw_tls_pem *pem, bool *ret_changed,
                  struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_texts) struct texts texts = {0};
    SW_CLEANUP(cleanup_context) SSL_CTX *context = NULL; /* at the end: the one exchanged */
    unsigned char digest[DIGEST_BYTES];
    struct sw_tls_pem all = {0};
    struct sw_tls_info info;
    bool same;
    int code = gather(tls, pem, &texts, &all, reterr);

    if (code < 0)
        return code;
    if (!digest_of(&all, digest))
        return sw_err_set(reterr, SW_EINTERNAL, "TLS: no digest");
    pthread_mutex_lock(&tls->lock);
    same = tls->context && memcmp(digest, tls->digest, sizeof(digest)) == 0;
    pthread_mutex_unlock(&tls->lock);
    if (!same) {
        SSL_CTX *previous;

        if ((code = build(tls, &all, &context, reterr)) < 0)
            return code;
        sw_tls_context_describe(context, &info);
        pthread_mutex_lock(&tls->lock);
        previous = tls->context;
        tls->context = context;
        tls->info = info;
        memcpy(tls->digest, digest, sizeof(digest));
        pthread_mutex_unlock(&tls->lock);
        context = previous;
    }
    if (ret_changed)
        *ret_changed = !same;
    return 0;
}

static bool copy(const char *text, char **ret)
{
    *ret = text ? strdup(text) : NULL;
    return !text || *ret;
}

/* The first certificate; where it is to come later, a look at least at the file that is there. */
static int load_first(struct sw_tls *tls, const struct sw_tls_options *options,
                      struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_texts) struct texts texts = {0};
    struct sw_tls_pem ignored = {0};

    if (options->late)
        return read_client_ca(tls, &texts, &ignored, reterr);
    return sw_tls_reload(tls, options->cert_file ? NULL : &options->pem, NULL, reterr);
}

static bool checks_clients(const struct sw_tls_options *options)
{
    return options->client_ca_file || (!options->cert_file && options->pem.client_ca.data);
}

static int check_options(const struct sw_tls_options *options, struct sw_err *reterr)
{
    if (options->late && options->cert_file)
        return sw_err_set(reterr, SW_EUSAGE, "TLS: a certificate file, and one that is to come");
    if (options->cert_file && !options->key_file)
        return sw_err_set(reterr, SW_EUSAGE, "TLS: a certificate file but no key file");
    if (options->client_names && options->client_names[0] && !checks_clients(options))
        return sw_err_set(reterr, SW_EUSAGE, "TLS: names of clients but no client CA");
    return 0;
}

int sw_tls_new(const struct sw_tls_options *options, struct sw_tls **ret, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = calloc(1, sizeof(*tls));
    int code;

    if (!tls)
        return sw_err_nomem(reterr);
    pthread_mutex_init(&tls->lock, NULL);
    code = check_options(options, reterr);
    if (code < 0)
        return code;
    tls->checks_clients = checks_clients(options);
    tls->names = sw_tls_names_new(options->client_names);
    if (!tls->names || !copy(options->cert_file, &tls->cert_file) ||
        !copy(options->key_file, &tls->key_file) ||
        !copy(options->client_ca_file, &tls->client_ca_file))
        return sw_err_nomem(reterr);
    code = load_first(tls, options, reterr);
    if (code < 0)
        return code;
    *ret = SW_TAKE(tls);
    return 0;
}

void sw_tls_free(struct sw_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    sw_tls_names_free(tls->names);
    pthread_mutex_destroy(&tls->lock);
    free(tls->cert_file);
    free(tls->key_file);
    free(tls->client_ca_file);
    free(tls);
}

struct ssl_ctx_st *sw_tls_acquire(struct sw_tls *tls)
{
    SSL_CTX *context;

    pthread_mutex_lock(&tls->lock);
    context = tls->context;
    if (context)
        SSL_CTX_up_ref(context);
    pthread_mutex_unlock(&tls->lock);
    return context;
}

void sw_tls_describe(struct sw_tls *tls, struct sw_tls_info *ret)
{
    pthread_mutex_lock(&tls->lock);
    *ret = tls->info;
    pthread_mutex_unlock(&tls->lock);
}

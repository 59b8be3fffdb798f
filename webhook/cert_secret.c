#include "webhook/cert_secret.h"

#include "base/base64.h"
#include "base/buf.h"
#include "json/get.h"

#include "base/banned.h"

#define LABEL_MANAGED_BY "app.kubernetes.io/managed-by"
#define MANAGED_BY       "spillway"

/* Each text with its place. */
#define N_TEXTS 4
static const struct {
    const char *key;
    size_t offset;
} places[N_TEXTS] = {
    {"ca.crt", offsetof(struct sw_cert_texts, ca_cert)},
    {"ca.key", offsetof(struct sw_cert_texts, ca_key)},
    {"tls.crt", offsetof(struct sw_cert_texts, cert)},
    {"tls.key", offsetof(struct sw_cert_texts, key)},
};

static struct sw_str *text_at(struct sw_cert_texts *texts, size_t i)
{
    return (struct sw_str *)(void *)((char *)texts + places[i].offset);
}

static bool is_ours(const json_t *object)
{
    const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
    const char *by = json_string_value(json_object_get(labels, LABEL_MANAGED_BY));

    return by && strcmp(by, MANAGED_BY) == 0;
}

int sw_cert_secret_read(const json_t *object, struct sw_arena *arena, struct sw_cert_secret *ret,
                        struct sw_err *reterr)
{
    struct sw_cert_secret secret = {.exists = object != NULL};
    json_t *data = json_object_get(object, "data");

    for (size_t i = 0; i < N_TEXTS; i++) {
        struct sw_err unreadable = {0};
        struct sw_str encoded = {NULL, 0};

        if (sw_get_str(data, places[i].key, NULL, &encoded, &unreadable) == 1 &&
            sw_base64_decode(encoded, arena, text_at(&secret.texts, i), &unreadable) == SW_ENOMEM)
            return sw_err_nomem(reterr);
        if (unreadable.code == SW_ENOMEM)
            return sw_err_nomem(reterr);
    }
    secret.foreign = json_object_size(data) > 0 && !is_ours(object);
    *ret = secret;
    return 0;
}

static json_t *encoded(struct sw_str text, struct sw_arena *arena)
{
    struct sw_buf buf;
    struct sw_str kept = {NULL, 0};
    json_t *value = NULL;

    sw_buf_init(&buf, 2 * SW_CERT_TEXT_MAX_BYTES);
    sw_buf_reserve(&buf, (text.len + 2) / 3 * 4);
    sw_buf_append_base64(&buf, text.data, text.len);
    if (sw_buf_status(&buf, NULL) == 0)
        kept = sw_arena_copy(arena, sw_buf_str(&buf));
    if (kept.data)
        value = json_stringn_nocheck(kept.data, kept.len);
    if (buf.data)
        explicit_bzero(buf.data, buf.cap);
    sw_buf_release(&buf);
    return value;
}

/* Of a type that must have a certificate and a key, though there may be none in them yet. */
static json_t *make(const struct sw_cert_secret_change *change)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:{s:s%, s:s%, s:{}}, s:{s:s, s:s}}", "apiVersion", "v1", "kind",
                  "Secret", "type", "kubernetes.io/tls", "metadata", "name", change->name.data,
                  change->name.len, "namespace", change->namespace_.data, change->namespace_.len,
                  "labels", "data", "tls.crt", "", "tls.key", "");
    json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");

    if (!object || json_object_set_new(labels, "app.kubernetes.io/name", json_string("spillway")) ||
        json_object_set_new(labels, "app.kubernetes.io/part-of", json_string("spillway")))
        return NULL;
    return object;
}

/* The member of that name, which becomes an object where it is none. */
static json_t *object_in(json_t *parent, const char *key)
{
    json_t *child = json_object_get(parent, key);

    if (json_is_object(child))
        return child;
    return json_object_set_new(parent, key, json_object()) == 0 ? json_object_get(parent, key)
                                                                : NULL;
}

int sw_cert_secret_write(json_t *object, const struct sw_cert_secret_change *change,
                         struct sw_arena *arena, json_t **ret, struct sw_err *reterr)
{
    struct sw_cert_texts texts = change->texts;
    json_t *labels, *data;

    if (!object)
        object = make(change);
    if (!object)
        return sw_err_nomem(reterr);
    labels = object_in(object_in(object, "metadata"), "labels");
    data = object_in(object, "data");
    if (!labels || !data ||
        json_object_set_new(labels, LABEL_MANAGED_BY, json_string(MANAGED_BY)) < 0)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < N_TEXTS; i++) {
        struct sw_str *text = text_at(&texts, i);

        if (text->data && json_object_set_new(data, places[i].key, encoded(*text, arena)) < 0)
            return sw_err_nomem(reterr);
    }
    *ret = object;
    return 0;
}

#include "webhook/cert_webhooks.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "certs/inspect.h"
#include "kube/applier.h"
#include "json/get.h"

#include "base/banned.h"

/* The two members of managedFields that matter here (Kubernetes API, FieldsV1). */
#define FIELDS_WEBHOOKS "f:webhooks"
#define FIELDS_POLICY   "f:failurePolicy"

static bool is_text(const json_t *object, const char *key, struct sw_str expected)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && sw_str_is(expected, text);
}

static bool calls(const json_t *webhook, const struct sw_cert_service *service)
{
    const json_t *at = json_object_get(json_object_get(webhook, "clientConfig"), "service");

    return is_text(at, "namespace", service->namespace_) && is_text(at, "name", service->name);
}

/* The entries of managedFields that are ours. Calls fn for the fields of each webhook in them. */
static void each_owned(const json_t *object, void (*fn)(json_t *fields, void *ctx), void *ctx)
{
    json_t *managed = json_object_get(json_object_get(object, "metadata"), "managedFields"), *entry;
    json_t *fields;
    const char *key;
    size_t i;

    json_array_foreach (managed, i, entry) {
        json_t *webhooks = json_object_get(json_object_get(entry, "fieldsV1"), FIELDS_WEBHOOKS);

        if (!is_text(entry, "manager", SW_STR(SW_FIELD_MANAGER)))
            continue;
        json_object_foreach (webhooks, key, fields)
            fn(fields, ctx);
    }
}

static void note_owned(json_t *fields, void *ctx)
{
    bool *owns = ctx;

    *owns = *owns || json_object_get(fields, FIELDS_POLICY);
}

static void disown(json_t *fields, void *ctx)
{
    (void)ctx;
    json_object_del(fields, FIELDS_POLICY);
}

/* What is no base64, or no text, is an empty bundle: it is to be written anew. */
static int read_bundle(const json_t *webhook, struct sw_arena *arena, struct sw_cert_list *ret,
                       struct sw_err *reterr)
{
    struct sw_err unreadable = {0};
    struct sw_str encoded = {NULL, 0}, pem = {NULL, 0};
    int r = sw_get_str(json_object_get(webhook, "clientConfig"), "caBundle", NULL, &encoded,
                       &unreadable);

    if (r == 1)
        r = sw_base64_decode(encoded, arena, &pem, &unreadable);
    if (r == SW_ENOMEM)
        return sw_err_nomem(reterr);
    return sw_cert_list_read(pem, ret, reterr);
}

static int add(json_t *webhook, struct sw_arena *arena, struct sw_cert_webhooks *webhooks,
               struct sw_err *reterr)
{
    struct sw_cert_webhook *item = &webhooks->items[webhooks->n];
    const char *name = json_string_value(json_object_get(webhook, "name"));
    struct sw_err err = {0};
    int r;

    if (webhooks->n == SW_CERT_WEBHOOKS_MAX)
        return sw_err_set(reterr, SW_ELIMIT, "expected at most %d webhooks of ours, found more",
                          SW_CERT_WEBHOOKS_MAX);
    *item = (struct sw_cert_webhook){
        .name = name ? name : "",
        .webhook = webhook,
        .bundle = sw_arena_alloc(arena, sizeof(*item->bundle)),
        .ignores = is_text(webhook, "failurePolicy", SW_STR("Ignore")),
    };
    if (!item->bundle)
        return sw_err_nomem(reterr);
    r = read_bundle(webhook, arena, item->bundle, &err);
    if (r < 0)
        return sw_err_set(reterr, r, "%s: caBundle: %s", item->name, err.message);
    webhooks->n++;
    return 0;
}

int sw_cert_webhooks_read(json_t *object, const struct sw_cert_service *service,
                          struct sw_arena *arena, struct sw_cert_webhooks *ret,
                          struct sw_err *reterr)
{
    const json_t *annotations = json_object_get(json_object_get(object, "metadata"), "annotations");
    json_t *webhook;
    size_t i;
    int r = 0;

    *ret = (struct sw_cert_webhooks){.object = object};
    ret->policy_stands = json_object_get(annotations, SW_ANNOTATION_FAILURE_POLICY) &&
                         !is_text(annotations, SW_ANNOTATION_FAILURE_POLICY, SW_STR("Fail"));
    each_owned(object, note_owned, &ret->owns_policy);
    json_array_foreach (json_object_get(object, "webhooks"), i, webhook) {
        if (calls(webhook, service))
            r = add(webhook, arena, ret, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

static int set_bundle(const struct sw_cert_webhook *webhook, const struct sw_cert_state *state,
                      struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf pem;
    SW_CLEANUP(sw_buf_release) struct sw_buf base64;
    json_t *config = json_object_get(webhook->webhook, "clientConfig");
    int r;

    sw_buf_init(&pem, 2 * SW_CERT_TEXT_MAX_BYTES);
    sw_buf_init(&base64, 3 * SW_CERT_TEXT_MAX_BYTES);
    sw_cert_bundle_write(state, webhook->bundle, &pem);
    sw_buf_append_base64(&base64, pem.data, pem.len);
    r = sw_buf_status(&pem, reterr);
    if (r == 0)
        r = sw_buf_status(&base64, reterr);
    if (r < 0)
        return r;
    return json_object_set_new(config, "caBundle", json_stringn_nocheck(base64.data, base64.len)) <
                   0
               ? sw_err_nomem(reterr)
               : 0;
}

int sw_cert_webhooks_trust(struct sw_cert_webhooks *webhooks, const struct sw_cert_state *state,
                           size_t *ret_n, struct sw_err *reterr)
{
    size_t n = 0;

    for (size_t i = 0; i < webhooks->n; i++) {
        int r = 0;

        if (!sw_cert_plan_differs(state, webhooks->items[i].bundle))
            continue;
        r = set_bundle(&webhooks->items[i], state, reterr);
        if (r < 0)
            return r;
        n++;
    }
    *ret_n = n;
    return 0;
}

int sw_cert_webhooks_close(struct sw_cert_webhook *webhook, struct sw_err *reterr)
{
    return json_object_set_new(webhook->webhook, "failurePolicy", json_string("Fail")) < 0
               ? sw_err_nomem(reterr)
               : 0;
}

void sw_cert_webhooks_disown_policy(struct sw_cert_webhooks *webhooks)
{
    each_owned(webhooks->object, disown, NULL);
}

#include "kube/fleet_secrets.h"

#include "base/base64.h"
#include "json/get.h"
#include "json/read.h"

#include <stdlib.h>

#include "base/banned.h"

/* A Secret as JSON, a few times its text, which is at most 1 MiB of values as base64. */
#define READ_CHUNK_BYTES   ((size_t)16 << 10)
#define READ_MAX_BYTES     ((size_t)32 << 20)

#define SECRET_CHUNK_BYTES 4096
#define SECRET_MAX_BYTES   ((size_t)8 << 20)

static const struct sw_err too_large = {SW_ELIMIT, "together they are too large"};

static void free_secret(struct sw_fleet_secret *secret)
{
    if (!secret)
        return;
    sw_arena_wipe(&secret->arena);
    free(secret);
}
SW_DEFINE_CLEANUP(cleanup_secret, struct sw_fleet_secret, free_secret);

void sw_fleet_secrets_release(struct sw_fleet_secrets *secrets)
{
    for (size_t i = 0; i < secrets->n; i++)
        free_secret(secrets->items[i]);
    free(secrets->items);
    *secrets = (struct sw_fleet_secrets){0};
}

static size_t n_bytes_of(const struct sw_fleet_secret *secret)
{
    size_t n = 0;

    for (size_t i = 0; i < secret->n_items; i++)
        n += secret->items[i].value.len;
    return n;
}

/* The position of the Secret of that name; n if there is none. */
static size_t find(const struct sw_fleet_secrets *secrets, struct sw_str name)
{
    size_t i = 0;

    while (i < secrets->n && !sw_str_eq(secrets->items[i]->name, name))
        i++;
    return i;
}

static void remove_at(struct sw_fleet_secrets *secrets, size_t at)
{
    secrets->n_bytes -= n_bytes_of(secrets->items[at]);
    free_secret(secrets->items[at]);
    secrets->items[at] = secrets->items[--secrets->n];
    secrets->changed = true;
}

/* Copies a member of `metadata` into the Secret. */
static int copy(const json_t *metadata, const char *key, struct sw_arena *arena, struct sw_str *ret,
                struct sw_err *reterr)
{
    struct sw_str text = {NULL, 0};
    int r = sw_get_str(metadata, key, SW_AT_KEY(NULL, "metadata"), &text, reterr);

    if (r < 0)
        return r;
    text = sw_arena_copy(arena, text);
    if (!text.data)
        return sw_err_nomem(reterr);
    *ret = text;
    return 0;
}

static int read_item(const char *key, const json_t *value, struct sw_arena *arena,
                     struct sw_fleet_item *ret, struct sw_err *reterr)
{
    struct sw_str text = {json_string_value(value), json_string_length(value)};
    struct sw_err err = {0};
    int r;

    if (!text.data)
        return sw_err_set(reterr, SW_ETYPE, "data.%s: expected a string, found %s", key,
                          sw_json_type_name(value));
    ret->key = sw_arena_copy(arena, sw_str_from(key));
    r = sw_base64_decode(text, arena, &ret->value, &err);
    if (r == SW_ENOMEM || !ret->key.data)
        return sw_err_nomem(reterr);
    return r < 0 ? sw_err_set(reterr, SW_ETYPE, "data.%s: %s", key, err.message) : 0;
}

static int by_key(const void *a, const void *b)
{
    return sw_str_cmp(((const struct sw_fleet_item *)a)->key,
                      ((const struct sw_fleet_item *)b)->key);
}

static int read_data(const json_t *data, struct sw_fleet_secret *secret, struct sw_err *reterr)
{
    struct sw_fleet_item *items =
        sw_arena_zalloc(&secret->arena, json_object_size(data) * sizeof(*items));
    const char *key;
    json_t *value;
    int r = items ? 0 : sw_err_nomem(reterr);

    json_object_foreach ((json_t *)(uintptr_t)data, key, value) {
        if (r == 0)
            r = read_item(key, value, &secret->arena, &items[secret->n_items], reterr);
        if (r == 0)
            secret->n_items++;
    }
    if (r < 0)
        return r;
    if (secret->n_items)
        qsort(items, secret->n_items, sizeof(*items), by_key);
    secret->items = items;
    return 0;
}

/* Reads one Secret. Its name is there even where the rest cannot be read. */
static int read_secret(struct sw_str text, struct sw_arena *reading, struct sw_fleet_secret *secret,
                       struct sw_err *reterr)
{
    SW_JSON_SCOPE(reading);
    json_t *value, *metadata = NULL, *data = NULL;
    int r = sw_json_read(text, &value, reterr);

    if (r == 0)
        r = sw_get_object(value, "metadata", NULL, &metadata, reterr);
    if (r >= 0)
        r = copy(metadata, "name", &secret->arena, &secret->name, reterr);
    if (r >= 0)
        r = copy(metadata, "creationTimestamp", &secret->arena, &secret->created, reterr);
    if (r >= 0)
        r = sw_get_object(value, "data", NULL, &data, reterr);
    return r < 0 ? r : read_data(data, secret, reterr);
}

static int new_secret(struct sw_str text, struct sw_fleet_secret **ret, struct sw_err *reterr)
{
    struct sw_fleet_secret *secret = calloc(1, sizeof(*secret));
    struct sw_arena reading;
    int r;

    if (!secret)
        return sw_err_nomem(reterr);
    sw_arena_init(&secret->arena, SECRET_CHUNK_BYTES, SECRET_MAX_BYTES);
    sw_arena_init(&reading, READ_CHUNK_BYTES, READ_MAX_BYTES);
    r = read_secret(text, &reading, secret, &secret->problem);
    sw_arena_wipe(&reading);
    if (r == SW_ENOMEM) {
        free_secret(secret);
        return sw_err_nomem(reterr);
    }
    *ret = secret;
    return 0;
}

/* One that there is no place for: what was known under its name stays, if it could not be read. */
static int pass_over(struct sw_fleet_secrets *secrets, const struct sw_fleet_secret *secret,
                     const char *why)
{
    secrets->n_passed_over++;
    secrets->changed = true;
    sw_err_set(&secrets->last, SW_ELIMIT, "%.*s: %s", SW_STR_ARG(secret->name), why);
    return 0;
}

/* The version before stays where the newest cannot be taken in. */
static int keep_older(struct sw_fleet_secrets *secrets, size_t at, const struct sw_err *why)
{
    secrets->items[at]->problem = *why;
    secrets->items[at]->picture = secrets->picture;
    secrets->changed = true;
    return 0;
}

/* Room for one more pointer. */
static int reserve(struct sw_fleet_secrets *secrets, struct sw_err *reterr)
{
    size_t cap = secrets->cap ? secrets->cap * 2 : 8;
    struct sw_fleet_secret **items;

    if (secrets->n < secrets->cap)
        return 0;
    items = reallocarray(secrets->items, cap, sizeof(*items));
    if (!items)
        return sw_err_nomem(reterr);
    secrets->items = items;
    secrets->cap = cap;
    return 0;
}

static int put(void *context, struct sw_str text, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_secret) struct sw_fleet_secret *secret = NULL;
    struct sw_fleet_secrets *secrets = context;
    size_t at, freed_bytes;
    int r = new_secret(text, &secret, reterr);

    if (r == 0)
        r = reserve(secrets, reterr);
    if (r < 0)
        return r;
    at = find(secrets, secret->name);
    secret->picture = secrets->picture;
    if (secret->problem.code && at < secrets->n)
        return keep_older(secrets, at, &secret->problem);
    if (secret->problem.code)
        return pass_over(secrets, secret, secret->problem.message);
    if (at == secrets->n && secrets->n == SW_FLEET_SECRETS_MAX)
        return pass_over(secrets, secret, "there are too many");
    freed_bytes = at < secrets->n ? n_bytes_of(secrets->items[at]) : 0;
    if (n_bytes_of(secret) > SW_FLEET_SECRETS_MAX_BYTES - (secrets->n_bytes - freed_bytes))
        return at < secrets->n ? keep_older(secrets, at, &too_large)
                               : pass_over(secrets, secret, too_large.message);
    if (at < secrets->n)
        remove_at(secrets, at);
    secrets->n_bytes += n_bytes_of(secret);
    secrets->items[secrets->n++] = SW_TAKE(secret);
    secrets->changed = true;
    return 0;
}

static int remove_secret(void *context, struct sw_str text, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_secret) struct sw_fleet_secret *secret = NULL;
    struct sw_fleet_secrets *secrets = context;
    size_t at;
    int r = new_secret(text, &secret, reterr);

    if (r < 0)
        return r;
    at = find(secrets, secret->name);
    if (at < secrets->n)
        remove_at(secrets, at);
    return 0;
}

static void begin(void *context)
{
    struct sw_fleet_secrets *secrets = context;

    secrets->picture++;
    secrets->in_picture = true;
    secrets->n_passed_over = 0;
}

/* What the picture did not show is gone. */
static void end(void *context)
{
    struct sw_fleet_secrets *secrets = context;

    for (size_t i = secrets->n; i > 0; i--) {
        if (secrets->items[i - 1]->picture != secrets->picture)
            remove_at(secrets, i - 1);
    }
    secrets->in_picture = false;
    secrets->synced = true;
    secrets->changed = true;
}

struct sw_reflector_sink sw_fleet_secrets_sink(struct sw_fleet_secrets *secrets)
{
    return (struct sw_reflector_sink){
        .context = secrets,
        .begin = begin,
        .end = end,
        .put = put,
        .remove = remove_secret,
    };
}

static int by_age(const void *a, const void *b)
{
    const struct sw_fleet_secret *x = *(struct sw_fleet_secret *const *)a;
    const struct sw_fleet_secret *y = *(struct sw_fleet_secret *const *)b;
    int order = sw_str_cmp(x->created, y->created);

    return order ? order : sw_str_cmp(x->name, y->name);
}

void sw_fleet_secrets_sort(struct sw_fleet_secrets *secrets)
{
    if (secrets->n)
        qsort(secrets->items, secrets->n, sizeof(struct sw_fleet_secret *), by_age);
}

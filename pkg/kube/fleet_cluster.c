#include "kube/fleet_cluster.h"

#include "kube/config.h"

#include <stdlib.h>

#include "base/banned.h"

/* A kubeconfig as it is read, a few times its text. */
#define CONFIG_CHUNK_BYTES ((size_t)16 << 10)
#define CONFIG_MAX_BYTES   ((size_t)32 << 20)

static void free_text(struct sw_str text)
{
    free((char *)(uintptr_t)text.data);
}

static int copy(struct sw_str text, struct sw_str *ret)
{
    char *data = sw_str_dup(text);

    if (!data)
        return SW_ENOMEM;
    free_text(*ret);
    *ret = (struct sw_str){data, text.len};
    return 0;
}

int sw_fleet_cluster_new(struct sw_str name, struct sw_fleet_cluster **ret)
{
    struct sw_fleet_cluster *cluster = calloc(1, sizeof(*cluster));

    if (!cluster || copy(name, &cluster->name) < 0) {
        sw_fleet_cluster_free(cluster);
        return SW_ENOMEM;
    }
    *ret = cluster;
    return 0;
}

void sw_fleet_cluster_free(struct sw_fleet_cluster *cluster)
{
    if (!cluster)
        return;
    free_text(cluster->name);
    free_text(cluster->secret);
    sw_buf_wipe(&cluster->good);
    sw_buf_wipe(&cluster->bad);
    free(cluster);
}

/* In one piece, so that nothing of it stays behind where a buffer has grown out of. */
static int copy_secretly(struct sw_str text, struct sw_buf *ret)
{
    struct sw_buf fresh;

    sw_buf_init(&fresh, SW_FLEET_SECRETS_MAX_BYTES);
    sw_buf_reserve(&fresh, text.len + 1);
    sw_buf_append_str(&fresh, text);
    if (sw_buf_status(&fresh, NULL) < 0)
        return SW_ENOMEM;
    sw_buf_wipe(ret);
    *ret = fresh;
    return 0;
}

/* Whether the text can be used; if not, *ret_why says why not. Fails with SW_ENOMEM. */
static int check(struct sw_str text, bool *ret, struct sw_err *ret_why)
{
    const struct sw_kube_config_reading how = {.trust = SW_KUBE_INLINE_ONLY, .folder = ""};
    struct sw_kube_config config;
    struct sw_arena arena;
    int r;

    sw_arena_init(&arena, CONFIG_CHUNK_BYTES, CONFIG_MAX_BYTES);
    r = sw_kube_config_read(text, &how, &arena, &config, ret_why);
    if (r == SW_ENOMEM && arena.held_bytes >= CONFIG_MAX_BYTES / 2)
        r = sw_err_set(ret_why, SW_ELIMIT, "takes too much memory to read"); /* its own fault */
    sw_arena_wipe(&arena);
    *ret = r == 0;
    return r == SW_ENOMEM ? r : 0;
}

/* The newest is the one that is in use. */
static void be_well(struct sw_fleet_cluster *cluster)
{
    static const struct sw_err none = {0};

    cluster->changed = cluster->changed || cluster->error.code;
    cluster->error = none;
    sw_buf_wipe(&cluster->bad);
}

static int take_new(struct sw_fleet_cluster *cluster, struct sw_str text, struct sw_err *ret_why)
{
    bool usable;
    int r = check(text, &usable, ret_why);

    if (r == 0)
        r = copy_secretly(text, usable ? &cluster->good : &cluster->bad);
    if (r < 0)
        return r;
    cluster->kubeconfig = sw_buf_str(&cluster->good);
    cluster->changed = true;
    if (usable)
        be_well(cluster);
    return usable;
}

int sw_fleet_cluster_take(struct sw_fleet_cluster *cluster, struct sw_str namespace_,
                          struct sw_str secret, const struct sw_fleet_item *item)
{
    bool same_secret = sw_str_eq(cluster->secret, secret);
    struct sw_err why = {0};
    int r;

    if (cluster->good.data && sw_str_eq(item->value, cluster->kubeconfig)) {
        be_well(cluster);
        return same_secret ? 0 : copy(secret, &cluster->secret);
    }
    if (cluster->bad.data && same_secret && sw_str_eq(item->value, sw_buf_str(&cluster->bad)))
        return 0;
    r = take_new(cluster, item->value, &why);
    if (r == 0) {
        cluster->error = why;
        sw_err_wrap(&cluster->error, "Secret %.*s/%.*s, key %.*s", SW_STR_ARG(namespace_),
                    SW_STR_ARG(secret), SW_STR_ARG(item->key));
    }
    if (r >= 0 && !same_secret)
        r = copy(secret, &cluster->secret);
    return r < 0 ? r : 0;
}

#include "webhook/kube_link.h"

#include <stdint.h>

#include "base/cleanup.h"
#include "io/clock.h"

#include "base/banned.h"

static const struct sw_err no_error = {0};

static bool is_synced(const struct sw_kube_client *client, int64_t now_ms)
{
    struct sw_kube_health health = {0};

    if (client)
        sw_kube_client_health(client, now_ms, &health);
    return health.synced;
}

uint64_t sw_kube_link_version(const struct sw_kube_link *link)
{
    return link->version + (link->client ? sw_kube_client_changes(link->client) : 0);
}

/* Puts `next` in the place of the client that was. */
static void promote(struct sw_kube_link *link)
{
    const struct sw_kube_link_options *options = &link->options;
    struct sw_kube_client *old = link->client;

    pthread_mutex_lock(options->lock);
    link->version = sw_kube_link_version(link) + 1;
    link->client = SW_TAKE(link->next);
    link->version -= sw_kube_client_changes(link->client);
    pthread_mutex_unlock(options->lock);
    if (options->on_move)
        options->on_move(options->move_context, sw_kube_client_target(link->client));
    sw_kube_client_free(old);
}

/* Makes a client of the kubeconfig as it is now; one that is synced goes on meanwhile. */
static void take_up(struct sw_kube_link *link, int64_t now_ms)
{
    struct sw_kube_client_options options = {
        .http = link->options.http,
        .lock = link->options.lock,
        .kubeconfig = sw_buf_str(&link->file.text),
        .context = link->options.context,
        .trust = link->options.given ? SW_KUBE_INLINE_ONLY : SW_KUBE_FILES_TOO,
        .folder = link->file.folder,
        .has_workspaces = link->options.has_workspaces,
        .seed = (uint64_t)now_ms ^ (uint64_t)(uintptr_t)link,
    };
    struct sw_kube_client *client;
    struct sw_err err = no_error;

    if (sw_kube_client_new(&options, &client, &err) < 0) {
        if (link->file.path)
            sw_err_wrap(&err, "%s", link->file.path);
        link->config_error = err;
        return;
    }
    link->config_error = no_error;
    sw_kube_client_free(link->next);
    link->next = client;
    link->next_ms = now_ms;
    if (!is_synced(link->client, now_ms))
        promote(link);
}

int sw_kube_link_init(struct sw_kube_link *link, const struct sw_kube_link_options *options,
                      struct sw_err *reterr)
{
    *link = (struct sw_kube_link){.options = *options};
    sw_buf_init(&link->file.text, SW_KUBE_CONFIG_MAX_BYTES);
    if (options->given)
        return 0;
    if (options->kubeconfig.data)
        return sw_kubeconfig_file_init(&link->file, options->kubeconfig, reterr);
    take_up(link, (int64_t)sw_clock_mono_ms());
    return link->config_error.code
               ? sw_err_set(reterr, link->config_error.code, "%s", link->config_error.message)
               : 0;
}

void sw_kube_link_release(struct sw_kube_link *link)
{
    sw_kube_client_free(link->client);
    sw_kube_client_free(link->next);
    sw_kubeconfig_file_release(&link->file);
    *link = (struct sw_kube_link){0};
}

int sw_kube_link_give(struct sw_kube_link *link, struct sw_str text, const struct sw_err *error,
                      struct sw_err *reterr)
{
    struct sw_buf fresh;

    if (text.len && !sw_str_eq(text, sw_buf_str(&link->file.text))) {
        sw_buf_init(&fresh, SW_KUBE_CONFIG_MAX_BYTES);
        sw_buf_reserve(&fresh, text.len);
        sw_buf_append_str(&fresh, text);
        if (sw_buf_status(&fresh, reterr) < 0)
            return fresh.failure;
        sw_buf_wipe(&link->file.text);
        link->file.text = fresh;
        take_up(link, (int64_t)sw_clock_mono_ms());
    }
    link->file_error = error ? *error : no_error;
    return 0;
}

/* Looks at the file where that is due. */
static void relook(struct sw_kube_link *link, int64_t now_ms)
{
    struct sw_err err = no_error;

    if (!link->file.path || now_ms < link->relook_ms)
        return;
    link->relook_ms = now_ms + SW_KUBE_LINK_RELOOK_MS;
    if (sw_kubeconfig_file_read(&link->file, &err) == 1)
        take_up(link, now_ms);
    link->file_error = err;
}

static int64_t step_client(struct sw_kube_client *client, int64_t now_ms, int64_t wake_ms)
{
    int64_t own_ms = client ? sw_kube_client_step(client, now_ms) : INT64_MAX;

    return own_ms < wake_ms ? own_ms : wake_ms;
}

int64_t sw_kube_link_step(struct sw_kube_link *link, int64_t now_ms)
{
    int64_t wake_ms = now_ms + SW_KUBE_LINK_RELOOK_MS;

    relook(link, now_ms);
    if (link->next && is_synced(link->next, now_ms))
        promote(link);
    wake_ms = step_client(link->client, now_ms, wake_ms);
    return step_client(link->next, now_ms, wake_ms);
}

/* Why what the kubeconfig names now does not take the place of what it named; code 0 while it may
 * well be about to. */
static struct sw_err why_not_next(const struct sw_kube_link *link, int64_t now_ms)
{
    struct sw_kube_health health = {0};

    if (!link->next || now_ms - link->next_ms < SW_KUBE_CLIENT_PATIENCE_MS)
        return no_error;
    sw_kube_client_health(link->next, now_ms, &health);
    if (health.error.code)
        sw_err_wrap(&health.error, "the kubeconfig has changed, and that of before stays in use");
    return health.error;
}

struct sw_kube_health sw_kube_link_health(const struct sw_kube_link *link, int64_t now_ms)
{
    struct sw_kube_health health = {.heard_ms = -1};
    struct sw_err next = why_not_next(link, now_ms);

    if (link->client)
        sw_kube_client_health(link->client, now_ms, &health);
    if (link->file_error.code)
        health.error = link->file_error;
    else if (link->config_error.code)
        health.error = link->config_error;
    else if (next.code)
        health.error = next;
    return health;
}

#include "webhook/kube_source.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "webhook/kube_client.h"
#include "webhook/kubeconfig_file.h"

#include "base/banned.h"

struct kube_source {
    struct sw_kube_source_options options;
    int wakeup_fd;
    struct sw_http *http;
    pthread_t thread;
    bool started;    /* of who asks, as is the next */
    uint64_t filled; /* the version that a view was last made of */

    struct sw_kubeconfig_file file; /* of the thread, as is all up to the lock; unset: in-cluster */
    int64_t relook_ms;
    struct sw_kube_client *next; /* takes the place of `client` once it is synced; NULL for none */
    struct sw_err file_error;    /* why the kubeconfig cannot be read; code 0 when it was */
    struct sw_err config_error;  /* why it cannot be taken up; code 0 when it was */
    uint64_t told;               /* the version that was told of last */

    pthread_mutex_t lock; /* for all that follows, and all that the clients hold */
    bool ends;
    struct sw_kube_client *client; /* changed by the thread alone; NULL before there is one */
    uint64_t version;              /* of all changes by clients that are gone */
    struct sw_kube_health health;  /* of `client`, with the errors above in the place of its own */
};

/* What a view holds. */
struct hold {
    struct kube_source *source; /* borrowed */
    struct sw_kube_lease lease;
};

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

static uint64_t current_version(const struct kube_source *source)
{
    return source->version + (source->client ? sw_kube_client_changes(source->client) : 0);
}

static bool is_synced(const struct sw_kube_client *client)
{
    struct sw_kube_health health = {0};

    if (client)
        sw_kube_client_health(client, now(), &health);
    return health.synced;
}

/* Puts `next` in the place of the client that was. A version is never given twice. */
static void promote(struct kube_source *source)
{
    struct sw_kube_client *old = source->client;

    pthread_mutex_lock(&source->lock);
    source->version = current_version(source) + 1;
    source->client = SW_TAKE(source->next);
    source->version -= sw_kube_client_changes(source->client);
    pthread_mutex_unlock(&source->lock);
    sw_kube_client_free(old);
}

/* Makes a client of the kubeconfig as it is now; one that is synced goes on meanwhile. */
static void take_up(struct kube_source *source)
{
    static const struct sw_err none = {0};
    struct sw_kube_client_options options = {
        .http = source->http,
        .lock = &source->lock,
        .kubeconfig = sw_buf_str(&source->file.text),
        .context = source->options.context,
        .folder = source->file.folder,
        .has_workspaces = source->options.has_workspaces,
        .seed = (uint64_t)now() ^ (uint64_t)(uintptr_t)source,
    };
    struct sw_kube_client *client;
    struct sw_err err = none;

    if (sw_kube_client_new(&options, &client, &err) < 0) {
        if (source->file.path)
            sw_err_wrap(&err, "%s", source->file.path);
        source->config_error = err;
        return;
    }
    source->config_error = none;
    sw_kube_client_free(source->next);
    source->next = client;
    if (!is_synced(source->client))
        promote(source);
}

/* Looks at the kubeconfig where that is due. */
static void relook(struct kube_source *source)
{
    struct sw_err err = {0};

    if (!source->file.path || now() < source->relook_ms)
        return;
    source->relook_ms = now() + SW_KUBE_SOURCE_RELOOK_MS;
    if (sw_kubeconfig_file_read(&source->file, &err) == 1)
        take_up(source);
    source->file_error = err;
}

static struct sw_kube_health look(const struct kube_source *source)
{
    struct sw_kube_health health = {.heard_ms = -1};

    if (source->client)
        sw_kube_client_health(source->client, now(), &health);
    if (source->file_error.code)
        health.error = source->file_error;
    else if (source->config_error.code)
        health.error = source->config_error;
    return health;
}

/* Writes down for the feed how it is, and wakes it when there is something new to read. */
static void tell(struct kube_source *source)
{
    struct sw_kube_health health = look(source);
    uint64_t version;
    bool first;

    pthread_mutex_lock(&source->lock);
    version = current_version(source);
    first = health.synced && !source->health.synced;
    source->health = health;
    pthread_mutex_unlock(&source->lock);
    if (!health.synced || (version == source->told && !first))
        return;
    source->told = version;
    eventfd_write(source->wakeup_fd, 1);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* One round; returns when the next is due. */
static int64_t go_round(struct kube_source *source)
{
    int64_t wake_ms;

    relook(source);
    sw_http_run(source->http);
    if (source->next && is_synced(source->next))
        promote(source);
    wake_ms = now() + SW_KUBE_SOURCE_RELOOK_MS;
    if (source->client)
        wake_ms = earlier(wake_ms, sw_kube_client_step(source->client, now()));
    if (source->next)
        wake_ms = earlier(wake_ms, sw_kube_client_step(source->next, now()));
    tell(source);
    return wake_ms;
}

static bool is_ended(struct kube_source *source)
{
    bool ends;

    pthread_mutex_lock(&source->lock);
    ends = source->ends;
    pthread_mutex_unlock(&source->lock);
    return ends;
}

static void *run(void *argument)
{
    struct kube_source *source = argument;

    while (!is_ended(source)) {
        int64_t wake_ms = go_round(source);

        sw_http_wait(source->http, wake_ms - now());
    }
    return NULL;
}

static int start(struct kube_source *source, struct sw_err *reterr)
{
    char name[16]; /* all that the kernel keeps of one */
    int failure = pthread_create(&source->thread, NULL, run, source);

    if (failure)
        return sw_err_set(reterr, SW_EIO, "starting a thread: %s", strerror(failure));
    source->started = true;
    snprintf(name, sizeof(name), "watch-%.*s", SW_STR_ARG(source->options.cluster));
    pthread_setname_np(source->thread, name);
    return 0;
}

static int wakeup_fd(const void *self)
{
    return ((const struct kube_source *)self)->wakeup_fd;
}

/* What has changed is told even where something is wrong besides: it is what there is. */
static int version(void *self, uint64_t *ret, struct sw_err *reterr)
{
    struct kube_source *source = self;
    int r = source->started ? 0 : start(source, reterr);
    struct sw_kube_health health;
    uint64_t current;
    eventfd_t ignored;

    if (r < 0)
        return r;
    eventfd_read(source->wakeup_fd, &ignored);
    pthread_mutex_lock(&source->lock);
    current = current_version(source);
    health = source->health;
    pthread_mutex_unlock(&source->lock);
    if (health.error.code && (!health.synced || source->filled == current))
        return sw_err_set(reterr, health.error.code, "%s", health.error.message);
    if (!health.synced)
        return sw_err_set(reterr, SW_EIO, "nothing was listed yet");
    *ret = current;
    return 0;
}

static void let_go(void *held)
{
    struct hold *hold = held;

    pthread_mutex_lock(&hold->source->lock);
    sw_kube_lease_release(&hold->lease);
    pthread_mutex_unlock(&hold->source->lock);
    free(hold);
}

static int fill(void *self, struct sw_view_builder *builder, uint64_t *ret_version,
                struct sw_source_hold *ret_hold, struct sw_err *reterr)
{
    struct kube_source *source = self;
    struct hold *hold = calloc(1, sizeof(*hold));
    int r;

    if (!hold)
        return sw_err_nomem(reterr);
    hold->source = source;
    pthread_mutex_lock(&source->lock);
    r = sw_kube_client_lease(source->client, builder, &hold->lease, reterr);
    if (r == 0)
        *ret_version = source->filled = current_version(source);
    pthread_mutex_unlock(&source->lock);
    if (r < 0) {
        free(hold);
        return r;
    }
    *ret_hold = (struct sw_source_hold){let_go, hold};
    return 0;
}

static bool heard(void *self, uint64_t *ret_ms)
{
    struct kube_source *source = self;
    int64_t heard_ms, now_ms = now();

    pthread_mutex_lock(&source->lock);
    heard_ms = source->health.heard_ms;
    pthread_mutex_unlock(&source->lock);
    if (heard_ms < 0)
        return false;
    *ret_ms = heard_ms < now_ms ? (uint64_t)(now_ms - heard_ms) : 0;
    return true;
}

static void free_source(void *self)
{
    struct kube_source *source = self;

    if (!source)
        return;
    if (source->started) {
        pthread_mutex_lock(&source->lock);
        source->ends = true;
        pthread_mutex_unlock(&source->lock);
        sw_http_wakeup(source->http);
        pthread_join(source->thread, NULL);
    }
    sw_kube_client_free(source->client);
    sw_kube_client_free(source->next);
    sw_http_free(source->http);
    if (source->wakeup_fd >= 0)
        close(source->wakeup_fd);
    sw_kubeconfig_file_release(&source->file);
    pthread_mutex_destroy(&source->lock);
    free(source);
}

static const struct sw_source_ops ops = {
    .live = true,
    .wakeup_fd = wakeup_fd,
    .version = version,
    .fill = fill,
    .heard = heard,
    .free = free_source,
};

static int open_source(struct kube_source *source, struct sw_err *reterr)
{
    int r = sw_http_new(&source->http, reterr);

    if (r == 0 && source->options.kubeconfig.data)
        r = sw_kubeconfig_file_init(&source->file, source->options.kubeconfig, reterr);
    if (r < 0)
        return r;
    source->wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (source->wakeup_fd < 0)
        return sw_err_set(reterr, SW_EIO, "eventfd: %s", strerror(errno));
    if (source->file.path)
        return 0;
    take_up(source);
    return source->config_error.code
               ? sw_err_set(reterr, source->config_error.code, "%s", source->config_error.message)
               : 0;
}

int sw_kube_source_open(const struct sw_kube_source_options *options, struct sw_source *ret,
                        struct sw_err *reterr)
{
    struct kube_source *source = calloc(1, sizeof(*source));
    int r;

    if (!source)
        return sw_err_nomem(reterr);
    source->options = *options;
    source->wakeup_fd = -1;
    source->health.heard_ms = -1;
    pthread_mutex_init(&source->lock, NULL);
    r = open_source(source, reterr);
    if (r < 0) {
        free_source(source);
        return r;
    }
    *ret = (struct sw_source){&ops, source};
    return 0;
}

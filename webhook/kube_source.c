#include "webhook/kube_source.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "webhook/kube_link.h"

#include "base/banned.h"

/* After something that there was no memory for. */
#define AGAIN_MS 1000

struct kube_source {
    struct sw_kube_source_options options;
    char thread_name[16]; /* all that the kernel keeps of one */
    int wakeup_fd;
    struct sw_http *http;
    pthread_t thread;
    bool started;    /* of who asks, as is all up to the next */
    bool closed;     /* what is held is all that is left */
    uint64_t filled; /* the version that a view was last made of */
    size_t n_holds;

    struct sw_kube_link link; /* of the thread, as is all up to the lock */
    struct sw_fleet *fleet;   /* NULL: none */
    bool unwatched;           /* the fleet could not be moved */
    uint64_t told;            /* the version that was told of last */

    pthread_mutex_t lock; /* for all that follows, and all that the clients hold */
    bool ends;
    bool has_given;      /* there is a text, or an error, that the link was not given yet */
    struct sw_buf given; /* overwritten when freed; empty: the text before stays */
    struct sw_err given_error;
    struct sw_kube_health health; /* of the link */
};

/* What a view holds. */
struct hold {
    struct kube_source *source; /* lives as long as its last hold */
    struct sw_kube_lease lease;
};

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

/* The Secrets are where the objects are. */
static void move_fleet(void *context, struct sw_http_target *target)
{
    struct kube_source *source = context;

    source->unwatched = sw_fleet_watch(source->fleet, source->http, target, NULL) < 0;
}

/* Hands over what was given meanwhile. Without memory for that it waits here. */
static void take_given(struct kube_source *source)
{
    struct sw_err error;
    struct sw_buf text;
    bool any;
    int r;

    pthread_mutex_lock(&source->lock);
    any = source->has_given;
    text = source->given;
    error = source->given_error;
    source->has_given = false;
    sw_buf_init(&source->given, SW_KUBE_CONFIG_MAX_BYTES);
    pthread_mutex_unlock(&source->lock);
    if (!any)
        return;
    r = sw_kube_link_give(&source->link, sw_buf_str(&text), error.code ? &error : NULL, NULL);
    pthread_mutex_lock(&source->lock);
    if (r < 0 && !source->has_given) {
        source->given = text;
        source->has_given = true;
        sw_buf_init(&text, 0);
    }
    pthread_mutex_unlock(&source->lock);
    sw_buf_wipe(&text);
}

/* Writes down for the feed how it is, and wakes it when there is something new to read. */
static void tell(struct kube_source *source)
{
    struct sw_kube_health health = sw_kube_link_health(&source->link, now());
    uint64_t version;
    bool first;

    pthread_mutex_lock(&source->lock);
    version = sw_kube_link_version(&source->link);
    first = health.synced && !source->health.synced;
    source->health = health;
    pthread_mutex_unlock(&source->lock);
    if (!health.synced || (version == source->told && !first))
        return;
    source->told = version;
    eventfd_write(source->wakeup_fd, 1);
}

static int64_t step_fleet(struct kube_source *source)
{
    struct sw_fleet_status status;
    int64_t wake_ms;

    if (source->unwatched && source->link.client)
        move_fleet(source, sw_kube_client_target(source->link.client));
    wake_ms = sw_fleet_step(source->fleet, now());
    sw_fleet_status(source->fleet, now(), &status);
    if (!source->link.client)
        status.error = sw_kube_link_health(&source->link, now()).error;
    sw_fleet_mail_tell(source->options.mail, &status);
    return source->unwatched ? sw_clock_earlier(wake_ms, now() + AGAIN_MS) : wake_ms;
}

/* One round; returns when the next is due. */
static int64_t go_round(struct kube_source *source)
{
    int64_t wake_ms;

    take_given(source);
    sw_http_run(source->http);
    wake_ms = sw_kube_link_step(&source->link, now());
    if (source->fleet)
        wake_ms = sw_clock_earlier(wake_ms, step_fleet(source));
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
    int failure = pthread_create(&source->thread, NULL, run, source);

    if (failure)
        return sw_err_set(reterr, SW_EIO, "starting a thread: %s", strerror(failure));
    source->started = true;
    pthread_setname_np(source->thread, source->thread_name);
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
    current = sw_kube_link_version(&source->link);
    health = source->health;
    pthread_mutex_unlock(&source->lock);
    if (health.error.code && (!health.synced || source->filled == current))
        return sw_err_set(reterr, health.error.code, "%s", health.error.message);
    if (!health.synced)
        return sw_err_set(reterr, SW_EIO, "nothing was listed yet");
    *ret = current;
    return 0;
}

/* What is left once source and holds are gone. */
static void free_if_unused(struct kube_source *source)
{
    if (!source->closed || source->n_holds)
        return;
    pthread_mutex_destroy(&source->lock);
    free(source);
}

static void let_go(void *held)
{
    struct hold *hold = held;
    struct kube_source *source = hold->source;

    pthread_mutex_lock(&source->lock);
    sw_kube_lease_release(&hold->lease);
    pthread_mutex_unlock(&source->lock);
    free(hold);
    source->n_holds--;
    free_if_unused(source);
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
    r = sw_kube_client_lease(source->link.client, builder, &hold->lease, reterr);
    if (r == 0)
        *ret_version = source->filled = sw_kube_link_version(&source->link);
    pthread_mutex_unlock(&source->lock);
    if (r < 0) {
        free(hold);
        return r;
    }
    source->n_holds++;
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

static void unreadable(void *self, struct sw_source_unreadable *ret)
{
    struct kube_source *source = self;

    pthread_mutex_lock(&source->lock);
    if (source->link.client)
        sw_kube_client_unreadable(source->link.client, ret);
    pthread_mutex_unlock(&source->lock);
}

static void free_source(void *self)
{
    struct kube_source *source = self;

    if (source->started) {
        pthread_mutex_lock(&source->lock);
        source->ends = true;
        pthread_mutex_unlock(&source->lock);
        sw_http_wakeup(source->http);
        pthread_join(source->thread, NULL);
    }
    sw_fleet_free(source->fleet);
    sw_kube_link_release(&source->link);
    sw_http_free(source->http);
    if (source->wakeup_fd >= 0)
        close(source->wakeup_fd);
    sw_buf_wipe(&source->given);
    source->closed = true;
    free_if_unused(source);
}

static const struct sw_source_ops ops = {
    .live = true,
    .wakeup_fd = wakeup_fd,
    .version = version,
    .fill = fill,
    .heard = heard,
    .unreadable = unreadable,
    .free = free_source,
};

static int open_source(struct kube_source *source, struct sw_err *reterr)
{
    const struct sw_kube_source_options *options = &source->options;
    struct sw_kube_link_options link = {
        .lock = &source->lock,
        .kubeconfig = options->kubeconfig,
        .context = options->context,
        .given = options->given,
        .has_workspaces = options->has_workspaces,
        .on_move = options->fleet ? move_fleet : NULL,
        .move_context = source,
    };
    int r = sw_http_new(&source->http, reterr);

    if (r == 0 && options->fleet)
        r = sw_fleet_new(options->fleet, &source->fleet, reterr);
    if (r < 0)
        return r;
    source->wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (source->wakeup_fd < 0)
        return sw_err_set(reterr, SW_EIO, "eventfd: %s", strerror(errno));
    link.http = source->http;
    return sw_kube_link_init(&source->link, &link, reterr);
}

int sw_kube_source_open(const struct sw_kube_source_options *options, struct sw_source *ret,
                        struct sw_err *reterr)
{
    struct kube_source *source = calloc(1, sizeof(*source));
    int r;

    if (!source)
        return sw_err_nomem(reterr);
    source->options = *options;
    snprintf(source->thread_name, sizeof(source->thread_name), "watch-%.*s",
             SW_STR_ARG(options->cluster));
    source->wakeup_fd = -1;
    source->health.heard_ms = -1;
    sw_buf_init(&source->given, SW_KUBE_CONFIG_MAX_BYTES);
    pthread_mutex_init(&source->lock, NULL);
    r = open_source(source, reterr);
    if (r < 0) {
        free_source(source);
        return r;
    }
    *ret = (struct sw_source){&ops, source};
    return 0;
}

int sw_kube_source_give(const struct sw_source *source, struct sw_str kubeconfig,
                        const struct sw_err *error, struct sw_err *reterr)
{
    static const struct sw_err none = {0};
    struct kube_source *to = source->self;
    struct sw_buf text, before;

    sw_buf_init(&text, SW_KUBE_CONFIG_MAX_BYTES);
    sw_buf_reserve(&text, kubeconfig.len);
    sw_buf_append_str(&text, kubeconfig);
    if (sw_buf_status(&text, reterr) < 0)
        return text.failure;
    pthread_mutex_lock(&to->lock);
    before = to->given;
    to->given = text;
    to->given_error = error ? *error : none;
    to->has_given = true;
    pthread_mutex_unlock(&to->lock);
    sw_buf_wipe(&before);
    sw_http_wakeup(to->http);
    return 0;
}

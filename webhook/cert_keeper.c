#include "webhook/cert_keeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "webhook/cert_round.h"
#include "webhook/kubeconfig_file.h"
#include "json/read.h"
#include "kube/pod.h"

#include "base/banned.h"

/* A kubeconfig as it is read, a few times its text. */
#define CONFIG_CHUNK_BYTES ((size_t)16 << 10)
#define CONFIG_MAX_BYTES   ((size_t)32 << 20)

/* How long a try to reach an API server at all is apart from the next. */
#define RETRY_MS 5000

/* One way to the API server; replaced when the kubeconfig changes. */
struct link {
    struct sw_arena arena; /* of the config and the namespace */
    struct sw_kube_config config;
    struct sw_waiter waiter;
    struct sw_elector *elector; /* NULL while there is no link */
    struct sw_cert_round round;
};

struct sw_cert_keeper {
    struct sw_cert_keeper_options options;
    struct sw_tls_watch tls;
    struct sw_cert_stats stats;
    struct sw_kubeconfig_file file; /* unset: in-cluster */
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; /* for what follows, and for the life of the link's waiter */
    pthread_cond_t wakeup;
    bool ends;
    bool ready;
    struct link *link;   /* made and freed by the thread alone; NULL for none */
    struct sw_err error; /* of the last round, or why there is no link */
};

/* --- the link -------------------------------------------------------------------------------- */

/* Interrupts are of no use to it any more, and it is nobody else's: without the lock. */
static void link_free(struct link *link)
{
    if (!link)
        return;
    sw_elector_free(link->elector);
    sw_waiter_release(&link->waiter);
    sw_cert_round_release(&link->round);
    sw_arena_wipe(&link->arena);
    free(link);
}

SW_DEFINE_CLEANUP(cleanup_link, struct link, link_free);

static int find_namespace(const struct sw_cert_keeper *keeper, struct link *link,
                          struct sw_str *ret, struct sw_err *reterr)
{
    if (keeper->options.keeping->namespace_.len)
        *ret = keeper->options.keeping->namespace_;
    else if (!keeper->file.path)
        return sw_kube_pod_namespace(SW_KUBE_ACCOUNT_FOLDER, &link->arena, ret, reterr);
    else if (link->config.namespace_.len)
        *ret = link->config.namespace_;
    else
        *ret = SW_STR(SW_CERT_KEEPER_NAMESPACE);
    return 0;
}

static int read_config(const struct sw_cert_keeper *keeper, struct link *link,
                       struct sw_err *reterr)
{
    SW_JSON_SCOPE(&link->arena);
    const struct sw_kube_config_reading how = {
        .trust = SW_KUBE_FILES_TOO,
        .context = keeper->options.cluster->context,
        .folder = keeper->file.folder,
    };
    struct sw_err err = {0};
    int r;

    if (!keeper->file.path)
        return sw_kube_config_in_cluster(SW_KUBE_ACCOUNT_FOLDER, &link->arena, &link->config,
                                         reterr);
    r = sw_kube_config_read(sw_buf_str(&keeper->file.text), &how, &link->arena, &link->config,
                            &err);
    return r < 0 ? sw_err_set(reterr, r, "%s: %s", keeper->file.path, err.message) : 0;
}

static int link_new(struct sw_cert_keeper *keeper, struct link **ret, struct sw_err *reterr)
{
    const struct sw_cert_keeping *keeping = keeper->options.keeping;
    SW_CLEANUP(cleanup_link) struct link *link = calloc(1, sizeof(*link));
    struct sw_cert_round_options round = {
        .secret = keeping->secret,
        .service = sw_str_from(keeping->service),
        .configuration = sw_str_from(keeping->configuration),
        .cert_lifetime_s = keeping->cert_lifetime_s,
        .ca_lifetime_s = keeping->ca_lifetime_s,
        .tls = &keeper->tls,
        .stats = &keeper->stats,
        .log = keeper->options.log,
    };
    struct sw_elector_options elector = {.name = SW_STR(SW_CERT_KEEPER_LEASE)};
    int r;

    if (!link)
        return sw_err_nomem(reterr);
    sw_arena_init(&link->arena, CONFIG_CHUNK_BYTES, CONFIG_MAX_BYTES);
    r = read_config(keeper, link, reterr);
    if (r == 0)
        r = find_namespace(keeper, link, &round.namespace_, reterr);
    if (r == 0)
        r = sw_cert_round_init(&link->round, &round, reterr);
    if (r == 0)
        r = sw_waiter_init(&link->waiter, &link->config, reterr);
    if (r < 0)
        return r;
    elector.client = link->waiter.client;
    elector.namespace_ = round.namespace_;
    r = sw_elector_new(&elector, &link->elector, reterr);
    if (r < 0)
        return r;
    link->waiter.background = (struct sw_waiter_background){link->elector, sw_elector_step};
    link->round.loaded = keeper->ready; /* a certificate outlives the way it came */
    *ret = SW_TAKE(link);
    return 0;
}

/* Another link, or none, in the place of the one that was. */
static void exchange(struct sw_cert_keeper *keeper, struct link *next)
{
    struct link *before = keeper->link;

    pthread_mutex_lock(&keeper->lock);
    keeper->link = next;
    if (next && keeper->ends)
        sw_waiter_interrupt(&next->waiter);
    pthread_mutex_unlock(&keeper->lock);
    link_free(before);
}

/* Makes a link where there is none, and another one where the kubeconfig has changed. A kubeconfig
 * that cannot be read, or not be used, leaves the link that there is. */
static int relink(struct sw_cert_keeper *keeper, struct sw_err *reterr)
{
    struct link *next = NULL;
    int r = keeper->file.path ? sw_kubeconfig_file_read(&keeper->file, reterr) : 0;

    if (r < 0 || (r == 0 && keeper->link))
        return r;
    r = link_new(keeper, &next, reterr);
    if (r == 0)
        exchange(keeper, next);
    return r;
}

/* --- the thread ------------------------------------------------------------------------------ */

static bool is_ended(struct sw_cert_keeper *keeper)
{
    bool ends;

    pthread_mutex_lock(&keeper->lock);
    ends = keeper->ends;
    pthread_mutex_unlock(&keeper->lock);
    return ends;
}

static void tell(struct sw_cert_keeper *keeper, const struct sw_err *err)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->error = *err;
    if (keeper->link)
        keeper->ready = keeper->ready || keeper->link->round.loaded;
    pthread_mutex_unlock(&keeper->lock);
}

/* Waits where there is no link to wait with. */
static void pause_without_link(struct sw_cert_keeper *keeper)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += RETRY_MS / 1000;
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->ends && pthread_cond_timedwait(&keeper->wakeup, &keeper->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&keeper->lock);
}

static void *run(void *argument)
{
    struct sw_cert_keeper *keeper = argument;

    while (!is_ended(keeper)) {
        struct sw_err err = {0};
        bool linked = relink(keeper, &err) >= 0;
        struct link *link = keeper->link;
        int64_t wait_ms = RETRY_MS;

        if (!linked && strcmp(err.message, keeper->error.message) != 0)
            sw_log(keeper->options.log, SW_LOG_WARN, "API server of the certificates: no access",
                   sw_log_err(&err));
        if (link) {
            wait_ms = sw_cert_round_run(&link->round,
                                        (struct sw_cert_round_link){&link->waiter, link->elector});
            err = linked ? link->round.error : err;
        }
        tell(keeper, &err);
        if (link)
            sw_waiter_pause(&link->waiter, wait_ms);
        else
            pause_without_link(keeper);
    }
    /* The Lease is handed back, so that another replica need not wait for it to run out. */
    if (keeper->link)
        sw_elector_leave(keeper->link->elector);
    exchange(keeper, NULL);
    return NULL;
}

/* --- the keeper ------------------------------------------------------------------------------ */

static int init_wakeup(struct sw_cert_keeper *keeper)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->wakeup, &attributes);
    pthread_condattr_destroy(&attributes);
    return pthread_mutex_init(&keeper->lock, NULL);
}

SW_DEFINE_CLEANUP(cleanup_keeper, struct sw_cert_keeper, sw_cert_keeper_free);

int sw_cert_keeper_new(const struct sw_cert_keeper_options *options, struct sw_cert_keeper **ret,
                       struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_keeper) struct sw_cert_keeper *keeper = calloc(1, sizeof(*keeper));
    int r;

    if (!keeper)
        return sw_err_nomem(reterr);
    init_wakeup(keeper);
    keeper->options = *options;
    sw_err_set(&keeper->error, SW_EIO, "not looked for yet");
    r = sw_tls_watch_init(&keeper->tls, options->tls, options->metrics, options->log, reterr);
    if (r == 0)
        r = sw_cert_stats_init(&keeper->stats, options->metrics, reterr);
    if (r == 0 && options->cluster->kubeconfig.data)
        r = sw_kubeconfig_file_init(&keeper->file, options->cluster->kubeconfig, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(keeper);
    return 0;
}

int sw_cert_keeper_start(struct sw_cert_keeper *keeper, struct sw_err *reterr)
{
    int failure = pthread_create(&keeper->thread, NULL, run, keeper);

    if (failure)
        return sw_err_set(reterr, SW_EIO, "starting a thread: %s", strerror(failure));
    keeper->started = true;
    pthread_setname_np(keeper->thread, "certificates");
    return 0;
}

bool sw_cert_keeper_is_ready(struct sw_cert_keeper *keeper, struct sw_buf *reason)
{
    bool ready;

    pthread_mutex_lock(&keeper->lock);
    ready = keeper->ready;
    if (!ready && keeper->error.code)
        sw_buf_printf(reason, "no certificate yet: %s", keeper->error.message);
    else if (!ready)
        sw_buf_append_text(reason, "no certificate yet: the Secret holds none that can serve");
    pthread_mutex_unlock(&keeper->lock);
    return ready;
}

void sw_cert_keeper_free(struct sw_cert_keeper *keeper)
{
    if (!keeper)
        return;
    if (keeper->started) {
        pthread_mutex_lock(&keeper->lock);
        keeper->ends = true;
        if (keeper->link)
            sw_waiter_interrupt(&keeper->link->waiter);
        pthread_cond_signal(&keeper->wakeup);
        pthread_mutex_unlock(&keeper->lock);
        pthread_join(keeper->thread, NULL);
    }
    sw_kubeconfig_file_release(&keeper->file);
    pthread_cond_destroy(&keeper->wakeup);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

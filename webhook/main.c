/*
 * spillway-webhook: answers the admission reviews of an API server.
 *
 * The main thread wires the parts, and then only waits for a signal and looks at the certificate
 * files; the index has a thread, and each server its own.
 */
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/sig.h"
#include "kube/http.h"
#include "kube/pod.h"
#include "serve/probe.h"
#include "serve/server.h"
#include "serve/stats.h"
#include "webhook/admit_handler.h"
#include "webhook/cert_keeper.h"
#include "webhook/index_feed.h"
#include "webhook/options.h"
#include "webhook/tls_watch.h"
#include "json/read.h"

#include "base/banned.h"

#define EXIT_USAGE 2

/* How often the certificate files are looked at unasked: renewals come hours before the end of the
 * old. */
#define TLS_PERIOD_MS 5000

/* How long whoever writes certificate and key one after the other is left to it. */
#define TLS_SETTLE_MS 50

/* How long what is in flight may take at the end, which is what the server gives a slow client. An
 * API server waits for a webhook no longer than 30 s, and for ours 5. */
#define STOP_GRACE_MS 10000

/* Blocks of this size and more go back to the system when they are freed. It is glibc's default,
 * but said: unsaid it grows with what was freed, and an index that was read anew once is then kept
 * in memory twice for good. */
#define GIVE_BACK_BYTES (128 << 10)

/* The name of a namespace, where that is found out. */
#define OWN_CHUNK_BYTES 256
#define OWN_MAX_BYTES   8192

/* All parts of the process; NULL until made. Owned. */
struct app {
    struct sw_log log;
    int sig_fd;
    struct sw_metrics *metrics;
    struct sw_index_feed *feed;
    struct sw_admit_handler *handler;
    struct sw_tls *tls;
    struct sw_tls_watch tls_watch;      /* of files; unused where there is a keeper */
    struct sw_cert_keeper *cert_keeper; /* NULL: the certificate comes from files */
    struct sw_server_stats stats;
    struct sw_server *server;
    struct sw_probe probe;
    struct sw_server *probe_server;
    size_t probe_slot;     /* of the feed's snapshot */
    struct sw_arena arena; /* for what is found out once, at the start */
    _Atomic bool draining;
};

/* Servers first: until they end, their threads use all the rest; and the probes watch the other. */
static void app_release(struct app *app)
{
    sw_server_free(app->probe_server);
    sw_server_free(app->server);
    sw_cert_keeper_free(app->cert_keeper);
    sw_admit_handler_free(app->handler);
    sw_index_feed_free(app->feed);
    sw_arena_release(&app->arena);
    sw_tls_watch_release(&app->tls_watch);
    sw_tls_free(app->tls);
    sw_metrics_free(app->metrics);
    if (app->sig_fd >= 0)
        close(app->sig_fd);
}

static bool is_ready(void *ctx, struct sw_buf *reason)
{
    struct app *app = ctx;
    struct sw_snapshot *snapshot = sw_index_feed_snapshot(app->feed);
    bool ready;

    if (atomic_load(&app->draining)) {
        sw_buf_append_text(reason, "draining: a signal asked to end");
        return false;
    }
    if (app->cert_keeper && !sw_cert_keeper_is_ready(app->cert_keeper, reason))
        return false;
    ready = sw_publication_is_ready(sw_publication_of(sw_snapshot_enter(snapshot, app->probe_slot)),
                                    reason);
    sw_snapshot_leave(snapshot, app->probe_slot);
    return ready;
}

/* Where the Secrets are that name remote clusters; unset where nobody is to look for them. */
static struct sw_str secrets_namespace(struct app *app, const struct sw_options *options)
{
    const struct sw_cluster *local = &options->clusters.items[options->clusters.local];
    struct sw_str namespace_ = sw_str_from(options->cluster_secrets);
    struct sw_err err = {0};

    if (options->no_cluster_secrets || namespace_.data || local->dir || local->kubeconfig.data)
        return namespace_;
    if (sw_kube_pod_namespace(SW_KUBE_ACCOUNT_FOLDER, &app->arena, &namespace_, &err) < 0)
        sw_log(&app->log, SW_LOG_WARN, "no Secrets of remote clusters are looked for",
               sw_log_err(&err));
    return namespace_;
}

static int make_index(struct app *app, const struct sw_options *options, struct sw_err *err)
{
    struct sw_index_feed_options feed = {
        .clusters = &options->clusters,
        .secrets_namespace = secrets_namespace(app, options),
        .n_readers = options->n_threads + 1,
        .metrics = app->metrics,
        .log = &app->log,
    };

    app->probe_slot = options->n_threads;
    return sw_index_feed_new(&feed, &app->feed, err);
}

/* The certificate: of files, or one that we keep ourselves. */
static int make_tls(struct app *app, const struct sw_options *options, struct sw_err *err)
{
    struct sw_cert_keeper_options keeper = {
        .keeping = &options->certs,
        .cluster = &options->clusters.items[options->clusters.local],
        .metrics = app->metrics,
        .log = &app->log,
    };
    int r = sw_tls_new(&options->tls, &app->tls, err);

    if (r < 0)
        return r;
    keeper.tls = app->tls;
    if (options->tls.late)
        return sw_cert_keeper_new(&keeper, &app->cert_keeper, err);
    r = sw_tls_watch_init(&app->tls_watch, app->tls, app->metrics, &app->log, err);
    return r < 0 ? r : sw_tls_watch_files(&app->tls_watch, &options->tls, err);
}

static int make_server(struct app *app, const struct sw_options *options, struct sw_err *err)
{
    struct sw_admit_handler_options admit = {
        .snapshot = sw_index_feed_snapshot(app->feed),
        .n_threads = options->n_threads,
        .metrics = app->metrics,
        .log = &app->log,
    };
    struct sw_route routes[SW_ADMIT_N_ROUTES];
    struct sw_server_options server = {
        .listen = options->listen,
        .n_threads = options->n_threads,
        .stats = &app->stats,
        .log = &app->log,
        .max_body_bytes = SW_ADMIT_MAX_BODY_BYTES,
    };
    int r = make_tls(app, options, err);

    if (r == 0)
        r = sw_admit_handler_new(&admit, &app->handler, err);
    if (r < 0)
        return r;
    sw_admit_handler_routes(app->handler, routes);
    r = sw_server_stats_init(&app->stats, app->metrics, routes, SW_ADMIT_N_ROUTES, err);
    if (r < 0)
        return r;
    server.tls = app->tls;
    return sw_server_new(&server, routes, SW_ADMIT_N_ROUTES, &app->server, err);
}

static int make_probe_server(struct app *app, const struct sw_options *options, struct sw_err *err)
{
    struct sw_server_options server = {.listen = options->probe_listen, .n_threads = 1};
    struct sw_route routes[SW_PROBE_N_ROUTES];

    app->probe.watched = app->server;
    app->probe.metrics = app->metrics;
    app->probe.ready = (struct sw_probe_check){.fn = is_ready, .ctx = app};
    sw_probe_routes(&app->probe, routes);
    return sw_server_new(&server, routes, SW_PROBE_N_ROUTES, &app->probe_server, err);
}

/* Makes and binds everything; nothing runs yet. */
static int make(struct app *app, const struct sw_options *options, struct sw_err *err)
{
    int r = sw_sig_open(&app->sig_fd, err);

    if (r < 0)
        return r;
    app->metrics = sw_metrics_new();
    if (!app->metrics)
        return sw_err_nomem(err);
    r = make_index(app, options, err);
    if (r == 0)
        r = make_server(app, options, err);
    if (r == 0)
        r = make_probe_server(app, options, err);
    return r;
}

static int start(struct app *app, struct sw_err *err)
{
    int r = sw_index_feed_start(app->feed, err);

    if (r == 0 && app->cert_keeper)
        r = sw_cert_keeper_start(app->cert_keeper, err);
    if (r == 0)
        r = sw_server_start(app->probe_server, err);
    if (r == 0)
        r = sw_server_start(app->server, err);
    return r;
}

/* Returns the number of the signal that came. */
static int wait_for_signal(struct app *app)
{
    struct pollfd fds[] = {{.fd = app->sig_fd, .events = POLLIN}, {.events = POLLIN}};
    int signal_number = 0, n_ready;

    while (!signal_number) {
        fds[1].fd = sw_tls_watch_fd(&app->tls_watch);
        n_ready = poll(fds, 2, TLS_PERIOD_MS);
        if (n_ready > 0 && fds[1].revents)
            poll(fds, 1, TLS_SETTLE_MS);
        if (!app->cert_keeper && (n_ready == 0 || fds[1].revents))
            sw_tls_watch_look(&app->tls_watch);
        signal_number = sw_sig_take(app->sig_fd);
    }
    return signal_number;
}

static void end_at_once(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_FAILURE);
}

/* From now on SIGTERM and SIGINT end the process, whatever it is waiting for. By a handler, because
 * the kernel keeps their default from a process 1, which is what a container's is. */
static void let_signals_end_us(void)
{
    struct sigaction action = {.sa_handler = end_at_once};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* A Pod that ends goes on getting requests until every node has heard of it, and a request that
 * meets a closed port, or a connection that ends under it, is an error for a user. So readiness
 * fails at once, connections end one by one with an answer, and the port closes last. */
static void drain(struct app *app, const struct sw_options *options, int signal_number)
{
    size_t n_cut;

    atomic_store(&app->draining, true);
    sw_log(&app->log, SW_LOG_INFO, "draining", sw_log_text("signal", sigabbrev_np(signal_number)),
           sw_log_uint("seconds", options->drain_s));
    let_signals_end_us();
    sw_server_drain(app->server);
    poll(NULL, 0, (int)options->drain_s * 1000);
    n_cut = sw_server_stop(app->server, STOP_GRACE_MS);
    sw_server_stop(app->probe_server, 0);
    sw_log(&app->log, SW_LOG_INFO, "ended", sw_log_uint("connections_cut", n_cut));
}

static int run(const struct sw_options *options)
{
    SW_CLEANUP(app_release) struct app app = {.sig_fd = -1};
    struct sw_err err = {0};
    int r;

    sw_arena_init(&app.arena, OWN_CHUNK_BYTES, OWN_MAX_BYTES);
    sw_log_init(&app.log, STDERR_FILENO, options->log_level);
    r = sw_http_setup(&err);
    if (r == 0)
        r = make(&app, options, &err);
    if (r == 0)
        r = start(&app, &err);
    if (r < 0) {
        sw_log(&app.log, SW_LOG_ERROR, "cannot start", sw_log_err(&err));
        return EXIT_FAILURE;
    }
    sw_log(&app.log, SW_LOG_INFO, "serving", sw_log_text("version", SW_VERSION),
           sw_log_text("listen", sw_server_address(app.server)),
           sw_log_text("probe_listen", sw_server_address(app.probe_server)),
           sw_log_uint("threads", options->n_threads));
    drain(&app, options, wait_for_signal(&app));
    return EXIT_SUCCESS;
}

/* Processors that this process may use, which in a container may be fewer than there are. */
static size_t count_cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

int main(int argc, char *argv[])
{
    static struct sw_options options; /* tens of KiB: more than a stack frame should be */
    struct sw_err err = {0};

    mallopt(M_MMAP_THRESHOLD, GIVE_BACK_BYTES);
    sw_json_setup();
    if (sw_options_parse(argc, argv, count_cpus(), &options, &err) < 0) {
        fprintf(stderr, "spillway-webhook: %s; see --help\n", err.message);
        return EXIT_USAGE;
    }
    switch (options.action) {
    case SW_OPTIONS_HELP:
        fputs(sw_options_help(), stdout);
        return EXIT_SUCCESS;
    case SW_OPTIONS_VERSION:
        puts("spillway-webhook " SW_VERSION);
        return EXIT_SUCCESS;
    case SW_OPTIONS_RUN:
    default:
        return run(&options);
    }
}

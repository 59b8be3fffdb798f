/*
 * spillway-reconciler: watches the connected clusters, and keeps in the local one what failover
 * needs.
 *
 * The main thread does it all, in sw_engine_run(); probes are answered on a thread of their own.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/sig.h"
#include "kube/pod.h"
#include "kube/resolver.h"
#include "metrics/metrics.h"
#include "reconciler/engine.h"
#include "reconciler/probes.h"
#include "serve/server.h"
#include "json/read.h"

#include "base/banned.h"

#define EXIT_USAGE 2

/* Blocks of this size and more go back to the system when they are freed. It is glibc's default,
 * but said: unsaid it grows with what was freed, and a plan of everything is then kept in memory
 * for good. */
#define GIVE_BACK_BYTES (128 << 10)

/* The name of a namespace, where that is found out. */
#define OWN_CHUNK_BYTES 256
#define OWN_MAX_BYTES   8192

/* All parts of the process; NULL until made. Owned. */
struct app {
    struct sw_log log;
    int sig_fd;
    struct sw_metrics *metrics;
    struct sw_health health;
    struct sw_engine *engine;
    struct sw_probe probe;
    struct sw_server *probe_server;
    struct sw_arena arena; /* for what is found out once, at the start */
};

/* The server first: its thread uses the rest. */
static void app_release(struct app *app)
{
    sw_server_free(app->probe_server);
    sw_engine_free(app->engine);
    sw_health_release(&app->health);
    sw_metrics_free(app->metrics);
    sw_arena_release(&app->arena);
    if (app->sig_fd >= 0)
        close(app->sig_fd);
}

/* Ours; unset where nobody has told, and we are in no Pod. */
static int find_namespace(struct app *app, const struct sw_reconciler_options *options,
                          struct sw_str *ret, struct sw_err *err)
{
    const struct sw_cluster *local = &options->clusters.items[options->clusters.local];

    *ret = options->namespace_;
    if (ret->data || local->kubeconfig.data)
        return 0;
    return sw_kube_pod_namespace(SW_KUBE_ACCOUNT_FOLDER, &app->arena, ret, err);
}

/* As Istio has it: an environment variable of its own. */
static bool are_names_off(void)
{
    const char *said = getenv("ENABLE_DNS_RESOLUTION_AT_EDGE");

    return said && strcmp(said, "false") == 0;
}

static int make_engine(struct app *app, const struct sw_reconciler_options *options,
                       struct sw_err *err)
{
    struct sw_engine_options engine = {
        .options = options,
        .names_off = are_names_off(),
        .sig_fd = app->sig_fd,
        .log = &app->log,
        .metrics = app->metrics,
        .health = &app->health,
    };
    int r = find_namespace(app, options, &engine.namespace_, err);

    if (r < 0)
        return r;
    if (!engine.namespace_.len)
        sw_log(&app->log, SW_LOG_WARN, "no namespace is ours",
               sw_log_text("missing", "no report is kept for `spillway status`, and no Secrets of "
                                      "remote clusters are looked for"),
               sw_log_text("advice", "pass --namespace, as in --namespace=spillway-system"));
    return sw_engine_new(&engine, &app->engine, err);
}

static int make_probe_server(struct app *app, const struct sw_reconciler_options *options,
                             struct sw_err *err)
{
    struct sw_server_options server = {.listen = options->probe_listen, .n_threads = 1};
    struct sw_route routes[SW_PROBE_N_ROUTES];

    sw_probes_routes(&app->probe, app->metrics, &app->health, routes);
    return sw_server_new(&server, routes, SW_PROBE_N_ROUTES, &app->probe_server, err);
}

/* Makes and binds everything; nothing is sent yet. */
static int make(struct app *app, const struct sw_reconciler_options *options, struct sw_err *err)
{
    int r = sw_sig_open(&app->sig_fd, err);

    if (r == 0)
        r = sw_http_setup(err);
    if (r == 0)
        r = sw_resolver_setup(err);
    if (r < 0)
        return r;
    app->metrics = sw_metrics_new();
    if (!app->metrics)
        return sw_err_nomem(err);
    r = make_engine(app, options, err);
    if (r == 0)
        r = make_probe_server(app, options, err);
    return r < 0 ? r : sw_server_start(app->probe_server, err);
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

static int run(const struct sw_reconciler_options *options)
{
    SW_CLEANUP(app_release) struct app app = {.sig_fd = -1};
    struct sw_err err = {0};
    int signal_number;

    sw_arena_init(&app.arena, OWN_CHUNK_BYTES, OWN_MAX_BYTES);
    sw_log_init(&app.log, STDERR_FILENO, options->log_level);
    sw_health_init(&app.health);
    if (make(&app, options, &err) < 0) {
        sw_log(&app.log, SW_LOG_ERROR, "cannot start", sw_log_err(&err));
        return EXIT_FAILURE;
    }
    sw_log(&app.log, SW_LOG_INFO, "started", sw_log_text("version", SW_VERSION),
           sw_log_text("probe_listen", sw_server_address(app.probe_server)),
           sw_log_uint("clusters", options->clusters.n),
           sw_log_bool("leader_elect", options->leader_elect));
    signal_number = sw_engine_run(app.engine);
    sw_log(&app.log, SW_LOG_INFO, "ending", sw_log_text("signal", sigabbrev_np(signal_number)));
    let_signals_end_us();
    sw_engine_finish(app.engine);
    sw_server_stop(app.probe_server, 0);
    sw_log(&app.log, SW_LOG_INFO, "ended");
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    static struct sw_reconciler_options options; /* tens of KiB: more than a frame should be */
    struct sw_err err = {0};

    mallopt(M_MMAP_THRESHOLD, GIVE_BACK_BYTES);
    sw_json_setup();
    if (sw_reconciler_options_parse(argc, argv, &options, &err) < 0) {
        fprintf(stderr, "spillway-reconciler: %s; see --help\n", err.message);
        return EXIT_USAGE;
    }
    switch (options.action) {
    case SW_RECONCILER_HELP:
        fputs(sw_reconciler_options_help(), stdout);
        return EXIT_SUCCESS;
    case SW_RECONCILER_VERSION:
        puts("spillway-reconciler " SW_VERSION);
        return EXIT_SUCCESS;
    case SW_RECONCILER_RUN:
    default:
        return run(&options);
    }
}

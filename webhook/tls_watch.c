#include "webhook/tls_watch.h"

#include "base/banned.h"

static void note(struct sw_tls_watch *watch, const char *message)
{
    struct sw_tls_info info;

    sw_tls_describe(watch->tls, &info);
    sw_gauge_set(watch->not_after, info.not_after_s);
    sw_log(watch->log, SW_LOG_INFO, message, sw_log_text("subject", info.subject),
           sw_log_text("sha256", info.sha256), sw_log_int("not_after_s", info.not_after_s));
}

int sw_tls_watch_init(struct sw_tls_watch *watch, struct sw_tls *tls, struct sw_metrics *metrics,
                      struct sw_log *log, struct sw_err *reterr)
{
    static const struct sw_metric_spec specs[] = {
        {.kind = SW_METRIC_GAUGE,
         .name = "spillway_tls_certificate_not_after_timestamp_seconds",
         .help = "When the certificate in use ends."},
        {.kind = SW_METRIC_COUNTER,
         .name = "spillway_tls_reloads_total",
         .help = "Certificates taken into use after the first."},
        {.kind = SW_METRIC_COUNTER,
         .name = "spillway_tls_reload_failures_total",
         .help = "Readings of the certificate files that failed."},
    };
    struct sw_metric_family *families[3];
    struct sw_tls_info info;
    int r = 0;

    for (size_t i = 0; r == 0 && i < 3; i++)
        r = sw_metrics_add(metrics, &specs[i], &families[i], reterr);
    if (r < 0)
        return r;
    *watch = (struct sw_tls_watch){
        .tls = tls,
        .log = log,
        .not_after = sw_gauge_at(families[0], NULL),
        .reloads = sw_counter_at(families[1], NULL),
        .failures = sw_counter_at(families[2], NULL),
    };
    sw_watch_init(&watch->files);
    sw_tls_describe(tls, &info);
    if (info.sha256[0])
        note(watch, "certificate");
    return 0;
}

bool sw_tls_watch_take(struct sw_tls_watch *watch, const struct sw_tls_pem *pem)
{
    struct sw_tls_info before;
    struct sw_err err = {0};
    bool changed = false;

    sw_tls_describe(watch->tls, &before);
    if (sw_tls_reload(watch->tls, pem, &changed, &err) < 0) {
        sw_counter_add(watch->failures, 1);
        if (strcmp(err.message, watch->error.message) != 0)
            sw_log(watch->log, SW_LOG_WARN,
                   "certificate cannot be read, the one before stays in use", sw_log_err(&err));
    } else if (changed && !before.sha256[0]) {
        note(watch, "certificate");
    } else if (changed) {
        sw_counter_add(watch->reloads, 1);
        note(watch, "certificate exchanged");
    } else if (watch->error.code) {
        sw_log(watch->log, SW_LOG_INFO, "certificate files are as they were when last read");
    }
    watch->error = err;
    return !err.code;
}

int sw_tls_watch_files(struct sw_tls_watch *watch, const struct sw_tls_options *options,
                       struct sw_err *reterr)
{
    const char *const paths[] = {options->cert_file, options->key_file, options->client_ca_file};
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (paths[i])
            r = sw_watch_add_file(&watch->files, paths[i], reterr);
    }
    if (r == 0 && !sw_watch_is_whole(&watch->files))
        sw_log(watch->log, SW_LOG_WARN,
               "the kernel gives no watch on the certificate's folder (fs.inotify): a new one is "
               "seen some seconds later");
    return r;
}

void sw_tls_watch_release(struct sw_tls_watch *watch)
{
    if (watch->tls)
        sw_watch_release(&watch->files);
}

int sw_tls_watch_fd(const struct sw_tls_watch *watch)
{
    return watch->tls ? sw_watch_fd(&watch->files) : -1;
}

void sw_tls_watch_look(struct sw_tls_watch *watch)
{
    /* First, so that what changes while the files are read is told again. */
    sw_watch_take(&watch->files);
    sw_tls_watch_take(watch, NULL);
}

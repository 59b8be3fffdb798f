/*
 * The certificate, looked at again now and then: one that is renewed under a running process is
 * served without a restart, and one that cannot be read leaves the one before in use. It comes from
 * files, or from whoever keeps it (cert_keeper.h).
 *
 * Files are looked at when their folder tells of a change (sw_tls_watch_fd), which is at once, and
 * every few seconds besides, as the kernel may give no watch or lose one (io/watch.h).
 *
 *   spillway_tls_certificate_not_after_timestamp_seconds  of the certificate in use
 *   spillway_tls_reloads_total                            certificates taken after the first
 *   spillway_tls_reload_failures_total                    readings that failed
 */
#ifndef SW_WEBHOOK_TLS_WATCH_H
#define SW_WEBHOOK_TLS_WATCH_H

#include "io/log.h"
#include "io/watch.h"
#include "metrics/metrics.h"
#include "serve/tls.h"

/* The caller's storage; private, and for one thread. */
struct sw_tls_watch {
    struct sw_tls *tls; /* borrowed */
    struct sw_log *log; /* borrowed; NULL: nothing is logged */
    struct sw_gauge *not_after;
    struct sw_counter *reloads;
    struct sw_counter *failures;
    struct sw_watch files; /* the folders that they are in */
    struct sw_err error;   /* of the last reading; code 0 when it went well */
};

/* Notes the certificate in use, if there is one. `tls` and `log` are borrowed for as long as it is
 * used. Fails as sw_metrics_add() does; then, too, sw_tls_watch_release may be called. */
int sw_tls_watch_init(struct sw_tls_watch *watch, struct sw_tls *tls, struct sw_metrics *metrics,
                      struct sw_log *log, struct sw_err *reterr);

/* Watches the folders of the files that `options` names. Where the kernel gives no watch, that is
 * logged, and tried again at each look. Fails with SW_ENOMEM. */
int sw_tls_watch_files(struct sw_tls_watch *watch, const struct sw_tls_options *options,
                       struct sw_err *reterr);

/* Ends the watch on folders. Zeroed storage is allowed. */
void sw_tls_watch_release(struct sw_tls_watch *watch);

/* Readable when it is time to look; -1 (which poll(2) passes over) while no folder is watched.
 * Borrowed, and another one after each look. */
int sw_tls_watch_fd(const struct sw_tls_watch *watch);

/* Reads the files again. Logs a change, and a failure that is not the one before. Takes what
 * reading three small files takes; to be called when sw_tls_watch_fd is readable, and every few
 * seconds besides. */
void sw_tls_watch_look(struct sw_tls_watch *watch);

/* Takes these texts instead of files, which may be the same again and again. Logs likewise. Returns
 * whether they are in use now. */
bool sw_tls_watch_take(struct sw_tls_watch *watch, const struct sw_tls_pem *pem);

#endif

/*
 * What has become of the remote clusters that Secrets name, on its way from the thread that watches
 * the Secrets to the feed.
 *
 * There is one letter a cluster, which says how it is now: one that comes before the last was taken
 * replaces that. Any thread may call. Kubeconfigs are overwritten when they are freed.
 */
#ifndef SW_WEBHOOK_FLEET_MAIL_H
#define SW_WEBHOOK_FLEET_MAIL_H

#include "base/buf.h"
#include "io/log.h"
#include "kube/fleet.h"

#include <pthread.h>

struct sw_fleet_letter {
    struct sw_fleet_letter *next; /* private */
    struct sw_buf name;           /* of the cluster */
    struct sw_buf kubeconfig;     /* in use from now on; empty: none, or as before */
    struct sw_err error;          /* why a newer one cannot be; code 0: there is none */
    bool removed;                 /* the cluster is gone */
};

/* The caller's storage; private. */
struct sw_fleet_mail {
    pthread_mutex_t lock;
    struct sw_fleet_letter *first; /* owned; in the order in which they came */
    struct sw_fleet_status status;
    struct sw_log *log; /* borrowed; NULL: nothing is logged */
    int wakeup_fd;
};

/* An empty one. Fails with SW_EIO (no descriptor left); it is then released. */
int sw_fleet_mail_init(struct sw_fleet_mail *mail, struct sw_log *log, struct sw_err *reterr);

/* Once nobody uses it. */
void sw_fleet_mail_release(struct sw_fleet_mail *mail);

/* For the fleet: its events become letters, its findings lines of the log. */
struct sw_fleet_sink sw_fleet_mail_sink(struct sw_fleet_mail *mail);

/* How the fleet is, from now on; to be told after the events that belong to it. */
void sw_fleet_mail_tell(struct sw_fleet_mail *mail, const struct sw_fleet_status *status);

/* The descriptor that is readable when there is something new; borrowed. Asking for the status
 * makes it unreadable. */
int sw_fleet_mail_fd(const struct sw_fleet_mail *mail);

/* How the fleet was when what can be taken now was posted. */
void sw_fleet_mail_status(struct sw_fleet_mail *mail, struct sw_fleet_status *ret);

/* The next letter, of clusters that are gone before the others, for they make room; NULL for none.
 * Owned: sw_fleet_letter_free(). */
struct sw_fleet_letter *sw_fleet_mail_take(struct sw_fleet_mail *mail);

/* Gives a letter back (taken) that could not be followed yet; a newer one of that cluster replaces
 * it. */
void sw_fleet_mail_give_back(struct sw_fleet_mail *mail, struct sw_fleet_letter *letter);

/* NULL is allowed. */
void sw_fleet_letter_free(struct sw_fleet_letter *letter);

#endif

/*
 * An API server as a source.
 *
 * A thread of its own lists and watches, and keeps what it hears in stores under a lock that the
 * feed's thread takes for as long as it takes to look at them; no request thread ever does. A
 * kubeconfig that changes is taken up: the API server that it names now is listed whole before the
 * one that it named stops being watched.
 */
#ifndef SW_WEBHOOK_KUBE_SOURCE_H
#define SW_WEBHOOK_KUBE_SOURCE_H

#include "webhook/fleet_mail.h"
#include "webhook/source.h"

/* Borrowed for the source's life. */
struct sw_kube_source_options {
    struct sw_str cluster;    /* names the thread, for who debugs; copied */
    struct sw_str kubeconfig; /* a path; unset: the API server of our own Pod, or one is given */
    struct sw_str context;    /* unset: the current one */
    bool given;               /* sw_kube_source_give() brings the text of the kubeconfig */
    bool has_workspaces;      /* the config cluster: Workspaces and settings are watched too */
    const struct sw_fleet_options *fleet; /* the Secrets there that name remote clusters are watched
                                             too; NULL: they are not. Its sink is `mail`'s */
    struct sw_fleet_mail *mail;           /* with `fleet` */
};

/* A source that begins when it is first asked for its version, and then never makes who asks wait.
 * A kubeconfig that cannot be read (yet) is what version() fails with. sw_http_setup() was called.
 * Fails with SW_ENOENT (in-cluster, but in no Pod), SW_EIO (no descriptor left) and SW_ENOMEM. */
int sw_kube_source_open(const struct sw_kube_source_options *options, struct sw_source *ret,
                        struct sw_err *reterr);

/* To a source with `given`: as sw_kube_link_give(), from any thread. Everything is copied. */
int sw_kube_source_give(const struct sw_source *source, struct sw_str kubeconfig,
                        const struct sw_err *error, struct sw_err *reterr);

#endif

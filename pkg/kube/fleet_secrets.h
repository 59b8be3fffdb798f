/*
 * The Secrets that name remote clusters, as one API server holds them, decoded.
 *
 * Only a Secret's name, its age and its data are kept. All memory that ever held a value of one is
 * overwritten before it is given back. Fed by a reflector; for one thread.
 */
#ifndef SW_KUBE_FLEET_SECRETS_H
#define SW_KUBE_FLEET_SECRETS_H

#include "base/arena.h"
#include "sync/reflector.h"

/* Most Secrets that are kept, and most of what they hold: one for each of four times as many
 * clusters as there may be, of 16 KiB, where a kubeconfig takes two or three. */
#define SW_FLEET_SECRETS_MAX       1020
#define SW_FLEET_SECRETS_MAX_BYTES ((size_t)16 << 20)

/* One key of a Secret's data, and its value without the base64. */
struct sw_fleet_item {
    struct sw_str key;
    struct sw_str value;
};

struct sw_fleet_secret {
    struct sw_str name;
    struct sw_str created; /* RFC 3339 in UTC: byte order is time order */
    const struct sw_fleet_item *items;
    size_t n_items;
    struct sw_err problem; /* why its newest version cannot be read, and one before it is what
                              stands here; code 0 when it can */
    struct sw_arena arena; /* private, as is the next: of all the above */
    uint64_t picture;      /* the last one that it was in */
};

/* The caller's storage; may be read. A zeroed one is released. */
struct sw_fleet_secrets {
    struct sw_fleet_secret **items; /* owned; the oldest first, then by name, once sorted */
    size_t n, cap;
    size_t n_bytes;       /* of values, in all of them */
    size_t n_passed_over; /* that had no room, or could never be read, since the last picture */
    struct sw_err last;   /* the last of those: which, and why */
    uint64_t picture;     /* counts the full pictures begun */
    bool in_picture;      /* one is not whole yet: what is here may be half of two states */
    bool synced;          /* one was whole once */
    bool changed;         /* since somebody last cleared it */
};

/* Overwrites what it frees. */
void sw_fleet_secrets_release(struct sw_fleet_secrets *secrets);

/* The sink that feeds it; valid as long as it stays where it is. */
struct sw_reflector_sink sw_fleet_secrets_sink(struct sw_fleet_secrets *secrets);

/* Brings them into their order. */
void sw_fleet_secrets_sort(struct sw_fleet_secrets *secrets);

#endif

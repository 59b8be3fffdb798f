/*
 * What one cluster has of one WorkspaceSetting: how many of its Services are exposed by it, how
 * many ways into other clusters are in place, and why the others are not.
 *
 * A way is a Service and another cluster that exposes it. Shares of settings add up to that of
 * their workspace.
 */
#ifndef SW_MESH_SHARE_H
#define SW_MESH_SHARE_H

#include "base/arena.h"
#include "base/err.h"

/* Why something is not as it was asked for. name, word */
#define SW_SHARE_STATE_MAP(X)                                                                      \
    X(SW_SHARE_WITHHELD, "Withheld")      /* a way that is not made */                             \
    X(SW_SHARE_PENDING, "Pending")        /* a way that is planned, and not in the cluster yet */  \
    X(SW_SHARE_NOT_EXPOSED, "NotExposed") /* a Service that is selected, and cannot be exposed */

enum sw_share_state {
#define SW_SHARE_STATE_ENUM(name, word) name,
    SW_SHARE_STATE_MAP(SW_SHARE_STATE_ENUM)
#undef SW_SHARE_STATE_ENUM
        SW_SHARE_N_STATES
};

/* One reason, and an example: the first by name. */
struct sw_share_reason {
    enum sw_share_state state;
    struct sw_str word;    /* of failover/reason.h, here or of another version */
    size_t n;              /* how many it is the reason of */
    struct sw_str example; /* "shop/cart", or "shop/cart to west" */
    struct sw_str message; /* a sentence about the example; may be unset */
};

struct sw_share {
    struct sw_str namespace_; /* of the WorkspaceSetting */
    struct sw_str name;
    size_t n_exposed; /* Services of this cluster that others may reach */
    size_t n_emitted; /* ways for which WorkloadEntries are there */
    size_t n_entries; /* these */
    size_t n[SW_SHARE_N_STATES];
    struct sw_share_reason *reasons; /* arena */
    size_t n_reasons;
};

/* Most reasons that a share keeps when it is settled. */
#define SW_SHARE_MAX_REASONS 6

/* Counts `reason->n` more of its state and word; the rest of it stands where its example is the
 * first. Strings are copied. Fails with SW_ENOMEM. */
int sw_share_note(struct sw_share *share, const struct sw_share_reason *reason,
                  struct sw_arena *arena, struct sw_err *reterr);

/* Adds all that `from` has, but for its name. Fails with SW_ENOMEM. */
int sw_share_add(struct sw_share *share, const struct sw_share *from, struct sw_arena *arena,
                 struct sw_err *reterr);

/* Puts reasons in order, by state, the most frequent first, and lets the last go. */
void sw_share_settle(struct sw_share *share);

/* "Withheld", ...: static. The state of a word; SW_SHARE_N_STATES for none. */
const char *sw_share_state_word(enum sw_share_state state);
enum sw_share_state sw_share_state_of(struct sw_str word);

#endif

/*
 * What is to be done about a reason for which a plan withholds something, warns of it or lets it
 * wait: the one list that `spillway status` and Events go by.
 *
 * The one invariant: a command, where there is one, begins with "kubectl" and is the rest of the
 * text, so that it can be pasted as it stands. What others wrote is in it as one word of a shell.
 */
#ifndef SW_FAILOVER_ADVICE_H
#define SW_FAILOVER_ADVICE_H

#include "base/buf.h"
#include "failover/reason.h"

/* Longest advice that there can be: names of Kubernetes are 253 bytes at most, and there are three
 * of them in a text of a line or two. */
#define SW_ADVICE_MAX_BYTES 4096

/* What it is for. Unset members are unknown. */
struct sw_advice_about {
    struct sw_str namespace_; /* of the Service, or of the gateway */
    struct sw_str name;
    struct sw_str remote;  /* the other cluster; unset where it is about the local one */
    struct sw_str message; /* of the finding: it may name the DestinationRule or the gateway */
};

/* The text with its {parts}, static; NULL where there is nothing to do. */
const char *sw_advice_of(enum sw_reason reason);

/* Appends the advice, if there is one. A failure stays in `buf`. */
void sw_advice_write(enum sw_reason reason, const struct sw_advice_about *about,
                     struct sw_buf *buf);

#endif

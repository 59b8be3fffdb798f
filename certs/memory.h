/*
 * For how long things have been so: what a plan needs to know that no single look shows. Kept by
 * whoever leads, by its own monotonic clock, and forgotten with the lead: nobody else's clock has
 * to be believed, at the price that a new leader waits anew.
 */
#ifndef SW_CERTS_MEMORY_H
#define SW_CERTS_MEMORY_H

#include "certs/plan.h"

/* Since when one certificate has been found at each look; id "" for none. */
struct sw_cert_since {
    char id[SW_CERT_ID_SIZE];
    int64_t since_ms;
};

/* The caller's storage; a zeroed one remembers nothing. */
struct sw_cert_memory {
    struct sw_cert_since trusted; /* the signer in every bundle */
    struct sw_cert_since served;  /* the authority of the leaf in the Secret */
};

/* Notes what a look at now_ms (monotonic) has found, and fills state->trusted_ms and served_ms. */
void sw_cert_memory_note(struct sw_cert_memory *memory, int64_t now_ms,
                         struct sw_cert_state *state);

#endif

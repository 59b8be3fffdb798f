/*
 * The texts that a plan's steps write: lists of authorities in PEM, built from what was there.
 */
#ifndef SW_CERTS_BUNDLE_H
#define SW_CERTS_BUNDLE_H

#include "base/buf.h"
#include "certs/plan.h"

/* Appends what `bundle` should be: what stays in it, as it was written, and the Secret's
 * authorities that it lacks, without what stands before them there. A failure stays in buf. */
void sw_cert_bundle_write(const struct sw_cert_state *state, const struct sw_cert_list *bundle,
                          struct sw_buf *buf);

/* Appends what the Secret should list: `first` (unset: nothing), then the authorities that are
 * kept. A failure stays in buf. */
void sw_cert_bundle_write_authorities(const struct sw_cert_state *state, struct sw_str first,
                                      struct sw_buf *buf);

#endif

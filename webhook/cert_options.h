/*
 * The options of a certificate that the webhook keeps itself: what each may say, and their
 * defaults.
 */
#ifndef SW_WEBHOOK_CERT_OPTIONS_H
#define SW_WEBHOOK_CERT_OPTIONS_H

#include "webhook/cert_keeper.h"

/* --cert-secret [NAMESPACE/]NAME; borrowed. Fails with SW_EUSAGE. */
int sw_cert_options_take_secret(struct sw_cert_keeping *keeping, const char *value,
                                struct sw_err *reterr);

/* --cert-lifetime and --ca-lifetime; `option` is without its dashes. Fails with SW_EUSAGE. */
int sw_cert_options_take_lifetime(const char *option, const char *value, int64_t *ret_s,
                                  struct sw_err *reterr);

/* True if one of them was given. */
bool sw_cert_options_any(const struct sw_cert_keeping *keeping);

/* Checks what was given and fills in the rest. Fails with SW_EUSAGE. */
int sw_cert_options_check(struct sw_cert_keeping *keeping, struct sw_err *reterr);

#endif

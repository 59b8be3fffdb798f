/*
 * The Secret that the webhook's certificate lives in, between JSON and PEM.
 *
 *   ca.crt   authorities, newest first      tls.crt  the certificate that is served
 *   ca.key   the key of one of them         tls.key  its key
 *
 * The names are those of kubernetes.io/tls and of cert-manager, so that what reads theirs reads it.
 */
#ifndef SW_WEBHOOK_CERT_SECRET_H
#define SW_WEBHOOK_CERT_SECRET_H

#include "base/arena.h"
#include "certs/holding.h"

#include <jansson.h>

struct sw_cert_secret {
    bool exists;
    bool foreign;               /* it holds data and is not labelled as ours: never to be written */
    struct sw_cert_texts texts; /* arena; unset where it has none, or what is no base64 */
};

/* Reads it from the object as the API server sent it; NULL where there is none. Texts are in
 * `arena`. Fails with SW_ENOMEM alone: whatever else it may be, it is to be mended. */
int sw_cert_secret_read(const json_t *object, struct sw_arena *arena, struct sw_cert_secret *ret,
                        struct sw_err *reterr);

/* What is to be written: unset texts stay as they are. */
struct sw_cert_secret_change {
    struct sw_str namespace_;
    struct sw_str name;
    struct sw_cert_texts texts;
};

/* Changes `object` to hold that, or makes one if it is NULL, of type kubernetes.io/tls. *ret is a
 * value of the open sw_json_scope of `arena`. Fails with SW_ENOMEM. */
int sw_cert_secret_write(json_t *object, const struct sw_cert_secret_change *change,
                         struct sw_arena *arena, json_t **ret, struct sw_err *reterr);

#endif

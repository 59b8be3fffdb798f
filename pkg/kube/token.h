/*
 * A bearer token that may live in a file, which others change: a kubelet renews a Pod's every hour.
 */
#ifndef SW_KUBE_TOKEN_H
#define SW_KUBE_TOKEN_H

#include "base/buf.h"
#include "kube/config.h"

/* A projected token is a JWT of one or two KiB. */
#define SW_TOKEN_MAX_BYTES ((size_t)64 << 10)

/* The file is read again after that long. */
#define SW_TOKEN_FRESH_MS 60000

/* The caller's storage; private. */
struct sw_token {
    const struct sw_kube_config *config; /* borrowed */
    struct sw_buf read;                  /* of the file, as it was last read; empty before */
    int64_t read_ms;                     /* when that was; only while `read` is not empty */
    bool stale;                          /* to be read again whatever its age */
};

/* Reads nothing yet. */
void sw_token_init(struct sw_token *token, const struct sw_kube_config *config);
/* Leaves nothing of it in freed memory. */
void sw_token_release(struct sw_token *token);

/* The token to send at now_ms, without the line end behind it; unset where none is needed. Borrowed
 * until the next call. A file that can no longer be read leaves its last content in use. Fails as
 * sw_file_read() does where it never could. */
int sw_token_get(struct sw_token *token, int64_t now_ms, struct sw_str *ret, struct sw_err *reterr);

/* It was refused (401): the file is read again before it is sent once more. */
void sw_token_distrust(struct sw_token *token);

#endif

/*
 * SHA-256 (FIPS 180-4), for names and for telling objects apart. Of our own, because pure folders
 * use no OpenSSL; nothing secret is hashed here.
 */
#ifndef SW_MESH_DIGEST_H
#define SW_MESH_DIGEST_H

#include "base/str.h"

#include <stdint.h>

#define SW_DIGEST_SIZE 32

struct sw_digest {
    uint8_t bytes[SW_DIGEST_SIZE]; /* all zero: unset, equal to no other */
};

/* A hash under way; private. A copy goes on by itself: two texts with one beginning need it once.
 */
struct sw_sha256 {
    uint32_t state[8];
    uint64_t n_bytes;
    uint8_t block[64];
};

/* Begins with nothing, and adds bytes; `bytes` may be NULL when len is 0. */
void sw_sha256_init(struct sw_sha256 *hash);
void sw_sha256_add(struct sw_sha256 *hash, const void *bytes, size_t len);
void sw_sha256_add_str(struct sw_sha256 *hash, struct sw_str s);

/* The digest of what was added; `hash` stays as it is, so that more can be added. */
struct sw_digest sw_sha256_digest(const struct sw_sha256 *hash);

/* True if both are set and equal. */
bool sw_digest_eq(const struct sw_digest *a, const struct sw_digest *b);

/* The first n / 2 bytes as n lower-case hex digits; no NUL behind them. n is even, at most 64. */
void sw_digest_hex(const struct sw_digest *digest, char *ret, size_t n);

#endif

#include "mesh/digest.h"

#include "base/banned.h"

#define BLOCK_SIZE  64
#define LENGTH_SIZE 8 /* the message's length in bits ends the last block */

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void expand(const uint8_t *block, uint32_t w[64])
{
    for (int i = 0; i < 16; i++)
        w[i] = load(&block[i * 4]);
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;

        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

/* Working variables, named as in FIPS 180-4. */
struct words {
    uint32_t a, b, c, d, e, f, g, h;
};

/* One round leaves the words where they are but for two; the next one is told that they have moved
 * up by one place. (A plan of fifty clusters hashes 50 MB: this is where its time goes.) */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
    do {                                                                                           \
        uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);                              \
        uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);                              \
        uint32_t t1 = h + sum1 + (g ^ (e & (f ^ g))) + round_constants[i] + w[i];                  \
        d += t1;                                                                                   \
        h = t1 + sum0 + ((a & b) | (c & (a | b)));                                                 \
    } while (0)

/* One block, as section 6.2.2 has it. */
static void compress(uint32_t state[8], const uint8_t *block)
{
    struct words s;
    uint32_t w[64];

    expand(block, w);
    memcpy(&s, state, sizeof(s));
    for (int i = 0; i < 64; i += 8) {
        ROUND(s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h, i);
        ROUND(s.h, s.a, s.b, s.c, s.d, s.e, s.f, s.g, i + 1);
        ROUND(s.g, s.h, s.a, s.b, s.c, s.d, s.e, s.f, i + 2);
        ROUND(s.f, s.g, s.h, s.a, s.b, s.c, s.d, s.e, i + 3);
        ROUND(s.e, s.f, s.g, s.h, s.a, s.b, s.c, s.d, i + 4);
        ROUND(s.d, s.e, s.f, s.g, s.h, s.a, s.b, s.c, i + 5);
        ROUND(s.c, s.d, s.e, s.f, s.g, s.h, s.a, s.b, i + 6);
        ROUND(s.b, s.c, s.d, s.e, s.f, s.g, s.h, s.a, i + 7);
    }
    state[0] += s.a;
    state[1] += s.b;
    state[2] += s.c;
    state[3] += s.d;
    state[4] += s.e;
    state[5] += s.f;
    state[6] += s.g;
    state[7] += s.h;
}

void sw_sha256_init(struct sw_sha256 *hash)
{
    *hash = (struct sw_sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                         0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sw_sha256_add(struct sw_sha256 *hash, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    size_t held = hash->n_bytes % BLOCK_SIZE;

    hash->n_bytes += len;
    while (len) {
        size_t n = BLOCK_SIZE - held < len ? BLOCK_SIZE - held : len;

        memcpy(&hash->block[held], from, n);
        from += n;
        len -= n;
        held += n;
        if (held == BLOCK_SIZE) {
            compress(hash->state, hash->block);
            held = 0;
        }
    }
}

void sw_sha256_add_str(struct sw_sha256 *hash, struct sw_str s)
{
    sw_sha256_add(hash, s.data, s.len);
}

struct sw_digest sw_sha256_digest(const struct sw_sha256 *hash)
{
    static const uint8_t padding[BLOCK_SIZE] = {0x80};
    struct sw_sha256 last = *hash;
    struct sw_digest digest;
    size_t held = hash->n_bytes % BLOCK_SIZE;
    size_t room = held < BLOCK_SIZE - LENGTH_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
    uint8_t length[LENGTH_SIZE];

    for (int i = 0; i < LENGTH_SIZE; i++)
        length[i] = (uint8_t)(hash->n_bytes * 8 >> (56 - i * 8));
    sw_sha256_add(&last, padding, room - LENGTH_SIZE - held);
    sw_sha256_add(&last, length, sizeof(length));
    for (int i = 0; i < SW_DIGEST_SIZE; i++)
        digest.bytes[i] = (uint8_t)(last.state[i / 4] >> (24 - i % 4 * 8));
    return digest;
}

bool sw_digest_eq(const struct sw_digest *a, const struct sw_digest *b)
{
    static const struct sw_digest unset;

    return memcmp(a, b, sizeof(*a)) == 0 && memcmp(a, &unset, sizeof(unset)) != 0;
}

void sw_digest_hex(const struct sw_digest *digest, char *ret, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++)
        ret[i] = digits[digest->bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

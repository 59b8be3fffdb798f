/*
 * Chance, the same for the same seed.
 */
#ifndef SW_TESTS_SIM_RANDOM_H
#define SW_TESTS_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state;
};

/* splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators"). */
static inline uint64_t sim_next(struct sim_random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A number of [0, bound); bound is not 0. */
static inline unsigned int sim_below(struct sim_random *random, unsigned int bound)
{
    return (unsigned int)(sim_next(random) % bound);
}

/* True n times in 1000. */
static inline bool sim_chance(struct sim_random *random, unsigned int n)
{
    return sim_below(random, 1000) < n;
}

#endif

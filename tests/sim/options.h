/*
 * What a simulation is told on its command line: numbers by name.
 */
#ifndef SW_TESTS_SIM_OPTIONS_H
#define SW_TESTS_SIM_OPTIONS_H

#include <stdio.h>

#include "base/str.h"

struct sim_option {
    const char *name; /* "--seed"; NULL ends a list */
    uint64_t *value;
};

static inline bool sim_take_option(const struct sim_option *options, const char *name,
                                   const char *value)
{
    for (; options->name; options++)
        if (strcmp(options->name, name) == 0)
            return value && sw_str_to_u64(sw_str_from(value), UINT32_MAX, options->value);
    return false;
}

/* False, after a word about it, where something else stands there. */
static inline bool sim_read_options(char *argv[], const struct sim_option *options)
{
    for (char **word = argv + 1; *word; word += 2) {
        if (sim_take_option(options, word[0], word[1]))
            continue;
        fprintf(stderr, "usage: %s", argv[0]);
        for (; options->name; options++)
            fprintf(stderr, " [%s N]", options->name);
        fprintf(stderr, "\n");
        return false;
    }
    return true;
}

#endif

/*
 * The command line of `spillway admit`.
 */
#ifndef SW_CLI_ADMIT_OPTIONS_H
#define SW_CLI_ADMIT_OPTIONS_H

#include "admission/review.h"
#include "cli/command.h"
#include "io/clusters.h"

#include <stdbool.h>

/* Most -f of one call: more than a shell's argument list holds names of. */
#define SW_ADMIT_MAX_FILES 10000

/* Strings are borrowed from argv. */
struct sw_admit_options {
    struct sw_clusters clusters; /* checked: there is at least one */
    const char **files;          /* owned; "-" is standard input */
    size_t n_files;              /* at least 1 */
    bool recursive;              /* folders among them with their subfolders */
    struct sw_str namespace_;    /* for objects without one; "default" unless it was given */
    enum sw_operation operation; /* SW_CREATE, or SW_UPDATE */
    bool json;                   /* for machines instead of people */
    bool strict;                 /* a warning is a finding */
    bool help;                   /* nothing but --help counts then */
};

/* Reads the arguments into *ret, whatever the outcome to be released. SW_EXIT_OK, or SW_EXIT_USAGE
 * or SW_EXIT_FAILURE after saying on standard error what is wrong. */
enum sw_exit sw_admit_options_read(int argc, char **argv, struct sw_admit_options *ret);

/* Gives back what the options own; a zeroed one owns nothing. */
void sw_admit_options_release(struct sw_admit_options *options);

#endif

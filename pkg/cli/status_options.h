/*
 * The command line of `spillway status`.
 */
#ifndef SW_CLI_STATUS_OPTIONS_H
#define SW_CLI_STATUS_OPTIONS_H

#include "cli/command.h"
#include "io/clusters.h"

#include <stdbool.h>

/* Strings are borrowed from argv. */
struct sw_status_options {
    struct sw_clusters clusters; /* checked: at least one, and none of them a folder */
    struct sw_str namespace_;    /* Spillway's */
    bool json;
    bool strict; /* what is warned of or waits is a finding */
    bool help;   /* nothing but --help counts then */
};

/* Reads the arguments into *ret. SW_EXIT_OK, or SW_EXIT_USAGE after saying on standard error what
 * is wrong. */
enum sw_exit sw_status_options_read(int argc, char **argv, struct sw_status_options *ret);

#endif

/*
 * The command line of `spillway remote-secret`.
 */
#ifndef SW_CLI_REMOTE_OPTIONS_H
#define SW_CLI_REMOTE_OPTIONS_H

#include "cli/command.h"
#include "io/clusters.h"

#include <stdbool.h>

/* Longest --duration: 2^32 s is the most that API servers take. */
#define SW_REMOTE_MAX_LIFE_S UINT32_MAX

/* Strings are borrowed from argv. */
struct sw_remote_options {
    struct sw_clusters clusters; /* checked: one, by a kubeconfig */
    struct sw_str namespace_;    /* ours, there and here alike */
    struct sw_str server;        /* unset: the kubeconfig's */
    uint64_t life_s;             /* of the token; 0: it does not expire */
    bool apply;                  /* make the account over there */
    bool json;
    bool help; /* nothing but --help counts then */
};

/* Reads the arguments into *ret. SW_EXIT_OK, or SW_EXIT_USAGE after saying on standard error what
 * is wrong. */
enum sw_exit sw_remote_options_read(int argc, char **argv, struct sw_remote_options *ret);

/* "90s", "15m", "24h", "30d": a length of time of whole seconds in [min_s, SW_REMOTE_MAX_LIFE_S].
 * Fails with SW_EUSAGE; the message begins with --duration. */
int sw_remote_read_duration(const char *value, uint64_t min_s, uint64_t *ret_s,
                            struct sw_err *reterr);

#endif

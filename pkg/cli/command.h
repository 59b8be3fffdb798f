/*
 * The subcommands of `spillway`, and what their exit codes mean: contracts that outlive a version.
 *
 * A command parses its own arguments, writes what was asked for to standard output and everything
 * else to standard error, and returns how it went. Standard output stays empty where the exit code
 * is 2 or 3, so that nobody takes half an answer for a whole one.
 */
#ifndef SW_CLI_COMMAND_H
#define SW_CLI_COMMAND_H

#include <stddef.h>

enum sw_exit {
    SW_EXIT_OK = 0,       /* nothing to report */
    SW_EXIT_FINDINGS = 1, /* something was refused */
    SW_EXIT_USAGE = 2,    /* wrong usage, or input that cannot be read */
    SW_EXIT_FAILURE = 3,  /* a failure of ours */
};

struct sw_command {
    const char *name;
    const char *summary; /* for the list of commands: half a line, without a full stop */
    const char *help;    /* what `spillway help NAME` prints */
    enum sw_exit (*run)(int argc, char **argv); /* argv[0] is the command's own name */
};

extern const struct sw_command sw_command_admit;
extern const struct sw_command sw_command_help;
extern const struct sw_command sw_command_preflight;
extern const struct sw_command sw_command_remote_secret;
extern const struct sw_command sw_command_status;
extern const struct sw_command sw_command_version;

/* The command of this name; NULL if there is none. */
const struct sw_command *sw_command_find(const char *name);

/* Prints what the program is for and the list of commands. SW_EXIT_OK, or as sw_output(). */
enum sw_exit sw_command_overview(void);

/* Says on standard error that there is no such command, and the nearest one. SW_EXIT_USAGE. */
enum sw_exit sw_command_unknown(const char *name);

#endif

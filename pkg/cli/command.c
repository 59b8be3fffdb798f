#include "cli/command.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/output.h"

#include <stdio.h>

#include "base/banned.h"

/* The overview is a line a command. */
#define MAX_OVERVIEW_BYTES 16384

/* Further than this, a command is not what was meant. */
#define NEAR 3

/* In the order in which they are listed. */
static const struct sw_command *const commands[] = {
    &sw_command_admit,
    &sw_command_preflight,
    &sw_command_remote_secret,
    &sw_command_status,
    &sw_command_version,
    &sw_command_help,
    NULL,
};

const struct sw_command *sw_command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

enum sw_exit sw_command_overview(void)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_err err = {0};

    sw_buf_init(&buf, MAX_OVERVIEW_BYTES);
    sw_buf_append_text(&buf, "Usage: spillway COMMAND [OPTION...]\n"
                             "\n"
                             "Multi-cluster failover for plain Istio: what the webhook would "
                             "answer, whether a\n"
                             "cluster is ready for it, how clusters are connected, and what fails "
                             "over. Only\n"
                             "'remote-secret --apply' changes a cluster.\n"
                             "\n"
                             "Commands:\n");
    for (size_t i = 0; commands[i]; i++)
        sw_buf_printf(&buf, "  %-13s %s\n", commands[i]->name, commands[i]->summary);
    sw_buf_append_text(&buf, "\n"
                             "'spillway help COMMAND' says more about one of them.\n"
                             "Exit codes: 0 nothing to report, 1 findings, 2 wrong usage or "
                             "unreadable input,\n"
                             "3 a failure of ours.\n");
    if (sw_buf_status(&buf, &err) < 0)
        return sw_output_error(&err);
    return sw_output(sw_buf_str(&buf), SW_EXIT_OK);
}

enum sw_exit sw_command_unknown(const char *name)
{
    const char *nearest = NULL;
    size_t least = NEAR + 1;

    for (size_t i = 0; commands[i]; i++) {
        size_t far = sw_str_distance(sw_str_from(commands[i]->name), sw_str_from(name), NEAR);

        if (far < least) {
            least = far;
            nearest = commands[i]->name;
        }
    }
    fprintf(stderr, "spillway: there is no command '%s'", name);
    if (nearest)
        fprintf(stderr, ": did you mean '%s'?", nearest);
    fprintf(stderr, "\nSee 'spillway help'.\n");
    return SW_EXIT_USAGE;
}

#include "cli/command.h"

#include "cli/output.h"

#include "base/banned.h"

static enum sw_exit run(int argc, char **argv)
{
    const struct sw_command *command;

    if (argc == 1)
        return sw_command_overview();
    if (argc > 2)
        return sw_output_misuse(&sw_command_help, "expected one command, found %s and %s", argv[1],
                                argv[2]);
    command = sw_command_find(argv[1]);
    if (!command)
        return sw_command_unknown(argv[1]);
    return sw_output(sw_str_from(command->help), SW_EXIT_OK);
}

const struct sw_command sw_command_help = {
    .name = "help",
    .summary = "say how a command is used",
    .help = "Usage: spillway help [COMMAND]\n"
            "\n"
            "Says how COMMAND is used; without one, which commands there are.\n",
    .run = run,
};

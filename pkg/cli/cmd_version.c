#include "cli/command.h"

#include "cli/output.h"

#include "base/banned.h"

static enum sw_exit run(int argc, char **argv)
{
    if (argc > 1)
        return sw_output_misuse(&sw_command_version, "expected nothing more, found %s", argv[1]);
    return sw_output(SW_STR("spillway " SW_VERSION "\n"), SW_EXIT_OK);
}

const struct sw_command sw_command_version = {
    .name = "version",
    .summary = "print the version of this program",
    .help = "Usage: spillway version\n"
            "\n"
            "Prints one line: spillway, a blank, and the version.\n",
    .run = run,
};

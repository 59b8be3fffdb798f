#include "cli/command.h"
#include "json/read.h"

#include <stdio.h>
#include <string.h>

#include "base/banned.h"

/* The names by which people look for a command before they know any. */
static const char *translate(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    return strcmp(word, "--version") == 0 ? "version" : word;
}

int main(int argc, char **argv)
{
    const struct sw_command *command;

    sw_json_setup();
    if (argc < 2) {
        fprintf(stderr, "spillway: expected a command, found nothing\nSee 'spillway help'.\n");
        return SW_EXIT_USAGE;
    }
    command = sw_command_find(translate(argv[1]));
    if (!command)
        return (int)sw_command_unknown(argv[1]);
    return (int)command->run(argc - 1, argv + 1);
}

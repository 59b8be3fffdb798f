#include "cli/output.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/style.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

/* Further than this, an option is not what was meant. */
#define NEAR 3

/* A path as long as Linux allows, with a message behind it. */
#define MAX_LINE_BYTES 8192

/* Of a byte: DEL becomes \u007F. */
#define MAX_ESCAPE_BYTES 6

static int write_all(struct sw_str text)
{
    while (text.len) {
        ssize_t n = write(STDOUT_FILENO, text.data, text.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text = sw_str_slice(text, (size_t)n, text.len);
    }
    return 0;
}

enum sw_exit sw_output(struct sw_str text, enum sw_exit code)
{
    int r = write_all(text);

    /* Some file systems tell only now that the disk was full. */
    if (r == 0 && close(STDOUT_FILENO) < 0)
        r = -errno;
    if (r == 0)
        return code;
    fprintf(stderr, "spillway: cannot write the output: %s\n", strerror(-r));
    return SW_EXIT_FAILURE;
}

enum sw_exit sw_output_document(struct sw_str text, bool json, enum sw_exit code)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf escaped;
    struct sw_err err = {0};

    sw_buf_init(&escaped, MAX_ESCAPE_BYTES * text.len);
    if (!json)
        return sw_output(text, code);
    sw_buf_reserve(&escaped, text.len);
    sw_style_append_json(&escaped, text);
    if (sw_buf_status(&escaped, &err) < 0)
        return sw_output_error(&err);
    return sw_output(sw_buf_str(&escaped), code);
}

enum sw_exit sw_output_error(const struct sw_err *err)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf line;

    sw_buf_init(&line, SW_ERR_MESSAGE_SIZE);
    sw_style_append(&line, sw_str_from(err->message));
    fprintf(stderr, "spillway: %.*s\n", SW_STR_ARG(sw_buf_str(&line)));
    return err->code == SW_ENOMEM || err->code == SW_EINTERNAL ? SW_EXIT_FAILURE : SW_EXIT_USAGE;
}

enum sw_exit sw_output_misuse(const struct sw_command *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "spillway %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nSee 'spillway help %s'.\n", command->name);
    return SW_EXIT_USAGE;
}

/* The name of the option that comes nearest to `given`; NULL if none is near. */
static const char *find_nearest(struct sw_str given, const struct option *options)
{
    const char *nearest = NULL;
    size_t least = NEAR + 1;

    for (const struct option *option = options; option->name; option++) {
        size_t far = sw_str_distance(sw_str_from(option->name), given, NEAR);

        if (far < least) {
            least = far;
            nearest = option->name;
        }
    }
    return nearest;
}

enum sw_exit sw_output_bad_option(const struct sw_command *command, int code, char **argv,
                                  const struct option *options)
{
    struct sw_str given = sw_str_from(argv[optind - 1]), name;
    const char *nearest;

    if (code == ':')
        return sw_output_misuse(command, "%s: expected a value behind it, found nothing",
                                argv[optind - 1]);
    if (optopt > 0 && optopt < 0x80)
        return sw_output_misuse(command, "there is no option -%c", optopt);
    name = sw_str_cut(&given, '=');
    if (optopt)
        return sw_output_misuse(command, "%.*s: expected no value, found %.*s", SW_STR_ARG(name),
                                SW_STR_ARG(given));
    nearest = find_nearest(sw_str_slice(name, strlen("--"), name.len), options);
    if (nearest)
        return sw_output_misuse(command, "there is no option %.*s: did you mean --%s?",
                                SW_STR_ARG(name), nearest);
    return sw_output_misuse(command, "there is no option %.*s", SW_STR_ARG(name));
}

int sw_output_read_format(const char *value, bool *ret_json, struct sw_err *reterr)
{
    if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
        return sw_err_set(reterr, SW_EUSAGE, "--output: expected text or json, found \"%s\"",
                          value);
    *ret_json = value[0] == 'j';
    return 0;
}

/* "file:line:column: what", on a line of its own. */
static void print_problem(const struct sw_problem *problem)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf line;

    sw_buf_init(&line, MAX_LINE_BYTES);
    sw_style_append(&line, sw_str_from(problem->path));
    if (problem->line)
        sw_buf_printf(&line, ":%zu", problem->line);
    if (problem->column)
        sw_buf_printf(&line, ":%zu", problem->column);
    sw_buf_append_text(&line, ": ");
    sw_style_append(&line, sw_str_from(problem->message));
    /* What did not fit or found no memory is missing at the end. */
    fprintf(stderr, "%.*s\n", SW_STR_ARG(sw_buf_str(&line)));
}

void sw_output_problems(const struct sw_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        print_problem(&problems->items[i]);
    if (problems->n_more)
        fprintf(stderr, "and %zu more problems\n", problems->n_more);
}

/*
 * Writing: what was asked for to standard output, everything else to standard error.
 */
#ifndef SW_CLI_OUTPUT_H
#define SW_CLI_OUTPUT_H

#include "base/err.h"
#include "base/str.h"
#include "cli/command.h"
#include "io/manifest.h"

#include <getopt.h>

/* Writes all of `text` to standard output. Returns `code`, or SW_EXIT_FAILURE after saying on
 * standard error that it could not be written (a full disk, a closed descriptor): an answer that
 * nobody received is no success. */
enum sw_exit sw_output(struct sw_str text, enum sw_exit code);

/* The same for a document of ours; one that is JSON goes through sw_style_append_json(). */
enum sw_exit sw_output_document(struct sw_str text, bool json, enum sw_exit code);

/* Says what went wrong, without what a terminal would act on: "spillway: ...". Returns the exit
 * code that goes with the error's code: SW_EXIT_FAILURE for SW_ENOMEM and SW_EINTERNAL,
 * SW_EXIT_USAGE for the rest. */
enum sw_exit sw_output_error(const struct sw_err *err);

/* The same for wrong usage of a command: adds where to read about it. SW_EXIT_USAGE. */
enum sw_exit sw_output_misuse(const struct sw_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says which option getopt_long has just refused (it returned '?' or ':' with opterr 0 and a short
 * list that begins with ':'), and the nearest one of `options`. SW_EXIT_USAGE. */
enum sw_exit sw_output_bad_option(const struct sw_command *command, int code, char **argv,
                                  const struct option *options);

/* Reads the value of --output: text, or json, which sets *ret_json. Fails with SW_EUSAGE. */
int sw_output_read_format(const char *value, bool *ret_json, struct sw_err *reterr);

/* Says each problem on a line of its own: "file:line:column: ...". */
void sw_output_problems(const struct sw_problems *problems);

#endif

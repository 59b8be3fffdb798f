#include "cli/admit_options.h"

#include "cli/output.h"

#include <stdlib.h>

#include "base/banned.h"

/* What getopt_long returns for options without a letter; below those of io/clusters.h. */
enum { OPTION_OPERATION = 0x100, OPTION_STRICT };

static const struct option rows[] = {
    {"filename", required_argument, NULL, 'f'},
    {"recursive", no_argument, NULL, 'R'},
    {"namespace", required_argument, NULL, 'n'},
    {"output", required_argument, NULL, 'o'},
    {"operation", required_argument, NULL, OPTION_OPERATION},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"help", no_argument, NULL, 'h'},
    SW_CLUSTERS_OPTIONS,
    {NULL, 0, NULL, 0},
};

/* A namespace's name is an RFC 1123 label. */
static bool is_namespace(struct sw_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return s.len && sw_str_is_label_value(s);
}

static int take_operation(struct sw_admit_options *options, const char *value,
                          struct sw_err *reterr)
{
    if (strcmp(value, "create") == 0)
        options->operation = SW_CREATE;
    else if (strcmp(value, "update") == 0)
        options->operation = SW_UPDATE;
    else
        return sw_err_set(reterr, SW_EUSAGE, "--operation: expected create or update, found \"%s\"",
                          value);
    return 0;
}

static int take_namespace(struct sw_admit_options *options, const char *value,
                          struct sw_err *reterr)
{
    options->namespace_ = sw_str_from(value);
    if (is_namespace(options->namespace_))
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "--namespace: expected at most 63 lower-case letters, digits and '-' that "
                      "begin and end with a letter or digit, found \"%s\"",
                      value);
}

static int take_file(struct sw_admit_options *options, const char *value, struct sw_err *reterr)
{
    const char **files;

    for (size_t i = 0; strcmp(value, "-") == 0 && i < options->n_files; i++) {
        if (strcmp(options->files[i], "-") == 0)
            return sw_err_set(reterr, SW_EUSAGE, "--filename: expected standard input (-) once");
    }
    if (options->n_files == SW_ADMIT_MAX_FILES)
        return sw_err_set(reterr, SW_EUSAGE, "--filename: expected at most %d, found more",
                          SW_ADMIT_MAX_FILES);
    files = reallocarray(options->files, options->n_files + 1, sizeof(*files));
    if (!files)
        return sw_err_nomem(reterr);
    files[options->n_files++] = value;
    options->files = files;
    return 0;
}

static int take(struct sw_admit_options *options, int code, const char *value,
                struct sw_err *reterr)
{
    switch (code) {
    case 'f':
        return take_file(options, value, reterr);
    case 'R':
        options->recursive = true;
        return 0;
    case 'n':
        return take_namespace(options, value, reterr);
    case 'o':
        return sw_output_read_format(value, &options->json, reterr);
    case OPTION_OPERATION:
        return take_operation(options, value, reterr);
    case OPTION_STRICT:
        options->strict = true;
        return 0;
    case 'h':
        options->help = true;
        return 0;
    default:
        return sw_clusters_option(&options->clusters, code, value, reterr);
    }
}

static enum sw_exit say(const struct sw_err *err)
{
    if (err->code == SW_ENOMEM)
        return sw_output_error(err);
    return sw_output_misuse(&sw_command_admit, "%s", err->message);
}

/* What only all options together can tell. */
static enum sw_exit check(struct sw_admit_options *options, int argc, char **argv)
{
    struct sw_err err = {0};

    if (optind < argc)
        return sw_output_misuse(&sw_command_admit, "expected -f before a file, found %s alone",
                                argv[optind]);
    if (options->n_files == 0)
        return sw_output_misuse(&sw_command_admit,
                                "-f: expected at least one file, folder or -, found none");
    return sw_clusters_check(&options->clusters, &err) < 0 ? say(&err) : SW_EXIT_OK;
}

enum sw_exit sw_admit_options_read(int argc, char **argv, struct sw_admit_options *ret)
{
    struct sw_err err = {0};
    int code;

    *ret = (struct sw_admit_options){.namespace_ = SW_STR("default"), .operation = SW_CREATE};
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, ":f:Rn:o:h", rows, NULL)) != -1) {
        if (code == '?' || code == ':')
            return sw_output_bad_option(&sw_command_admit, code, argv, rows);
        if (take(ret, code, optarg, &err) < 0)
            return say(&err);
        if (ret->help)
            return SW_EXIT_OK;
    }
    return check(ret, argc, argv);
}

void sw_admit_options_release(struct sw_admit_options *options)
{
    free(options->files);
    options->files = NULL;
}

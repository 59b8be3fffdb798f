#include "cli/status_options.h"

#include "cli/output.h"

#include "base/banned.h"

/* What getopt_long returns for options without a letter; below those of io/clusters.h. */
enum { OPTION_STRICT = 0x100 };

static const struct option rows[] = {
    {"namespace", required_argument, NULL, 'n'},
    {"output", required_argument, NULL, 'o'},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"help", no_argument, NULL, 'h'},
    SW_CLUSTERS_OPTIONS,
    {NULL, 0, NULL, 0},
};

static int take(struct sw_status_options *options, int code, const char *value,
                struct sw_err *reterr)
{
    switch (code) {
    case 'n':
        options->namespace_ = sw_str_from(value);
        if (options->namespace_.len && sw_str_is_label_value(options->namespace_))
            return 0;
        return sw_err_set(reterr, SW_EUSAGE, "--namespace: expected a name, found \"%s\"", value);
    case 'o':
        return sw_output_read_format(value, &options->json, reterr);
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

static enum sw_exit check(struct sw_status_options *options, int argc, char **argv)
{
    struct sw_err err = {0};

    if (optind < argc)
        return sw_output_misuse(&sw_command_status, "expected options only, found %s",
                                argv[optind]);
    if (sw_clusters_check(&options->clusters, &err) < 0)
        return sw_output_misuse(&sw_command_status, "%s", err.message);
    for (size_t i = 0; i < options->clusters.n; i++) {
        if (options->clusters.items[i].dir)
            return sw_output_misuse(&sw_command_status,
                                    "--cluster: expected NAME=kubeconfig:PATH[#CONTEXT] or "
                                    "NAME=in-cluster, as no reconciler writes into a folder, "
                                    "found %s",
                                    options->clusters.items[i].source);
    }
    return SW_EXIT_OK;
}

enum sw_exit sw_status_options_read(int argc, char **argv, struct sw_status_options *ret)
{
    struct sw_err err = {0};
    int code;

    *ret = (struct sw_status_options){
        .clusters.takes_api_servers = true,
        .namespace_ = SW_STR("spillway-system"),
    };
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, ":n:o:h", rows, NULL)) != -1) {
        if (code == '?' || code == ':')
            return sw_output_bad_option(&sw_command_status, code, argv, rows);
        if (take(ret, code, optarg, &err) < 0)
            return sw_output_misuse(&sw_command_status, "%s", err.message);
        if (ret->help)
            return SW_EXIT_OK;
    }
    return check(ret, argc, argv);
}

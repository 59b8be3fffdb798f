#include "cli/remote_options.h"

#include "cli/output.h"
#include "cli/remote_secret.h"

#include "base/banned.h"

/* What getopt_long returns for options without a letter; below those of io/clusters.h. */
enum { OPTION_SERVER = 0x100, OPTION_DURATION, OPTION_APPLY };

static const struct option rows[] = {
    {"cluster", required_argument, NULL, SW_CLUSTERS_OPTION_CLUSTER},
    {"namespace", required_argument, NULL, 'n'},
    {"server", required_argument, NULL, OPTION_SERVER},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"apply", no_argument, NULL, OPTION_APPLY},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Seconds of a unit; 0 for none. */
static uint64_t unit_of(char letter)
{
    switch (letter) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    default:
        return 0;
    }
}

int sw_remote_read_duration(const char *value, uint64_t min_s, uint64_t *ret_s,
                            struct sw_err *reterr)
{
    struct sw_str text = sw_str_from(value);
    uint64_t unit = text.len ? unit_of(text.data[text.len - 1]) : 0, n = 0;

    if (unit && sw_str_to_u64(sw_str_slice(text, 0, text.len - 1), SW_REMOTE_MAX_LIFE_S / unit, &n))
        *ret_s = n * unit;
    if (n * unit >= min_s && n)
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "--duration: expected how long the token is to live, as 24h or 30d, 10m at "
                      "least, found \"%s\"",
                      value);
}

static int take_namespace(struct sw_remote_options *options, const char *value,
                          struct sw_err *reterr)
{
    options->namespace_ = sw_str_from(value);
    for (const char *at = value; *at; at++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *at))
            value = "";
    }
    if (*value && sw_str_is_label_value(options->namespace_))
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "--namespace: expected the name of a namespace, found \"%.*s\"",
                      SW_STR_ARG(options->namespace_));
}

static int take_format(struct sw_remote_options *options, const char *value, struct sw_err *reterr)
{
    options->json = strcmp(value, "json") == 0;
    if (options->json || strcmp(value, "yaml") == 0)
        return 0;
    return sw_err_set(reterr, SW_EUSAGE, "--output: expected yaml or json, found \"%s\"", value);
}

static int take(struct sw_remote_options *options, int code, const char *value,
                struct sw_err *reterr)
{
    switch (code) {
    case 'n':
        return take_namespace(options, value, reterr);
    case OPTION_SERVER:
        options->server = sw_str_from(value);
        return sw_remote_check_server(options->server, reterr);
    case OPTION_DURATION:
        return sw_remote_read_duration(value, SW_REMOTE_MIN_LIFE_S, &options->life_s, reterr);
    case OPTION_APPLY:
        options->apply = true;
        return 0;
    case 'o':
        return take_format(options, value, reterr);
    case 'h':
        options->help = true;
        return 0;
    default:
        return sw_clusters_option(&options->clusters, code, value, reterr);
    }
}

static enum sw_exit check(struct sw_remote_options *options, int argc, char **argv)
{
    struct sw_err err = {0};

    if (optind < argc)
        return sw_output_misuse(&sw_command_remote_secret, "expected options only, found %s",
                                argv[optind]);
    if (sw_clusters_check(&options->clusters, &err) < 0)
        return sw_output_misuse(&sw_command_remote_secret, "%s", err.message);
    if (options->clusters.n > 1)
        return sw_output_misuse(&sw_command_remote_secret,
                                "--cluster: expected one, as each has a Secret of its own, found "
                                "%zu",
                                options->clusters.n);
    if (!options->clusters.items[0].kubeconfig.data)
        return sw_output_misuse(&sw_command_remote_secret,
                                "--cluster: expected NAME=kubeconfig:PATH[#CONTEXT], found %s",
                                options->clusters.items[0].source);
    return SW_EXIT_OK;
}

enum sw_exit sw_remote_options_read(int argc, char **argv, struct sw_remote_options *ret)
{
    struct sw_err err = {0};
    int code;

    *ret = (struct sw_remote_options){
        .clusters.takes_api_servers = true,
        .namespace_ = SW_STR("spillway-system"),
    };
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, ":n:o:h", rows, NULL)) != -1) {
        if (code == '?' || code == ':')
            return sw_output_bad_option(&sw_command_remote_secret, code, argv, rows);
        if (take(ret, code, optarg, &err) < 0)
            return sw_output_misuse(&sw_command_remote_secret, "%s", err.message);
        if (ret->help)
            return SW_EXIT_OK;
    }
    return check(ret, argc, argv);
}

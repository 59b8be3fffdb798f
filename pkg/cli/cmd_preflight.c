#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/output.h"
#include "cli/preflight_options.h"
#include "cli/preflight_report.h"
#include "cli/preflight_server.h"
#include "cli/style.h"
#include "json/read.h"

#include <unistd.h>

#include "base/banned.h"

/* What one cluster answers: lists of istiods and of namespaces, of 500 at most. */
#define CHUNK_BYTES      ((size_t)64 << 10)
#define MAX_ANSWER_BYTES ((size_t)256 << 20)

/* Some lines a cluster. */
#define MAX_REPORT_BYTES ((size_t)16 << 20)

static int look_at(const struct sw_cluster *cluster, struct sw_preflight_report *report,
                   struct sw_arena *arena, struct sw_err *reterr)
{
    SW_JSON_SCOPE(arena);
    SW_CLEANUP(sw_preflight_server_release) struct sw_preflight_server server;
    struct sw_preflight_api api;
    struct sw_preflight found;
    int r = sw_preflight_server_open(&server, cluster, reterr);

    if (r == 0) {
        api = sw_preflight_server_api(&server);
        r = sw_preflight_run(&api, arena, &found, reterr);
    }
    if (r < 0)
        return sw_err_wrap(reterr, "cluster %.*s", SW_STR_ARG(cluster->name));
    sw_preflight_report_cluster(report, cluster->name, &found);
    return 0;
}

static enum sw_exit look_at_all(const struct sw_preflight_options *options, struct sw_buf *buf)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = {0};
    struct sw_preflight_report report = {
        .buf = buf,
        .json = options->json,
        .colours = sw_style_wants_colours(STDOUT_FILENO),
    };
    struct sw_err err = {0};
    int r = sw_http_setup(&err);

    sw_arena_init(&arena, CHUNK_BYTES, MAX_ANSWER_BYTES);
    sw_preflight_report_begin(&report);
    for (size_t i = 0; r == 0 && i < options->clusters.n; i++) {
        r = look_at(&options->clusters.items[i], &report, &arena, &err);
        sw_arena_clear(&arena);
    }
    sw_preflight_report_end(&report);
    if (r == 0)
        r = sw_buf_status(buf, &err);
    if (r < 0)
        return sw_output_error(&err);
    if (report.n_of[SW_PREFLIGHT_ERROR] || (options->strict && report.n_of[SW_PREFLIGHT_WARNING]))
        return sw_output_document(sw_buf_str(buf), options->json, SW_EXIT_FINDINGS);
    return sw_output_document(sw_buf_str(buf), options->json, SW_EXIT_OK);
}

static enum sw_exit run_preflight(int argc, char **argv)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_preflight_options options;
    enum sw_exit code;

    sw_buf_init(&buf, MAX_REPORT_BYTES);
    code = sw_preflight_options_read(argc, argv, &options);
    if (code != SW_EXIT_OK)
        return code;
    if (options.help)
        return sw_output(sw_str_from(sw_command_preflight.help), SW_EXIT_OK);
    return look_at_all(&options, &buf);
}

const struct sw_command sw_command_preflight = {
    .name = "preflight",
    .summary = "look at a cluster before Spillway is installed into it",
    .help = "Usage: spillway preflight --cluster NAME=SOURCE... [OPTION...]\n"
            "\n"
            "Asks API servers what stands in the way of an installation, and says what to do\n"
            "about it: Kubernetes' version and the APIs it serves; CRDs and webhook\n"
            "configurations that have our names and are somebody else's, such as those of a\n"
            "Tetrate Service Bridge; Istio, its version, and whether istiod connects\n"
            "clusters by itself; namespaces in ambient mode; whether you may install. It\n"
            "writes nothing and reads no Secret.\n"
            "\n"
            "Clusters:\n"
            "  --cluster NAME=SOURCE    a cluster and how its API server is reached; once for\n"
            "                           each; SOURCE is kubeconfig:PATH[#CONTEXT] or\n"
            "                           in-cluster. A kubeconfig that runs a program to log in\n"
            "                           (exec) is not read: hack/install logs in for you\n"
            "  --local, --config-cluster and --network, as every program takes them, are\n"
            "  taken, and change nothing here\n"
            "\n"
            "Output:\n"
            "  -o, --output FORMAT      text (default) or json\n"
            "  --strict                 a warning is a finding: exit with 1\n"
            "  -h, --help               print this\n"
            "\n"
            "Exit codes:\n"
            "  0  nothing stands in the way; there may be warnings and notes\n"
            "  1  an error, or a warning under --strict: do not install yet\n"
            "  2  wrong usage, or an API server that does not answer, be it one of several\n"
            "  3  a failure of ours\n"
            "With 2 and 3 nothing is written to standard output.\n"
            "\n"
            "With -o json, one document, to which members may be added:\n"
            "  schemaVersion            1\n"
            "  clusters[]               in the order in which they were given\n"
            "    name\n"
            "    kubernetes             its version, as the API server says it\n"
            "    network                of istio-system's label, or null\n"
            "    installed              the image of a Spillway that is there, or null\n"
            "    istio[]                namespace, name, version and revision of each istiod\n"
            "    findings[]             severity (error, warning or note), code (stable),\n"
            "                           message, advice (or null)\n"
            "  summary                  clusters, errors, warnings, notes\n",
    .run = run_preflight,
};

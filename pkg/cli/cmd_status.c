#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/output.h"
#include "cli/preflight_server.h"
#include "cli/status_options.h"
#include "cli/status_report.h"
#include "cli/style.h"
#include "io/clock.h"
#include "kube/applier.h"
#include "kube/list.h"
#include "json/read.h"

#include <unistd.h>

#include "base/banned.h"

/* What one cluster answers: a ConfigMap of 1 MiB, and WorkloadEntries of some KiB. */
#define CHUNK_BYTES      ((size_t)64 << 10)
#define MAX_ANSWER_BYTES ((size_t)1 << 30)

/* A line or three a row. */
#define MAX_REPORT_BYTES ((size_t)256 << 20)

/* People wait for this. */
#define TIMEOUT_MS 10000

static int ask_report(struct sw_preflight_server *server, struct sw_str namespace_,
                      struct sw_arena *arena, json_t **ret, struct sw_err *reterr)
{
    const struct sw_applier_op op = {
        .verb = SW_APPLIER_GET,
        .ref = {.gvr = sw_gvr(SW_GVR_CONFIG_MAP),
                .namespace_ = namespace_,
                .name = SW_STR(SW_STATUS_CONFIG_MAP)},
        .timeout_ms = TIMEOUT_MS,
    };
    struct sw_answer answer;
    int r;

    sw_applier_wait(&server->waiter, &op, arena, &answer);
    if (answer.verdict == SW_ANSWER_NOT_FOUND)
        return sw_err_set(reterr, SW_ENOENT,
                          "expected ConfigMap " SW_STATUS_CONFIG_MAP " in namespace %.*s, found "
                          "none: a reconciler writes it once it leads and has read its clusters "
                          "(kubectl get pods -n %.*s); --namespace says where else it is",
                          SW_STR_ARG(namespace_), SW_STR_ARG(namespace_));
    r = sw_answer_status(&answer, reterr);
    return r < 0 ? r : sw_answer_object(&answer, arena, ret, reterr);
}

/* NULL where there is no Istio, and so no WorkloadEntry. */
static int ask_entries(struct sw_preflight_server *server, struct sw_arena *arena, json_t **ret,
                       struct sw_err *reterr)
{
    const struct sw_list_options options = {
        .gvr = sw_gvr(SW_GVR_WORKLOAD_ENTRY),
        .label_selector = SW_STR("app.kubernetes.io/managed-by=spillway"),
        .arena = arena,
    };
    struct sw_answer answer;
    json_t *items = NULL;
    int r;

    sw_list_wait(&server->waiter, &options, &items, &answer);
    r = answer.verdict == SW_ANSWER_NOT_FOUND ? 0 : sw_answer_status(&answer, reterr);
    if (r == 0)
        *ret = items;
    return r;
}

static int ask(const struct sw_cluster *cluster, struct sw_str namespace_, struct sw_arena *arena,
               struct sw_status *ret, struct sw_err *reterr)
{
    SW_CLEANUP(sw_preflight_server_release) struct sw_preflight_server server;
    json_t *config_map = NULL, *entries = NULL;
    int r = sw_preflight_server_open(&server, cluster, reterr);

    if (r == 0)
        r = ask_report(&server, namespace_, arena, &config_map, reterr);
    if (r == 0)
        r = ask_entries(&server, arena, &entries, reterr);
    if (r == 0) {
        r = sw_status_read(config_map, entries, arena, ret, reterr);
        if (r < 0)
            sw_err_wrap(reterr, "ConfigMap %.*s/" SW_STATUS_CONFIG_MAP, SW_STR_ARG(namespace_));
    }
    return r < 0 ? sw_err_wrap(reterr, "cluster %.*s", SW_STR_ARG(cluster->name)) : 0;
}

static enum sw_exit show(const struct sw_status_options *options, struct sw_buf *buf)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = {0};
    struct sw_status_report report = {
        .buf = buf,
        .json = options->json,
        .colours = sw_style_wants_colours(STDOUT_FILENO),
    };
    struct sw_err err = {0};
    bool troubled = false;
    int r = sw_http_setup(&err);

    sw_arena_init(&arena, CHUNK_BYTES, MAX_ANSWER_BYTES);
    sw_status_report_begin(&report);
    for (size_t i = 0; r == 0 && i < options->clusters.n; i++) {
        const struct sw_cluster *cluster = &options->clusters.items[i];
        struct sw_status status;

        sw_arena_clear(&arena); /* of the cluster before */
        SW_JSON_SCOPE(&arena);

        r = ask(cluster, options->namespace_, &arena, &status, &err);
        if (r < 0)
            break;
        report.now = (int64_t)(sw_clock_wall_ms() / 1000);
        sw_status_report_cluster(&report, cluster->name, &status);
        troubled = troubled || sw_status_is_troubled(&status, report.now, options->strict);
    }
    sw_status_report_end(&report);
    if (r == 0)
        r = sw_buf_status(buf, &err);
    if (r < 0)
        return sw_output_error(&err);
    return sw_output_document(sw_buf_str(buf), options->json,
                              troubled ? SW_EXIT_FINDINGS : SW_EXIT_OK);
}

static enum sw_exit run_status(int argc, char **argv)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf buf;
    struct sw_status_options options;
    enum sw_exit code;

    sw_buf_init(&buf, MAX_REPORT_BYTES);
    code = sw_status_options_read(argc, argv, &options);
    if (code != SW_EXIT_OK)
        return code;
    if (options.help)
        return sw_output(sw_str_from(sw_command_status.help), SW_EXIT_OK);
    return show(&options, &buf);
}

const struct sw_command sw_command_status = {
    .name = "status",
    .summary = "show which Services fail over to where, and why others do not",
    .help = "Usage: spillway status --cluster NAME=SOURCE... [OPTION...]\n"
            "\n"
            "Shows what the reconciler of a cluster says: how it sees the clusters, and for\n"
            "each Service and remote cluster whether failover is emitted, withheld, warned of\n"
            "or waits, why, and what heals it, beside how many WorkloadEntries are there. It\n"
            "reads ConfigMap spillway-status of Spillway's namespace and the WorkloadEntries\n"
            "that carry app.kubernetes.io/managed-by=spillway, and writes nothing.\n"
            "\n"
            "Clusters:\n"
            "  --cluster NAME=SOURCE    a cluster and how its API server is reached; once for\n"
            "                           each; SOURCE is kubeconfig:PATH[#CONTEXT] or\n"
            "                           in-cluster. A kubeconfig that runs a program to log in\n"
            "                           (exec) is not read\n"
            "  -n, --namespace NAME     Spillway's namespace; default: spillway-system\n"
            "  --local, --config-cluster and --network, as every program takes them, are\n"
            "  taken, and change nothing here\n"
            "\n"
            "Output:\n"
            "  -o, --output FORMAT      text (default) or json\n"
            "  --strict                 what is warned of or waits is a finding: exit with 1\n"
            "  -h, --help               print this\n"
            "\n"
            "Exit codes:\n"
            "  0  all is emitted that settings ask for; some may be warned of, or wait\n"
            "  1  something is withheld, and not by the Service's own failover: disable; or\n"
            "     WorkloadEntries are there that the reconciler does not name, a cluster is not\n"
            "     being watched, or the reconciler has said nothing for 3 minutes\n"
            "  2  wrong usage, an API server that does not answer, or no reconciler that has\n"
            "     said anything yet, be it in one of several clusters\n"
            "  3  a failure of ours\n"
            "With 2 and 3 nothing is written to standard output.\n"
            "\n"
            "With -o json, one document, to which members may be added:\n"
            "  schemaVersion            1\n"
            "  clusters[]               in the order in which they were given\n"
            "    name, local            as given here, and as its reconciler calls it\n"
            "    written, stale         when its reconciler said so (Unix time); true: too old\n"
            "    native                 true: istiod reads other clusters itself\n"
            "    omitted                Services for which the ConfigMap had no room\n"
            "    clusters[]             name, synced, readable, seenAt (Unix time, or null),\n"
            "                           error (or null), emitted, withheld, warned, waits\n"
            "    rows[]                 kind, namespace, name, remote, entries, state (Emitted,\n"
            "                           Withheld, Warned, Waits, Unreported), reason (stable),\n"
            "                           about, message, advice; null where there is none\n",
    .run = run_status,
};

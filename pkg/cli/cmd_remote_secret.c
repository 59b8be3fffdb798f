#include "cli/command.h"

#include "base/cleanup.h"
#include "cli/output.h"
#include "cli/preflight_server.h"
#include "cli/remote_options.h"
#include "cli/remote_secret.h"
#include "io/clock.h"
#include "json/read.h"

#include <stdio.h>

#include "base/banned.h"

/* Some small objects, and the Secret several times over. */
#define CHUNK_BYTES ((size_t)64 << 10)
#define MAX_BYTES   ((size_t)64 << 20)

/* A Secret holds at most 1 MiB; as base64 of base64 it is larger. */
#define MAX_OUTPUT_BYTES ((size_t)4 << 20)

/* People wait for this. */
#define TIMEOUT_MS 10000

static void call(void *context, const struct sw_applier_op *op, struct sw_arena *arena,
                 struct sw_answer *ret)
{
    struct sw_preflight_server *server = context;
    struct sw_applier_op timed = *op;

    timed.timeout_ms = TIMEOUT_MS;
    sw_applier_wait(&server->waiter, &timed, arena, ret);
}

static void let_pass(void *context, int64_t wait_ms)
{
    struct sw_preflight_server *server = context;

    sw_waiter_pause(&server->waiter, wait_ms);
}

static int make_token(const struct sw_remote_options *options, const struct sw_remote_api *api,
                      struct sw_arena *arena, struct sw_remote_token *ret, struct sw_err *reterr)
{
    const bool lasting = options->life_s == 0;
    int r = 0;

    if (options->apply)
        r = sw_remote_account_apply(api, options->namespace_, lasting, arena, reterr);
    if (r < 0)
        return r;
    if (lasting)
        return sw_remote_token_read(api, options->namespace_, options->apply, arena, ret, reterr);
    return sw_remote_token_request(api, options->namespace_, options->life_s, arena, ret, reterr);
}

/* By the kubeconfig's authority. Where that is unchecked, by the cluster's own; where it names
 * none, the server's certificate is from an authority that every system knows. */
static int find_way(const struct sw_remote_options *options, const struct sw_kube_config *config,
                    const struct sw_remote_api *api, struct sw_arena *arena,
                    struct sw_remote_secret *secret, struct sw_err *reterr)
{
    struct sw_remote_way *way = &secret->way;
    int r;

    way->server = options->server.len ? options->server : config->server;
    way->tls_server_name = config->tls_server_name;
    r = sw_remote_config_ca(config, arena, &way->ca_pem, reterr);
    if (r < 0 || way->ca_pem.len || !config->insecure)
        return r;
    way->ca_pem = secret->token.ca_pem;
    if (!way->ca_pem.len)
        r = sw_remote_own_ca(api, options->namespace_, arena, &way->ca_pem, reterr);
    if (r == 0 && !way->ca_pem.len)
        return sw_err_set(reterr, SW_ENOENT,
                          "the kubeconfig names no authority (insecure-skip-tls-verify), and the "
                          "cluster does not tell its own: expected certificate-authority or "
                          "certificate-authority-data");
    return r;
}

static void tell(const struct sw_remote_options *options, const struct sw_kube_config *config,
                 const struct sw_remote_secret *secret)
{
    const struct sw_str server = secret->way.server;
    char renewal[SW_UTC_SIZE];

    if (sw_remote_is_loopback(server))
        fprintf(
            stderr,
            "spillway: warning: %.*s is this machine's own address, which other clusters cannot "
            "reach: say theirs with --server\n",
            SW_STR_ARG(server));
    if (config->proxy_url.len)
        fprintf(stderr, "spillway: warning: the kubeconfig's proxy-url is left out: other clusters "
                        "are taken to reach the server without it\n");
    if (config->insecure)
        fprintf(stderr, "spillway: warning: the kubeconfig does not check who answers "
                        "(insecure-skip-tls-verify); in the Secret stands the authority that was "
                        "answered\n");
    if (!options->life_s)
        return;
    fprintf(stderr,
            "spillway: the token expires at %.*s, and the cluster is then not seen any more",
            SW_STR_ARG(secret->token.expires));
    if (sw_remote_renewal(secret->token.expires, sw_clock_wall_ms() / 1000, renewal))
        fprintf(stderr, ": run this again by %s", renewal);
    fprintf(stderr, "\n");
}

static int make_secret(const struct sw_remote_options *options, struct sw_preflight_server *server,
                       struct sw_arena *arena, struct sw_buf *buf, struct sw_err *reterr)
{
    SW_JSON_SCOPE(arena);
    const struct sw_remote_api api = {server, call, let_pass};
    struct sw_remote_secret secret = {
        .namespace_ = options->namespace_,
        .cluster = options->clusters.items[0].name,
    };
    int r = make_token(options, &api, arena, &secret.token, reterr);

    if (r == 0)
        r = find_way(options, &server->config, &api, arena, &secret, reterr);
    if (r == 0)
        r = sw_remote_secret_write(&secret, options->json, arena, buf, reterr);
    if (r == 0)
        r = sw_buf_status(buf, reterr);
    if (r == 0)
        tell(options, &server->config, &secret);
    return r;
}

static enum sw_exit connect_cluster(const struct sw_remote_options *options)
{
    SW_CLEANUP(sw_buf_wipe) struct sw_buf buf;
    SW_CLEANUP(sw_arena_wipe) struct sw_arena arena;
    SW_CLEANUP(sw_preflight_server_release) struct sw_preflight_server server = {0};
    const struct sw_cluster *cluster = &options->clusters.items[0];
    struct sw_err err = {0};
    int r = sw_http_setup(&err);

    sw_buf_init(&buf, MAX_OUTPUT_BYTES);
    sw_arena_init(&arena, CHUNK_BYTES, MAX_BYTES);
    if (r == 0)
        r = sw_preflight_server_open(&server, cluster, &err);
    if (r == 0)
        r = make_secret(options, &server, &arena, &buf, &err);
    if (r == 0)
        return sw_output(sw_buf_str(&buf), SW_EXIT_OK);
    sw_err_wrap(&err, "cluster %.*s", SW_STR_ARG(cluster->name));
    return sw_output_error(&err);
}

static enum sw_exit run_remote_secret(int argc, char **argv)
{
    struct sw_remote_options options;
    enum sw_exit code = sw_remote_options_read(argc, argv, &options);

    if (code != SW_EXIT_OK)
        return code;
    if (options.help)
        return sw_output(sw_str_from(sw_command_remote_secret.help), SW_EXIT_OK);
    return connect_cluster(&options);
}

const struct sw_command sw_command_remote_secret = {
    .name = "remote-secret",
    .summary = "print the Secret by which other clusters read this one",
    .help = "Usage: spillway remote-secret --cluster NAME=kubeconfig:PATH[#CONTEXT]\n"
            "                              [OPTION...]\n"
            "\n"
            "Prints a Secret that connects cluster NAME to every cluster it is applied to: a\n"
            "kubeconfig with a token of NAME's ServiceAccount spillway-reader, which may list\n"
            "and watch what Spillway reads there; no Secret, and nothing may it write. Two\n"
            "clusters are connected by two commands:\n"
            "\n"
            "  spillway remote-secret --cluster east=kubeconfig:PATH#east --apply |\n"
            "      kubectl --context west apply --server-side -f -\n"
            "  spillway remote-secret --cluster west=kubeconfig:PATH#west --apply |\n"
            "      kubectl --context east apply --server-side -f -\n"
            "\n"
            "What it prints holds a credential.\n"
            "\n"
            "Cluster:\n"
            "  --cluster NAME=kubeconfig:PATH[#CONTEXT]\n"
            "                           the cluster that is to be read, under the name that it\n"
            "                           was installed with, and how it is reached from here. A\n"
            "                           kubeconfig that runs a program to log in (exec) is not\n"
            "                           read: put a token in, as of 'kubectl create token'\n"
            "  --server URL             how other clusters reach its API server; default: as\n"
            "                           the kubeconfig does. Its certificate has to be of the\n"
            "                           same authority\n"
            "  -n, --namespace NAME     Spillway's namespace, in both; default: spillway-system\n"
            "\n"
            "Account:\n"
            "  --apply                  make the account there, or bring it up to date: the\n"
            "                           namespace if it is missing, ServiceAccount, ClusterRole,\n"
            "                           ClusterRoleBinding, and the Secret of its token. Without\n"
            "                           it nothing is stored anywhere\n"
            "  --duration LENGTH        a token that expires, as 24h or 30d, at least 10m; some\n"
            "                           clusters allow less than is asked for, and it is said on\n"
            "                           standard error when it ends. Default: one that does not\n"
            "                           expire, until its Secret spillway-reader-token is deleted\n"
            "\n"
            "Output:\n"
            "  -o, --output FORMAT      yaml (default) or json\n"
            "  -h, --help               print this\n"
            "\n"
            "Exit codes:\n"
            "  0  printed\n"
            "  2  wrong usage, no account without --apply, or what the API server refuses\n"
            "  3  a failure of ours\n"
            "With 2 and 3 nothing is written to standard output.\n",
    .run = run_remote_secret,
};

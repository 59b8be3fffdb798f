#include "reconciler/options.h"

#include <getopt.h>

#include "model/ip.h"
#include "serve/listen.h"

#include "base/banned.h"

enum {
    OPTION_NAMESPACE = 0x100, /* above every character, so that there are no short options */
    OPTION_ROOT_NAMESPACE,
    OPTION_LEADER_ELECT,
    OPTION_NO_LEADER_ELECT,
    OPTION_NO_SECRETS,
    OPTION_REMOTE_TTL,
    OPTION_WRITE_RATE,
    OPTION_DNS_SERVERS,
    OPTION_PROBE_LISTEN,
    OPTION_LOG_LEVEL,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option rows[] = {
    SW_CLUSTERS_OPTIONS,
    {"namespace", required_argument, NULL, OPTION_NAMESPACE},
    {"root-namespace", required_argument, NULL, OPTION_ROOT_NAMESPACE},
    {"leader-elect", no_argument, NULL, OPTION_LEADER_ELECT},
    {"no-leader-elect", no_argument, NULL, OPTION_NO_LEADER_ELECT},
    {"no-cluster-secrets", no_argument, NULL, OPTION_NO_SECRETS},
    {"remote-ttl", required_argument, NULL, OPTION_REMOTE_TTL},
    {"write-rate", required_argument, NULL, OPTION_WRITE_RATE},
    {"dns-servers", required_argument, NULL, OPTION_DNS_SERVERS},
    {"probe-listen", required_argument, NULL, OPTION_PROBE_LISTEN},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* What was said of leader election; unsaid, it goes with the local cluster's source. */
struct said {
    bool leader_elect;
    bool no_leader_elect;
};

static int take_namespace(const char *option, const char *value, struct sw_str *ret,
                          struct sw_err *reterr)
{
    if (!*value || !sw_str_is_label_value(sw_str_from(value)))
        return sw_err_set(reterr, SW_EUSAGE, "--%s: expected the name of a namespace, found \"%s\"",
                          option, value);
    *ret = sw_str_from(value);
    return 0;
}

static int take_remote_ttl(const char *value, unsigned int *ret, struct sw_err *reterr)
{
    uint64_t seconds = 0;

    if (!sw_str_to_u64(sw_str_from(value), SW_RECONCILER_TTL_MAX_S, &seconds))
        return sw_err_set(
            reterr, SW_EUSAGE,
            "--remote-ttl: expected seconds, at most %u, or 0 for never, found \"%s\"",
            SW_RECONCILER_TTL_MAX_S, value);
    *ret = (unsigned int)seconds;
    return 0;
}

static int take_write_rate(const char *value, unsigned int *ret, struct sw_err *reterr)
{
    uint64_t rate = 0;

    if (!sw_str_to_u64(sw_str_from(value), SW_RECONCILER_RATE_MAX, &rate) || rate == 0)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--write-rate: expected writes a second, 1 to %u, found \"%s\"",
                          SW_RECONCILER_RATE_MAX, value);
    *ret = (unsigned int)rate;
    return 0;
}

/* A text that only others can judge, but that must be there. */
static int take_text(const char *value, const char *word, const char **ret, struct sw_err *reterr)
{
    *ret = value;
    return *value ? 0 : sw_err_set(reterr, SW_EUSAGE, "%s: expected a value, found \"\"", word);
}

/* ADDRESS or ADDRESS:PORT, where an IPv6 address with a port stands in brackets. */
static bool is_dns_server(struct sw_str text)
{
    const bool bracketed = sw_str_has_prefix(text, SW_STR("["));
    const size_t end = sw_str_find(text, bracketed ? ']' : ':');
    struct sw_str address = sw_str_slice(text, bracketed, end);
    struct sw_str rest = sw_str_slice(text, end + bracketed, text.len);
    struct sw_ip ip = {0};
    uint64_t port = 0;

    if (sw_ip_parse(text, &ip))
        return true;
    if (!sw_ip_parse(address, &ip) || ip.family != (bracketed ? 6 : 4) || end == text.len)
        return false;
    return !rest.len || (rest.data[0] == ':' &&
                         sw_str_to_u64(sw_str_slice(rest, 1, rest.len), UINT16_MAX, &port) && port);
}

static int take_dns_servers(const char *value, const char **ret, struct sw_err *reterr)
{
    struct sw_str rest = sw_str_from(value);

    do {
        struct sw_str server = sw_str_cut(&rest, ',');

        if (!is_dns_server(server))
            return sw_err_set(reterr, SW_EUSAGE,
                              "--dns-servers: expected ADDRESS[:PORT],... as in 192.0.2.1 or "
                              "[2001:db8::1]:53, found \"%.*s\" in \"%s\"",
                              SW_STR_ARG(server), value);
    } while (rest.len);
    *ret = value;
    return 0;
}

static int take_log_level(const char *value, enum sw_log_level *ret, struct sw_err *reterr)
{
    if (sw_log_level_parse(sw_str_from(value), ret))
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "--log-level: expected debug, info, warn or error, found \"%s\"", value);
}

/* What getopt did not understand stands in `word`, the whole argument as it was given. */
static int refuse(int code, const char *word, struct sw_err *reterr)
{
    if (code == ':')
        return sw_err_set(reterr, SW_EUSAGE, "%s: expected a value behind it, found nothing", word);
    return sw_err_set(reterr, SW_EUSAGE,
                      "expected an option that --help lists, with a value only where one belongs, "
                      "found %s",
                      word);
}

/* An option without a value; false for another. */
static bool take_flag(struct sw_reconciler_options *options, struct said *said, int code)
{
    switch (code) {
    case OPTION_LEADER_ELECT:
        return said->leader_elect = true;
    case OPTION_NO_LEADER_ELECT:
        return said->no_leader_elect = true;
    case OPTION_NO_SECRETS:
        return options->no_cluster_secrets = true;
    case OPTION_HELP:
        options->action = SW_RECONCILER_HELP;
        return true;
    case OPTION_VERSION:
        options->action = SW_RECONCILER_VERSION;
        return true;
    default:
        return false;
    }
}

static int take(struct sw_reconciler_options *options, int code, const char *value,
                const char *word, struct sw_err *reterr)
{
    int r;

    switch (code) {
    case OPTION_NAMESPACE:
        return take_namespace("namespace", value, &options->namespace_, reterr);
    case OPTION_ROOT_NAMESPACE:
        return take_namespace("root-namespace", value, &options->root_namespace, reterr);
    case OPTION_REMOTE_TTL:
        return take_remote_ttl(value, &options->remote_ttl_s, reterr);
    case OPTION_LOG_LEVEL:
        return take_log_level(value, &options->log_level, reterr);
    case OPTION_WRITE_RATE:
        return take_write_rate(value, &options->write_rate, reterr);
    case OPTION_DNS_SERVERS:
        return take_dns_servers(value, &options->dns_servers, reterr);
    case OPTION_PROBE_LISTEN:
        return take_text(value, word, &options->probe_listen, reterr);
    default:
        r = sw_clusters_option(&options->clusters, code, value, reterr);
        if (r == 0)
            return refuse(code, word, reterr);
        return r < 0 ? r : 0;
    }
}

/* What only all options together tell. */
static int check(struct sw_reconciler_options *options, const struct said *said,
                 struct sw_err *reterr)
{
    const struct sw_clusters *clusters = &options->clusters;
    const struct sw_cluster *local;
    struct sw_err why = {0};
    int r = sw_clusters_check(&options->clusters, reterr);

    if (r < 0)
        return r;
    r = sw_listen_check(options->probe_listen, &why);
    if (r < 0)
        return sw_err_set(reterr, r, "--probe-listen: %s", why.message);
    local = &clusters->items[clusters->local];
    if (local->dir)
        return sw_err_set(reterr, SW_EUSAGE,
                          "expected an API server as local cluster, for that is where objects are "
                          "written, found %.*s=%s",
                          SW_STR_ARG(local->name), local->source);
    if (said->leader_elect && said->no_leader_elect)
        return sw_err_set(reterr, SW_EUSAGE,
                          "expected either --leader-elect or --no-leader-elect, found both");
    options->leader_elect =
        said->leader_elect || (!said->no_leader_elect && !local->kubeconfig.data);
    if (local->kubeconfig.data && options->leader_elect && !options->namespace_.data)
        return sw_err_set(
            reterr, SW_EUSAGE,
            "--leader-elect: expected --namespace with it, for the Lease, found none");
    return 0;
}

int sw_reconciler_options_parse(int argc, char *const argv[], struct sw_reconciler_options *ret,
                                struct sw_err *reterr)
{
    struct said said = {0};
    int code, r;

    *ret = (struct sw_reconciler_options){
        .probe_listen = ":8081",
        .write_rate = SW_RECONCILER_RATE,
        .root_namespace = SW_STR("istio-system"),
        .log_level = SW_LOG_INFO,
    };
    ret->clusters.takes_api_servers = true;
    optind = 0; /* GNU getopt begins anew */
    for (;;) {
        int at = optind ? optind : 1;

        code = getopt_long(argc, argv, "+:", rows, NULL);
        if (code < 0)
            break;
        if (take_flag(ret, &said, code)) {
            if (ret->action != SW_RECONCILER_RUN)
                return 0;
            continue;
        }
        r = take(ret, code, optarg, argv[at], reterr);
        if (r < 0)
            return r;
    }
    if (optind < argc)
        return sw_err_set(reterr, SW_EUSAGE, "expected options only, found %s", argv[optind]);
    return check(ret, &said, reterr);
}

const char *sw_reconciler_options_help(void)
{
    return "usage: spillway-reconciler --cluster NAME=SOURCE... [OPTION]...\n"
           "\n"
           "Watches every connected cluster, and keeps in the local one the objects by which\n"
           "a Service that dies here is served from there: WorkloadEntries, and what they\n"
           "need.\n"
           "\n"
           "Clusters:\n" SW_CLUSTERS_HELP_API_SERVERS
           "  --no-cluster-secrets     do not take up the clusters that Secrets labelled\n"
           "                           spillway.dev/cluster: \"true\" in our namespace name\n"
           "  --remote-ttl SECONDS     how long the last view of a cluster counts that\n"
           "                           cannot be reached; default: 0, for ever\n"
           "\n"
           "Here:\n"
           "  --namespace NAME         ours, for the Lease, for remote clusters' Secrets and\n"
           "                           for what other clusters read of us; default: the\n"
           "                           Pod's own\n"
           "  --root-namespace NAME    of the mesh, where generated DestinationRules go;\n"
           "                           default: istio-system\n"
           "  --leader-elect           write only while we hold the Lease; the default where\n"
           "                           the local cluster is in-cluster\n"
           "  --no-leader-elect        write from the start\n"
           "  --write-rate N           writes a second at most; default: 200, by which 5,000\n"
           "                           Services follow a gateway in under a minute\n"
           "  --dns-servers LIST       who is asked for the names of gateways, as\n"
           "                           ADDR[:PORT],...; default: those of /etc/resolv.conf\n"
           "  --probe-listen ADDR:PORT where /healthz, /readyz and /metrics are, without\n"
           "                           TLS; default: :8081\n"
           "  --log-level LEVEL        debug, info, warn or error; default: info\n"
           "  --help                   print this\n"
           "  --version                print the version\n"
           "\n"
           "Exit status: 0 ended by SIGTERM or SIGINT, 1 could not start or failed, 2 wrong\n"
           "usage.\n";
}

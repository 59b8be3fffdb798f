#include "webhook/options.h"

#include <getopt.h>
#include <stdio.h>

#include "serve/listen.h"
#include "webhook/cert_options.h"

#include "base/banned.h"

enum {
    OPTION_LISTEN = 0x100, /* above every character, so that there are no short options */
    OPTION_TLS_CERT,
    OPTION_TLS_KEY,
    OPTION_CERT_SECRET,
    OPTION_CONFIGURATION,
    OPTION_SERVICE,
    OPTION_CERT_LIFETIME,
    OPTION_CA_LIFETIME,
    OPTION_CLIENT_CA,
    OPTION_CLIENT_NAME,
    OPTION_PROBE_LISTEN,
    OPTION_SECRETS,
    OPTION_NO_SECRETS,
    OPTION_THREADS,
    OPTION_DRAIN,
    OPTION_LOG_LEVEL,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option rows[] = {
    SW_CLUSTERS_OPTIONS,
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"tls-cert-file", required_argument, NULL, OPTION_TLS_CERT},
    {"tls-key-file", required_argument, NULL, OPTION_TLS_KEY},
    {"cert-secret", required_argument, NULL, OPTION_CERT_SECRET},
    {"webhook-configuration", required_argument, NULL, OPTION_CONFIGURATION},
    {"service-name", required_argument, NULL, OPTION_SERVICE},
    {"cert-lifetime", required_argument, NULL, OPTION_CERT_LIFETIME},
    {"ca-lifetime", required_argument, NULL, OPTION_CA_LIFETIME},
    {"client-ca-file", required_argument, NULL, OPTION_CLIENT_CA},
    {"client-name", required_argument, NULL, OPTION_CLIENT_NAME},
    {"cluster-secrets", required_argument, NULL, OPTION_SECRETS},
    {"no-cluster-secrets", no_argument, NULL, OPTION_NO_SECRETS},
    {"probe-listen", required_argument, NULL, OPTION_PROBE_LISTEN},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"drain-seconds", required_argument, NULL, OPTION_DRAIN},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static int read_number(const char *option, const char *value, uint64_t min, uint64_t max,
                       uint64_t *ret, struct sw_err *reterr)
{
    uint64_t number = 0;

    if (!sw_str_to_u64(sw_str_from(value), max, &number) || number < min)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--%s: expected a number from %ju to %ju, found \"%s\"", option,
                          (uintmax_t)min, (uintmax_t)max, value);
    *ret = number;
    return 0;
}

static int take_client_name(struct sw_options *options, const char *value, struct sw_err *reterr)
{
    if (options->n_client_names == SW_OPTIONS_CLIENT_NAMES_MAX)
        return sw_err_set(reterr, SW_ELIMIT,
                          "--client-name: expected at most %d, found another: %s",
                          SW_OPTIONS_CLIENT_NAMES_MAX, value);
    if (!*value)
        return sw_err_set(reterr, SW_EUSAGE, "--client-name: expected a name, found \"\"");
    options->client_names[options->n_client_names++] = value;
    return 0;
}

static int take_threads(struct sw_options *options, const char *value, struct sw_err *reterr)
{
    uint64_t number = 0;
    int r = read_number("threads", value, 1, SW_OPTIONS_THREADS_MAX, &number, reterr);

    if (r == 0)
        options->n_threads = (size_t)number;
    return r;
}

static int take_drain(struct sw_options *options, const char *value, struct sw_err *reterr)
{
    uint64_t number = 0;
    int r = read_number("drain-seconds", value, 0, SW_OPTIONS_DRAIN_MAX_S, &number, reterr);

    if (r == 0)
        options->drain_s = (unsigned int)number;
    return r;
}

static int take_log_level(struct sw_options *options, const char *value, struct sw_err *reterr)
{
    if (sw_log_level_parse(sw_str_from(value), &options->log_level))
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "--log-level: expected debug, info, warn or error, found \"%s\"", value);
}

/* Where an option that is a text alone is kept; NULL for the others. */
static const char **text_of(struct sw_options *options, int code)
{
    switch (code) {
    case OPTION_LISTEN:
        return &options->listen;
    case OPTION_PROBE_LISTEN:
        return &options->probe_listen;
    case OPTION_SECRETS:
        return &options->cluster_secrets;
    case OPTION_TLS_CERT:
        return &options->tls.cert_file;
    case OPTION_TLS_KEY:
        return &options->tls.key_file;
    case OPTION_CLIENT_CA:
        return &options->tls.client_ca_file;
    case OPTION_CONFIGURATION:
        return &options->certs.configuration;
    case OPTION_SERVICE:
        return &options->certs.service;
    default:
        return NULL;
    }
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

static int take(struct sw_options *options, int code, const char *value, const char *word,
                struct sw_err *reterr)
{
    const char **text = text_of(options, code);
    int r;

    if (text) {
        *text = value;
        return *value ? 0 : sw_err_set(reterr, SW_EUSAGE, "%s: expected a value, found \"\"", word);
    }
    switch (code) {
    case OPTION_CERT_SECRET:
        return sw_cert_options_take_secret(&options->certs, value, reterr);
    case OPTION_CERT_LIFETIME:
        return sw_cert_options_take_lifetime("cert-lifetime", value,
                                             &options->certs.cert_lifetime_s, reterr);
    case OPTION_CA_LIFETIME:
        return sw_cert_options_take_lifetime("ca-lifetime", value, &options->certs.ca_lifetime_s,
                                             reterr);
    case OPTION_CLIENT_NAME:
        return take_client_name(options, value, reterr);
    case OPTION_THREADS:
        return take_threads(options, value, reterr);
    case OPTION_DRAIN:
        return take_drain(options, value, reterr);
    case OPTION_LOG_LEVEL:
        return take_log_level(options, value, reterr);
    case OPTION_NO_SECRETS:
        options->no_cluster_secrets = true;
        return 0;
    case OPTION_HELP:
        options->action = SW_OPTIONS_HELP;
        return 0;
    case OPTION_VERSION:
        options->action = SW_OPTIONS_VERSION;
        return 0;
    default:
        r = sw_clusters_option(&options->clusters, code, value, reterr);
        if (r == 0)
            return refuse(code, word, reterr);
        return r < 0 ? r : 0;
    }
}

/* One file without the other is a mistake; with neither the webhook keeps a certificate itself. */
static int check_files(const struct sw_options *options, struct sw_err *reterr)
{
    if (!options->tls.cert_file == !options->tls.key_file)
        return 0;
    return sw_err_set(reterr, SW_EUSAGE, "expected --tls-cert-file and --tls-key-file, found no %s",
                      options->tls.cert_file ? "--tls-key-file" : "--tls-cert-file");
}

/* Secrets that name clusters are in the local one. */
static int check_secrets(const struct sw_options *options, struct sw_err *reterr)
{
    const struct sw_cluster *local = &options->clusters.items[options->clusters.local];
    const char *namespace_ = options->cluster_secrets;

    if (!namespace_)
        return 0;
    if (options->no_cluster_secrets)
        return sw_err_set(reterr, SW_EUSAGE,
                          "expected either --cluster-secrets or --no-cluster-secrets, found both");
    if (!sw_str_is_label_value(sw_str_from(namespace_)))
        return sw_err_set(reterr, SW_EUSAGE,
                          "--cluster-secrets: expected the name of a namespace, found \"%s\"",
                          namespace_);
    if (local->dir)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--cluster-secrets: expected an API server as local cluster to read them "
                          "from, found %.*s=%s",
                          SW_STR_ARG(local->name), local->source);
    return 0;
}

/* A file for a certificate, or a place for one of our own. */
static int check_certs(struct sw_options *options, struct sw_err *reterr)
{
    const struct sw_cluster *local = &options->clusters.items[options->clusters.local];

    if (options->tls.cert_file && sw_cert_options_any(&options->certs))
        return sw_err_set(reterr, SW_EUSAGE,
                          "expected either --tls-cert-file or options of a certificate that the "
                          "webhook keeps itself, found both");
    if (options->tls.cert_file)
        return 0;
    if (local->dir)
        return sw_err_set(reterr, SW_EUSAGE,
                          "expected --tls-cert-file and --tls-key-file, or an API server as local "
                          "cluster to keep a certificate in, found neither: the local cluster is "
                          "%.*s=%s",
                          SW_STR_ARG(local->name), local->source);
    options->tls.late = true;
    return sw_cert_options_check(&options->certs, reterr);
}

/* Where it is to listen must be an address that can be: to find out when it is bound is late, and
 * looks like a failure of the machine's. */
static int check_listen(const char *option, const char *address, struct sw_err *reterr)
{
    struct sw_err why = {0};

    return sw_listen_check(address, &why) == 0
               ? 0
               : sw_err_set(reterr, why.code, "%s: %s", option, why.message);
}

/* What only all options together tell. */
static int check(struct sw_options *options, struct sw_err *reterr)
{
    int r = check_files(options, reterr);

    if (r < 0)
        return r;
    if (options->n_client_names && !options->tls.client_ca_file)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--client-name: expected --client-ca-file with it, found none");
    r = check_listen("--listen", options->listen, reterr);
    if (r == 0)
        r = check_listen("--probe-listen", options->probe_listen, reterr);
    if (r == 0)
        r = sw_clusters_check(&options->clusters, reterr);
    if (r == 0)
        r = check_secrets(options, reterr);
    return r < 0 ? r : check_certs(options, reterr);
}

static size_t default_threads(size_t n_cpus)
{
    if (n_cpus < 1)
        return 1;
    return n_cpus < SW_OPTIONS_THREADS_DEFAULT_MAX ? n_cpus : SW_OPTIONS_THREADS_DEFAULT_MAX;
}

int sw_options_parse(int argc, char *const argv[], size_t n_cpus, struct sw_options *ret,
                     struct sw_err *reterr)
{
    int code, r;

    *ret = (struct sw_options){
        .listen = ":8443",
        .probe_listen = ":8081",
        .n_threads = default_threads(n_cpus),
        .drain_s = 10,
        .log_level = SW_LOG_INFO,
    };
    ret->tls.client_names = ret->client_names;
    ret->clusters.takes_api_servers = true;
    optind = 0; /* GNU getopt begins anew */
    for (;;) {
        int at = optind ? optind : 1;

        code = getopt_long(argc, argv, "+:", rows, NULL);
        if (code < 0)
            break;
        r = take(ret, code, optarg, argv[at], reterr);
        if (r < 0 || ret->action != SW_OPTIONS_RUN)
            return r;
    }
    if (optind < argc)
        return sw_err_set(reterr, SW_EUSAGE, "expected options only, found %s", argv[optind]);
    return check(ret, reterr);
}

const char *sw_options_help(void)
{
    return "usage: spillway-webhook --cluster NAME=SOURCE... [OPTION]...\n"
           "\n"
           "Answers the admission reviews that an API server posts to /mutate and /validate.\n"
           "\n"
           "Serving:\n"
           "  --listen ADDR:PORT       where reviews are taken, by TLS; an IPv6 address\n"
           "                           stands in brackets; default: :8443, every address\n"
           "  --tls-cert-file FILE     the server's certificate, then its chain, as PEM;\n"
           "                           read again when it changes, as is the key; without\n"
           "                           these two the webhook keeps a certificate itself\n"
           "  --tls-key-file FILE      its private key\n"
           "  --client-ca-file FILE    take reviews only from clients with a certificate of\n"
           "                           one of these CAs\n"
           "  --client-name NAME       and only if the certificate has this name (common\n"
           "                           name, DNS, URI or e-mail); once for each name that\n"
           "                           may call\n"
           "  --probe-listen ADDR:PORT where /healthz, /readyz and /metrics are, without\n"
           "                           TLS; default: :8081\n"
           "  --threads N              server threads, 1 to 64; default: one a processor, at\n"
           "                           most 8\n"
           "  --drain-seconds N        how long to go on serving after SIGTERM, until\n"
           "                           nothing new is sent here any more; default: 10\n"
           "  --log-level LEVEL        debug, info, warn or error; default: info\n"
           "\n"
           "A certificate of its own (in the local cluster, which has to be an API server):\n"
           "  --cert-secret [NAMESPACE/]NAME\n"
           "                           where it is kept, and the Lease of the replica that\n"
           "                           writes; the Service is in that namespace, too;\n"
           "                           default: spillway-webhook-certs in our own namespace\n"
           "  --service-name NAME      of the Service; default: spillway-webhook\n"
           "  --webhook-configuration NAME\n"
           "                           of the mutating and the validating configuration\n"
           "                           that get its CA; default: spillway\n"
           "  --cert-lifetime DURATION how long one is valid, renewed after two thirds;\n"
           "                           default: 2160h (90 days)\n"
           "  --ca-lifetime DURATION   the same of the CA, no less; default: 8760h (a year)\n"
           "\n"
           "Clusters:\n" SW_CLUSTERS_HELP_API_SERVERS "  --cluster-secrets NAMESPACE\n"
           "                           take up remote clusters besides, which the Secrets\n"
           "                           there (in the local cluster) that are labelled\n"
           "                           spillway.dev/cluster: \"true\" name: each key a name,\n"
           "                           each value a kubeconfig; default: our own namespace\n"
           "                           where the local cluster is in-cluster, else none\n"
           "  --no-cluster-secrets     take up none\n"
           "\n"
           "  --help                   print this\n"
           "  --version                print the version\n"
           "\n"
           "Exit status: 0 ended by SIGTERM or SIGINT after draining, 1 could not start or\n"
           "failed, 2 wrong usage.\n";
}

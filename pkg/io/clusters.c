#include "io/clusters.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include "base/banned.h"

#define FOLDER     "dir:"
#define KUBECONFIG "kubeconfig:"
#define IN_CLUSTER "in-cluster"

/* Longest list of names that a message gives; a longer one is cut. */
#define MAX_LIST_BYTES 300

/* Further than this, a name is not what was meant. */
#define NEAR 3

/* Cuts `value` at its first '=' into a name and the rest, which ends where value does. */
static bool split(const char *value, struct sw_str *ret_name, const char **ret_rest)
{
    const char *equals = strchr(value, '=');

    if (!equals)
        return false;
    *ret_name = (struct sw_str){value, (size_t)(equals - value)};
    *ret_rest = equals + 1;
    return true;
}

/* Cluster and network names end up as values of labels, on WorkloadEntries and namespaces. */
static int check_name(const char *option, const char *what, struct sw_str name,
                      struct sw_err *reterr)
{
    if (name.len && sw_str_is_label_value(name))
        return 0;
    return sw_err_set(reterr, SW_EUSAGE,
                      "%s: expected as the %s at most 63 letters, digits, '-', '_' and '.' that "
                      "begin and end with a letter or digit, found \"%.*s\"",
                      option, what, SW_STR_ARG(name));
}

static struct sw_cluster *find(struct sw_clusters *clusters, struct sw_str name)
{
    for (size_t i = 0; i < clusters->n; i++) {
        if (sw_str_eq(clusters->items[i].name, name))
            return &clusters->items[i];
    }
    return NULL;
}

static int refuse_source(const struct sw_clusters *clusters, struct sw_str source,
                         struct sw_err *reterr)
{
    if (clusters->takes_api_servers)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--cluster: expected NAME=dir:PATH, NAME=kubeconfig:PATH[#CONTEXT] or "
                          "NAME=in-cluster, found \"%.*s\" behind the =",
                          SW_STR_ARG(source));
    if (sw_str_is(source, IN_CLUSTER) || sw_str_has_prefix(source, SW_STR(KUBECONFIG)))
        return sw_err_set(reterr, SW_EUSAGE,
                          "--cluster: expected a folder, dir:PATH, for this version reads no API "
                          "server; found %.*s",
                          SW_STR_ARG(source));
    return sw_err_set(reterr, SW_EUSAGE,
                      "--cluster: expected NAME=dir:PATH, found \"%.*s\" behind the =",
                      SW_STR_ARG(source));
}

/* A path may not hold a '#', so that a context may. */
static int read_source(const struct sw_clusters *clusters, struct sw_cluster *cluster,
                       struct sw_err *reterr)
{
    struct sw_str source = sw_str_from(cluster->source);
    struct sw_str rest = sw_str_slice(source, strlen(KUBECONFIG), source.len);

    if (sw_str_has_prefix(source, SW_STR(FOLDER)) && source.len > strlen(FOLDER)) {
        cluster->dir = cluster->source + strlen(FOLDER);
        return 0;
    }
    if (clusters->takes_api_servers && sw_str_is(source, IN_CLUSTER))
        return 0;
    if (!clusters->takes_api_servers || !sw_str_has_prefix(source, SW_STR(KUBECONFIG)))
        return refuse_source(clusters, source, reterr);
    cluster->kubeconfig = sw_str_cut(&rest, '#');
    cluster->context = rest;
    return cluster->kubeconfig.len ? 0 : refuse_source(clusters, source, reterr);
}

static int take_cluster(struct sw_clusters *clusters, const char *value, struct sw_err *reterr)
{
    struct sw_cluster cluster = {0};
    const struct sw_cluster *same;
    int r;

    if (!split(value, &cluster.name, &cluster.source))
        return sw_err_set(reterr, SW_EUSAGE, "--cluster: expected NAME=%s, found \"%s\"",
                          clusters->takes_api_servers ? "SOURCE" : "dir:PATH", value);
    r = check_name("--cluster", "name of a cluster", cluster.name, reterr);
    if (r == 0)
        r = read_source(clusters, &cluster, reterr);
    if (r < 0)
        return r;
    same = find(clusters, cluster.name);
    if (same)
        return sw_err_set(reterr, SW_EUSAGE,
                          "--cluster: expected each name once, found %.*s twice, with %s and %s",
                          SW_STR_ARG(cluster.name), same->source, cluster.source);
    if (clusters->n == SW_CLUSTERS_MAX)
        return sw_err_set(reterr, SW_ELIMIT, "--cluster: expected at most %d clusters, found more",
                          SW_CLUSTERS_MAX);
    clusters->items[clusters->n++] = cluster;
    return 1;
}

static int take_network(struct sw_clusters *clusters, const char *value, struct sw_err *reterr)
{
    struct sw_cluster_network entry;
    const char *network;
    int r;

    if (!split(value, &entry.cluster, &network))
        return sw_err_set(reterr, SW_EUSAGE, "--network: expected NAME=NETWORK, found \"%s\"",
                          value);
    entry.network = sw_str_from(network);
    r = check_name("--network", "name of a network", entry.network, reterr);
    if (r < 0)
        return r;
    for (size_t i = 0; i < clusters->n_networks; i++) {
        if (sw_str_eq(clusters->networks[i].cluster, entry.cluster))
            return sw_err_set(reterr, SW_EUSAGE,
                              "--network: expected one network for each cluster, found %.*s and %s "
                              "for %.*s",
                              SW_STR_ARG(clusters->networks[i].network), network,
                              SW_STR_ARG(entry.cluster));
    }
    if (clusters->n_networks == SW_CLUSTERS_MAX)
        return sw_err_set(reterr, SW_ELIMIT, "--network: expected at most %d, found more",
                          SW_CLUSTERS_MAX);
    clusters->networks[clusters->n_networks++] = entry;
    return 1;
}

int sw_clusters_option(struct sw_clusters *clusters, int code, const char *value,
                       struct sw_err *reterr)
{
    switch (code) {
    case SW_CLUSTERS_OPTION_CLUSTER:
        return take_cluster(clusters, value, reterr);
    case SW_CLUSTERS_OPTION_LOCAL:
        clusters->local_name = sw_str_from(value);
        return 1;
    case SW_CLUSTERS_OPTION_CONFIG_CLUSTER:
        clusters->config_name = sw_str_from(value);
        return 1;
    case SW_CLUSTERS_OPTION_NETWORK:
        return take_network(clusters, value, reterr);
    default:
        return 0;
    }
}

static int fail_unknown(const struct sw_clusters *clusters, const char *option, struct sw_str name,
                        struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf names;
    struct sw_str nearest = {NULL, 0};
    size_t least = NEAR;

    sw_buf_init(&names, MAX_LIST_BYTES);
    for (size_t i = 0; i < clusters->n; i++) {
        struct sw_str known = clusters->items[i].name;
        size_t far = sw_str_distance(known, name, NEAR);

        sw_buf_printf(&names, "%s%.*s", i ? ", " : "", SW_STR_ARG(known));
        if (far < least) {
            least = far;
            nearest = known;
        }
    }
    if (nearest.len)
        return sw_err_set(reterr, SW_EUSAGE,
                          "%s: expected the name of a --cluster (%.*s), found \"%.*s\": did you "
                          "mean %.*s?",
                          option, SW_STR_ARG(sw_buf_str(&names)), SW_STR_ARG(name),
                          SW_STR_ARG(nearest));
    return sw_err_set(reterr, SW_EUSAGE,
                      "%s: expected the name of a --cluster (%.*s), found \"%.*s\"", option,
                      SW_STR_ARG(sw_buf_str(&names)), SW_STR_ARG(name));
}

/* Sets *ret to the position of the cluster called `name`; to `fallback` when name is unset. */
static int resolve(struct sw_clusters *clusters, const char *option, struct sw_str name,
                   size_t fallback, size_t *ret, struct sw_err *reterr)
{
    const struct sw_cluster *cluster;

    if (!name.data) {
        *ret = fallback;
        return 0;
    }
    cluster = find(clusters, name);
    if (!cluster)
        return fail_unknown(clusters, option, name, reterr);
    *ret = (size_t)(cluster - clusters->items);
    return 0;
}

/* Two clusters on one network would be dialled past their gateways (design: Words, cluster). */
static int check_networks(const struct sw_clusters *clusters, struct sw_err *reterr)
{
    for (size_t i = 0; i < clusters->n; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct sw_cluster *a = &clusters->items[j], *b = &clusters->items[i];

            if (sw_str_eq(a->network, b->network))
                return sw_err_set(reterr, SW_EUSAGE,
                                  "--network: expected a network of its own for each cluster, "
                                  "found %.*s for both %.*s and %.*s",
                                  SW_STR_ARG(a->network), SW_STR_ARG(a->name),
                                  SW_STR_ARG(b->name));
        }
    }
    return 0;
}

static int set_networks(struct sw_clusters *clusters, struct sw_err *reterr)
{
    for (size_t i = 0; i < clusters->n; i++)
        clusters->items[i].network = clusters->items[i].name;
    for (size_t i = 0; i < clusters->n_networks; i++) {
        struct sw_cluster *cluster = find(clusters, clusters->networks[i].cluster);

        if (!cluster)
            return fail_unknown(clusters, "--network", clusters->networks[i].cluster, reterr);
        cluster->network = clusters->networks[i].network;
    }
    return check_networks(clusters, reterr);
}

int sw_clusters_check(struct sw_clusters *clusters, struct sw_err *reterr)
{
    int r;

    if (clusters->n == 0)
        return sw_err_set(reterr, SW_EUSAGE, "--cluster: expected at least one NAME=%s, found none",
                          clusters->takes_api_servers ? "SOURCE" : "dir:PATH");
    r = resolve(clusters, "--local", clusters->local_name, 0, &clusters->local, reterr);
    if (r == 0)
        r = resolve(clusters, "--config-cluster", clusters->config_name, clusters->local,
                    &clusters->config, reterr);
    return r < 0 ? r : set_networks(clusters, reterr);
}

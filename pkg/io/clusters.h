/*
 * The clusters that a program was told of: the options that every program takes alike.
 *
 *   --cluster NAME=SOURCE    a cluster and where its objects are read; once for each cluster
 *   --local NAME             the cluster that the program acts for; default: the first one
 *   --config-cluster NAME    where Workspaces and settings are read; default: the local one
 *   --network NAME=NETWORK   the network of a cluster; default: its name
 *
 * A main puts SW_CLUSTERS_OPTIONS among its own rows for getopt_long, gives what comes back to
 * sw_clusters_option() and calls sw_clusters_check() once at the end. Nothing here touches a file:
 * io/dir.h reads the folders, kube/config.h the kubeconfigs. Strings are borrowed from argv, which
 * outlives every user of them.
 */
#ifndef SW_IO_CLUSTERS_H
#define SW_IO_CLUSTERS_H

#include "base/err.h"
#include "base/str.h"

#include <getopt.h>

/* Most clusters of one program: as many as a Cilium ClusterMesh holds by default, and the storage
 * for them stays a few KiB. */
#define SW_CLUSTERS_MAX 255

struct sw_cluster {
    struct sw_str name;       /* a Kubernetes label value, for it becomes one; never empty */
    const char *source;       /* SOURCE as it was given, for messages; NUL-terminated */
    const char *dir;          /* of dir:PATH; NUL-terminated; never ""; NULL for an API server */
    struct sw_str kubeconfig; /* of kubeconfig:PATH[#CONTEXT]; never empty; unset for in-cluster */
    struct sw_str context;    /* unset: the current one */
    struct sw_str network;    /* unset until sw_clusters_check(); a label value as well. The label
                                 topology.istio.io/network of the cluster's istio-system namespace
                                 comes before it */
};

/* One --network, kept until all clusters are known; private. */
struct sw_cluster_network {
    struct sw_str cluster;
    struct sw_str network;
};

/* The caller's storage; zeroed means that no option was given. */
struct sw_clusters {
    bool takes_api_servers; /* to be set first, by a program that can watch them: without it a
                               SOURCE is a folder */
    struct sw_cluster items[SW_CLUSTERS_MAX]; /* in the order in which they were given */
    size_t n;
    size_t local;  /* index in items; 0 until sw_clusters_check() */
    size_t config; /* the same */

    struct sw_str local_name;  /* the rest is private: unset when the option was not given */
    struct sw_str config_name;
    struct sw_cluster_network networks[SW_CLUSTERS_MAX];
    size_t n_networks;
};

/* What getopt_long returns for each of the four; above every character. */
enum sw_clusters_option_code {
    SW_CLUSTERS_OPTION_CLUSTER = 0x1000,
    SW_CLUSTERS_OPTION_LOCAL,
    SW_CLUSTERS_OPTION_CONFIG_CLUSTER,
    SW_CLUSTERS_OPTION_NETWORK,
};

/* Rows for an array of struct option. */
#define SW_CLUSTERS_OPTIONS                                                                        \
    {"cluster", required_argument, NULL, SW_CLUSTERS_OPTION_CLUSTER},                              \
    {"local", required_argument, NULL, SW_CLUSTERS_OPTION_LOCAL},                                  \
    {"config-cluster", required_argument, NULL, SW_CLUSTERS_OPTION_CONFIG_CLUSTER},                \
    {"network", required_argument, NULL, SW_CLUSTERS_OPTION_NETWORK}

/* Lines for --help, of at most 80 columns. */
#define SW_CLUSTERS_HELP                                                                           \
    "  --cluster NAME=dir:PATH  a cluster and the folder that holds its objects as\n"              \
    "                           YAML or JSON, subfolders too; once for each cluster\n"             \
    SW_CLUSTERS_HELP_NAMES

/* The same for a program that takes API servers. */
#define SW_CLUSTERS_HELP_API_SERVERS                                                               \
    "  --cluster NAME=SOURCE    a cluster and where its objects are; once for each;\n"             \
    "                           SOURCE is dir:PATH (a folder of YAML and JSON, its\n"              \
    "                           subfolders too), kubeconfig:PATH[#CONTEXT] (read\n"                \
    "                           again when the file changes), or in-cluster\n"                     \
    SW_CLUSTERS_HELP_NAMES

/* What both end in. */
#define SW_CLUSTERS_HELP_NAMES                                                                     \
    "  --local NAME             the cluster that this is about; default: the first\n"              \
    "  --config-cluster NAME    where Workspaces and WorkspaceSettings are read;\n"                \
    "                           default: the local one\n"                                          \
    "  --network NAME=NETWORK   the Istio network of a cluster; default: its name\n"

/* Takes what getopt_long returned. Returns 1 if `code` is one of the four and `value` was taken, 0
 * if it is another's. A later --local or --config-cluster replaces an earlier one. Fails with
 * SW_EUSAGE (not of the form above, a name that is no label value, a name given twice, a source
 * that the program does not take) and SW_ELIMIT (too many); the message begins with the option and
 * says what was expected and found. */
int sw_clusters_option(struct sw_clusters *clusters, int code, const char *value,
                       struct sw_err *reterr);

/* To be called when all options were taken: finds the named clusters and fills in the defaults.
 * Fails with SW_EUSAGE: no cluster at all, a name that no --cluster gave (the message lists those
 * there are), two clusters on one network (it names both). */
int sw_clusters_check(struct sw_clusters *clusters, struct sw_err *reterr);

#endif

#include "reconciler/member.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "reconciler/folder.h"

#include "base/banned.h"

static const struct sw_err no_error = {0};

struct sw_member {
    struct sw_member_options options; /* the name is ours */
    char *name;                       /* owned */
    struct sw_state_cluster *cluster; /* owned by the state */
    struct sw_kubeconfig kubeconfig;
    struct sw_folder folder;    /* unset but for dir: */
    int64_t relook_ms;          /* when to look at the file or the folder */
    int64_t again_ms;           /* when to take up a kubeconfig that there was no memory for */
    int64_t taken_ms;           /* when its newest reader began */
    int64_t current_ms;         /* -1: never */
    struct sw_reader *reader;   /* attached; NULL before there is one */
    struct sw_reader *next;     /* on trial, to take its place; NULL for none */
    struct sw_err file_error;   /* why kubeconfig or folder cannot be read; code 0 when it was */
    struct sw_err config_error; /* why the kubeconfig cannot be used; code 0 when it is */
    struct sw_err trouble;      /* as last told */
};

SW_DEFINE_CLEANUP(cleanup_member, struct sw_member, sw_member_free);

static bool is_folder(const struct sw_member *member)
{
    return member->folder.path != NULL;
}

static void move(struct sw_member *member, struct sw_reader *to)
{
    if (member->options.on_move)
        member->options.on_move(member->options.move_context, to ? sw_reader_target(to) : NULL);
}

/* Puts what is on trial in the place of the reader that was. Without memory it stays on trial. */
static void promote(struct sw_member *member)
{
    struct sw_reader *old = member->reader;

    if (sw_reader_attach(member->next, member->cluster, NULL) < 0)
        return;
    member->reader = SW_TAKE(member->next);
    move(member, member->reader);
    sw_reader_free(old);
}

static bool is_synced(const struct sw_reader *reader, int64_t now_ms)
{
    struct sw_reader_health health = {0};

    if (reader)
        sw_reader_health(reader, now_ms, &health);
    return health.synced;
}

/* Makes a reader of the kubeconfig as it is now; one that is synced goes on meanwhile. */
static void take_up(struct sw_member *member, int64_t now_ms)
{
    const struct sw_member_options *options = &member->options;
    struct sw_reader_options reader = {
        .http = options->http,
        .kubeconfig = sw_buf_str(&member->kubeconfig.text),
        .trust = options->cluster ? SW_KUBE_FILES_TOO : SW_KUBE_INLINE_ONLY,
        .folder = member->kubeconfig.folder,
        .root_namespace = options->root_namespace,
        .local_name = options->local_name,
        .role = options->role,
        .seed = (uint64_t)now_ms ^ (uint64_t)(uintptr_t)member,
    };
    struct sw_reader *made;
    struct sw_err err = no_error;

    if (options->cluster)
        reader.context = options->cluster->context;
    if (sw_reader_new(&reader, &made, &err) < 0) {
        if (member->kubeconfig.path)
            sw_err_wrap(&err, "%s", member->kubeconfig.path);
        member->config_error = err;
        member->again_ms = err.code == SW_ENOMEM ? now_ms + SW_MEMBER_RELOOK_MS : INT64_MAX;
        return;
    }
    member->config_error = no_error;
    member->again_ms = INT64_MAX;
    member->taken_ms = now_ms;
    sw_reader_free(member->next);
    member->next = made;
    if (!is_synced(member->reader, now_ms))
        promote(member);
}

/* What is told of without having been read. */
static int begin(struct sw_member *member, struct sw_err *reterr)
{
    const struct sw_cluster *cluster = member->options.cluster;

    if (cluster && cluster->dir) {
        sw_folder_init(&member->folder, cluster->dir, member->cluster,
                       sw_reader_resources(member->options.role));
        return 0;
    }
    if (!cluster || cluster->kubeconfig.data)
        return sw_kubeconfig_init(&member->kubeconfig,
                                  cluster ? cluster->kubeconfig : (struct sw_str){NULL, 0}, reterr);
    take_up(member, (int64_t)sw_clock_mono_ms());
    return member->config_error.code
               ? sw_err_set(reterr, member->config_error.code, "%s", member->config_error.message)
               : 0;
}

/* Every resource counts as unseen until it is read. */
static void ask_for_all(struct sw_member *member)
{
    uint32_t resources = sw_reader_resources(member->options.role);

    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        if (resources & 1u << i)
            sw_state_sink(member->cluster, (enum sw_resource)i);
    }
}

int sw_member_new(const struct sw_member_options *options, struct sw_member **ret,
                  struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_member) struct sw_member *member = calloc(1, sizeof(*member));
    struct sw_str network = {NULL, 0};
    int r;

    if (!member)
        return sw_err_nomem(reterr);
    member->options = *options;
    member->again_ms = INT64_MAX;
    member->current_ms = -1;
    member->name = sw_str_dup(options->name);
    if (!member->name)
        return sw_err_nomem(reterr);
    member->options.name = sw_str_from(member->name);
    if (options->cluster)
        network = options->cluster->network;
    r = sw_state_add_cluster(options->state, options->name, network, &member->cluster, reterr);
    if (r < 0)
        return r;
    ask_for_all(member);
    r = begin(member, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(member);
    return 0;
}

void sw_member_free(struct sw_member *member)
{
    if (!member)
        return;
    if (member->reader)
        move(member, NULL);
    sw_reader_free(member->reader);
    sw_reader_free(member->next);
    sw_kubeconfig_release(&member->kubeconfig);
    if (member->cluster)
        sw_state_remove_cluster(member->options.state, member->cluster);
    free(member->name);
    free(member);
}

int sw_member_give(struct sw_member *member, struct sw_str text, const char *error,
                   struct sw_err *reterr)
{
    int r = text.data ? sw_kubeconfig_give(&member->kubeconfig, text, reterr) : 0;

    if (r < 0)
        return r;
    if (r == 1)
        take_up(member, (int64_t)sw_clock_mono_ms());
    member->file_error = no_error;
    if (error)
        sw_err_set(&member->file_error, SW_ETYPE, "%s", error);
    return 0;
}

/* Looks at the file or the folder where that is due. */
static void relook(struct sw_member *member, int64_t now_ms)
{
    struct sw_err err = no_error;

    if (now_ms < member->relook_ms || !(member->kubeconfig.path || is_folder(member)))
        return;
    member->relook_ms = now_ms + SW_MEMBER_RELOOK_MS;
    if (is_folder(member)) {
        if (sw_folder_look(&member->folder, &err) >= 0)
            member->current_ms = now_ms;
    } else if (sw_kubeconfig_read(&member->kubeconfig, &err) == 1) {
        take_up(member, now_ms);
    }
    member->file_error = err;
}

/* Out of reach for a moment counts as reached; what cannot be read any more is frozen. */
static bool is_readable(const struct sw_member *member, int64_t now_ms)
{
    return member->current_ms >= 0 && now_ms - member->current_ms < SW_READER_PATIENCE_MS;
}

/* Tells the state whether the cluster is being watched, and since when it is not. */
static void tell_reach(struct sw_member *member, int64_t now_ms)
{
    struct sw_reader_health health = {0};

    if (member->reader)
        sw_reader_health(member->reader, now_ms, &health);
    if (health.synced && health.failing_ms < 0)
        member->current_ms = now_ms;
    sw_state_set_reach(member->cluster, is_readable(member, now_ms),
                       (uint64_t)(member->current_ms < 0 ? now_ms : member->current_ms));
}

int64_t sw_member_step(struct sw_member *member, int64_t now_ms)
{
    int64_t wake_ms = now_ms + SW_MEMBER_RELOOK_MS;

    relook(member, now_ms);
    if (now_ms >= member->again_ms)
        take_up(member, now_ms);
    if (member->next && is_synced(member->next, now_ms))
        promote(member);
    if (member->reader)
        wake_ms = sw_clock_earlier(wake_ms, sw_reader_step(member->reader, now_ms));
    if (member->next)
        wake_ms = sw_clock_earlier(wake_ms, sw_reader_step(member->next, now_ms));
    tell_reach(member, now_ms);
    return wake_ms;
}

void sw_member_health(const struct sw_member *member, int64_t now_ms, struct sw_member_health *ret)
{
    struct sw_reader_health reader = {.heard_ms = -1};
    struct sw_member_health health = {.heard_ms = -1, .current_ms = member->current_ms};

    if (member->reader) {
        sw_reader_health(member->reader, now_ms, &reader);
        health.synced = reader.synced;
        health.heard_ms = reader.heard_ms;
        health.denied = reader.denied;
        health.error = reader.error;
    } else if (is_folder(member)) {
        health.synced = member->folder.read;
        health.heard_ms = member->current_ms;
    }
    if (member->file_error.code)
        health.error = member->file_error;
    else if (member->config_error.code)
        health.error = member->config_error;
    health.readable = is_readable(member, now_ms);
    *ret = health;
}

struct sw_str sw_member_name(const struct sw_member *member)
{
    return member->options.name;
}

uint32_t sw_member_resources(const struct sw_member *member)
{
    return sw_reader_resources(member->options.role);
}

const struct sw_state_cluster *sw_member_state(const struct sw_member *member)
{
    return member->cluster;
}

struct sw_http_target *sw_member_target(const struct sw_member *member)
{
    return member->reader ? sw_reader_target(member->reader) : NULL;
}

uint64_t sw_member_changes(const struct sw_member *member)
{
    uint32_t resources = sw_member_resources(member);
    uint64_t n = sw_state_reach_changes(member->cluster);

    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        const struct sw_intake_stats *stats = sw_state_stats(member->cluster, (enum sw_resource)i);

        if (resources & 1u << i)
            n += stats->n_changes + stats->synced;
    }
    return n;
}

/* Of a connection the kind of failure counts: its words have times in them, which differ each time.
 */
static bool is_same_trouble(const struct sw_member *member, const struct sw_err *trouble)
{
    const bool of_connection = !member->file_error.code && !member->config_error.code;

    return member->trouble.code == trouble->code &&
           (of_connection || strcmp(member->trouble.message, trouble->message) == 0);
}

/* Is it being listed for the first time, and nothing has failed? */
static bool is_listing(const struct sw_member *member, int64_t now_ms)
{
    struct sw_reader_health reader;

    if (!member->reader || now_ms - member->taken_ms >= SW_READER_PATIENCE_MS)
        return false;
    sw_reader_health(member->reader, now_ms, &reader);
    return !reader.synced && reader.failing_ms < 0;
}

bool sw_member_trouble(struct sw_member *member, int64_t now_ms, struct sw_err *ret)
{
    struct sw_member_health health;

    sw_member_health(member, now_ms, &health);
    *ret = health.error;
    if (health.readable && !member->file_error.code && !member->config_error.code)
        *ret = no_error; /* for a moment, maybe */
    else if (!member->file_error.code && !member->config_error.code && is_listing(member, now_ms))
        return false;
    if (is_same_trouble(member, ret))
        return false;
    member->trouble = *ret;
    return true;
}

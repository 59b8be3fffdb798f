#include "truth.h"

#include <stdio.h>
#include <stdlib.h>

const struct sim_service_name sim_services[SIM_SERVICES] = {
    {"shop", "cart"}, {"shop", "ship"}, {"shop", "tax"},
    {"shop", "user"}, {"pay", "card"},  {"pay", "bank"},
};

size_t sim_service_index(const char *path)
{
    char buf[128];
    size_t i = 0;

    for (; i < SIM_SERVICES; i++) {
        snprintf(buf, sizeof(buf), "%s/%s", sim_services[i].namespace_, sim_services[i].name);
        if (strcmp(buf, path) == 0)
            break;
    }
    return i;
}

void sim_truth_release(struct sim_truth *truth)
{
    for (size_t c = 0; c < SIM_CLUSTERS; c++) {
        for (size_t s = 0; s < SIM_SERVICES; s++) {
            free(truth->detects[c][s].turns);
            free(truth->holds[c][s].turns);
        }
    }
    memset(truth, 0, sizeof(*truth));
}

static void tell(struct sim_story *story, uint64_t version, bool is)
{
    if (story->n ? story->turns[story->n - 1].is == is : !is)
        return;
    if (story->n == story->cap) {
        story->cap = story->cap ? 2 * story->cap : 16;
        story->turns = realloc(story->turns, story->cap * sizeof(*story->turns));
        if (!story->turns)
            abort();
    }
    story->turns[story->n++] = (struct sim_turn){version, is};
}

bool sim_story_is(const struct sim_story *story)
{
    return story->n && story->turns[story->n - 1].is;
}

bool sim_story_ever(const struct sim_story *story, uint64_t from, uint64_t to)
{
    for (size_t i = 0; i < story->n; i++) {
        uint64_t begin = story->turns[i].version;
        uint64_t end = i + 1 < story->n ? story->turns[i + 1].version - 1 : UINT64_MAX;

        if (story->turns[i].is && begin <= to && end >= from)
            return true;
    }
    return false;
}

static void host_of(size_t service, char buf[static 128])
{
    snprintf(buf, 128, "%s.%s.svc.cluster.local", sim_services[service].name,
             sim_services[service].namespace_);
}

/* outlierDetection on every level of the rule that has none of its own. */
static bool rule_detects(const json_t *rule)
{
    const json_t *policy = json_object_get(json_object_get(rule, "spec"), "trafficPolicy");
    json_t *port;
    size_t i;

    json_array_foreach (json_object_get(policy, "portLevelSettings"), i, port) {
        if (!json_object_get(port, "outlierDetection"))
            return false;
    }
    return json_object_get(policy, "outlierDetection") != NULL;
}

/* The rule whose policy counts among those of one namespace: the oldest that has one; a rule
 * without any counts where there is no other. `users`: ours are left out. */
static const json_t *rule_in(const struct sim_cluster *cluster, const char *namespace_,
                             const char *host, bool users)
{
    const json_t *best = NULL;

    for (size_t i = 0; i < cluster->n_kept; i++) {
        const struct sim_kept *kept = &cluster->kept[i];
        bool has, best_has;

        if (kept->resource != SW_RESOURCE_DESTINATIONRULE ||
            strcmp(kept->namespace_, namespace_) != 0 ||
            strcmp(sim_text_at(kept->value, "spec.host"), host) != 0 ||
            (users && strncmp(kept->name, "k-", 2) == 0))
            continue;
        has = json_object_get(json_object_get(kept->value, "spec"), "trafficPolicy");
        best_has = best && json_object_get(json_object_get(best, "spec"), "trafficPolicy");
        if (!best || (has && !best_has) ||
            (has && strcmp(sim_text_at(kept->value, "metadata.creationTimestamp"),
                           sim_text_at(best, "metadata.creationTimestamp")) < 0))
            best = kept->value;
    }
    return best;
}

static bool detects(const struct sim_cluster *cluster, size_t service, bool users)
{
    const json_t *rule;
    char host[128];

    host_of(service, host);
    rule = rule_in(cluster, sim_services[service].namespace_, host, users);
    if (!rule)
        rule = rule_in(cluster, "istio-system", host, users);
    return rule && rule_detects(rule);
}

bool sim_user_detects(const struct sim_cluster *cluster, size_t service)
{
    return detects(cluster, service, true);
}

static bool server_holds(const json_t *server, const char *host)
{
    json_t *item;
    size_t i;

    if (strcmp(sim_text_at(server, "tls.mode"), "AUTO_PASSTHROUGH") != 0)
        return false;
    json_array_foreach (json_object_get(server, "hosts"), i, item) {
        const char *text = json_string_value(item);
        size_t len = strlen(text), all = strlen(host);

        if (strcmp(text, host) == 0 ||
            (text[0] == '*' && all >= len - 1 && strcmp(host + all - (len - 1), text + 1) == 0))
            return true;
    }
    return false;
}

static bool holds(const struct sim_cluster *cluster, size_t service)
{
    char host[128];

    host_of(service, host);
    for (size_t i = 0; i < cluster->n_kept; i++) {
        const struct sim_kept *kept = &cluster->kept[i];
        json_t *server;
        size_t j;

        if (kept->resource != SW_RESOURCE_GATEWAY)
            continue;
        json_array_foreach (json_object_get(json_object_get(kept->value, "spec"), "servers"), j,
                            server) {
            if (server_holds(server, host))
                return true;
        }
    }
    return false;
}

void sim_truth_update(struct sim_truth *truth, const struct sim_cluster *cluster)
{
    for (size_t s = 0; s < SIM_SERVICES; s++) {
        tell(&truth->detects[cluster->index][s], cluster->version, detects(cluster, s, false));
        tell(&truth->holds[cluster->index][s], cluster->version, holds(cluster, s));
    }
}

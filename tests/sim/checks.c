#include "checks.h"

#include <stdio.h>

#include "fields.h"
#include "model/meta.h"

static const char *label_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(json_object_get(object, "metadata"), "labels"), key));

    return text ? text : "";
}

static bool is_ours(const json_t *object)
{
    return strcmp(label_of(object, "app.kubernetes.io/managed-by"), SW_MANAGED_BY) == 0 &&
           sim_fields_has(object, SW_MANAGED_BY);
}

static const char *service_of(const json_t *object)
{
    const json_t *annotations = json_object_get(json_object_get(object, "metadata"), "annotations");
    const char *text = json_string_value(json_object_get(annotations, "spillway.dev/service"));

    return text ? text : "";
}

size_t sim_count_entries(const struct sim_cluster *cluster, size_t service, const char *remote)
{
    size_t n = 0;

    for (size_t i = 0; i < cluster->n_kept; i++) {
        const struct sim_kept *kept = &cluster->kept[i];

        n += kept->resource == SW_RESOURCE_WORKLOADENTRY && is_ours(kept->value) &&
             sim_service_index(service_of(kept->value)) == service &&
             strcmp(label_of(kept->value, "spillway.dev/remote"), remote) == 0;
    }
    return n;
}

static size_t cluster_index(const struct sim_run *run, const char *name)
{
    size_t i = 0;

    while (i < run->n && strcmp(run->clusters[i].name, name) != 0)
        i++;
    return i;
}

/* Could whoever reads it over this link have seen the story say yes? A list that lied hides what
 * else there was. */
static bool could_see(const struct sim_link *link, const struct sim_story *story)
{
    return link->hides || link->recant_ms ||
           sim_story_ever(story, link->told, link->shown > link->told ? link->shown : link->told);
}

/* A rule goes that entries need: as far as its writer could know. */
static void check_rule_goes(struct sim_run *run, const struct sim_keeper *keeper,
                            const struct sim_write *write, size_t service)
{
    const struct sim_cluster *cluster = &run->clusters[keeper->cluster];
    const struct sim_link *links = keeper->links[keeper->cluster];
    size_t n = 0;

    if (service == SIM_SERVICES || !sim_link_is_current(&links[SW_RESOURCE_WORKLOADENTRY]) ||
        !sim_link_is_current(&links[SW_RESOURCE_DESTINATIONRULE]))
        return;
    for (size_t i = 0; i < run->n; i++)
        n += sim_count_entries(cluster, service, run->clusters[i].name);
    if (n && !sim_user_detects(cluster, service))
        sim_run_found(run, "%s: delete of DestinationRule %s, which %zu entries need",
                      cluster->name, write->name, n);
}

void sim_check_decision(struct sim_run *run, const struct sim_keeper *keeper,
                        const struct sim_write *write)
{
    size_t service = sim_service_index(write->for_), remote = cluster_index(run, write->remote);

    if (run->silent[keeper->cluster])
        sim_run_found(run, "%s wants to write though nothing has changed: %s %s %s",
                      run->clusters[keeper->cluster].name, sw_op_verb_name(write->verb),
                      sw_mesh_kind_name(write->kind), write->name);
    if (write->kind == SW_MESH_DESTINATIONRULE && write->verb == SW_OP_DELETE)
        check_rule_goes(run, keeper, write, service);
    if (write->kind != SW_MESH_WORKLOADENTRY || write->verb != SW_OP_CREATE)
        return;
    if (service == SIM_SERVICES || remote == run->n || remote == keeper->cluster) {
        sim_run_found(run, "%s: an entry for %s to %s", run->clusters[keeper->cluster].name,
                      write->for_, write->remote);
        return;
    }
    if (!could_see(&keeper->links[keeper->cluster][SW_RESOURCE_DESTINATIONRULE],
                   &run->truth.detects[keeper->cluster][service]))
        sim_run_found(run, "%s: an entry for %s without outlierDetection in sight",
                      run->clusters[keeper->cluster].name, write->for_);
    if (!could_see(&keeper->links[remote][SW_RESOURCE_GATEWAY], &run->truth.holds[remote][service]))
        sim_run_found(run, "%s: an entry for %s that no Gateway of %s holds in sight",
                      run->clusters[keeper->cluster].name, write->for_, write->remote);
}

void sim_check_arrival(struct sim_run *run, const struct sim_cluster *cluster,
                       const struct sim_write *write)
{
    const json_t *live =
        sim_cluster_get(cluster, sim_resource_of(write->kind), write->namespace_, write->name);

    if (!live || write->verb == SW_OP_CREATE)
        return;
    if (strcmp(sim_text_at(live, "metadata.uid"), write->uid) != 0)
        return; /* another one by now: the server refuses it */
    if (write->verb != SW_OP_APPLY &&
        strcmp(sim_text_at(live, "metadata.resourceVersion"), write->version) != 0)
        return;
    if (!is_ours(live) && write->verb != SW_OP_APPLY)
        sim_run_found(run, "%s: %s of %s %s, which is not ours", cluster->name,
                      sw_op_verb_name(write->verb), sw_mesh_kind_name(write->kind), write->name);
    if (write->kind == SW_MESH_STUB && write->verb == SW_OP_DELETE &&
        sim_fields_spec_shared(live, SW_MANAGED_BY))
        sim_run_found(run, "%s: delete of Service %s, which another manager has taken over",
                      cluster->name, write->name);
}

/* Where an entry leads by all that it says of itself. */
static void check_entry(struct sim_run *run, const struct sim_cluster *cluster, const json_t *entry)
{
    const char *address = sim_text_at(entry, "spec.address");
    const char *network = sim_text_at(entry, "spec.network");
    const char *remote = label_of(entry, "spillway.dev/remote");
    char prefix[16];

    snprintf(prefix, sizeof(prefix), "10.%zu.", cluster_index(run, remote) + 1);
    if (strcmp(remote, cluster->name) == 0 || strcmp(network, remote) != 0 ||
        strncmp(address, prefix, strlen(prefix)) != 0)
        sim_run_found(run, "%s: an entry to %s, network %s, address %s", cluster->name, remote,
                      network, address);
}

static void check_stays(struct sim_run *run, const struct sim_cluster *cluster)
{
    for (size_t s = 0; s < SIM_SERVICES; s++) {
        for (size_t r = 0; r < run->n; r++) {
            if (run->stays[cluster->index][s][r] &&
                sim_count_entries(cluster, s, run->clusters[r].name) == 0)
                sim_run_found(run, "%s: the last entry for %s to %s is gone", cluster->name,
                              sim_services[s].name, run->clusters[r].name);
        }
    }
}

/* No entry anywhere that leads to a Gateway that does not hold its host. */
static void check_held(struct sim_run *run, const struct sim_cluster *cluster)
{
    for (size_t i = 0; i < cluster->n_kept; i++) {
        const struct sim_kept *kept = &cluster->kept[i];
        size_t service, remote;

        if (kept->resource != SW_RESOURCE_WORKLOADENTRY || !is_ours(kept->value))
            continue;
        service = sim_service_index(service_of(kept->value));
        remote = cluster_index(run, label_of(kept->value, "spillway.dev/remote"));
        if (service == SIM_SERVICES || remote == run->n ||
            !sim_story_is(&run->truth.holds[remote][service]))
            sim_run_found(run, "%s: entry %s leads to a Gateway that does not hold its host",
                          cluster->name, kept->name);
    }
}

void sim_check_after(struct sim_run *run, const struct sim_cluster *cluster,
                     const struct sim_write *write, int status)
{
    const json_t *live =
        sim_cluster_get(cluster, sim_resource_of(write->kind), write->namespace_, write->name);

    if (status / 100 != 2)
        return;
    if (write->kind == SW_MESH_WORKLOADENTRY && live)
        check_entry(run, cluster, live);
    check_stays(run, cluster);
    if (run->strict) {
        for (size_t i = 0; i < run->n; i++)
            check_held(run, &run->clusters[i]);
    }
}

static void tell(void *context, const char *text)
{
    struct sim_run *run = context;

    sim_run_found(run, "not at rest: %s", text);
}

/* Would a request find its way: is the Service there, with pods in the mesh, and is the gateway
 * ready and kept from sending it on? */
static bool leads_somewhere(const struct sim_run *run, size_t service, size_t remote)
{
    const struct sim_life_cluster *there = &run->life.clusters[remote];
    const struct sim_life_service *s = &there->services[service];

    return s->exists && s->pods > 0 && s->sidecar && !s->disabled && there->gateway_ready &&
           there->gateway_view;
}

static void check_quiet_entry(struct sim_run *run, const struct sim_cluster *cluster,
                              const struct sim_kept *kept)
{
    size_t service = sim_service_index(service_of(kept->value));
    size_t remote = cluster_index(run, label_of(kept->value, "spillway.dev/remote"));

    check_entry(run, cluster, kept->value);
    if (service == SIM_SERVICES || remote == run->n)
        sim_run_found(run, "%s: entry %s is for nothing", cluster->name, kept->name);
    else if (!sim_story_is(&run->truth.detects[cluster->index][service]))
        sim_run_found(run, "%s: entry %s without outlierDetection", cluster->name, kept->name);
    else if (!leads_somewhere(run, service, remote))
        sim_run_found(run, "%s: entry %s leads to where nobody answers", cluster->name, kept->name);
}

/* Two Gateways on one workload and port, and Envoy refuses the listener. */
static void check_gateways(struct sim_run *run, const struct sim_cluster *cluster)
{
    size_t n_ours = 0, n_users = 0;

    for (size_t i = 0; i < cluster->n_kept; i++) {
        if (cluster->kept[i].resource != SW_RESOURCE_GATEWAY)
            continue;
        n_ours += is_ours(cluster->kept[i].value);
        n_users += !is_ours(cluster->kept[i].value);
    }
    if (n_ours > 1 || (n_ours && n_users))
        sim_run_found(run, "%s: %zu Gateways of ours and %zu of users", cluster->name, n_ours,
                      n_users);
}

void sim_check_quiet(struct sim_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct sim_cluster *cluster = &run->clusters[i];

        if (!run->retired[i])
            sim_keeper_audit(run->clusters, run->n, i, run->now_ms, tell, run);
        check_held(run, cluster);
        check_gateways(run, cluster);
        for (size_t j = 0; j < cluster->n_kept; j++) {
            if (cluster->kept[j].resource == SW_RESOURCE_WORKLOADENTRY &&
                is_ours(cluster->kept[j].value))
                check_quiet_entry(run, cluster, &cluster->kept[j]);
        }
    }
}

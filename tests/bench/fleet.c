#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>

#include "../sim/fields.h"
#include "mesh/workloadentry.h"
#include "json/read.h"
#include "json/write.h"

#define SERVICES_PER_NAMESPACE 50
#define NODES                  10
#define MAX_TEXT_BYTES         ((size_t)64 << 20)

/* What kubelets and controllers add to a pod that nothing here reads, so that a pod is as long as
 * a short one of a real cluster. */
#define POD_REST                                                                                   \
    "'volumes':[{'name':'kube-api-access','projected':{'sources':[{'serviceAccountToken':{"        \
    "'expirationSeconds':3607,'path':'token'}},{'configMap':{'name':'kube-root-ca.crt','items':["  \
    "{'key':'ca.crt','path':'ca.crt'}]}}],'defaultMode':420}}],'restartPolicy':'Always',"          \
    "'terminationGracePeriodSeconds':30,'dnsPolicy':'ClusterFirst','schedulerName':"               \
    "'default-scheduler','tolerations':[{'key':'node.kubernetes.io/not-ready','operator':"         \
    "'Exists','effect':'NoExecute','tolerationSeconds':300}],'priority':0,"                        \
    "'enableServiceLinks':true"

void fleet_check(int r, const struct sw_err *err)
{
    if (r >= 0)
        return;
    fprintf(stderr, "planner: %s\n", err->message);
    exit(1);
}

static void *sure(void *memory)
{
    static const struct sw_err err = {.code = SW_ENOMEM, .message = "out of memory"};

    fleet_check(memory ? 0 : SW_ENOMEM, &err);
    return memory;
}

/* Puts the text in the buffer, in which ' stands for ". */
static void put(struct fleet *fleet, size_t cluster, enum sw_resource resource)
{
    struct sw_reflector_sink sink = sw_state_sink(fleet->clusters[cluster], resource);
    struct sw_err err = {0};

    fleet_check(sw_buf_status(&fleet->text, &err), &err);
    for (size_t i = 0; i < fleet->text.len; i++) {
        if (fleet->text.data[i] == '\'')
            fleet->text.data[i] = '"';
    }
    fleet_check(sink.put(sink.context, sw_buf_str(&fleet->text), &err), &err);
    fleet->n_objects++;
    fleet->n_json_bytes += fleet->text.len;
    sw_buf_clear(&fleet->text);
}

static void put_namespace(struct fleet *fleet, size_t cluster, const char *name)
{
    sw_buf_printf(&fleet->text,
                  "{'metadata':{'name':'%s','labels':{'topology.istio.io/network':'net-%05zu'}}}",
                  name, cluster);
    put(fleet, cluster, SW_RESOURCE_NAMESPACE);
}

static void put_namespaces(struct fleet *fleet, size_t cluster)
{
    char name[32];

    put_namespace(fleet, cluster, "istio-system");
    put_namespace(fleet, cluster, "gw");
    for (size_t i = 0; i < fleet->size.n_services; i += SERVICES_PER_NAMESPACE) {
        snprintf(name, sizeof(name), "shop-%05zu", i / SERVICES_PER_NAMESPACE);
        put_namespace(fleet, cluster, name);
    }
}

static void put_nodes(struct fleet *fleet, size_t cluster)
{
    for (size_t i = 0; i < NODES; i++) {
        sw_buf_printf(&fleet->text,
                      "{'metadata':{'name':'node-%zu','labels':{'topology.kubernetes.io/region':"
                      "'region-%zu','topology.kubernetes.io/zone':'zone-%zua'}}}",
                      i, cluster, cluster);
        put(fleet, cluster, SW_RESOURCE_NODE);
    }
}

static void put_services(struct fleet *fleet, size_t cluster)
{
    sw_buf_printf(&fleet->text,
                  "{'metadata':{'name':'gw','namespace':'gw','labels':{'app':'gw'}},'spec':{"
                  "'selector':{'app':'gw'},'type':'LoadBalancer','ports':[{'name':'tls','port':"
                  "15443}],'ipFamilies':['IPv4']},'status':{'loadBalancer':{'ingress':["
                  "{'ip':'10.%zu.%zu.1'}]}}}",
                  cluster / 250, cluster % 250);
    put(fleet, cluster, SW_RESOURCE_SERVICE);
    for (size_t i = 0; i < fleet->size.n_services; i++) {
        sw_buf_printf(&fleet->text,
                      "{'metadata':{'name':'service-%05zu','namespace':'shop-%05zu','labels':{"
                      "'app':'service-%05zu','team':'shop'}},'spec':{'selector':{'app':"
                      "'service-%05zu'},'ports':[{'name':'http','port':8080,'targetPort':'http'},"
                      "{'name':'metrics','port':9090}],'ipFamilies':['IPv4']}}",
                      i, i / SERVICES_PER_NAMESPACE, i, i);
        put(fleet, cluster, SW_RESOURCE_SERVICE);
    }
}

static void put_pod(struct fleet *fleet, size_t cluster, size_t service, size_t i)
{
    sw_buf_printf(
        &fleet->text,
        "{'metadata':{'name':'service-%05zu-5d8c7b9f6-%05zu','namespace':'shop-%05zu','uid':"
        "'1b4e28ba-2fa1-11d2-883f-0016d3cca4%02zu','resourceVersion':'%zu','labels':{'app':"
        "'service-%05zu','version':'v1','pod-template-hash':'5d8c7b9f6',"
        "'security.istio.io/tlsMode':'istio'},'annotations':{'istio.io/rev':'default'}},"
        "'spec':{'nodeName':'node-%zu','serviceAccountName':'service-%05zu','containers':[{'name':"
        "'app','image':'registry.invalid/shop/app:1.0.0','env':[{'name':'MODE','value':'live'}]},"
        "{'name':'istio-proxy','image':'proxyv2','env':[{'name':'ISTIO_META_CLUSTER_ID','value':"
        "'cluster-%05zu'}]}]," POD_REST "},'status':{'phase':'Running','conditions':[{'type':"
        "'Ready','status':'True'}],'podIP':'10.64.0.1'}}",
        service, i, service / SERVICES_PER_NAMESPACE, i % 100, i, service, i % NODES, service,
        cluster);
    put(fleet, cluster, SW_RESOURCE_POD);
}

static void put_pods(struct fleet *fleet, size_t cluster)
{
    for (size_t i = 0; i < fleet->size.n_services; i++) {
        for (size_t j = 0; j < fleet->size.n_pods; j++)
            put_pod(fleet, cluster, i, j);
    }
    sw_buf_printf(&fleet->text,
                  "{'metadata':{'name':'gw-0','namespace':'gw','labels':{'app':'gw'}},'spec':{"
                  "'nodeName':'node-0','containers':[{'name':'istio-proxy','env':[{'name':"
                  "'ISTIO_META_REQUESTED_NETWORK_VIEW','value':'net-%05zu'}]}]}}",
                  cluster);
    put(fleet, cluster, SW_RESOURCE_POD);
}

void fleet_scale(struct fleet *fleet, size_t cluster, size_t service, size_t n_ready)
{
    sw_buf_printf(&fleet->text,
                  "{'metadata':{'name':'service-%05zu-x','namespace':'shop-%05zu','labels':{"
                  "'kubernetes.io/service-name':'service-%05zu'}},'addressType':'IPv4','ports':["
                  "{'name':'http','port':8080}],'endpoints':[",
                  service, service / SERVICES_PER_NAMESPACE, service);
    for (size_t i = 0; i < fleet->size.n_pods; i++)
        sw_buf_printf(&fleet->text,
                      "%s{'addresses':['10.64.0.1'],'conditions':{'ready':%s},'nodeName':"
                      "'node-%zu','targetRef':{'kind':'Pod','namespace':'shop-%05zu','name':"
                      "'service-%05zu-5d8c7b9f6-%05zu'}}",
                      i ? "," : "", i < n_ready ? "true" : "false", i % NODES,
                      service / SERVICES_PER_NAMESPACE, service, i);
    sw_buf_append_text(&fleet->text, "]}");
    put(fleet, cluster, SW_RESOURCE_ENDPOINTSLICE);
}

static void put_slices(struct fleet *fleet, size_t cluster)
{
    for (size_t i = 0; i < fleet->size.n_services; i++)
        fleet_scale(fleet, cluster, i, fleet->size.n_pods);
    sw_buf_append_text(&fleet->text,
                       "{'metadata':{'name':'gw-x','namespace':'gw','labels':{"
                       "'kubernetes.io/service-name':'gw'}},'addressType':'IPv4','endpoints':[{"
                       "'addresses':['10.64.0.1'],'conditions':{'ready':true},'targetRef':{'kind':"
                       "'Pod','name':'gw-0'}}]}");
    put(fleet, cluster, SW_RESOURCE_ENDPOINTSLICE);
}

/* As another cluster's own reconciler has written it: every host that there is. */
static void put_gateway(struct fleet *fleet, size_t cluster)
{
    sw_buf_append_text(&fleet->text,
                       "{'metadata':{'name':'k-gw','namespace':'gw','labels':{"
                       "'app.kubernetes.io/managed-by':'spillway'}},'spec':{'selector':{'app':"
                       "'gw'},'servers':[{'port':{'number':15443,'name':'tls','protocol':'TLS'},"
                       "'tls':{'mode':'AUTO_PASSTHROUGH'},'hosts':[");
    for (size_t i = 0; i < fleet->size.n_services; i++)
        sw_buf_printf(&fleet->text, "%s'service-%05zu.shop-%05zu.svc.cluster.local'", i ? "," : "",
                      i, i / SERVICES_PER_NAMESPACE);
    sw_buf_append_text(&fleet->text, "]}]}}");
    put(fleet, cluster, SW_RESOURCE_GATEWAY);
}

static void put_config(struct fleet *fleet, enum sw_resource resource)
{
    bool workspace = resource == SW_RESOURCE_WORKSPACE;

    sw_buf_printf(&fleet->text,
                  "{'metadata':{'name':'all','namespace':'tsb','annotations':{"
                  "'tsb.tetrate.io/organization':'o','tsb.tetrate.io/tenant':'t'%s}},'spec':{%s}}",
                  workspace ? "" : ",'tsb.tetrate.io/workspace':'all'",
                  workspace ? "'namespaceSelector':{'names':['*/shop-*']}"
                            : "'defaultEastWestGatewaySettings':[{'workloadSelector':{"
                              "'namespace':'gw','labels':{'app':'gw'}}}]");
    put(fleet, 0, resource);
}

static void put_certificate(struct fleet *fleet, size_t cluster)
{
    sw_buf_append_text(&fleet->text,
                       "{'metadata':{'name':'istio-ca-root-cert','namespace':'istio-system'},"
                       "'data':{'root-cert.pem':'one for all'}}");
    put(fleet, cluster, SW_RESOURCE_ROOT_CERT);
}

static void put_all(struct fleet *fleet, size_t cluster, enum sw_resource resource)
{
    switch (resource) {
    case SW_RESOURCE_NAMESPACE:
        return put_namespaces(fleet, cluster);
    case SW_RESOURCE_NODE:
        return put_nodes(fleet, cluster);
    case SW_RESOURCE_SERVICE:
        return put_services(fleet, cluster);
    case SW_RESOURCE_POD:
        return put_pods(fleet, cluster);
    case SW_RESOURCE_ENDPOINTSLICE:
        return put_slices(fleet, cluster);
    case SW_RESOURCE_ROOT_CERT:
        return put_certificate(fleet, cluster);
    case SW_RESOURCE_GATEWAY:
        return cluster > 0 ? put_gateway(fleet, cluster) : (void)0;
    case SW_RESOURCE_WORKSPACE:
    case SW_RESOURCE_SETTING:
        return cluster == 0 ? put_config(fleet, resource) : (void)0;
    default:
        return;
    }
}

static void fill(struct fleet *fleet, size_t cluster)
{
    for (unsigned int i = 0; i < SW_N_RESOURCES; i++) {
        struct sw_reflector_sink sink =
            sw_state_sink(fleet->clusters[cluster], (enum sw_resource)i);

        sink.begin(sink.context);
        put_all(fleet, cluster, (enum sw_resource)i);
        sink.end(sink.context);
    }
    sw_state_set_reach(fleet->clusters[cluster], true, fleet->now_ms);
}

void fleet_begin(struct fleet *fleet, struct fleet_size size)
{
    static const struct sw_state_config config = {
        .local = {"cluster-00000", 13}, .config = {"cluster-00000", 13}, .fleet_known = true};
    struct sw_err err = {0};
    char name[32];

    *fleet = (struct fleet){.size = size, .now_ms = 1000};
    sw_buf_init(&fleet->text, MAX_TEXT_BYTES);
    fleet_check(sw_names_new(&fleet->names, &err), &err);
    fleet_check(sw_state_new(fleet->names, &fleet->state, &err), &err);
    sw_state_configure(fleet->state, &config);
    sw_state_set_now(fleet->state, fleet->now_ms);
    fleet->clusters = sure(calloc(size.n_clusters, sizeof(struct sw_state_cluster *)));
    for (size_t i = 0; i < size.n_clusters; i++) {
        snprintf(name, sizeof(name), "cluster-%05zu", i);
        fleet_check(sw_state_add_cluster(fleet->state, sw_str_from(name), (struct sw_str){NULL, 0},
                                         &fleet->clusters[i], &err),
                    &err);
        fill(fleet, i);
    }
}

void fleet_end(struct fleet *fleet)
{
    sw_state_free(fleet->state);
    sw_names_free(fleet->names);
    free(fleet->clusters);
    sw_buf_release(&fleet->text);
}

void fleet_pass(struct fleet *fleet, uint64_t ms)
{
    fleet->now_ms += ms;
    sw_state_set_now(fleet->state, fleet->now_ms);
}

const struct sw_mesh *fleet_mesh(struct fleet *fleet)
{
    const struct sw_mesh *mesh;
    struct sw_err err = {0};

    fleet_check(sw_state_mesh(fleet->state, &mesh, &err), &err);
    return mesh;
}

/* The object as an API server holds it after our apply. */
static json_t *written(const struct sw_wanted *wanted)
{
    json_t *object = sure(wanted->entry ? sw_workloadentry_json(wanted->entry, wanted->name)
                                        : json_incref(wanted->object));
    json_t *live = sure(sim_fields_apply(NULL, object, SW_MANAGED_BY, false));
    json_t *metadata = json_object_get(live, "metadata");

    json_object_set_new(metadata, "uid", json_string("1b4e28ba-2fa1-11d2-883f-0016d3cca427"));
    json_object_set_new(metadata, "resourceVersion", json_string("123456"));
    json_decref(object);
    return live;
}

static enum sw_resource resource_of(enum sw_mesh_kind kind)
{
    switch (kind) {
    case SW_MESH_DESTINATIONRULE:
        return SW_RESOURCE_DESTINATIONRULE;
    case SW_MESH_GATEWAY:
        return SW_RESOURCE_GATEWAY;
    case SW_MESH_WORKLOADENTRY:
        return SW_RESOURCE_WORKLOADENTRY;
    default:
        return SW_RESOURCE_SERVICE;
    }
}

/* A line of the file: to which cluster, which resource, and the object. */
static void note(FILE *file, size_t cluster, enum sw_resource resource, struct sw_buf *text)
{
    struct sw_err err = {.code = SW_EIO, .message = "cannot write to a temporary file"};

    fleet_check(sw_buf_status(text, &err), &err);
    if (fprintf(file, "%zu %d ", cluster, (int)resource) < 0 ||
        fwrite(text->data, 1, text->len, file) != text->len || fputc('\n', file) == EOF)
        fleet_check(SW_EIO, &err);
    sw_buf_clear(text);
}

/* A WorkloadEntry of the cluster that this one leads to, which leads here. */
static void note_opposite(FILE *file, const struct sw_wanted *wanted, struct sw_buf *text)
{
    const struct sw_workloadentry *entry = wanted->entry;
    size_t cluster = 0;

    for (size_t i = strlen("cluster-"); i < entry->remote.len; i++)
        cluster = cluster * 10 + (size_t)(entry->remote.data[i] - '0');
    sw_buf_printf(text,
                  "{'metadata':{'name':'%.*s','namespace':'%.*s','uid':"
                  "'1b4e28ba-2fa1-11d2-883f-0016d3cca427','resourceVersion':'1','labels':{"
                  "'app.kubernetes.io/managed-by':'spillway','spillway.dev/remote':"
                  "'cluster-00000'},'annotations':{'spillway.dev/service':'%.*s/%.*s'}},'spec':{"
                  "'address':'10.0.0.1'}}",
                  SW_STR_ARG(wanted->name), SW_STR_ARG(wanted->namespace_),
                  SW_STR_ARG(entry->namespace_), SW_STR_ARG(entry->service));
    note(file, cluster, SW_RESOURCE_WORKLOADENTRY, text);
}

static void note_wanted(FILE *file, const struct sw_wanted *wanted, struct sw_arena *arena,
                        struct sw_buf *text)
{
    SW_JSON_SCOPE(arena);

    sw_json_write_canonical(written(wanted), text);
    note(file, 0, resource_of(wanted->kind), text);
    if (wanted->entry)
        note_opposite(file, wanted, text);
}

static void note_all(FILE *file, const struct sw_plans *plans, struct sw_buf *text)
{
    struct sw_arena arena;

    sw_arena_init(&arena, (size_t)1 << 16, (size_t)1 << 30);
    for (size_t i = 0; i < plans->n; i++) {
        for (size_t j = 0; j < plans->items[i].wanteds.n; j++) {
            note_wanted(file, &plans->items[i].wanteds.items[j], &arena, text);
            sw_arena_clear(&arena);
        }
    }
    sw_arena_release(&arena);
}

static void put_line(struct fleet *fleet, const char *line)
{
    char *end;
    size_t cluster = strtoul(line, &end, 10);
    enum sw_resource resource = (enum sw_resource)strtol(end, &end, 10);

    sw_buf_append_text(&fleet->text, end);
    put(fleet, cluster, resource);
}

/* By way of a file: the plans borrow from the mesh, which is not to be told anything meanwhile. */
void fleet_own(struct fleet *fleet, const struct sw_plans *plans)
{
    FILE *file = sure(tmpfile());
    char *line = NULL;
    size_t size = 0;

    note_all(file, plans, &fleet->text);
    rewind(file);
    while (getline(&line, &size, file) > 0)
        put_line(fleet, line);
    free(line);
    fclose(file);
}

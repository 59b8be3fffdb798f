#include "known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/pod.h"
#include "json/read.h"

int known_setup(void **state)
{
    static const struct sw_state_config config = {
        .local = {"east", 4}, .config = {"east", 4}, .fleet_known = true};
    struct known *k = calloc(1, sizeof(*k));

    sw_json_setup();
    if (!k || sw_names_new(&k->names, NULL) < 0 || sw_state_new(k->names, &k->state, NULL) < 0)
        return -1;
    sw_arena_init(&k->arena, 4096, (size_t)64 << 20);
    sw_state_configure(k->state, &config);
    sw_state_set_now(k->state, 1000);
    if (sw_state_add_cluster(k->state, SW_STR("east"), (struct sw_str){NULL, 0}, &k->clusters[0],
                             NULL) < 0 ||
        sw_state_add_cluster(k->state, SW_STR("west"), SW_STR("net-w"), &k->clusters[1], NULL) < 0)
        return -1;
    for (unsigned int i = 0; i < 2 * SW_N_RESOURCES; i++) {
        known_begin(k, i % 2, (enum sw_resource)(i / 2));
        known_end(k, i % 2, (enum sw_resource)(i / 2));
    }
    known_check_dirty(k, "all");
    *state = k;
    return 0;
}

int known_teardown(void **state)
{
    struct known *k = *state;

    sw_state_free(k->state);
    sw_names_free(k->names);
    sw_arena_release(&k->arena);
    free(k);
    return 0;
}

static struct sw_reflector_sink sink_of(struct known *k, size_t cluster, enum sw_resource resource)
{
    return sw_state_sink(k->clusters[cluster], resource);
}

static struct sw_str quote(char *text)
{
    for (char *p = text; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    return sw_str_from(text);
}

void known_put(struct known *k, size_t cluster, enum sw_resource resource, const char *format, ...)
{
    struct sw_reflector_sink sink = sink_of(k, cluster, resource);
    struct sw_err err = {0};
    va_list args;
    char *text;

    va_start(args, format);
    text = sw_arena_vprintf(&k->arena, format, args);
    va_end(args);
    assert_non_null(text);
    if (sink.put(sink.context, quote(text), &err) < 0)
        fail_msg("%s", err.message);
}

void known_remove(struct known *k, size_t cluster, enum sw_resource resource,
                  const char *namespace_, const char *name)
{
    struct sw_reflector_sink sink = sink_of(k, cluster, resource);
    char text[256];

    snprintf(text, sizeof(text), "{'metadata':{'namespace':'%s','name':'%s'}}", namespace_, name);
    assert_int_equal(sink.remove(sink.context, quote(text), NULL), 0);
}

void known_begin(struct known *k, size_t cluster, enum sw_resource resource)
{
    struct sw_reflector_sink sink = sink_of(k, cluster, resource);

    sink.begin(sink.context);
}

void known_end(struct known *k, size_t cluster, enum sw_resource resource)
{
    struct sw_reflector_sink sink = sink_of(k, cluster, resource);

    sink.end(sink.context);
}

void known_service(struct known *k, size_t cluster, const char *name)
{
    known_put(k, cluster, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'shop','name':'%s'},'spec':{'selector':{'app':'%s'},"
              "'ports':[{'name':'http','port':80}]}}",
              name, name);
}

void known_pod(struct known *k, size_t cluster, const char *name, const char *labels)
{
    known_put(k, cluster, SW_RESOURCE_POD,
              "{'metadata':{'namespace':'shop','name':'%s','labels':{'app':'cart',"
              "'security.istio.io/tlsMode':'istio'%s%s}},"
              "'spec':{'nodeName':'n1','serviceAccountName':'seller'}}",
              name, *labels ? "," : "", labels);
}

/* The endpoints of "a -b", as JSON. */
static const char *endpoints_of(struct known *k, const char *pods)
{
    struct sw_str rest = sw_str_from(pods);
    char *text = sw_arena_printf(&k->arena, "%s", "");

    while (rest.len) {
        struct sw_str pod = sw_str_cut(&rest, ' ');
        bool ready = pod.data[0] != '-';

        text = sw_arena_printf(&k->arena,
                               "%s%s{'conditions':{'ready':%s},"
                               "'targetRef':{'kind':'Pod','name':'%.*s'}}",
                               text, *text ? "," : "", ready ? "true" : "false",
                               SW_STR_ARG(sw_str_slice(pod, !ready, pod.len)));
        assert_non_null(text);
    }
    return text;
}

void known_slice(struct known *k, size_t cluster, const char *service, const char *pods)
{
    known_put(k, cluster, SW_RESOURCE_ENDPOINTSLICE,
              "{'metadata':{'namespace':'shop','name':'%s-1','labels':{"
              "'kubernetes.io/service-name':'%s'}},'addressType':'IPv4','endpoints':[%s]}",
              service, service, endpoints_of(k, pods));
}

void known_setting(struct known *k)
{
    known_put(k, KNOWN_EAST, SW_RESOURCE_WORKSPACE,
              "{'metadata':{'name':'shop','namespace':'tsb'},'spec':{'namespaceSelector':{"
              "'names':['*/shop']}}}");
    known_put(k, KNOWN_EAST, SW_RESOURCE_SETTING,
              "{'metadata':{'name':'s','namespace':'tsb','annotations':{"
              "'tsb.tetrate.io/workspace':'shop'}},'spec':{'defaultEastWestGatewaySettings':["
              "{'workloadSelector':{'namespace':'gw','labels':{'app':'gw'}}}]}}");
}

void known_gateway(struct known *k, const char *addresses)
{
    known_put(k, KNOWN_WEST, SW_RESOURCE_SERVICE,
              "{'metadata':{'namespace':'gw','name':'gw','annotations':{"
              "'xcp.tetrate.io/cluster-external-addresses':'%s'}},'spec':{'selector':{'app':'gw'},"
              "'ports':[{'name':'tls','port':15443}]}}",
              addresses);
}

void known_gateway_pod(struct known *k, const char *name, const char *view)
{
    known_put(k, KNOWN_WEST, SW_RESOURCE_POD,
              "{'metadata':{'namespace':'gw','name':'%s','labels':{'app':'gw','hash':'%s'}},"
              "'spec':{'containers':[{'env':[{'name':'%s','value':'%s'}]}]}}",
              name, name, *view ? SW_ENV_NETWORK_VIEW : "X", view);
}

const struct sw_mesh *known_look(struct known *k)
{
    struct sw_err err = {0};

    if (sw_state_mesh(k->state, &k->mesh, &err) < 0)
        fail_msg("%s", err.message);
    return k->mesh;
}

static void check_text(struct sw_buf *buf, const char *expected)
{
    sw_buf_append(buf, "", 1);
    assert_int_equal(sw_buf_status(buf, NULL), 0);
    if (strcmp(buf->data, expected) != 0) {
        print_message("found: %s\n", buf->data);
        sw_buf_release(buf);
        fail_msg("expected: %s", expected);
    }
    sw_buf_release(buf);
}

void known_check_groups(struct known *k, size_t cluster, const char *service, const char *expected)
{
    const struct sw_mesh *mesh = known_look(k);
    const struct sw_mesh_backends *b =
        sw_mesh_backends(mesh->clusters[cluster], SW_STR("shop"), sw_str_from(service));
    struct sw_buf buf;

    sw_buf_init(&buf, 65536);
    for (size_t i = 0; b && i < b->n_groups; i++) {
        const struct sw_mesh_group *group = &b->groups[i];

        sw_buf_printf(&buf, "%s%.*s{", i ? " | " : "", SW_STR_ARG(group->service_account));
        sw_labels_write(&group->labels, &buf);
        sw_buf_printf(&buf, "}@%.*s x%u", SW_STR_ARG(group->locality), group->n_ready);
    }
    if (b && b->n_plain)
        sw_buf_printf(&buf, " plain %u", b->n_plain);
    if (b && b->waiting)
        sw_buf_append_text(&buf, " waiting");
    check_text(&buf, expected);
}

static int by_key(const void *a, const void *b)
{
    const struct sw_plan_key *x = a, *y = b;
    int order = sw_str_cmp(x->namespace_, y->namespace_);

    return order ? order : sw_str_cmp(x->name, y->name);
}

void known_check_dirty(struct known *k, const char *expected)
{
    struct sw_dirty_list list;
    struct sw_buf buf;

    known_look(k);
    sw_buf_init(&buf, 65536);
    assert_int_equal(sw_state_take_dirty(k->state, &k->arena, &list, NULL), 0);
    if (list.n)
        qsort((struct sw_plan_key *)list.keys, list.n, sizeof(*list.keys), by_key);
    for (size_t i = 0; i < list.n; i++)
        sw_buf_printf(&buf, "%s%.*s/%.*s", i ? " " : "", SW_STR_ARG(list.keys[i].namespace_),
                      SW_STR_ARG(list.keys[i].name));
    if (list.all)
        sw_buf_append_text(&buf, "all");
    else if (list.gateways)
        sw_buf_append_text(&buf, " +gateways");
    check_text(&buf, expected);
}

void known_check_gateway(struct known *k, const char *expected)
{
    const struct sw_mesh_cluster *west = known_look(k)->clusters[KNOWN_WEST];
    const struct sw_mesh_gateway *gateway = west->n_gateways ? west->gateways[0] : NULL;
    struct sw_buf buf;

    sw_buf_init(&buf, 65536);
    assert_true(west->n_gateways <= 1);
    for (size_t i = 0; gateway && i < gateway->n_addresses; i++)
        sw_buf_printf(&buf, "%.*s ", SW_STR_ARG(gateway->addresses[i]));
    if (gateway && !gateway->n_addresses)
        sw_buf_printf(&buf, "%s ", sw_reason_word(gateway->no_address));
    if (gateway) {
        static const char *const views[] = {"missing", "set", "mixed"};

        sw_buf_printf(&buf, "ready %u %s %.*s {", gateway->n_ready, views[gateway->network_view],
                      SW_STR_ARG(gateway->view));
        sw_labels_write(&gateway->pod_labels, &buf);
        sw_buf_printf(&buf, "}%s%s", gateway->foreign_pods ? " foreign" : "",
                      gateway->ingress ? " ingress" : "");
    }
    check_text(&buf, expected);
}

uint64_t known_unheld_ms(struct known *k, const char *service)
{
    return sw_lapses_since_ms(known_look(k)->clusters[KNOWN_WEST]->unheld, SW_STR("shop"),
                              sw_str_from(service));
}

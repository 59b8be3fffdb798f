#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pair pair;

static const struct {
    const char *name, *file, *server;
} both[] = {{"home", "home.yaml", PAIR_HOME}, {"west", "west.yaml", PAIR_WEST}};

static int write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    if (!file)
        return -1;
    fputs(text, file);
    return fclose(file);
}

int pair_setup(void **state, void (*on_remote_move)(void *context), void *context)
{
    struct sw_members_options options = {
        .http = servers_http(),
        .clusters = &pair.clusters,
        .root_namespace = SW_STR("istio-system"),
        .on_remote_move = on_remote_move,
        .remote_move_context = context,
    };

    memset(&pair, 0, sizeof(pair));
    snprintf(pair.folder, sizeof(pair.folder), "/tmp/sw_test_pair.XXXXXX");
    if (!mkdtemp(pair.folder) || chdir(pair.folder) < 0 || servers_setup(state) < 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        if (write_file(both[i].file, servers_kubeconfig(both[i].server)) < 0)
            return -1;
        pair.clusters.items[pair.clusters.n++] = (struct sw_cluster){
            .name = sw_str_from(both[i].name), .kubeconfig = sw_str_from(both[i].file)};
    }
    if (sw_state_new(NULL, &pair.state, NULL) < 0)
        return -1;
    options.state = pair.state;
    return sw_members_new(&options, &pair.members, NULL);
}

int pair_teardown(void **state)
{
    sw_members_free(pair.members);
    sw_state_free(pair.state);
    for (size_t i = 0; i < 2; i++)
        unlink(both[i].file);
    if (chdir("/") < 0 || rmdir(pair.folder) < 0)
        return -1;
    return servers_teardown(state);
}

void pair_run(void)
{
    int64_t wake_ms;

    sw_state_set_now(pair.state, (uint64_t)servers_now_ms);
    wake_ms = sw_members_step(pair.members, servers_now_ms);
    while (!servers_are_idle() || wake_ms <= servers_now_ms) {
        sw_http_run(servers_http());
        wake_ms = sw_members_step(pair.members, servers_now_ms);
    }
}

const struct sw_mesh *pair_mesh(void)
{
    const struct sw_state_config config = {
        .local = SW_STR("home"), .config = SW_STR("home"), .fleet_known = true};
    const struct sw_mesh *mesh = NULL;

    sw_state_configure(pair.state, &config);
    assert_int_equal(sw_state_mesh(pair.state, &mesh, NULL), 0);
    return mesh;
}

/*
 * Clusters that come by a file and by Secrets, move and go, beside API servers in memory, with the
 * n-th allocation failing: in the end all of it is there that is there with all memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault/fault.h"
#include "fault/story.h"
#include "reconciler/members.h"
#include "unit/reconciler/servers.h"
#include "json/read.h"

#define HOME    "https://home:6443"
#define WEST    "https://west:6443"
#define OTHER   "https://other:6443"

#define SECRETS "/api/v1/namespaces/sys/secrets"

#define CART    "{'metadata':{'namespace':'shop','name':'cart'},'spec':{'selector':{'app':'cart'}}}"
#define TILL    "{'metadata':{'namespace':'shop','name':'till'},'spec':{'selector':{'app':'till'}}}"
#define ODD     "{'metadata':{'namespace':'shop','name':'odd'},'spec':{'selector':7}}"

/* In the folder of the program's own. */
#define HOME_FILE "home.yaml"

/* Every wait after a failure is over by then. */
#define PATIENCE_MS 120000

static struct sw_state *mesh;
static struct sw_members *members;
static struct sw_clusters clusters = {
    .items = {{.name = {"home", 4}, .kubeconfig = {HOME_FILE, sizeof(HOME_FILE) - 1}}},
    .n = 1,
};
static char secrets[2][2048];
static unsigned int n_gone;

static void on_gone(void *context, struct sw_str cluster)
{
    (void)context;
    (void)cluster;
    n_gone++;
}

static int make_members(void)
{
    const struct sw_members_options options = {
        .http = servers_http(),
        .state = mesh,
        .clusters = &clusters,
        .root_namespace = SW_STR("istio-system"),
        .secrets_namespace = SW_STR("sys"),
        .on_gone = on_gone,
    };
    struct sw_err err = {0};
    int r = sw_members_new(&options, &members, &err);

    return r == 0 || err.message[0] ? r : SW_EINTERNAL; /* a failure says why */
}

/* The text of Secret sys/a, which connects west. */
static bool write_secret(const char *server, char *text, size_t size)
{
    const char *kubeconfig = servers_kubeconfig(server);
    struct sw_buf buf;
    bool fits;

    sw_buf_init(&buf, size - 1);
    sw_buf_append_text(&buf, "{'metadata':{'name':'a','namespace':'sys'},'data':{'west':'");
    sw_buf_append_base64(&buf, kubeconfig, strlen(kubeconfig));
    sw_buf_append_text(&buf, "'}}");
    fits = sw_buf_status(&buf, NULL) == 0;
    if (fits)
        snprintf(text, size, "%.*s", SW_STR_ARG(sw_buf_str(&buf)));
    sw_buf_release(&buf);
    return fits;
}

static bool begin(void)
{
    servers_setup(NULL);
    n_gone = 0;
    servers_put(HOME, SERVERS_SERVICES, CART);
    servers_put(HOME, SERVERS_SERVICES, ODD);
    servers_put(WEST, SERVERS_SERVICES, CART);
    servers_put(OTHER, SERVERS_SERVICES, CART);
    servers_put(OTHER, SERVERS_SERVICES, TILL);
    servers_page(OTHER, 1);
    return write_secret(WEST, secrets[0], sizeof(secrets[0])) &&
           write_secret(OTHER, secrets[1], sizeof(secrets[1]));
}

static const struct sw_member *west(void)
{
    return sw_members_count(members) > 1 ? sw_members_at(members, 1) : NULL;
}

static size_t n_services(const struct sw_member *member)
{
    return sw_state_count(sw_member_state(member), SW_RESOURCE_SERVICE);
}

static bool is_well(const struct sw_member *member, size_t n)
{
    struct sw_member_health health;

    if (!member)
        return false;
    sw_member_health(member, servers_now_ms, &health);
    return health.synced && health.readable && !health.error.code && n_services(member) == n;
}

static bool home_is_there(void)
{
    return is_well(sw_members_at(members, 0), 1) && sw_members_are_known(members);
}

static bool west_is_there(void)
{
    return is_well(west(), 1);
}

static bool west_has_moved(void)
{
    return is_well(west(), 2) && servers_open(WEST, NULL) == 0;
}

static bool west_is_gone(void)
{
    return sw_members_count(members) == 1 && n_gone == 1 && servers_open(OTHER, NULL) == 0;
}

/* Steps until it is so. */
static bool come_to(bool (*is_so)(void))
{
    for (int64_t end_ms = servers_now_ms + PATIENCE_MS; servers_now_ms < end_ms;) {
        int64_t wake_ms = sw_members_step(members, servers_now_ms);

        if (!servers_are_idle()) {
            sw_http_run(servers_http());
            continue;
        }
        if (is_so())
            return true;
        if (wake_ms > servers_now_ms)
            servers_now_ms = wake_ms < end_ms ? wake_ms : end_ms;
    }
    fprintf(stderr, "%zu clusters\n", sw_members_count(members));
    for (size_t i = 0; i < sw_members_count(members); i++) {
        struct sw_member_health health;

        sw_member_health(sw_members_at(members, i), servers_now_ms, &health);
        fprintf(stderr, "cluster %zu: %zu Services, %s\n", i, n_services(sw_members_at(members, i)),
                health.error.message);
    }
    return false;
}

static bool tell(void)
{
    int r = sw_state_new(NULL, &mesh, NULL);

    if (r == SW_ENOMEM)
        r = sw_state_new(NULL, &mesh, NULL);
    if (r < 0)
        return false;
    r = make_members();
    if (r == SW_ENOMEM)
        r = make_members();
    if (r < 0 || !come_to(home_is_there))
        return false;
    servers_put(HOME, SECRETS, secrets[0]);
    if (!come_to(west_is_there))
        return false;
    servers_put(HOME, SECRETS, secrets[1]);
    if (!come_to(west_has_moved))
        return false;
    servers_delete(HOME, SECRETS, secrets[1]);
    return come_to(west_is_gone);
}

static void end(void)
{
    sw_members_free(members);
    sw_state_free(mesh);
    members = NULL;
    mesh = NULL;
    servers_teardown(NULL);
}

int main(void)
{
    static const struct story stories[] = {{"a cluster comes, moves and goes", begin, tell, end}};
    char folder[] = "/tmp/sw_fault_members.XXXXXX";
    FILE *file;
    int status;

    sw_json_setup();
    if (!mkdtemp(folder) || chdir(folder) < 0 || !(file = fopen(HOME_FILE, "w")))
        return 1;
    fputs(servers_kubeconfig(HOME), file);
    fclose(file);
    status = stories_tell(stories, 1);
    unlink(HOME_FILE);
    rmdir(folder);
    return status;
}

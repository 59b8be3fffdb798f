#include "cli/preflight_server.h"

#include "base/cleanup.h"
#include "io/file.h"
#include "json/read.h"

#include "base/banned.h"

/* A kubeconfig of 1 MiB, parsed. */
#define CHUNK_BYTES      ((size_t)16 << 10)
#define MAX_CONFIG_BYTES ((size_t)64 << 20)

/* People wait for this: an API server that does not answer is told of sooner than a program would
 * give it up. */
#define TIMEOUT_MS 10000

/* The folder of a path, from which the kubeconfig's own paths start; "" for the working folder. */
static const char *folder_of(struct sw_str path, struct sw_arena *arena)
{
    const char *slash = memrchr(path.data, '/', path.len);

    if (slash == path.data)
        return "/.";
    return sw_arena_copy(arena, (struct sw_str){path.data, slash ? (size_t)(slash - path.data) : 0})
        .data;
}

static int read_file(struct sw_preflight_server *server, const struct sw_cluster *cluster,
                     struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_wipe) struct sw_buf text;
    struct sw_str path = sw_arena_copy(&server->secrets, cluster->kubeconfig);
    struct sw_kube_config_reading how = {SW_KUBE_FILES_TOO, cluster->context, NULL};
    int r;

    sw_buf_init(&text, SW_KUBE_CONFIG_MAX_BYTES);
    if (path.data)
        how.folder = folder_of(path, &server->secrets);
    if (!how.folder)
        return sw_err_nomem(reterr);
    r = sw_file_read(path.data, &text, reterr);
    if (r < 0)
        return r;
    r = sw_kube_config_read(sw_buf_str(&text), &how, &server->secrets, &server->config, reterr);
    return r < 0 ? sw_err_wrap(reterr, "%s", path.data) : 0;
}

int sw_preflight_server_open(struct sw_preflight_server *server, const struct sw_cluster *cluster,
                             struct sw_err *reterr)
{
    int r;

    *server = (struct sw_preflight_server){0};
    sw_arena_init(&server->secrets, CHUNK_BYTES, MAX_CONFIG_BYTES);
    if (cluster->kubeconfig.data)
        r = read_file(server, cluster, reterr);
    else
        r = sw_kube_config_in_cluster(SW_KUBE_ACCOUNT_FOLDER, &server->secrets, &server->config,
                                      reterr);
    if (r == 0)
        r = sw_waiter_init(&server->waiter, &server->config, reterr);
    if (r < 0)
        sw_preflight_server_release(server);
    return r;
}

void sw_preflight_server_release(struct sw_preflight_server *server)
{
    sw_waiter_release(&server->waiter);
    sw_arena_release(&server->secrets);
}

static void ask(void *context, struct sw_str path, struct sw_str body, struct sw_arena *arena,
                struct sw_answer *ret)
{
    struct sw_preflight_server *server = context;
    SW_CLEANUP(sw_buf_release) struct sw_buf what;
    struct sw_call_request request = {
        .method = body.data ? "POST" : "GET",
        .path = path,
        .content_type = body.data ? "application/json" : NULL,
        .body = body,
        .timeout_ms = TIMEOUT_MS,
    };

    sw_buf_init(&what, path.len + sizeof("POST "));
    sw_buf_printf(&what, "%s %.*s", request.method, SW_STR_ARG(path));
    request.what = sw_buf_str(&what); /* what found no memory is missing at the end */
    sw_waiter_call(&server->waiter, &request, arena, ret);
}

struct sw_preflight_api sw_preflight_server_api(struct sw_preflight_server *server)
{
    return (struct sw_preflight_api){server, ask};
}

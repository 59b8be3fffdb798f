/*
 * What TLS and HTTP cost before anyone looks at a review: libh2o on one thread, answering each path
 * with bytes that were fixed at the start. hack/bench measures spillway-webhook against it.
 *
 * usage: floor PORT CERT KEY PATH=FILE...
 *
 * The TLS context is the product's own, so the two differ in nothing below HTTP. h2o reads a body
 * to its end before a handler is called.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <h2o.h>
#include <h2o/http1.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "io/file.h"
#include "serve/tls.h"

#include "base/banned.h"

#define MAX_BODY_BYTES (7u << 20)

/* An answer of spillway-webhook is a fraction of the review that it answers. */
#define MAX_ANSWER_BYTES (1u << 20)

#define IDLE_MS          120000
#define BACKLOG          128

/* One path's handler; h2o owns it. */
struct fixed {
    h2o_handler_t super;
    struct sw_buf body; /* never released: it lives as long as the process */
};

struct floor {
    h2o_globalconf_t config;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
};

SW_DEFINE_CLEANUP(cleanup_tls, struct sw_tls, sw_tls_free);

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    static h2o_generator_t whole;
    const struct fixed *fixed = (const struct fixed *)self;
    h2o_iovec_t body = {fixed->body.data, fixed->body.len};

    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = body.len;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                   H2O_STRLIT("application/json"));
    h2o_start_response(req, &whole);
    h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
    return 0;
}

static int add_answer(h2o_hostconf_t *host, char *argument, struct sw_err *err)
{
    char *file = strchr(argument, '=');
    h2o_pathconf_t *path;
    struct fixed *fixed;

    if (!file)
        return sw_err_set(err, SW_EUSAGE, "expected PATH=FILE, found %s", argument);
    *file++ = '\0';
    path = h2o_config_register_path(host, argument, 0);
    fixed = (struct fixed *)h2o_create_handler(path, sizeof(*fixed));
    fixed->super.on_req = on_request;
    sw_buf_init(&fixed->body, MAX_ANSWER_BYTES);
    return sw_file_read(file, &fixed->body, err);
}

static void on_accept(h2o_socket_t *listener, const char *failure)
{
    struct floor *floor = listener->data;
    h2o_socket_t *sock;

    while (!failure && (sock = h2o_evloop_socket_accept(listener)))
        h2o_accept(&floor->accept, sock);
}

static int open_listener(const char *port, struct sw_err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    uint64_t number;

    if (!sw_str_to_u64(sw_str_from(port), UINT16_MAX, &number))
        return sw_err_set(err, SW_EUSAGE, "expected a port, found %s", port);
    address.sin_port = htons((uint16_t)number);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0)
        return sw_err_set(err, SW_EIO, "port %s: %s", port, strerror(errno));
    return fd;
}

static int serve(char *argv[], struct sw_tls *tls, struct sw_err *err)
{
    static struct floor floor;
    int fd = open_listener(argv[1], err), r = 0;
    h2o_hostconf_t *host;
    h2o_socket_t *listener;
    h2o_loop_t *events;

    if (fd < 0)
        return fd;
    h2o_config_init(&floor.config);
    floor.config.server_name = (h2o_iovec_t){NULL, 0};
    floor.config.max_request_entity_size = MAX_BODY_BYTES;
    floor.config.http1.upgrade_to_http2 = 0;
    floor.config.http1.req_timeout = IDLE_MS;
    host = h2o_config_register_host(&floor.config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    for (char **argument = argv + 4; *argument && r == 0; argument++)
        r = add_answer(host, *argument, err);
    if (r < 0)
        return r;
    events = h2o_evloop_create();
    h2o_context_init(&floor.context, events, &floor.config);
    floor.accept = (h2o_accept_ctx_t){
        .ctx = &floor.context, .hosts = floor.config.hosts, .ssl_ctx = sw_tls_acquire(tls)};
    listener = h2o_evloop_socket_create(events, fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->data = &floor;
    h2o_socket_read_start(listener, on_accept);
    for (;;)
        h2o_evloop_run(events, INT32_MAX);
}

int main(int argc, char *argv[])
{
    SW_CLEANUP(cleanup_tls) struct sw_tls *tls = NULL;
    struct sw_err err = {0};
    int r;

    if (argc < 5) {
        fputs("usage: floor PORT CERT KEY PATH=FILE...\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* h2o writes to connections that may be gone */
    r = sw_tls_new(&(struct sw_tls_options){.cert_file = argv[2], .key_file = argv[3]}, &tls, &err);
    if (r == 0)
        r = serve(argv, tls, &err);
    fprintf(stderr, "floor: %s\n", err.message);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

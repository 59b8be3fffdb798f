#include "serve/server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/clock.h"
#include "serve/listen.h"
#include "serve/loop.h"
#include "serve/stats.h"

#include "base/banned.h"

#define NS_PER_MS 1000000u

_Static_assert(SW_SERVER_THREADS_MAX == SW_LOOPS_MAX, "a loop for each thread");

/* One loop and its thread. Descriptors are -1 when there is none, or the loop has it. */
struct thread {
    struct sw_loop_shared *shared;
    size_t index;
    int listen_fd;
    int wake_fd;      /* an eventfd that we write to */
    int wake_read_fd; /* the same, for the loop to close */
    pthread_t id;
};

struct sw_server {
    struct sw_loop_shared shared;
    struct sw_route routes[SW_ROUTES_MAX];
    struct sw_server_stats no_stats; /* zeroed: for who counts nothing */
    struct sw_listen_name name;
    char too_large[96];
    size_t n_threads;
    size_t n_running; /* threads that must be joined */
    struct thread threads[SW_SERVER_THREADS_MAX];
};

SW_DEFINE_CLEANUP(cleanup_server, struct sw_server, sw_server_free);

static uint64_t limit_of(uint32_t value_ms, uint32_t default_ms)
{
    return (uint64_t)(value_ms ? value_ms : default_ms) * NS_PER_MS;
}

static int check_routes(const struct sw_route *routes, size_t n_routes, struct sw_err *reterr)
{
    if (n_routes == 0 || n_routes > SW_ROUTES_MAX)
        return sw_err_set(reterr, SW_EUSAGE, "%zu routes, expected 1 to %d", n_routes,
                          SW_ROUTES_MAX);
    for (size_t i = 0; i < n_routes; i++) {
        if (!routes[i].path || routes[i].path[0] != '/' || !routes[i].method || !routes[i].handle)
            return sw_err_set(reterr, SW_EUSAGE,
                              "route %zu: expected a path that begins with '/', a method and a "
                              "handler",
                              i);
    }
    return 0;
}

/* The part of one thread. */
static size_t max_held_of(const struct sw_server_options *options, size_t max_body_bytes)
{
    size_t all = options->max_held_bytes ? options->max_held_bytes : SW_SERVER_MAX_HELD_BYTES;
    size_t part = all / (options->n_threads ? options->n_threads : 1);

    return part > 2 * max_body_bytes ? part : 2 * max_body_bytes;
}

static void set_up(struct sw_server *server, const struct sw_server_options *options,
                   const struct sw_route *routes, size_t n_routes)
{
    struct sw_loop_shared *shared = &server->shared;

    for (size_t i = 0; i < n_routes; i++)
        server->routes[i] = routes[i];
    shared->routes =
        (struct sw_routes){.items = server->routes,
                           .n_items = n_routes,
                           .max_body_bytes = options->max_body_bytes ? options->max_body_bytes
                                                                     : SW_SERVER_MAX_BODY_BYTES};
    shared->tls = options->tls;
    shared->stats = options->stats ? options->stats : &server->no_stats;
    shared->max_connections =
        options->max_connections ? options->max_connections : SW_SERVER_MAX_CONNECTIONS;
    shared->max_per_peer = options->max_per_peer ? options->max_per_peer : SW_SERVER_MAX_PER_PEER;
    shared->max_held_bytes = max_held_of(options, shared->routes.max_body_bytes);
    shared->log = options->log;
    sw_peers_init(&shared->peers);
    shared->too_large = server->too_large;
    snprintf(server->too_large, sizeof(server->too_large),
             "body too large: expected at most %zu bytes\n", shared->routes.max_body_bytes);
    shared->limits_ns[SW_PHASE_HANDSHAKE] = limit_of(options->handshake_ms, SW_SERVER_HANDSHAKE_MS);
    shared->limits_ns[SW_PHASE_IDLE] = limit_of(options->idle_ms, SW_SERVER_IDLE_MS);
    shared->limits_ns[SW_PHASE_READING] = limit_of(options->read_ms, SW_SERVER_READ_MS);
    shared->limits_ns[SW_PHASE_SENDING] = limit_of(options->send_ms, SW_SERVER_SEND_MS);
    shared->limits_ns[SW_PHASE_LINGERING] = limit_of(options->linger_ms, SW_SERVER_LINGER_MS);
}

static int set_up_threads(struct sw_server *server, struct sw_err *reterr)
{
    int code = 0;

    for (size_t i = 0; i < server->n_threads; i++) {
        struct thread *thread = &server->threads[i];

        thread->shared = &server->shared;
        thread->index = i;
        thread->wake_read_fd = -1;
        thread->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (thread->wake_fd >= 0)
            thread->wake_read_fd = fcntl(thread->wake_fd, F_DUPFD_CLOEXEC, 0);
        if (thread->wake_read_fd < 0)
            code = sw_err_set(reterr, SW_EIO, "eventfd: %s", strerror(errno));
    }
    return code;
}

int sw_server_new(const struct sw_server_options *options, const struct sw_route *routes,
                  size_t n_routes, struct sw_server **ret, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_server) struct sw_server *server = NULL;
    size_t n_threads = options->n_threads ? options->n_threads : 1;
    int fds[SW_SERVER_THREADS_MAX];
    int code = check_routes(routes, n_routes, reterr);

    if (code < 0)
        return code;
    if (!options->listen)
        return sw_err_set(reterr, SW_EUSAGE, "no address to listen on");
    if (n_threads > SW_SERVER_THREADS_MAX)
        return sw_err_set(reterr, SW_EUSAGE, "%zu threads, expected at most %d", n_threads,
                          SW_SERVER_THREADS_MAX);
    server = calloc(1, sizeof(*server));
    if (!server)
        return sw_err_nomem(reterr);
    set_up(server, options, routes, n_routes);
    code = sw_listen_open(options->listen, fds, n_threads, &server->name, reterr);
    if (code < 0)
        return code;
    for (size_t i = 0; i < n_threads; i++)
        server->threads[i].listen_fd = fds[i];
    server->n_threads = n_threads;
    code = set_up_threads(server, reterr);
    if (code < 0)
        return code;
    *ret = SW_TAKE(server);
    return 0;
}

const char *sw_server_address(const struct sw_server *server)
{
    return server->name.text;
}

static void *run(void *arg)
{
    struct thread *thread = arg;

    sw_loop_run(thread->shared, thread->index, thread->listen_fd, thread->wake_read_fd);
    return NULL;
}

/* Signals are for the thread that waits for them. */
static int start_thread(struct thread *thread)
{
    sigset_t all, before;
    char name[16];
    int failure;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&thread->id, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0) {
        snprintf(name, sizeof(name), "http-%u", (unsigned int)thread->index);
        pthread_setname_np(thread->id, name);
    }
    return failure;
}

int sw_server_start(struct sw_server *server, struct sw_err *reterr)
{
    for (size_t i = 0; i < server->n_threads; i++) {
        int failure = start_thread(&server->threads[i]);

        if (failure) {
            sw_server_stop(server, 0);
            return sw_err_set(reterr, SW_EIO, "thread %zu of %zu: %s", i + 1, server->n_threads,
                              strerror(failure));
        }
        server->n_running++;
    }
    return 0;
}

uint64_t sw_server_stalled_ns(const struct sw_server *server)
{
    uint64_t now_ns = sw_clock_mono_ns(), longest_ns = 0;

    for (size_t i = 0; i < server->n_threads; i++) {
        uint64_t since_ns =
            atomic_load_explicit(&server->shared.handling_since_ns[i], memory_order_relaxed);

        if (since_ns && now_ns > since_ns && now_ns - since_ns > longest_ns)
            longest_ns = now_ns - since_ns;
    }
    return longest_ns;
}

void sw_server_drain(struct sw_server *server)
{
    /* No need to wake anyone: it is looked at when an answer is sent. */
    atomic_store_explicit(&server->shared.draining, true, memory_order_relaxed);
}

size_t sw_server_stop(struct sw_server *server, uint32_t grace_ms)
{
    uint64_t stop_at_ns = sw_clock_mono_ns() + (uint64_t)grace_ms * NS_PER_MS;

    sw_server_drain(server);
    atomic_store_explicit(&server->shared.stop_at_ns, stop_at_ns, memory_order_release);
    for (size_t i = 0; i < server->n_running; i++)
        eventfd_write(server->threads[i].wake_fd, 1);
    while (server->n_running) {
        struct thread *thread = &server->threads[--server->n_running];

        pthread_join(thread->id, NULL);
        thread->listen_fd = thread->wake_read_fd = -1;
    }
    return atomic_load_explicit(&server->shared.n_cut, memory_order_relaxed);
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void sw_server_free(struct sw_server *server)
{
    if (!server)
        return;
    if (server->n_running)
        sw_server_stop(server, 0);
    for (size_t i = 0; i < server->n_threads; i++) {
        close_if_open(server->threads[i].listen_fd);
        close_if_open(server->threads[i].wake_fd);
        close_if_open(server->threads[i].wake_read_fd);
    }
    sw_peers_release(&server->shared.peers);
    free(server);
}

/*
 * kube/http.h and io/clock.h over API servers in memory: each is a URL, and holds objects by the
 * path of their collection. Lists, pages and watches are answered as an API server does; what a
 * test puts or deletes is told to the watches that are open. Nothing comes by itself: bytes come
 * from sw_http_run(), and the clock is the test's.
 *
 * In every object ' stands for ". A program that links this in has it in place of the product's.
 */
#ifndef SW_TESTS_RECONCILER_SERVERS_H
#define SW_TESTS_RECONCILER_SERVERS_H

#include "kube/http.h"

#define SERVERS_NAMESPACES "/api/v1/namespaces"
#define SERVERS_SERVICES   "/api/v1/services"
#define SERVERS_PODS       "/api/v1/pods"
#define SERVERS_NODES      "/api/v1/nodes"
#define SERVERS_RULES      "/apis/networking.istio.io/v1/destinationrules"
#define SERVERS_SETTINGS   "/apis/tsb.tetrate.io/v2/workspacesettings"

/* An answer that never comes, and a connection that is refused, beside HTTP's own. */
#define SERVERS_SILENT  (-1)
#define SERVERS_REFUSED (-2)

/* Of both clocks. */
extern int64_t servers_now_ms;

/* cmocka's fixtures, which may be called by others: nothing is there, the clock stands at a
 * million; and at the end nothing may be left of requests and targets. */
int servers_setup(void **state);
int servers_teardown(void **state);

/* The fake handle to give to whoever wants one. */
struct sw_http *servers_http(void);

/* An object comes, or comes again, or goes; under the path of its collection, or under its own, by
 * which alone it can be got then. The text must live on. */
void servers_put(const char *server, const char *path, const char *object);
void servers_delete(const char *server, const char *path, const char *object);

/* Every request for that path (NULL: for any that has no other status) is answered with that from
 * now on, and what is open for it ends; 200: well again. */
void servers_answer(const char *server, const char *path, int status);

/* It cannot stream lists: it has pages of so many objects. */
void servers_page(const char *server, int n_objects);

/* What has been asked of it: requests ever, and those that are open now, of a path (NULL: all). */
unsigned int servers_asked(const char *server, const char *path);
unsigned int servers_open(const char *server, const char *path);

/* The last query that came for a path; "" for none. */
const char *servers_query(const char *server, const char *path);

/* True where everything that was sent has been answered. */
bool servers_are_idle(void);

/* A kubeconfig for that server, inline; of a static buffer, for the next call. */
const char *servers_kubeconfig(const char *server);

#endif

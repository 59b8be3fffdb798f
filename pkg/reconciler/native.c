#include "reconciler/native.h"

#include <stdlib.h>

#include "base/cleanup.h"

#include "base/banned.h"

/* Most istiods (revisions) that are asked. */
#define MAX_ISTIODS 16

/* A page of istiod's with 10,000 proxies has a few MiB; the API server passes on all of it. */
#define MAX_PAGE_BYTES ((size_t)32 << 20)
#define TIMEOUT_MS     10000

#define MAX_PATH_BYTES 1024

struct sw_native {
    struct sw_native_options options;
    struct sw_http_target *target; /* NULL: nobody is asked */
    int64_t due_ms;
    char paths[MAX_ISTIODS][MAX_PATH_BYTES]; /* of those to ask in this round */
    size_t n;
    size_t at;            /* the one that is being asked */
    struct sw_call *call; /* NULL: none is */
    bool round_some, round_known;
    bool some, known;
    bool asked; /* a round has ended */
    uint64_t n_changes;
    char failure[SW_ERR_MESSAGE_SIZE]; /* of this round; "" for none */
};

int sw_native_new(const struct sw_native_options *options, struct sw_native **ret,
                  struct sw_err *reterr)
{
    struct sw_native *native = calloc(1, sizeof(*native));

    if (!native)
        return sw_err_nomem(reterr);
    native->options = *options;
    *ret = native;
    return 0;
}

void sw_native_free(struct sw_native *native)
{
    if (!native)
        return;
    sw_call_cancel(native->call);
    free(native);
}

void sw_native_point(struct sw_native *native, struct sw_http_target *target)
{
    sw_call_cancel(native->call);
    native->call = NULL;
    native->target = target;
    native->due_ms = 0;
}

bool sw_native_some(const struct sw_native *native)
{
    return native->some;
}

uint64_t sw_native_changes(const struct sw_native *native)
{
    return native->n_changes;
}

bool sw_native_is_known(const struct sw_native *native)
{
    return native->known;
}

static bool contains(struct sw_str text, struct sw_str part)
{
    return memmem(text.data, text.len, part.data, part.len) != NULL;
}

int sw_native_read(struct sw_str page)
{
    int found = -1;

    while (page.len) {
        struct sw_str line = sw_str_cut(&page, '\n'), value = line;

        if (!sw_str_has_prefix(line, SW_STR("istiod_managed_clusters{")))
            continue;
        sw_str_cut(&value, '}');
        while (value.len && value.data[0] == ' ')
            value = sw_str_slice(value, 1, value.len);
        value = sw_str_cut(&value, ' '); /* a time may follow */
        if (found < 0)
            found = 0;
        if (contains(line, SW_STR("cluster_type=\"remote\"")) && value.len &&
            !sw_str_is(value, "0"))
            found = 1;
    }
    return found;
}

/* An istiod is labelled so by every way of installing it, whatever its revision. */
static bool is_istiod(const struct sw_service *service)
{
    const struct sw_str *app = sw_labels_get(&service->meta.labels, SW_STR("app"));

    return sw_service_has_tcp_port(service, SW_NATIVE_PORT) && app && sw_str_is(*app, "istiod");
}

static void add_path(struct sw_native *native, const struct sw_service *service)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf path;

    sw_buf_init(&path, MAX_PATH_BYTES - 1);
    sw_buf_printf(&path, "/api/v1/namespaces/%.*s/services/http:%.*s:%d/proxy/metrics",
                  SW_STR_ARG(service->meta.namespace_), SW_STR_ARG(service->meta.name),
                  SW_NATIVE_PORT);
    if (sw_buf_status(&path, NULL) < 0)
        return;
    memcpy(native->paths[native->n], path.data, path.len);
    native->paths[native->n++][path.len] = '\0';
}

static void find_istiods(struct sw_native *native)
{
    const struct sw_mesh *mesh;
    const struct sw_view *view;
    size_t first, n;

    native->n = 0;
    native->at = 0;
    if (sw_state_mesh(native->options.state, &mesh, NULL) < 0)
        return;
    view = sw_index_local(mesh->index);
    first = sw_view_services_in(view, native->options.root_namespace, &n);
    for (size_t i = first; i < first + n && native->n < MAX_ISTIODS; i++) {
        if (is_istiod(view->services[i]))
            add_path(native, view->services[i]);
    }
}

/* The round is over: what is known now holds, and what is not changes nothing. */
static void conclude(struct sw_native *native)
{
    bool some = native->round_some || (native->some && !native->round_known);

    if (some != native->some)
        sw_log(native->options.log, some ? SW_LOG_WARN : SW_LOG_INFO,
               some ? "istiod reads remote clusters itself: nothing is written for them"
                    : "istiod reads no remote cluster itself any more");
    if (native->failure[0] && (native->known || !native->asked))
        sw_log(native->options.log, SW_LOG_WARN,
               "istiod does not say whether it reads remote clusters itself",
               sw_log_text("error", native->failure));
    native->asked = true;
    native->n_changes += some != native->some;
    native->some = some;
    native->known = native->round_known;
    if (!native->known && native->n)
        native->due_ms += SW_NATIVE_RETRY_MS - SW_NATIVE_PERIOD_MS;
}

static void ask_next(struct sw_native *native);

static void on_answer(void *context, const struct sw_answer *answer)
{
    struct sw_native *native = context;
    int said = answer->verdict == SW_ANSWER_OK ? sw_native_read(answer->body) : -1;
    struct sw_err why = {0};

    native->call = NULL;
    native->round_some = native->round_some || said == 1;
    native->round_known = native->round_known && said >= 0;
    if (said < 0) {
        sw_err_set(&why, SW_EIO, "%s",
                   answer->message[0] ? answer->message
                                      : "istiod's metrics have no istiod_managed_clusters");
        memcpy(native->failure, why.message, sizeof(native->failure));
    }
    native->at++;
    ask_next(native);
}

static void ask_next(struct sw_native *native)
{
    const struct sw_client client = {native->options.http, native->target};
    const struct sw_call_sink sink = {native, on_answer};
    struct sw_call_request request = {
        .method = "GET",
        .what = SW_STR("get istiod's metrics"),
        .timeout_ms = TIMEOUT_MS,
        .max_bytes = MAX_PAGE_BYTES,
    };

    while (native->at < native->n) {
        request.path = sw_str_from(native->paths[native->at]);
        if (sw_call_send(&client, &request, sink, &native->call, NULL) == 0)
            return;
        native->round_known = false;
        native->at++;
    }
    conclude(native);
}

int64_t sw_native_step(struct sw_native *native, bool ready, int64_t now_ms)
{
    if (!ready || !native->target)
        return INT64_MAX;
    if (now_ms >= native->due_ms && !native->call) {
        native->due_ms = now_ms + SW_NATIVE_PERIOD_MS;
        native->round_some = false;
        native->failure[0] = '\0';
        find_istiods(native);
        /* No istiod is no answer: it may be anywhere else. */
        native->round_known = native->n > 0;
        ask_next(native);
    }
    return native->due_ms;
}

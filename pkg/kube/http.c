#include "kube/http.h"

#include "io/clock.h"
#include "kube/easy.h"
#include "kube/token.h"

#include <limits.h>
#include <stdlib.h>

#include "base/banned.h"

#define HTTP_UNAUTHORIZED 401

struct sw_http {
    CURLM *multi;
    struct sw_http_transfer *transfers; /* owned; every one under way, and those to be swept */
};

struct sw_http_target {
    const struct sw_kube_config *config; /* borrowed */
    struct sw_token token;
    int64_t deserted_ms; /* connections from before then are not used for more; INT64_MIN for all */
};

struct sw_http_transfer {
    struct sw_http *http;          /* borrowed */
    struct sw_http_target *target; /* borrowed */
    struct sw_http_transfer *next;
    struct sw_http_sink sink;
    struct sw_easy easy;
    int status;            /* of the answer whose headers are coming; 0 before any */
    int64_t retry_after_s;
    bool answered;         /* response() was called: what looks like headers now are trailers */
    bool broken;           /* sw_http_break(): the rest is not taken */
    bool deserted;         /* its connection is taken for dead: to be closed */
    bool over;             /* closed or cancelled: to be swept */
};

int sw_http_setup(struct sw_err *reterr)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return sw_err_set(reterr, SW_EINTERNAL, "libcurl does not initialise");
    return 0;
}

int sw_http_new(struct sw_http **ret, struct sw_err *reterr)
{
    struct sw_http *http = calloc(1, sizeof(*http));

    if (!http)
        return sw_err_nomem(reterr);
    http->multi = curl_multi_init();
    if (!http->multi) {
        free(http);
        return sw_err_nomem(reterr);
    }
    *ret = http;
    return 0;
}

static void free_transfer(struct sw_http_transfer *transfer)
{
    if (transfer->easy.handle)
        curl_multi_remove_handle(transfer->http->multi, transfer->easy.handle);
    sw_easy_release(&transfer->easy);
    free(transfer);
}

void sw_http_free(struct sw_http *http)
{
    if (!http)
        return;
    while (http->transfers) {
        struct sw_http_transfer *transfer = http->transfers;

        http->transfers = transfer->next;
        free_transfer(transfer);
    }
    curl_multi_cleanup(http->multi);
    free(http);
}

int sw_http_target_new(const struct sw_kube_config *config, struct sw_http_target **ret,
                       struct sw_err *reterr)
{
    struct sw_http_target *target = calloc(1, sizeof(*target));

    if (!target)
        return sw_err_nomem(reterr);
    target->config = config;
    target->deserted_ms = INT64_MIN;
    sw_token_init(&target->token, config);
    *ret = target;
    return 0;
}

void sw_http_target_free(struct sw_http_target *target)
{
    if (!target)
        return;
    sw_token_release(&target->token);
    free(target);
}

struct sw_str sw_http_target_server(const struct sw_http_target *target)
{
    return target->config->server;
}

/* A header line, "Retry-After: 1". Dates are passed over: no API server sends them. */
static void read_header(struct sw_http_transfer *transfer, struct sw_str line)
{
    const struct sw_str retry_after = SW_STR("retry-after");
    struct sw_str rest = line, name = sw_str_cut(&rest, ':');
    uint64_t seconds;

    if (name.len != retry_after.len ||
        !curl_strnequal(name.data, retry_after.data, name.len))
        return;
    while (rest.len && rest.data[0] == ' ')
        rest = sw_str_slice(rest, 1, rest.len);
    if (sw_str_to_u64(rest, INT_MAX, &seconds))
        transfer->retry_after_s = (int64_t)seconds;
}

/* "HTTP/2 200" or "HTTP/1.1 200 OK": an answer begins, perhaps after an interim one. */
static void read_status(struct sw_http_transfer *transfer, struct sw_str line)
{
    uint64_t status = 0;

    sw_str_cut(&line, ' ');
    sw_str_to_u64(sw_str_cut(&line, ' '), 999, &status);
    transfer->status = (int)status;
    transfer->retry_after_s = 0;
}

static void respond(struct sw_http_transfer *transfer)
{
    transfer->answered = true;
    if (transfer->status == HTTP_UNAUTHORIZED)
        sw_token_distrust(&transfer->target->token);
    transfer->sink.response(transfer->sink.context, transfer->status, transfer->retry_after_s);
}

/* The empty line ends the headers; of an interim answer nobody hears. */
static void take_header(struct sw_http_transfer *transfer, struct sw_str line)
{
    if (sw_str_has_prefix(line, SW_STR("HTTP/")))
        read_status(transfer, line);
    else if (line.len)
        read_header(transfer, line);
    else if (transfer->status >= 200)
        respond(transfer);
}

static bool is_wanted(const struct sw_http_transfer *transfer)
{
    return !transfer->over && !transfer->broken;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct sw_http_transfer *transfer = context;
    struct sw_str line = {bytes, size * n};

    while (line.len && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
        line.len--;
    if (!transfer->answered && is_wanted(transfer))
        take_header(transfer, line);
    /* Anything but the size makes libcurl give the transfer up. */
    return is_wanted(transfer) ? size * n : 0;
}

static size_t on_data(char *bytes, size_t size, size_t n, void *context)
{
    struct sw_http_transfer *transfer = context;

    if (is_wanted(transfer))
        transfer->sink.data(transfer->sink.context, (struct sw_str){bytes, size * n});
    return is_wanted(transfer) ? size * n : 0;
}

/* libcurl would send on a connection that has gone silent for as long as it is there. It is told
 * how old one may be, in whole seconds. */
static CURLcode set_lifetime(CURL *handle, int64_t deserted_ms, int64_t now_ms)
{
    int64_t age_s;

    if (deserted_ms == INT64_MIN)
        return CURLE_OK;
    age_s = (now_ms - deserted_ms) / 1000;
    return curl_easy_setopt(handle, CURLOPT_MAXLIFETIME_CONN, (long)(age_s ? age_s : 1));
}

static int prepare(struct sw_http_transfer *transfer, const struct sw_http_request *request,
                   struct sw_err *reterr)
{
    struct sw_http_target *target = transfer->target;
    int64_t now_ms = (int64_t)sw_clock_mono_ms();
    struct sw_str token;
    CURL *handle;
    int r = sw_token_get(&target->token, now_ms, &token, reterr);

    if (r == 0)
        r = sw_easy_init(&transfer->easy, target->config, token, request, reterr);
    if (r < 0)
        return r;
    handle = transfer->easy.handle;
    if (curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_PRIVATE, transfer) != CURLE_OK ||
        set_lifetime(handle, target->deserted_ms, now_ms) != CURLE_OK ||
        curl_multi_add_handle(transfer->http->multi, handle) != CURLM_OK)
        return sw_err_nomem(reterr);
    return 0;
}

int sw_http_send(struct sw_http *http, struct sw_http_target *target,
                 const struct sw_http_request *request, struct sw_http_sink sink,
                 struct sw_http_transfer **ret, struct sw_err *reterr)
{
    struct sw_http_transfer *transfer = calloc(1, sizeof(*transfer));
    int r;

    if (!transfer)
        return sw_err_nomem(reterr);
    transfer->http = http;
    transfer->target = target;
    transfer->sink = sink;
    r = prepare(transfer, request, reterr);
    if (r < 0) {
        free_transfer(transfer);
        return r;
    }
    transfer->next = http->transfers;
    http->transfers = transfer;
    *ret = transfer;
    return 0;
}

void sw_http_cancel(struct sw_http_transfer *transfer)
{
    if (transfer)
        transfer->over = true;
}

/* What tells connections apart; 0 while there is none. */
static long port_of(const struct sw_http_transfer *transfer)
{
    long port = 0;

    curl_easy_getinfo(transfer->easy.handle, CURLINFO_LOCAL_PORT, &port);
    return port > 0 ? port : 0;
}

/* Only a connection that nobody is on can be too old: so all have to leave. */
static void desert(const struct sw_http_transfer *silent)
{
    int64_t now_ms = (int64_t)sw_clock_mono_ms();
    long port = port_of(silent);

    silent->target->deserted_ms = now_ms;
    for (struct sw_http_transfer *t = silent->http->transfers; t && port; t = t->next) {
        if (t == silent || t->over || port_of(t) != port)
            continue;
        t->deserted = true;
        t->target->deserted_ms = now_ms;
    }
}

void sw_http_desert(struct sw_http_transfer *transfer)
{
    if (!transfer)
        return;
    desert(transfer);
    sw_http_cancel(transfer);
}

void sw_http_break(struct sw_http_transfer *transfer)
{
    transfer->broken = true;
}

/* Frees what is over. Not within libcurl's callbacks: a handle must not be removed there. */
static void sweep(struct sw_http *http)
{
    struct sw_http_transfer **link = &http->transfers;

    while (*link) {
        struct sw_http_transfer *transfer = *link;

        if (!transfer->over) {
            link = &transfer->next;
            continue;
        }
        *link = transfer->next;
        free_transfer(transfer);
    }
}

/* Why it failed, in libcurl's words; NULL where it did not. */
static const char *failure_of(const struct sw_http_transfer *transfer, CURLcode result)
{
    if (result == CURLE_OK)
        return NULL;
    return transfer->easy.failure[0] ? transfer->easy.failure : curl_easy_strerror(result);
}

static void close_finished(struct sw_http *http)
{
    CURLMsg *message;
    int n_left;

    while ((message = curl_multi_info_read(http->multi, &n_left))) {
        struct sw_http_transfer *transfer = NULL;
        CURLcode result = message->data.result;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (!transfer || transfer->over)
            continue;
        if (result == CURLE_OPERATION_TIMEDOUT)
            desert(transfer);
        transfer->over = true;
        transfer->sink.closed(transfer->sink.context, failure_of(transfer, result));
    }
}

/* All leave before one hears of it, who may send again at once. */
static void close_deserted(struct sw_http *http)
{
    for (struct sw_http_transfer *t = http->transfers; t; t = t->next) {
        if (t->deserted && !t->over)
            curl_multi_remove_handle(http->multi, t->easy.handle);
    }
    for (struct sw_http_transfer *t = http->transfers; t; t = t->next) {
        if (!t->deserted || t->over)
            continue;
        t->over = true;
        t->sink.closed(t->sink.context, "its connection went silent");
    }
}

void sw_http_wait_too(struct sw_http *http, const struct sw_http_fd *fds, size_t n,
                      int64_t timeout_ms)
{
    struct curl_waitfd waits[SW_HTTP_MAX_FDS];
    unsigned int n_waits = 0;

    if (timeout_ms > INT_MAX)
        timeout_ms = INT_MAX;
    for (size_t i = 0; i < n && n_waits < SW_HTTP_MAX_FDS; i++) {
        int events = (fds[i].readable ? CURL_WAIT_POLLIN : 0) |
                     (fds[i].writable ? CURL_WAIT_POLLOUT : 0);

        waits[n_waits++] = (struct curl_waitfd){.fd = fds[i].fd, .events = (short)events};
    }
    curl_multi_poll(http->multi, waits, n_waits, timeout_ms < 0 ? 0 : (int)timeout_ms, NULL);
}

void sw_http_wait(struct sw_http *http, int64_t timeout_ms)
{
    sw_http_wait_too(http, NULL, 0, timeout_ms);
}

void sw_http_run(struct sw_http *http)
{
    int n_running;

    sweep(http); /* first: the config of what was cancelled may be gone */
    curl_multi_perform(http->multi, &n_running);
    close_finished(http);
    close_deserted(http);
    sweep(http);
}

void sw_http_wakeup(struct sw_http *http)
{
    curl_multi_wakeup(http->multi);
}

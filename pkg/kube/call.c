#include "kube/call.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "base/banned.h"

/* A verb, a resource, two names of at most 253 bytes, and a URL; messages are cut at less. */
#define MAX_WHAT_BYTES ((size_t)4 << 10)

struct sw_call {
    struct sw_call_sink sink;
    struct sw_http_transfer *transfer; /* NULL once it is over */
    struct sw_buf what;
    struct sw_buf body; /* of the answer, as far as it came */
    int http_status;
    int64_t retry_after_s;
};

static void free_call(struct sw_call *call)
{
    if (!call)
        return;
    sw_buf_release(&call->what);
    sw_buf_wipe(&call->body); /* it may be a Secret */
    free(call);
}

SW_DEFINE_CLEANUP(cleanup_call, struct sw_call, free_call);

static void on_response(void *context, int http_status, int64_t retry_after_s)
{
    struct sw_call *call = context;

    call->http_status = http_status;
    call->retry_after_s = retry_after_s;
}

static void on_data(void *context, struct sw_str bytes)
{
    struct sw_call *call = context;

    sw_buf_append_str(&call->body, bytes);
    if (sw_buf_status(&call->body, NULL) < 0)
        sw_http_break(call->transfer);
}

/* What did not fit is our failure, not the answer's: which of the two there is to say. */
static void refuse_body(const struct sw_call *call, struct sw_answer *answer)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf why;

    sw_buf_init(&why, MAX_WHAT_BYTES);
    if (call->body.failure == SW_ELIMIT)
        sw_buf_printf(&why, "the answer is larger than %zu bytes, the most that is read of it",
                      call->body.max_bytes);
    else
        sw_buf_append_text(&why, "out of memory for the answer");
    sw_buf_append(&why, "", 1);
    sw_answer_make(SW_ANSWER_UNREADABLE, sw_buf_str(&call->what),
                   why.failure ? "the answer does not fit" : why.data, answer);
    answer->http_status = call->http_status;
}

static void on_closed(void *context, const char *failure)
{
    SW_CLEANUP(cleanup_call) struct sw_call *call = context;
    const struct sw_answer_facts facts = {
        .what = sw_buf_str(&call->what),
        .http_status = call->http_status,
        .retry_after_s = call->retry_after_s,
        .body = sw_buf_str(&call->body),
        .failure = failure,
    };
    struct sw_answer answer;

    if (call->body.failure)
        refuse_body(call, &answer);
    else
        sw_answer_judge(&facts, &answer);
    call->sink.done(call->sink.context, &answer);
}

static int set_what(struct sw_call *call, const struct sw_client *client, struct sw_str what,
                    struct sw_err *reterr)
{
    sw_buf_init(&call->what, MAX_WHAT_BYTES);
    sw_buf_append_str(&call->what, what);
    sw_buf_append_text(&call->what, " at ");
    sw_buf_append_str(&call->what, sw_http_target_server(client->target));
    return sw_buf_status(&call->what, reterr);
}

int sw_call_send(const struct sw_client *client, const struct sw_call_request *request,
                 struct sw_call_sink sink, struct sw_call **ret, struct sw_err *reterr)
{
    const struct sw_http_request http_request = {
        .method = request->method,
        .path = request->path,
        .content_type = request->content_type,
        .body = request->body,
        .timeout_ms = request->timeout_ms ? request->timeout_ms : SW_CALL_TIMEOUT_MS,
    };
    SW_CLEANUP(cleanup_call) struct sw_call *call = calloc(1, sizeof(*call));
    const struct sw_http_sink http_sink = {call, on_response, on_data, on_closed};
    int r;

    if (!call)
        return sw_err_nomem(reterr);
    call->sink = sink;
    sw_buf_init(&call->body, request->max_bytes ? request->max_bytes : SW_CALL_MAX_BYTES);
    r = set_what(call, client, request->what, reterr);
    if (r == 0)
        r = sw_http_send(client->http, client->target, &http_request, http_sink, &call->transfer,
                         reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(call);
    return 0;
}

void sw_call_cancel(struct sw_call *call)
{
    if (!call)
        return;
    sw_http_cancel(call->transfer);
    free_call(call);
}

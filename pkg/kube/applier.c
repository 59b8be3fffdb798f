#include "kube/applier.h"

#include "base/cleanup.h"
#include "json/write.h"

#include "base/banned.h"

/* Names of at most 253 bytes each, escaped, and a query. */
#define MAX_PATH_BYTES ((size_t)8 << 10)
#define MAX_WHAT_BYTES ((size_t)2 << 10)

#define JSON_TYPE      "application/json"

/* What a verb is in HTTP. */
struct verb {
    const char *word; /* for messages */
    const char *method;
    const char *content_type; /* NULL: it takes no body of the caller's */
    bool names_object;        /* the path goes on to the name, which must be there */
};

static const struct verb verbs[] = {
    [SW_APPLIER_GET] = {"get", "GET", NULL, true},
    [SW_APPLIER_CREATE] = {"create", "POST", JSON_TYPE, false},
    [SW_APPLIER_APPLY] = {"apply", "PATCH", "application/apply-patch+yaml", true},
    [SW_APPLIER_UPDATE] = {"update", "PUT", JSON_TYPE, true},
    [SW_APPLIER_MERGE_PATCH] = {"patch", "PATCH", "application/merge-patch+json", true},
    [SW_APPLIER_JSON_PATCH] = {"patch", "PATCH", "application/json-patch+json", true},
    [SW_APPLIER_DELETE] = {"delete", "DELETE", NULL, true},
};

/* The texts of a request that is about to be sent. */
struct texts {
    struct sw_buf what;
    struct sw_buf path;
    struct sw_buf body;
};

static void init_texts(struct texts *texts)
{
    sw_buf_init(&texts->what, MAX_WHAT_BYTES);
    sw_buf_init(&texts->path, MAX_PATH_BYTES);
    sw_buf_init(&texts->body, SW_APPLIER_MAX_BYTES);
}

static void release_texts(struct texts *texts)
{
    sw_buf_release(&texts->what);
    sw_buf_release(&texts->path);
    sw_buf_wipe(&texts->body); /* it may be a Secret */
}

static bool has_preconditions(const struct sw_applier_op *op)
{
    return op->uid.len || op->resource_version.len || op->propagation;
}

/* What contradicts itself in an operation; NULL for nothing. */
static const char *mistake_in(const struct sw_applier_op *op)
{
    const struct verb *verb = &verbs[op->verb];
    const bool has_body = op->object || op->body.len;

    if (has_body != (verb->content_type != NULL))
        return has_body ? "a body that has no place" : "no body";
    if (verb->names_object && !op->ref.name.len)
        return "no name";
    if (op->ref.gvr->namespaced && !op->ref.namespace_.len)
        return "no namespace";
    if (op->dry_run && op->verb == SW_APPLIER_GET)
        return "a dry run, which a get always is";
    if (op->force && op->verb != SW_APPLIER_APPLY)
        return "force, which only an apply knows";
    if (has_preconditions(op) && op->verb != SW_APPLIER_DELETE)
        return "preconditions, which only a delete knows";
    return NULL;
}

/* An object is created in its collection; what is created below an object (a token) goes by its
 * name in the path. */
static struct sw_gvr_ref path_of(const struct sw_applier_op *op)
{
    struct sw_gvr_ref ref = op->ref;

    if (!verbs[op->verb].names_object && !ref.subresource)
        ref.name = (struct sw_str){0};
    return ref;
}

static void write_path(const struct sw_applier_op *op, struct sw_buf *buf)
{
    const struct sw_gvr_ref ref = path_of(op);

    sw_gvr_write_path(&ref, buf);
    if (verbs[op->verb].content_type)
        sw_gvr_write_query("fieldManager", SW_STR(SW_FIELD_MANAGER), buf);
    if (op->force)
        sw_gvr_write_query("force", SW_STR("true"), buf);
    if (op->dry_run && op->verb != SW_APPLIER_DELETE)
        sw_gvr_write_query("dryRun", SW_STR("All"), buf);
}

/* A member of an object that was begun, where there is a value. */
static void write_member(const char *key, struct sw_str value, struct sw_buf *buf)
{
    if (!value.len)
        return;
    if (buf->len && buf->data[buf->len - 1] != '{')
        sw_buf_append_text(buf, ",");
    sw_buf_printf(buf, "\"%s\":", key);
    sw_json_write_string(value, buf);
}

/* With a body, the API server reads a delete's options from there alone: dryRun too. */
static void write_delete_options(const struct sw_applier_op *op, struct sw_buf *buf)
{
    static const char *const policies[] = {
        [SW_APPLIER_PROPAGATION_DEFAULT] = NULL,
        [SW_APPLIER_BACKGROUND] = "Background",
        [SW_APPLIER_FOREGROUND] = "Foreground",
        [SW_APPLIER_ORPHAN] = "Orphan",
    };

    sw_buf_append_text(buf, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\"");
    write_member("propagationPolicy", sw_str_from(policies[op->propagation]), buf);
    if (op->dry_run)
        sw_buf_append_text(buf, ",\"dryRun\":[\"All\"]");
    sw_buf_append_text(buf, ",\"preconditions\":{");
    write_member("uid", op->uid, buf);
    write_member("resourceVersion", op->resource_version, buf);
    sw_buf_append_text(buf, "}}");
}

static struct sw_str write_body(const struct sw_applier_op *op, struct sw_buf *buf)
{
    if (op->verb == SW_APPLIER_DELETE)
        write_delete_options(op, buf);
    else if (op->object)
        sw_json_write(op->object, buf);
    else
        return op->body;
    return sw_buf_str(buf);
}

/* `texts` is filled in, and borrowed by *ret. */
static int make_request(const struct sw_applier_op *op, struct texts *texts,
                        struct sw_call_request *ret, struct sw_err *reterr)
{
    const struct verb *verb = &verbs[op->verb];
    const bool is_delete = op->verb == SW_APPLIER_DELETE;
    const char *mistake = mistake_in(op);
    struct sw_str body;
    int r;

    sw_buf_printf(&texts->what, "%s ", verb->word);
    sw_gvr_write_words(&op->ref, &texts->what);
    r = sw_buf_status(&texts->what, reterr);
    if (r == 0 && mistake)
        r = sw_err_set(reterr, SW_EUSAGE, "%.*s: the operation has %s",
                       SW_STR_ARG(sw_buf_str(&texts->what)), mistake);
    if (r < 0)
        return r;
    write_path(op, &texts->path);
    r = sw_buf_status(&texts->path, reterr);
    if (r < 0)
        return r;
    body = write_body(op, &texts->body);
    r = sw_buf_status(&texts->body, reterr);
    if (r < 0 || body.len > SW_APPLIER_MAX_BYTES)
        return sw_err_set(reterr, r < 0 ? r : SW_ELIMIT, "%.*s: its body: %s",
                          SW_STR_ARG(sw_buf_str(&texts->what)),
                          sw_err_sentence(r < 0 ? r : SW_ELIMIT));
    *ret = (struct sw_call_request){
        .method = verb->method,
        .what = sw_buf_str(&texts->what),
        .path = sw_buf_str(&texts->path),
        .content_type = is_delete ? JSON_TYPE : verb->content_type,
        .body = body,
        .timeout_ms = op->timeout_ms,
        .max_bytes = op->max_bytes,
    };
    return 0;
}

int sw_applier_send(const struct sw_client *client, const struct sw_applier_op *op,
                    struct sw_call_sink sink, struct sw_call **ret, struct sw_err *reterr)
{
    SW_CLEANUP(release_texts) struct texts texts;
    struct sw_call_request request;
    int r;

    init_texts(&texts);
    r = make_request(op, &texts, &request, reterr);
    return r < 0 ? r : sw_call_send(client, &request, sink, ret, reterr);
}

void sw_applier_wait(struct sw_waiter *waiter, const struct sw_applier_op *op,
                     struct sw_arena *arena, struct sw_answer *ret)
{
    SW_CLEANUP(release_texts) struct texts texts;
    struct sw_call_request request;
    struct sw_err err = {0};

    init_texts(&texts);
    if (make_request(op, &texts, &request, &err) < 0)
        sw_answer_make(SW_ANSWER_FAILED, (struct sw_str){0}, err.message, ret);
    else
        sw_waiter_call(waiter, &request, arena, ret);
}

#include "kube/list.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "json/get.h"
#include "json/read.h"

#include "base/banned.h"

/* A continue token may be some KiB. */
#define MAX_PATH_BYTES ((size_t)32 << 10)
#define MAX_WHAT_BYTES ((size_t)2 << 10)

/* A page of 500 large objects; those of 1.5 MiB each do not come by the hundred. */
#define MAX_PAGE_BYTES ((size_t)64 << 20)

/* A list whose pages expire before it is through begins anew so often. */
#define MAX_BEGINNINGS 3

struct sw_list {
    struct sw_client client;
    struct sw_list_sink sink;
    struct sw_arena *arena; /* borrowed */
    size_t max_items;
    struct sw_call *call; /* under way; NULL for none */
    struct sw_buf what;   /* for messages */
    struct sw_buf first;  /* path and query of the first page */
    struct sw_buf token;  /* of the next page; empty for the first */
    json_t *items;        /* of the arena; NULL before the first page */
    int n_beginnings;
};

static void free_list(struct sw_list *list)
{
    if (!list)
        return;
    sw_buf_release(&list->what);
    sw_buf_release(&list->first);
    sw_buf_release(&list->token);
    free(list);
}

SW_DEFINE_CLEANUP(cleanup_list, struct sw_list, free_list);

static void finish(struct sw_list *owned, const struct sw_answer *answer)
{
    SW_CLEANUP(cleanup_list) struct sw_list *list = owned;
    const bool whole = answer->verdict == SW_ANSWER_OK;

    list->sink.done(list->sink.context, answer, whole ? list->items : NULL);
}

static void finish_with(struct sw_list *list, enum sw_answer_verdict verdict, const char *why)
{
    struct sw_answer answer;

    sw_answer_make(verdict, sw_buf_str(&list->what), why, &answer);
    finish(list, &answer);
}

/* Takes over the items of a page; SW_ELIMIT when there are too many in all. */
static int take_items(struct sw_list *list, json_t *page, struct sw_err *reterr)
{
    json_t *items = NULL;
    int r = sw_get_objects(page, "items", NULL, &items, reterr);

    if (r < 0)
        return r;
    if (!list->items)
        list->items = json_array();
    if (!list->items || (items && json_array_extend(list->items, items) < 0))
        return sw_err_nomem(reterr);
    if (json_array_size(list->items) > list->max_items)
        return sw_err_set(reterr, SW_ELIMIT, "there are more than %zu of them", list->max_items);
    return 0;
}

/* Reads a page and notes where the next one begins. */
static int take_page(struct sw_list *list, const struct sw_answer *answer, struct sw_err *reterr)
{
    json_t *page = NULL, *metadata = NULL;
    struct sw_str token = {0};
    int r;

    SW_JSON_SCOPE(list->arena);

    r = sw_answer_object(answer, list->arena, &page, reterr);
    if (r == 0)
        r = take_items(list, page, reterr);
    if (r == 0)
        r = sw_get_object(page, "metadata", NULL, &metadata, reterr);
    if (r >= 0)
        r = sw_get_str(metadata, "continue", SW_AT_KEY(NULL, "metadata"), &token, reterr);
    if (r < 0)
        return r;
    sw_buf_clear(&list->token);
    sw_buf_append_str(&list->token, token);
    return sw_buf_status(&list->token, reterr);
}

static void on_page(void *context, const struct sw_answer *answer);

static int send_page(struct sw_list *list, struct sw_err *reterr)
{
    SW_CLEANUP(sw_buf_release) struct sw_buf path;
    struct sw_call_request request = {
        .method = "GET",
        .what = sw_buf_str(&list->what),
        .max_bytes = MAX_PAGE_BYTES,
    };
    int r;

    sw_buf_init(&path, MAX_PATH_BYTES);
    sw_buf_append_str(&path, sw_buf_str(&list->first));
    if (list->token.len)
        sw_gvr_write_query("continue", sw_buf_str(&list->token), &path);
    r = sw_buf_status(&path, reterr);
    if (r < 0)
        return r;
    request.path = sw_buf_str(&path);
    return sw_call_send(&list->client, &request, (struct sw_call_sink){list, on_page}, &list->call,
                        reterr);
}

static void go_on(struct sw_list *list)
{
    struct sw_err err = {0};

    if (send_page(list, &err) < 0)
        finish_with(list, SW_ANSWER_FAILED, err.message);
}

/* The API server has forgotten where the list was: what came so far is one moment's, and the rest
 * would be another's. */
static void begin_anew(struct sw_list *list)
{
    list->n_beginnings++;
    list->items = NULL;
    sw_buf_clear(&list->token);
    go_on(list);
}

static void on_page(void *context, const struct sw_answer *answer)
{
    struct sw_list *list = context;
    struct sw_answer whole = *answer;
    struct sw_err err = {0};

    list->call = NULL;
    if (answer->verdict == SW_ANSWER_EXPIRED && list->token.len &&
        list->n_beginnings < MAX_BEGINNINGS) {
        begin_anew(list);
    } else if (answer->verdict != SW_ANSWER_OK) {
        finish(list, answer);
    } else if (take_page(list, answer, &err) < 0) {
        finish_with(list, SW_ANSWER_UNREADABLE, err.message);
    } else if (list->token.len) {
        go_on(list);
    } else {
        whole.body = (struct sw_str){0};
        finish(list, &whole);
    }
}

static int set_texts(struct sw_list *list, const struct sw_list_options *options,
                     struct sw_err *reterr)
{
    const struct sw_gvr_ref ref = {.gvr = options->gvr, .namespace_ = options->namespace_};
    int r;

    sw_buf_init(&list->what, MAX_WHAT_BYTES);
    sw_buf_init(&list->first, MAX_PATH_BYTES);
    sw_buf_init(&list->token, MAX_PATH_BYTES);
    sw_buf_append_text(&list->what, "list ");
    sw_gvr_write_words(&ref, &list->what);
    sw_gvr_write_path(&ref, &list->first);
    sw_buf_printf(&list->first, "?limit=%d", SW_LIST_PAGE_ITEMS);
    if (options->label_selector.len)
        sw_gvr_write_query("labelSelector", options->label_selector, &list->first);
    if (options->field_selector.len)
        sw_gvr_write_query("fieldSelector", options->field_selector, &list->first);
    r = sw_buf_status(&list->what, reterr);
    return r < 0 ? r : sw_buf_status(&list->first, reterr);
}

int sw_list_send(const struct sw_client *client, const struct sw_list_options *options,
                 struct sw_list_sink sink, struct sw_list **ret, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_list) struct sw_list *list = calloc(1, sizeof(*list));
    int r;

    if (!list)
        return sw_err_nomem(reterr);
    list->client = *client;
    list->sink = sink;
    list->arena = options->arena;
    list->max_items = options->max_items ? options->max_items : SW_LIST_MAX_ITEMS;
    list->n_beginnings = 1;
    r = set_texts(list, options, reterr);
    if (r == 0)
        r = send_page(list, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(list);
    return 0;
}

void sw_list_cancel(struct sw_list *list)
{
    if (!list)
        return;
    sw_call_cancel(list->call);
    free_list(list);
}

/* What a list under way is to fill in. */
struct wait {
    json_t *items;
    struct sw_answer *answer;
    bool done;
};

static void on_whole(void *context, const struct sw_answer *answer, json_t *items)
{
    struct wait *wait = context;

    wait->done = true;
    wait->items = items;
    *wait->answer = *answer;
}

void sw_list_wait(struct sw_waiter *waiter, const struct sw_list_options *options,
                  json_t **ret_items, struct sw_answer *ret)
{
    struct wait wait = {.answer = ret};
    struct sw_list *list = NULL;
    struct sw_err err = {0};

    if (sw_list_send(&waiter->client, options, (struct sw_list_sink){&wait, on_whole}, &list,
                     &err) < 0) {
        sw_answer_make(SW_ANSWER_FAILED, (struct sw_str){0}, err.message, ret);
        return;
    }
    if (!sw_waiter_until(waiter, &wait.done)) {
        sw_answer_make(SW_ANSWER_INTERRUPTED, sw_buf_str(&list->what), "interrupted", ret);
        sw_list_cancel(list);
    } else if (ret->verdict == SW_ANSWER_OK) {
        *ret_items = wait.items;
    }
}

#include "webhook/admit_handler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "io/clock.h"
#include "io/log_gate.h"
#include "webhook/admit_log.h"
#include "webhook/admit_stats.h"
#include "webhook/deadline.h"
#include "webhook/publication.h"
#include "webhook/retry_table.h"

#include "base/banned.h"

/* What a thread's arena keeps from one review to the next: a review of 10 KB that is patched at a
 * hundred places needs no more. It takes as much memory as the largest so far has touched. */
#define CHUNK_BYTES        ((size_t)1 << 20)

#define SHED_RETRY_AFTER_S 1

/* One route's context. */
struct door {
    struct sw_admit_handler *handler;
    enum sw_admit_path path;
};

/* On a cache line of its own, so that threads do not slow each other down. */
struct bench {
    _Alignas(64) struct sw_arena arena;
};

struct sw_admit_handler {
    struct sw_snapshot *snapshot; /* borrowed */
    struct sw_admit_stats stats;
    struct sw_admit_log log;
    struct sw_log *shed_log; /* borrowed */
    struct sw_log_gate shed_gates[SW_ADMIT_N_SHED];
    struct sw_retry_table retries;
    struct door doors[SW_ADMIT_N_ROUTES];
    _Atomic int n_large;   /* large reviews being judged */
    struct bench *benches; /* owned; one a thread */
    size_t n_benches;
};

SW_DEFINE_CLEANUP(cleanup_handler, struct sw_admit_handler, sw_admit_handler_free);

int sw_admit_handler_new(const struct sw_admit_handler_options *options,
                         struct sw_admit_handler **ret, struct sw_err *reterr)
{
    SW_CLEANUP(cleanup_handler) struct sw_admit_handler *handler = calloc(1, sizeof(*handler));
    uint64_t seed;
    int r;

    if (!handler)
        return sw_err_nomem(reterr);
    handler->benches =
        aligned_alloc(_Alignof(struct bench), options->n_threads * sizeof(*handler->benches));
    if (!handler->benches)
        return sw_err_nomem(reterr);
    for (size_t i = 0; i < options->n_threads; i++)
        sw_arena_init(&handler->benches[i].arena, CHUNK_BYTES, SW_ADMIT_SMALL_ARENA_BYTES);
    handler->n_benches = options->n_threads;
    handler->snapshot = options->snapshot;
    sw_admit_log_init(&handler->log, options->log);
    handler->shed_log = options->log;
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        return sw_err_set(reterr, SW_EIO, "getrandom: %s", strerror(errno));
    sw_retry_table_init(&handler->retries, seed);
    r = sw_admit_stats_init(&handler->stats, options->metrics, reterr);
    if (r < 0)
        return r;
    *ret = SW_TAKE(handler);
    return 0;
}

void sw_admit_handler_free(struct sw_admit_handler *handler)
{
    if (!handler)
        return;
    for (size_t i = 0; i < handler->n_benches; i++)
        sw_arena_release(&handler->benches[i].arena);
    free(handler->benches);
    free(handler);
}

/* A review that would be refused is told to come again the first time, in case the index is a
 * moment behind. Its uid is in it, so it has to be read before it is known to have come again: then
 * it is judged once more, which costs the rare refusal the same time over. Another replica has its
 * own table; with n of them a review is told so at most n times. */
static void judge(struct sw_admit_handler *handler, struct sw_admit_input *input,
                  struct sw_arena *arena, struct sw_admit_answer *ret, struct sw_buf *ret_body)
{
    uint64_t now_ms;

    sw_admit(input, arena, ret, ret_body);
    if (ret->verdict != SW_VERDICT_AGAIN)
        return;
    now_ms = sw_clock_mono_ms();
    if (!sw_retry_table_has(&handler->retries, ret->review.uid, now_ms)) {
        sw_retry_table_note(&handler->retries, ret->review.uid, now_ms);
        return;
    }
    input->retried = true;
    sw_arena_clear(arena);
    sw_admit(input, arena, ret, ret_body);
}

static void answer_with(const struct door *door, const struct sw_request *request,
                        struct sw_arena *arena, struct sw_response *response)
{
    struct sw_admit_handler *handler = door->handler;
    uint64_t begin_ns = sw_clock_mono_ns(), end_ns;
    struct sw_admit_input input = {.path = door->path, .body = request->body};
    struct sw_admit_answer answer;
    struct sw_index index;
    struct sw_snapshot_item *item = sw_snapshot_enter(handler->snapshot, request->thread);

    index = sw_publication_of(item)->index;
    index.now_ms = begin_ns / 1000000;
    input.index = &index;
    judge(handler, &input, arena, &answer, &response->body);
    response->status = answer.http_status;
    response->retry_after_s = (unsigned int)answer.retry_after_s;
    if (!response->body.len)
        sw_response_text(response, 500, "%s", answer.error.message);
    end_ns = sw_clock_mono_ns();
    sw_admit_stats_note(&handler->stats, door->path, &answer, end_ns - begin_ns);
    sw_admit_log_answer(&handler->log, &answer, request->remote, end_ns / 1000000);
    sw_snapshot_leave(handler->snapshot, request->thread);
}

static void answer_small(const struct door *door, const struct sw_request *request,
                         struct sw_response *response)
{
    struct sw_arena *arena = &door->handler->benches[request->thread].arena;

    answer_with(door, request, arena, response);
    sw_arena_clear(arena);
}

/* Tells the API server to come again, which it does by itself; nothing of the review was read. */
static void shed(struct sw_admit_handler *handler, enum sw_admit_shed why,
                 const struct sw_request *request, struct sw_response *response)
{
    static const char *const texts[SW_ADMIT_N_SHED] = {
        [SW_ADMIT_SHED_LARGE] = "busy with other large reviews: ask again",
        [SW_ADMIT_SHED_LATE] = "busy with other reviews, and late for this one: ask again",
    };
    uint64_t n;

    sw_counter_add(handler->stats.shed[why], 1);
    response->retry_after_s = SHED_RETRY_AFTER_S;
    sw_response_text(response, 429, "%s", texts[why]);
    if (sw_log_gate_pass(&handler->shed_gates[why], sw_clock_mono_ms(), &n))
        sw_log(handler->shed_log, SW_LOG_WARN, "overloaded: a review was told to come again",
               sw_log_text("reason", sw_admit_shed_word(why)),
               sw_log_str("remote", request->remote),
               sw_log_uint("waited_ms", request->waited_ns / 1000000),
               sw_log_uint("age_ms", request->age_ns / 1000000),
               sw_log_uint("bytes", request->body.len), sw_log_uint("times", n));
}

static void answer_large(const struct door *door, const struct sw_request *request,
                         struct sw_response *response)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena;
    struct sw_admit_handler *handler = door->handler;

    sw_arena_init(&arena, SW_ADMIT_SMALL_BODY_BYTES, SW_ADMIT_MAX_ARENA_BYTES);
    if (atomic_fetch_add(&handler->n_large, 1) < SW_ADMIT_LARGE_AT_ONCE) {
        answer_with(door, request, &arena, response);
    } else {
        shed(handler, SW_ADMIT_SHED_LARGE, request, response);
    }
    atomic_fetch_sub(&handler->n_large, 1);
}

static void handle(void *ctx, const struct sw_request *request, struct sw_response *response)
{
    const struct door *door = ctx;
    uint64_t patience_ns = sw_deadline_patience_ns(request->query);

    if (sw_deadline_is_past(patience_ns, request->waited_ns, request->age_ns))
        shed(door->handler, SW_ADMIT_SHED_LATE, request, response);
    else if (request->body.len <= SW_ADMIT_SMALL_BODY_BYTES)
        answer_small(ctx, request, response);
    else
        answer_large(ctx, request, response);
}

void sw_admit_handler_routes(struct sw_admit_handler *handler,
                             struct sw_route ret[SW_ADMIT_N_ROUTES])
{
    static const char *const paths[SW_ADMIT_N_ROUTES] = {
        [SW_ADMIT_MUTATE] = "/mutate",
        [SW_ADMIT_VALIDATE] = "/validate",
    };

    for (size_t i = 0; i < SW_ADMIT_N_ROUTES; i++) {
        handler->doors[i] = (struct door){.handler = handler, .path = (enum sw_admit_path)i};
        ret[i] = (struct sw_route){
            .path = paths[i],
            .method = "POST",
            .content_type = "application/json",
            .handle = handle,
            .ctx = &handler->doors[i],
        };
    }
}

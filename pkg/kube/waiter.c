#include "kube/waiter.h"

#include "base/cleanup.h"
#include "io/clock.h"

#include "base/banned.h"

/* Nothing to do comes round again after that long all the same. */
#define IDLE_MS 60000

int sw_waiter_init(struct sw_waiter *waiter, const struct sw_kube_config *config,
                   struct sw_err *reterr)
{
    struct sw_client client = {0};
    int r = sw_http_new(&client.http, reterr);

    if (r == 0)
        r = sw_http_target_new(config, &client.target, reterr);
    if (r < 0) {
        sw_http_free(client.http);
        return r;
    }
    waiter->client = client;
    waiter->background = (struct sw_waiter_background){0};
    atomic_init(&waiter->interrupted, false);
    return 0;
}

void sw_waiter_release(struct sw_waiter *waiter)
{
    sw_http_free(SW_TAKE(waiter->client.http));
    sw_http_target_free(SW_TAKE(waiter->client.target));
}

static int64_t now(void)
{
    return (int64_t)sw_clock_mono_ms();
}

/* Runs what goes on, and waits for more of it until end_ms at most, or until *done. */
static void turn(struct sw_waiter *waiter, const bool *done, int64_t end_ms)
{
    const struct sw_waiter_background *background = &waiter->background;
    int64_t wake_ms = end_ms;

    sw_http_run(waiter->client.http);
    if (background->step) {
        wake_ms = background->step(background->context, now());
        wake_ms = wake_ms < end_ms ? wake_ms : end_ms;
    }
    if (!*done && !atomic_load(&waiter->interrupted))
        sw_http_wait(waiter->client.http, wake_ms - now());
}

bool sw_waiter_until(struct sw_waiter *waiter, const bool *done)
{
    while (!*done) {
        if (atomic_load(&waiter->interrupted))
            return false;
        turn(waiter, done, now() + IDLE_MS);
    }
    return true;
}

bool sw_waiter_pause(struct sw_waiter *waiter, int64_t wait_ms)
{
    const int64_t end_ms = now() + wait_ms;
    const bool never = false;

    while (!atomic_load(&waiter->interrupted)) {
        if (now() >= end_ms)
            return true;
        turn(waiter, &never, end_ms);
    }
    return false;
}

/* What a call under way is to fill in. */
struct wait {
    struct sw_arena *arena; /* borrowed; NULL: no body is wanted */
    struct sw_answer *answer;
    struct sw_str what;
    bool done;
};

static void on_done(void *context, const struct sw_answer *answer)
{
    struct wait *wait = context;
    struct sw_str body = {0};

    wait->done = true;
    if (answer->verdict == SW_ANSWER_OK && wait->arena) {
        body = sw_arena_copy(wait->arena, answer->body);
        if (!body.data) {
            sw_answer_make(SW_ANSWER_UNREADABLE, wait->what, "out of memory for the answer",
                           wait->answer);
            wait->answer->http_status = answer->http_status;
            return;
        }
    }
    *wait->answer = *answer;
    wait->answer->body = body;
}

void sw_waiter_call(struct sw_waiter *waiter, const struct sw_call_request *request,
                    struct sw_arena *arena, struct sw_answer *ret)
{
    struct wait wait = {.arena = arena, .answer = ret, .what = request->what};
    struct sw_call *call = NULL;
    struct sw_err err = {0};

    if (sw_call_send(&waiter->client, request, (struct sw_call_sink){&wait, on_done}, &call, &err) <
        0) {
        sw_answer_make(SW_ANSWER_FAILED, request->what, err.message, ret);
        return;
    }
    if (sw_waiter_until(waiter, &wait.done))
        return;
    sw_call_cancel(call);
    sw_answer_make(SW_ANSWER_INTERRUPTED, request->what, "interrupted", ret);
}

void sw_waiter_interrupt(struct sw_waiter *waiter)
{
    atomic_store(&waiter->interrupted, true);
    sw_http_wakeup(waiter->client.http);
}

void sw_waiter_resume(struct sw_waiter *waiter)
{
    atomic_store(&waiter->interrupted, false);
}

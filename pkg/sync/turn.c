#include "sync/turn.h"

#include <stdio.h>

#include "base/banned.h"

void sw_turn_rest(struct sw_reflector *reflector, int64_t now_ms, int64_t wait_ms)
{
    reflector->phase = SW_REFLECTOR_RESTING;
    reflector->patient = false;
    reflector->wake_ms = now_ms + wait_ms;
    sw_frame_clear(&reflector->frame);
    sw_buf_wipe(&reflector->page); /* it may be of Secrets */
}

static void note_failure(struct sw_reflector *reflector, int64_t now_ms, const char *failure)
{
    reflector->stats.n_failures++;
    if (reflector->stats.failing_ms < 0)
        reflector->stats.failing_ms = now_ms;
    snprintf(reflector->stats.failure, sizeof(reflector->stats.failure), "%s", failure);
}

void sw_turn_start_over(struct sw_reflector *reflector, bool fresh)
{
    reflector->verb = reflector->no_watch_list ? SW_REQUEST_LIST : SW_REQUEST_WATCH_LIST;
    sw_buf_clear(&reflector->token);
    if (fresh)
        sw_buf_clear(&reflector->version);
}

/* A watch goes on from where it was. A picture that broke off half-way begins again, and without
 * its version: an API server whose etcd was restored may be behind it for ever. */
static void fail_and_rest(struct sw_reflector *reflector, int64_t now_ms, int64_t wait_ms,
                          const char *failure)
{
    note_failure(reflector, now_ms, failure);
    if (reflector->verb != SW_REQUEST_WATCH)
        sw_turn_start_over(reflector, true);
    sw_turn_rest(reflector, now_ms, wait_ms);
}

void sw_turn_fail(struct sw_reflector *reflector, int64_t now_ms, const char *failure)
{
    fail_and_rest(reflector, now_ms, sw_backoff_fail(&reflector->backoff, now_ms), failure);
}

void sw_turn_come_back(struct sw_reflector *reflector, int64_t now_ms, int64_t retry_after_s,
                       const char *failure)
{
    int64_t wait_ms = retry_after_s * 1000;

    if (wait_ms > SW_REFLECTOR_MAX_RETRY_MS)
        wait_ms = SW_REFLECTOR_MAX_RETRY_MS;
    wait_ms += (int64_t)sw_backoff_random(&reflector->backoff, 1000);
    fail_and_rest(reflector, now_ms, wait_ms, failure);
    reflector->patient = true;
}

void sw_turn_fail_and_start_over(struct sw_reflector *reflector, int64_t now_ms,
                                 const char *failure)
{
    sw_turn_fail(reflector, now_ms, failure);
    sw_turn_start_over(reflector, true);
}

/* Some API servers never send the bookmark (etcd before 3.4.25 does not tell them how far it is),
 * so pages it is from now on. */
void sw_turn_fail_streaming(struct sw_reflector *reflector, int64_t now_ms, const char *failure)
{
    reflector->no_watch_list = true;
    sw_turn_fail(reflector, now_ms, failure);
}

/* First a picture not older than the version, then of whatever there is. At once the first time,
 * for an API server that has restarted says it of every version from before; but one that always
 * says it must not be asked in a loop. */
void sw_turn_expire(struct sw_reflector *reflector, int64_t now_ms, const char *failure)
{
    bool fresh = reflector->expired || reflector->verb != SW_REQUEST_WATCH;
    bool again = reflector->expired_ms != INT64_MIN &&
                 now_ms - reflector->expired_ms < SW_BACKOFF_HEALTHY_MS;

    if (again)
        sw_turn_fail(reflector, now_ms, failure);
    else
        fail_and_rest(reflector, now_ms, 0, failure);
    sw_turn_start_over(reflector, fresh);
    reflector->expired = true;
    reflector->expired_ms = now_ms;
}

void sw_turn_begin_picture(struct sw_reflector *reflector)
{
    reflector->stats.n_pictures++;
    reflector->sink.begin(reflector->sink.context);
}

void sw_turn_end_picture(struct sw_reflector *reflector)
{
    reflector->sink.end(reflector->sink.context);
    reflector->stats.synced = true;
    reflector->expired = false;
    reflector->verb = SW_REQUEST_WATCH;
}

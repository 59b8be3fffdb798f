#include "sync/turn.h"

#include <stdio.h>

#include "base/banned.h"

void sw_turn_rest(struct sw_reflector *reflector, int64_t now_ms, int64_t wait_ms)
{
    reflector->phase = SW_REFLECTOR_RESTING;
    reflector->wake_ms = now_ms + wait_ms;
    sw_frame_clear(&reflector->frame);
    sw_buf_release(&reflector->page);
}

static void note_failure(struct sw_reflector *reflector, const char *failure)
{
    reflector->stats.n_failures++;
    snprintf(reflector->stats.failure, sizeof(reflector->stats.failure), "%s", failure);
}

void sw_turn_start_over(struct sw_reflector *reflector, bool fresh)
{
    reflector->verb = reflector->no_watch_list ? SW_REQUEST_LIST : SW_REQUEST_WATCH_LIST;
    sw_buf_clear(&reflector->token);
    if (fresh)
        sw_buf_clear(&reflector->version);
}

void sw_turn_fail(struct sw_reflector *reflector, int64_t now_ms, const char *failure)
{
    int64_t wait_ms = sw_backoff_fail(&reflector->backoff, now_ms);

    note_failure(reflector, failure);
    /* A watch goes on from where it was. A picture that broke off half-way begins again, and
     * without its version: an API server whose etcd was restored may be behind it for ever. */
    if (reflector->verb != SW_REQUEST_WATCH)
        sw_turn_start_over(reflector, true);
    sw_turn_rest(reflector, now_ms, wait_ms);
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

/* First a picture not older than the version, then of whatever there is. */
void sw_turn_expire(struct sw_reflector *reflector, int64_t now_ms, const char *failure)
{
    bool fresh = reflector->expired || reflector->verb != SW_REQUEST_WATCH;

    sw_turn_fail(reflector, now_ms, failure);
    sw_turn_start_over(reflector, fresh);
    reflector->expired = true;
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

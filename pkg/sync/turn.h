/*
 * What a reflector turns to after something has happened: the part of it that decides what is asked
 * next. Private to the reflector.
 *
 * Whatever fails, a watch goes on from the version that it has got to, if it can; everything else
 * begins a whole picture again; and no two failures follow each other without a wait between.
 */
#ifndef SW_SYNC_TURN_H
#define SW_SYNC_TURN_H

#include "sync/reflector.h"

/* No request is under way; the next one is due wait_ms after now_ms. */
void sw_turn_rest(struct sw_reflector *reflector, int64_t now_ms, int64_t wait_ms);

/* A whole picture is asked for next: of the most recent state if `fresh`, else of one not older
 * than the version. */
void sw_turn_start_over(struct sw_reflector *reflector, bool fresh);

/* The request failed, for the reason `failure`: rests, then asks again. */
void sw_turn_fail(struct sw_reflector *reflector, int64_t now_ms, const char *failure);

/* The same where the API server said when to come back, in seconds (SW_REFLECTOR_MAX_RETRY_MS at
 * most): rests as long, and a little longer, so that not all come back at once. */
void sw_turn_come_back(struct sw_reflector *reflector, int64_t now_ms, int64_t retry_after_s,
                       const char *failure);

/* The same where a watch cannot be followed: what came cannot be read or kept, and would come again
 * from the same version. */
void sw_turn_fail_and_start_over(struct sw_reflector *reflector, int64_t now_ms,
                                 const char *failure);

/* The same for a streamed list that did not get to its bookmark. */
void sw_turn_fail_streaming(struct sw_reflector *reflector, int64_t now_ms, const char *failure);

/* The version is too old for the API server. */
void sw_turn_expire(struct sw_reflector *reflector, int64_t now_ms, const char *failure);

/* A picture begins; after it has ended, a watch goes on from its version. */
void sw_turn_begin_picture(struct sw_reflector *reflector);
void sw_turn_end_picture(struct sw_reflector *reflector);

#endif

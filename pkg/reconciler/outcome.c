#include "reconciler/outcome.h"

#include "json/read.h"

#include "base/banned.h"

/* The version of the object that the answer holds; unset where there is none. */
static struct sw_str version_of(const struct sw_answer *answer, struct sw_arena *arena)
{
    SW_JSON_SCOPE(arena);
    json_t *object = NULL;
    const json_t *version;

    if (sw_answer_object(answer, arena, &object, NULL) < 0)
        return (struct sw_str){NULL, 0};
    version = json_object_get(json_object_get(object, "metadata"), "resourceVersion");
    return (struct sw_str){json_string_value(version), json_string_length(version)};
}

static bool is_idle(const struct sw_answer *answer, struct sw_str version, struct sw_arena *arena)
{
    bool idle = sw_str_eq(version_of(answer, arena), version);

    sw_arena_clear(arena);
    return idle;
}

static bool is_taken(const struct sw_answer *answer, enum sw_op_verb verb)
{
    bool removes = verb == SW_OP_DELETE || verb == SW_OP_RELEASE;

    return answer->verdict == SW_ANSWER_OK || (removes && answer->verdict == SW_ANSWER_NOT_FOUND);
}

/* What is created has a name that is taken: see mesh/op.h. */
static bool is_foreign(const struct sw_answer *answer, enum sw_op_verb verb)
{
    return verb == SW_OP_CREATE && answer->verdict == SW_ANSWER_CONFLICT;
}

static int64_t first_wait_ms(const struct sw_answer *answer, enum sw_op_verb verb)
{
    switch (answer->verdict) {
    case SW_ANSWER_DENIED:
    case SW_ANSWER_INVALID:
    case SW_ANSWER_NOT_FOUND:
        return SW_RETRIES_REFUSED_MS;
    case SW_ANSWER_CONFLICT:
        return is_foreign(answer, verb) ? SW_RETRIES_REFUSED_MS : SW_RETRIES_FIRST_MS;
    default:
        return SW_RETRIES_FIRST_MS;
    }
}

static int64_t retry_after_ms(const struct sw_answer *answer)
{
    return answer->retry_after_s < SW_OUTCOME_MAX_PAUSE_MS / 1000 ? answer->retry_after_s * 1000
                                                                  : SW_OUTCOME_MAX_PAUSE_MS;
}

struct sw_outcome sw_outcome_judge(const struct sw_answer *answer, enum sw_op_verb verb,
                                   struct sw_str version, struct sw_arena *arena)
{
    struct sw_outcome outcome = {.failure = {
                                     .why = answer->message,
                                     .reason = SW_NOT_WRITTEN,
                                     .first_ms = first_wait_ms(answer, verb),
                                     .least_ms = retry_after_ms(answer),
                                 }};

    if (is_taken(answer, verb)) {
        outcome.done = verb != SW_OP_APPLY || !is_idle(answer, version, arena);
        outcome.failure = (struct sw_retry_failure){
            .why = "the API server took it and changed nothing: it stores other values than it was "
                   "sent",
            .reason = SW_NOT_WRITTEN,
            .first_ms = SW_RETRIES_REFUSED_MS,
        };
    } else if (is_foreign(answer, verb)) {
        outcome.failure.reason = SW_FOREIGN;
        outcome.failure.why = "an object of that name is there that is not ours";
    } else if (answer->verdict == SW_ANSWER_LATER) {
        outcome.pause_ms = retry_after_ms(answer);
    } else if (answer->verdict == SW_ANSWER_UNREACHABLE) {
        outcome.pause_ms = SW_OUTCOME_UNREACHED_PAUSE_MS;
    }
    return outcome;
}

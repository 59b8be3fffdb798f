#include "kube/answer.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "json/get.h"
#include "json/read.h"

#include "base/banned.h"

/* A Status is some hundred bytes; one that lists every field of a large object's conflict is
 * more. */
#define STATUS_CHUNK_BYTES ((size_t)16 << 10)
#define STATUS_MAX_BYTES   ((size_t)4 << 20)

/* How much is shown of an answer that is no Status: a proxy's page, say. */
#define SHOWN_BYTES 160

enum { HTTP_TIMEOUT = 408, HTTP_CONFLICT = 409, HTTP_GONE = 410, HTTP_TOO_MANY = 429 };

/* What a Status says, as far as it is acted on. Borrowed from its arena. */
struct status {
    struct sw_str reason;
    struct sw_str message;
    int64_t retry_after_s;
    const json_t *causes; /* NULL for none */
};

/* Copies as much as there is room for, with a NUL, on one line. */
static void copy_line(struct sw_str text, char *to, size_t size)
{
    const size_t n = text.len < size ? text.len : size - 1;

    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f ? ' ' : text.data[i];
    to[n] = '\0';
}

static void set_message(struct sw_answer *answer, struct sw_str what, const char *head,
                        struct sw_str text)
{
    struct sw_err err = {0};

    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == ' '))
        text.len--;
    sw_err_set(&err, SW_EIO, "%.*s%s%s%s%.*s", SW_STR_ARG(what), what.len ? ": " : "", head,
               head[0] && text.len ? ": " : "", SW_STR_ARG(text));
    copy_line(sw_str_from(err.message), answer->message, sizeof(answer->message));
}

/* Members that are not of their type count as absent: what is left still tells more than nothing.
 */
static int read_status(struct sw_str body, struct sw_arena *arena, struct status *ret)
{
    static const struct sw_int_range seconds = {0, INT32_MAX};
    json_t *object = NULL, *details = NULL, *causes = NULL;
    struct sw_str kind = {0};
    int r;

    SW_JSON_SCOPE(arena);

    r = sw_json_read(body, &object, NULL);
    if (r < 0)
        return r;
    if (sw_get_str(object, "kind", NULL, &kind, NULL) != 1 || !sw_str_is(kind, "Status"))
        return SW_ETYPE;
    sw_get_str(object, "reason", NULL, &ret->reason, NULL);
    sw_get_str(object, "message", NULL, &ret->message, NULL);
    sw_get_object(object, "details", NULL, &details, NULL);
    sw_get_int(details, "retryAfterSeconds", NULL, seconds, &ret->retry_after_s, NULL);
    sw_get_objects(details, "causes", NULL, &causes, NULL);
    ret->causes = causes;
    return 0;
}

static bool has_owner(const char *owners, struct sw_str name)
{
    struct sw_str rest = sw_str_from(owners);

    while (rest.len) {
        struct sw_str owner = sw_str_cut(&rest, ',');

        if (owner.len && owner.data[0] == ' ')
            owner = sw_str_slice(owner, 1, owner.len);
        if (sw_str_eq(owner, name))
            return true;
    }
    return false;
}

/* One that there is no room for is left out; the message has them all. */
static void add_owner(struct sw_answer *answer, struct sw_str name)
{
    const size_t len = strlen(answer->owners), room = sizeof(answer->owners) - len;

    if (!name.len || name.len + sizeof(", ") > room || has_owner(answer->owners, name))
        return;
    snprintf(answer->owners + len, room, "%s%.*s", len ? ", " : "", SW_STR_ARG(name));
}

/* A cause says: conflict with "kubectl" using v1 at 2026-11-23T10:00:00Z. */
static void read_owners(const json_t *causes, struct sw_answer *answer)
{
    const json_t *cause;
    size_t i;

    json_array_foreach (causes, i, cause) {
        struct sw_str reason = {0}, rest = {0};

        sw_get_str(cause, "reason", NULL, &reason, NULL);
        sw_get_str(cause, "message", NULL, &rest, NULL);
        if (!sw_str_is(reason, "FieldManagerConflict"))
            continue;
        sw_str_cut(&rest, '"');
        add_owner(answer, sw_str_cut(&rest, '"'));
    }
}

static enum sw_answer_verdict verdict_of(int http_status, struct sw_str reason)
{
    switch (http_status) {
    case 401:
    case 403:
        return SW_ANSWER_DENIED;
    case 404:
        return SW_ANSWER_NOT_FOUND;
    case HTTP_CONFLICT:
        return sw_str_is(reason, "AlreadyExists") ? SW_ANSWER_ALREADY_EXISTS : SW_ANSWER_CONFLICT;
    case HTTP_GONE:
        return SW_ANSWER_EXPIRED;
    case HTTP_TIMEOUT:
    case HTTP_TOO_MANY:
        return SW_ANSWER_LATER;
    default:
        if (http_status >= 500)
            return SW_ANSWER_LATER;
        return http_status >= 400 ? SW_ANSWER_INVALID : SW_ANSWER_UNREADABLE;
    }
}

/* "409 AlreadyExists" and what the Status says; or the code, and how the answer begins. */
static void describe(const struct sw_answer_facts *facts, const struct status *status, int read,
                     struct sw_answer *answer)
{
    char head[96];
    struct sw_str text = status->message;

    if (read == SW_ENOMEM || read == SW_ELIMIT) {
        snprintf(head, sizeof(head), "%d, whose reason is too large to read", facts->http_status);
    } else if (read < 0) {
        text = sw_str_slice(facts->body, 0, SHOWN_BYTES);
        snprintf(head, sizeof(head), "%d, not in the words of an API server", facts->http_status);
    } else {
        snprintf(head, sizeof(head), "%d%s%.*s", facts->http_status, status->reason.len ? " " : "",
                 SW_STR_ARG(sw_str_slice(status->reason, 0, SW_ANSWER_REASON_SIZE - 1)));
    }
    set_message(answer, facts->what, head, text);
}

static void judge_refusal(const struct sw_answer_facts *facts, struct sw_answer *answer)
{
    SW_CLEANUP(sw_arena_release) struct sw_arena arena = {0};
    struct status status = {0};
    int r;

    sw_arena_init(&arena, STATUS_CHUNK_BYTES, STATUS_MAX_BYTES);
    r = read_status(facts->body, &arena, &status);
    answer->verdict = verdict_of(facts->http_status, status.reason);
    if (!answer->retry_after_s)
        answer->retry_after_s = status.retry_after_s;
    copy_line(status.reason, answer->reason, sizeof(answer->reason));
    if (answer->verdict == SW_ANSWER_CONFLICT)
        read_owners(status.causes, answer);
    describe(facts, &status, r, answer);
}

void sw_answer_judge(const struct sw_answer_facts *facts, struct sw_answer *ret)
{
    *ret = (struct sw_answer){
        .http_status = facts->http_status,
        .retry_after_s = facts->retry_after_s,
    };
    if (facts->failure) {
        ret->verdict = SW_ANSWER_UNREACHABLE;
        set_message(ret, facts->what, "no answer", sw_str_from(facts->failure));
    } else if (facts->http_status >= 200 && facts->http_status < 300) {
        ret->body = facts->body;
    } else {
        judge_refusal(facts, ret);
    }
}

void sw_answer_make(enum sw_answer_verdict verdict, struct sw_str what, const char *why,
                    struct sw_answer *ret)
{
    *ret = (struct sw_answer){.verdict = verdict};
    set_message(ret, what, "", sw_str_from(why));
}

int sw_answer_object(const struct sw_answer *answer, struct sw_arena *arena, json_t **ret,
                     struct sw_err *reterr)
{
    json_t *object;
    int r;

    SW_JSON_SCOPE(arena);

    r = sw_json_read(answer->body, &object, reterr);
    if (r < 0)
        return r;
    if (!json_is_object(object))
        return sw_get_fail(object, NULL, NULL, "an object", reterr);
    *ret = object;
    return 0;
}

int sw_answer_status(const struct sw_answer *answer, struct sw_err *reterr)
{
    static const int codes[] = {
        [SW_ANSWER_NOT_FOUND] = SW_ENOENT, [SW_ANSWER_ALREADY_EXISTS] = SW_EIO,
        [SW_ANSWER_CONFLICT] = SW_EIO,     [SW_ANSWER_DENIED] = SW_EIO,
        [SW_ANSWER_INVALID] = SW_ETYPE,    [SW_ANSWER_EXPIRED] = SW_EIO,
        [SW_ANSWER_LATER] = SW_EIO,        [SW_ANSWER_UNREACHABLE] = SW_EIO,
        [SW_ANSWER_UNREADABLE] = SW_EIO,   [SW_ANSWER_INTERRUPTED] = SW_EIO,
        [SW_ANSWER_FAILED] = SW_EINTERNAL,
    };

    if (answer->verdict == SW_ANSWER_OK)
        return 0;
    return sw_err_set(reterr, codes[answer->verdict], "%s", answer->message);
}

const char *sw_answer_word(enum sw_answer_verdict verdict)
{
    static const char *const words[] = {
        [SW_ANSWER_OK] = "ok",
        [SW_ANSWER_NOT_FOUND] = "not found",
        [SW_ANSWER_ALREADY_EXISTS] = "already exists",
        [SW_ANSWER_CONFLICT] = "conflict",
        [SW_ANSWER_DENIED] = "denied",
        [SW_ANSWER_INVALID] = "invalid",
        [SW_ANSWER_EXPIRED] = "expired",
        [SW_ANSWER_LATER] = "later",
        [SW_ANSWER_UNREACHABLE] = "unreachable",
        [SW_ANSWER_UNREADABLE] = "unreadable",
        [SW_ANSWER_INTERRUPTED] = "interrupted",
        [SW_ANSWER_FAILED] = "failed",
    };

    return words[verdict];
}

/*
 * What an API server made of a request, as the caller has to act on it.
 *
 * Each request ends in exactly one verdict; every one but SW_ANSWER_OK has a message for people
 * that says what was asked of whom and what came back.
 */
#ifndef SW_KUBE_ANSWER_H
#define SW_KUBE_ANSWER_H

#include "base/arena.h"
#include "base/err.h"

#include <jansson.h>

enum sw_answer_verdict {
    SW_ANSWER_OK = 0,         /* 2xx, its body complete */
    SW_ANSWER_NOT_FOUND,      /* 404: the object, its namespace or the resource */
    SW_ANSWER_ALREADY_EXISTS, /* 409 to a create */
    SW_ANSWER_CONFLICT,       /* 409: changed since it was read, a precondition, or an apply to
                                 fields of other managers: `owners` names them */
    SW_ANSWER_DENIED,         /* 401, 403: not our right, or refused by an admission plugin. After a
                                 401 a token file is read again for the next request */
    SW_ANSWER_INVALID,        /* other 4xx: the same again will fail again */
    SW_ANSWER_EXPIRED,        /* 410: a continue token or version too old: start over */
    SW_ANSWER_LATER,          /* 429, 408, 5xx: the same again, not before retry_after_s */
    SW_ANSWER_UNREACHABLE,    /* no whole answer: it may have been done all the same */
    SW_ANSWER_UNREADABLE,     /* over the cap, not JSON, or a status no API server sends */
    SW_ANSWER_INTERRUPTED,    /* given up by us; it may have been done all the same */
    SW_ANSWER_FAILED,         /* never sent: out of memory, a token file that cannot be read */
};

#define SW_ANSWER_REASON_SIZE 64
#define SW_ANSWER_OWNERS_SIZE 256

/* Holds its own texts, so that it may be copied and kept; only `body` is borrowed. */
struct sw_answer {
    enum sw_answer_verdict verdict;
    int http_status;                    /* 0: none came */
    int64_t retry_after_s;              /* 0: the API server did not say */
    struct sw_str body;                 /* of OK; unset otherwise. Its owner is told by who gives
                                           the answer */
    char reason[SW_ANSWER_REASON_SIZE]; /* Status.reason: "AlreadyExists"; "" if there is none */
    char owners[SW_ANSWER_OWNERS_SIZE]; /* of an apply's conflict: "kubectl, argocd"; "" if none */
    char message[SW_ERR_MESSAGE_SIZE];  /* one line; "" for OK */
};

/* What is known of a request that is over. */
struct sw_answer_facts {
    struct sw_str what; /* for the message: `create services "shop/cart" at https://...` */
    int http_status;    /* 0: no answer began */
    int64_t retry_after_s;
    struct sw_str body;  /* as far as it came */
    const char *failure; /* why the answer is not whole; NULL: it is */
};

/* Judges it. ret->body is facts->body for OK. Never fails: without memory to read the Status, the
 * verdict is by the HTTP code alone, and the message says so. */
void sw_answer_judge(const struct sw_answer_facts *facts, struct sw_answer *ret);

/* An answer of ours: `verdict` for `what`, which may be unset, because of `why`. */
void sw_answer_make(enum sw_answer_verdict verdict, struct sw_str what, const char *why,
                    struct sw_answer *ret);

/* The body of an OK answer as a JSON object, read in `arena`, which owns it: use it within a
 * sw_json_scope of the arena. Fails with SW_ESYNTAX, SW_ETYPE (not an object), SW_ELIMIT,
 * SW_ENOMEM. */
int sw_answer_object(const struct sw_answer *answer, struct sw_arena *arena, json_t **ret,
                     struct sw_err *reterr);

/* 0 for OK; else fills *reterr with the message and returns a code: SW_ENOENT (not found), SW_ETYPE
 * (invalid), SW_EINTERNAL (failed), SW_EIO (all others). */
int sw_answer_status(const struct sw_answer *answer, struct sw_err *reterr);

/* "not found", "conflict", ...: static. */
const char *sw_answer_word(enum sw_answer_verdict verdict);

#endif

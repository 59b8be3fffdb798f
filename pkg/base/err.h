/*
 * Errors: a code from one list, and a message for people.
 *
 * A function that can fail returns 0 or one of the negative codes below, and takes a
 * `struct sw_err *reterr` last. On failure it fills *reterr (if not NULL); on success it leaves it
 * untouched. Outputs named ret_... are untouched on failure. Callers add context by wrapping, so a
 * message reads from the outside in: "clusters/east/svc.yaml: document 2: spec.ports[0]: ...".
 */
#ifndef SW_BASE_ERR_H
#define SW_BASE_ERR_H

/* Longest message kept, with its NUL; a longer one is cut and ends in "...". Sized for a JSON path,
 * what was expected, what was found, and four wraps of context. */
#define SW_ERR_MESSAGE_SIZE 1024

/* code, value, sentence */
#define SW_ERR_MAP(X)                                                                              \
    X(SW_ENOMEM, -1, "out of memory")                                                              \
    X(SW_ELIMIT, -2, "larger than the stated limit")                                               \
    X(SW_ESYNTAX, -3, "malformed text")                                                            \
    X(SW_ETYPE, -4, "not of the expected type or value")                                           \
    X(SW_ENOENT, -5, "no such thing")                                                              \
    X(SW_EIO, -6, "input or output failed")                                                        \
    X(SW_EUSAGE, -7, "wrong usage")                                                                \
    X(SW_EINTERNAL, -8, "a failure of ours")

enum sw_err_code {
#define SW_ERR_ENUM(name, value, sentence) name = (value),
    SW_ERR_MAP(SW_ERR_ENUM)
#undef SW_ERR_ENUM
};

struct sw_err {
    int code;                          /* 0 when unset, else an enum sw_err_code */
    char message[SW_ERR_MESSAGE_SIZE]; /* "" when unset; never ends in a newline or full stop */
};

/* Fills *reterr, which may be NULL, and returns code, for the caller to return in turn. */
int sw_err_set(struct sw_err *reterr, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<format>: " before the message that *reterr already holds. Returns its code; with reterr
 * NULL there is nothing to wrap and the result is SW_EINTERNAL, so pass a real one to wrap. */
int sw_err_wrap(struct sw_err *reterr, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills *reterr (which may be NULL) with SW_ENOMEM's own sentence; returns SW_ENOMEM. */
int sw_err_nomem(struct sw_err *reterr);

/* The sentence of a code, a static string; "unknown error" for a code that is not in the list. */
const char *sw_err_sentence(int code);

#endif

/*
 * The log of a process: one JSON object a line, each handed to the kernel in one write(2).
 *
 *   sw_log(&log, SW_LOG_WARN, "cannot list", sw_log_text("cluster", name), sw_log_err(&err));
 *   {"time":"2026-01-02T03:04:05.678Z","level":"warn","msg":"cannot list","cluster":"east",...}
 *
 * A record never waits for whoever reads the log: where the pipe is full it is dropped and counted,
 * and the next one that gets through says so ("dropped":3). Never give it an object's body.
 */
#ifndef SW_IO_LOG_H
#define SW_IO_LOG_H

#include "base/err.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Longest line with its newline: what Linux writes into a pipe as a whole, so that lines of two
 * processes never mix (PIPE_BUF). A longer record ends in "cut":true, without what did not fit. */
#define SW_LOG_LINE_MAX 4096

enum sw_log_level { SW_LOG_DEBUG, SW_LOG_INFO, SW_LOG_WARN, SW_LOG_ERROR };

/* The caller's storage, shared by all threads; private. */
struct sw_log {
    int fd;                     /* borrowed */
    enum sw_log_level level;    /* records below it are not written */
    _Atomic uint64_t n_dropped; /* since the last record that got through */
};

enum sw_log_type { SW_LOG_TYPE_STR, SW_LOG_TYPE_INT, SW_LOG_TYPE_UINT, SW_LOG_TYPE_BOOL };

/* One key and its value, made by the functions below. */
struct sw_log_field {
    const char *key; /* a literal of [a-z0-9_]; NULL ends a list */
    enum sw_log_type type;
    union {
        struct sw_str str; /* borrowed for the call */
        int64_t number;
        uint64_t unsigned_number;
        bool truth;
    };
};

/* Records of `level` and above go to `fd` (borrowed), which is 2 in a process. */
void sw_log_init(struct sw_log *log, int fd, enum sw_log_level level);

/* Parses "debug", "info", "warn" or "error"; false (and *ret untouched) for anything else. */
bool sw_log_level_parse(struct sw_str name, enum sw_log_level *ret);

static inline struct sw_log_field sw_log_str(const char *key, struct sw_str value)
{
    return (struct sw_log_field){.key = key, .type = SW_LOG_TYPE_STR, .str = value};
}

/* `value` ends in NUL; NULL counts as "". */
static inline struct sw_log_field sw_log_text(const char *key, const char *value)
{
    return sw_log_str(key, sw_str_from(value));
}

static inline struct sw_log_field sw_log_int(const char *key, int64_t value)
{
    return (struct sw_log_field){.key = key, .type = SW_LOG_TYPE_INT, .number = value};
}

static inline struct sw_log_field sw_log_uint(const char *key, uint64_t value)
{
    return (struct sw_log_field){.key = key, .type = SW_LOG_TYPE_UINT, .unsigned_number = value};
}

static inline struct sw_log_field sw_log_bool(const char *key, bool value)
{
    return (struct sw_log_field){.key = key, .type = SW_LOG_TYPE_BOOL, .truth = value};
}

/* "error" with the message of `err`. */
static inline struct sw_log_field sw_log_err(const struct sw_err *err)
{
    return sw_log_text("error", err->message);
}

/* Writes one record: `message` is a literal that names the event, the rest its fields, in order. */
#define sw_log(log, level, message, ...)                                                           \
    sw_log_write((log), (level), (message),                                                        \
                 (const struct sw_log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})

/* The same with a list of fields that ends in an unset key. Any thread may call; errno is kept.
 * NULL for the log writes nothing. Bytes that are not UTF-8 become U+FFFD. */
void sw_log_write(struct sw_log *log, enum sw_log_level level, const char *message,
                  const struct sw_log_field *fields);

#endif

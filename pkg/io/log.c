#include "io/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

#include "base/banned.h"

#define CUT   ",\"cut\":true"
#define LIMIT (SW_LOG_LINE_MAX - sizeof(CUT "}\n"))

/* A line under way: up to LIMIT, so that there is always room to close it. */
struct line {
    char bytes[SW_LOG_LINE_MAX];
    size_t len;
    bool cut; /* something did not fit: nothing more is added */
};

static const char *const level_names[] = {[SW_LOG_DEBUG] = "debug",
                                          [SW_LOG_INFO] = "info",
                                          [SW_LOG_WARN] = "warn",
                                          [SW_LOG_ERROR] = "error"};

void sw_log_init(struct sw_log *log, int fd, enum sw_log_level level)
{
    log->fd = fd;
    log->level = level;
    atomic_init(&log->n_dropped, 0);
}

bool sw_log_level_parse(struct sw_str name, enum sw_log_level *ret)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (sw_str_is(name, level_names[i])) {
            *ret = (enum sw_log_level)i;
            return true;
        }
    }
    return false;
}

static bool put(struct line *line, const char *bytes, size_t len)
{
    if (line->cut || len > LIMIT - line->len) {
        line->cut = true;
        return false;
    }
    memcpy(line->bytes + line->len, bytes, len);
    line->len += len;
    return true;
}

static bool put_text(struct line *line, const char *text)
{
    return put(line, text, strlen(text));
}

/* Writes the character at `p` as it stands in a JSON string to `out`, and its length there to *ret;
 * returns how many bytes of the input it was. */
static size_t escape(const char *p, const char *end, char out[8], size_t *ret)
{
    size_t len = sw_utf8_length(p, end);

    if (len == 0) {
        *ret = (size_t)snprintf(out, 8, "\\ufffd");
        return 1;
    }
    if ((unsigned char)*p < 0x20 || *p == 0x7f)
        *ret = (size_t)snprintf(out, 8, "\\u%04x", (unsigned char)*p);
    else if (*p == '"' || *p == '\\')
        *ret = (size_t)snprintf(out, 8, "\\%c", *p);
    else
        memcpy(out, p, *ret = len);
    return len;
}

/* A string with its quotes. One that is too long is cut, but closed; false if not even begun. */
static bool put_string(struct line *line, struct sw_str s)
{
    const char *p = s.len ? s.data : "", *end = p + s.len;
    char piece[8];
    size_t len;

    if (!line->cut && LIMIT - line->len < 2)
        line->cut = true;
    if (!put(line, "\"", 1))
        return false;
    while (p < end) {
        p += escape(p, end, piece, &len);
        if (len + 1 > LIMIT - line->len) {
            line->cut = true;
            break;
        }
        put(line, piece, len);
    }
    line->bytes[line->len++] = '"';
    return true;
}

static bool put_value(struct line *line, struct sw_log_field field)
{
    char digits[24];

    switch (field.type) {
    case SW_LOG_TYPE_STR:
        return put_string(line, field.str);
    case SW_LOG_TYPE_BOOL:
        return put_text(line, field.truth ? "true" : "false");
    case SW_LOG_TYPE_INT:
        snprintf(digits, sizeof(digits), "%" PRId64, field.number);
        return put_text(line, digits);
    case SW_LOG_TYPE_UINT:
        snprintf(digits, sizeof(digits), "%" PRIu64, field.unsigned_number);
        return put_text(line, digits);
    default:
        return put_text(line, "null");
    }
}

static void put_field(struct line *line, struct sw_log_field field)
{
    size_t before = line->len;

    if (!put(line, ",\"", 2) || !put_text(line, field.key) || !put(line, "\":", 2) ||
        !put_value(line, field))
        line->len = before;
}

static void put_time(struct line *line)
{
    char text[64];
    struct timespec now = {0};
    struct tm day = {0};
    size_t len;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &day);
    len = strftime(text, sizeof(text), "{\"time\":\"%Y-%m-%dT%H:%M:%S", &day);
    snprintf(text + len, sizeof(text) - len, ".%03dZ\"", (int)(now.tv_nsec / 1000000));
    put_text(line, text);
}

/* Not when the pipe is full, so that a reader that stands still does not hold us: there is room for
 * a line where poll says so, and only another thread's record can take it in between. */
static bool hand_over(int fd, const char *bytes, size_t len)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    ssize_t n;

    if (poll(&ready, 1, 0) <= 0)
        return false;
    do
        n = write(fd, bytes, len);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)len;
}

void sw_log_write(struct sw_log *log, enum sw_log_level level, const char *message,
                  const struct sw_log_field *fields)
{
    struct line line;
    int errno_before = errno;
    uint64_t n_dropped;

    if (!log || level < log->level)
        return;
    line.len = 0;
    line.cut = false;
    put_time(&line);
    put_field(&line, sw_log_text("level", level_names[level]));
    put_field(&line, sw_log_text("msg", message));
    n_dropped = atomic_exchange_explicit(&log->n_dropped, 0, memory_order_relaxed);
    if (n_dropped)
        put_field(&line, sw_log_uint("dropped", n_dropped));
    for (; fields->key; fields++)
        put_field(&line, *fields);
    if (line.cut) {
        memcpy(line.bytes + line.len, CUT, strlen(CUT));
        line.len += strlen(CUT);
    }
    line.bytes[line.len++] = '}';
    line.bytes[line.len++] = '\n';
    if (!hand_over(log->fd, line.bytes, line.len))
        atomic_fetch_add_explicit(&log->n_dropped, n_dropped + 1, memory_order_relaxed);
    errno = errno_before;
}

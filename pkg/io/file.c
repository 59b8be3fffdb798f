#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "io/fd.h"

#include "base/banned.h"

#define CHUNK_BYTES 16384

static int fail(const char *path, struct sw_err *reterr)
{
    int code = errno == ENOENT || errno == ENOTDIR ? SW_ENOENT : SW_EIO;

    return sw_err_set(reterr, code, "%s: %s", path, strerror(errno));
}

static int fail_limit(const char *path, const struct sw_buf *buf, struct sw_err *reterr)
{
    return sw_err_set(reterr, SW_ELIMIT, "%s: larger than the limit of %zu bytes", path,
                      buf->max_bytes);
}

/* Takes the memory for all of a regular file at once, so that appending moves nothing. */
static int reserve(int fd, const char *path, struct sw_buf *buf, struct sw_err *reterr)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return fail(path, reterr);
    if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > buf->max_bytes)
        return fail_limit(path, buf, reterr);
    if (S_ISREG(info.st_mode) && info.st_size > 0)
        sw_buf_extend(buf, (size_t)info.st_size);
    sw_buf_clear(buf);
    return 0;
}

static int read_all(int fd, const char *path, struct sw_buf *buf, struct sw_err *reterr)
{
    char chunk[CHUNK_BYTES];
    ssize_t n;

    for (;;) {
        n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        sw_buf_append(buf, chunk, (size_t)n);
        if (buf->failure)
            break;
    }
    explicit_bzero(chunk, sizeof(chunk));
    if (buf->failure == SW_ELIMIT)
        return fail_limit(path, buf, reterr);
    if (buf->failure)
        return sw_err_nomem(reterr);
    return n < 0 ? fail(path, reterr) : 0;
}

int sw_file_read(const char *path, struct sw_buf *buf, struct sw_err *reterr)
{
    SW_CLEANUP(sw_cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    int code;

    sw_buf_clear(buf);
    if (fd < 0)
        return fail(path, reterr);
    code = reserve(fd, path, buf, reterr);
    if (code == 0)
        code = read_all(fd, path, buf, reterr);
    if (code < 0)
        sw_buf_clear(buf);
    return code;
}

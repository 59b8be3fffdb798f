/*
 * Whole files into memory, never more than the buffer was born to hold.
 */
#ifndef SW_IO_FILE_H
#define SW_IO_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Replaces what `buf` holds with the whole content of the file at `path` (a regular file, a pipe, a
 * device; symbolic links are followed). For a regular file that does not change meanwhile the
 * content is in memory once: no copy of a key is left behind in freed memory by growing. Fails with
 * SW_ENOENT (no such file), SW_ELIMIT (larger than buf->max_bytes), SW_EIO (a directory, no
 * permission, a failed read) or SW_ENOMEM, each naming the path; buf is then empty. */
int sw_file_read(const char *path, struct sw_buf *buf, struct sw_err *reterr);

#endif

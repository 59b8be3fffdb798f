/*
 * Descriptors that end with their scope.
 */
#ifndef SW_IO_FD_H
#define SW_IO_FD_H

#include <unistd.h>

/* For SW_CLEANUP: closes the descriptor, unless it is negative. */
static inline void sw_cleanup_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Hands the descriptor on and leaves -1 behind, so that the cleanup finds nothing. */
static inline int sw_fd_take(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

#endif

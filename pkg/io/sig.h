/*
 * Signals as something to read, so that a process ends from its own loop and not inside a handler.
 */
#ifndef SW_IO_SIG_H
#define SW_IO_SIG_H

#include "base/err.h"

/* Blocks SIGTERM and SIGINT for the calling thread and all threads it starts from now on, and sets
 * *ret_fd (owned: close it) to a descriptor, non-blocking and close-on-exec, that becomes readable
 * when one of them arrives. From now on SIGPIPE and SIGXFSZ are ignored, for a peer that went away
 * and a file at its limit are errors of write(2), and so are SIGHUP, SIGUSR1 and SIGUSR2, which
 * would end the process. To be called by main before it starts a thread. Fails with SW_EIO. */
int sw_sig_open(int *ret_fd, struct sw_err *reterr);

/* Takes one signal that has arrived: its number, or 0 when there is none. */
int sw_sig_take(int fd);

#endif

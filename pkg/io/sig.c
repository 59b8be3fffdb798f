#include "io/sig.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/banned.h"

int sw_sig_open(int *ret_fd, struct sw_err *reterr)
{
    /* A peer that is gone, and a file at its limit, show in a write's result. A terminal that is
     * gone, and what other programs take for "read your files again" or "say how you are", must not
     * end a server that re-reads its files by itself. */
    static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1, SIGUSR2};
    sigset_t set;
    int fd, failure;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    failure = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failure)
        return sw_err_set(reterr, SW_EIO, "blocking signals: %s", strerror(failure));
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        if (signal(ignored[i], SIG_IGN) == SIG_ERR)
            return sw_err_set(reterr, SW_EIO, "ignoring signal %d: %s", ignored[i],
                              strerror(errno));
    }
    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return sw_err_set(reterr, SW_EIO, "signalfd: %s", strerror(errno));
    *ret_fd = fd;
    return 0;
}

int sw_sig_take(int fd)
{
    struct signalfd_siginfo info;
    ssize_t n;

    do
        n = read(fd, &info, sizeof(info));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

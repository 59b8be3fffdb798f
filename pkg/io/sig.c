#include "io/sig.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/banned.h"

int sw_sig_open(int *ret_fd, struct sw_err *reterr)
{
    sigset_t set;
    int fd, failure;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    failure = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failure)
        return sw_err_set(reterr, SW_EIO, "blocking signals: %s", strerror(failure));
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return sw_err_set(reterr, SW_EIO, "ignoring SIGPIPE: %s", strerror(errno));
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

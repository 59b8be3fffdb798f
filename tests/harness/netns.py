"""A network of its own for the tests, from which nothing else can be reached, nor reaches them.

    netns.enter()  # before anything starts, on the main thread
"""

import ctypes
import errno
import os
import subprocess

# Of the range that RFC 2544 sets aside for tests; on lo, as nothing else is there. EndpointSlices
# refuse loopback addresses, and net.host_address() finds this one.
ADDRESS = "198.18.0.1"

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

_EXPLANATION = """\
the tests run in a network namespace of their own, and the kernel refuses one:
  as this user: {privileged}
  within a user namespace: {unprivileged}
Run them as root or with CAP_SYS_ADMIN (in a container: with that capability added), or allow user
namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, and
kernel.apparmor_restrict_unprivileged_userns)."""


class Refused(Exception):
    """The kernel gives no network namespace; the message says why, and what would help."""


def enter():
    """Moves the calling thread, and what it starts from now on, into a network of its own.

    Its only interface is lo, with ADDRESS besides loopback. Without the right to do so it becomes
    root of a user namespace first, which only a process of a single thread can. Raises Refused.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(_CLONE_NEWNET)
    except OSError as privileged:
        try:
            _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
            _become_root(user, group)
        except OSError as error:
            raise Refused(_EXPLANATION.format(privileged=privileged, unprivileged=error)) from None
    for words in ("link set lo up", f"address add {ADDRESS}/32 dev lo"):
        subprocess.run(["ip", *words.split()], check=True)


def _unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"unshare: {errno.errorcode[code]}: {os.strerror(code)}")


def _become_root(user, group):
    """Maps root of the user namespace that was just entered to who the caller was before."""
    for file, text in {
        "setgroups": "deny",  # without which a group map takes a privilege
        "uid_map": f"0 {user} 1",
        "gid_map": f"0 {group} 1",
    }.items():
        with open(f"/proc/self/{file}", "w") as writable:
            writable.write(text)

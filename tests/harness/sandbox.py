"""What every process of a pod shares: a network namespace with an address, and a view of files.

A process that only sleeps holds both, as in any Kubernetes. Nothing of it has a name on the
machine: when its processes are gone, so is all of it.
"""

import os
import pathlib
import subprocess

from .fabric import Inside
from .process import Part, Process

PROXY_USER = 1337
_BY_PROXY = f"-m owner --uid-owner {PROXY_USER}"

# Programs and files of a pod stand below /mnt, so that user 1337 reads them wherever they are.
_SET_UP = """\
set -e
hosts=$1 pod=$2; shift 2
mount -t tmpfs -o mode=755 pod /mnt
mkdir /mnt/pod; mount --bind "$pod" /mnt/pod
while [ $# -gt 0 ]; do
    mkdir "/mnt/$1"; mount --bind -o ro "$2" "/mnt/$1"; shift 2
done
mount --bind "$hosts" /etc/hosts
# No name server: what is not in there is not known, at once.
[ ! -e /etc/resolv.conf ] || mount --bind /dev/null /etc/resolv.conf
touch "$pod/is-set-up"
exec sleep infinity
"""

# As istio-init does: all that comes in to 15006, all that the application sends to 15001. The
# first two are for what the proxy sends itself: to the application from 127.0.0.6, and what the
# application has asked of its own Service.
_REDIRECTION = f"""\
*nat
-A OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A OUTPUT {_BY_PROXY} -o lo ! -d 127.0.0.1/32 -p tcp -j REDIRECT --to-ports 15006
-A OUTPUT {_BY_PROXY} -j RETURN
-A OUTPUT -d 127.0.0.0/8 -j RETURN
-A OUTPUT -p tcp -j REDIRECT --to-ports 15001
-A PREROUTING -p tcp --dport 15000:15099 -j RETURN
-A PREROUTING -p tcp -j REDIRECT --to-ports 15006
COMMIT
"""


class Sandbox(Part):
    """hosts: the file that is /etc/hosts inside. mounts: folders, by their names below /mnt."""

    def __init__(self, directory, network, hosts, mounts):
        self.address = network.new_address()
        self.directory = directory
        self._network = network
        self._namespace = None
        directory.mkdir(parents=True)
        os.chown(directory, PROXY_USER, PROXY_USER)
        words = [str(word) for item in mounts.items() for word in item]
        unshare = ["unshare", "--net", "--mount", "--propagation", "private"]
        argv = [*unshare, "sh", "-c", _SET_UP, "pause", hosts, directory, *words]
        self._pause = Process("pause", argv, directory)

    def start(self):
        self._pause.start()
        self._pause.wait_ready(pathlib.Path(self.directory / "is-set-up").exists)
        self._namespace = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
        self._network.plug(self.pid, self.address)

    def stop(self):
        self._pause.kill()
        if self._namespace is not None:
            os.close(self._namespace)
            self._namespace = None

    @property
    def pid(self):
        return self._pause.pid

    def redirect(self):
        """Has all traffic from now on go through a sidecar."""
        command = ["nsenter", "--target", str(self.pid), "--net", "iptables-restore"]
        subprocess.run(command, input=_REDIRECTION, text=True, check=True)

    def process(self, name, argv, env, as_proxy=False):
        """A process inside, which is not started yet; its folder is /mnt/pod."""
        enter = ["nsenter", "--target", self.pid, "--net", "--mount", "--wdns=/mnt/pod", "--"]
        if as_proxy:
            ids = ["--reuid", PROXY_USER, "--regid", PROXY_USER, "--clear-groups"]
            # Another user loses the signal that was asked for before.
            enter += ["setpriv", *ids, "--pdeathsig", "KILL", "--"]
        return Process(name, [*enter, *argv], self.directory, {"HOME": "/mnt/pod", **env})

    def inside(self):
        """`with sandbox.inside():` what the thread opens is in the pod's network."""
        return Inside(self._namespace)

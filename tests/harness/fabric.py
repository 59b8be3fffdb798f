"""The networks between pods: a bridge for each cluster, in the network namespace of the tests.

Pods of one cluster reach each other. To another cluster they reach only the port of its gateways,
as if a firewall stood between; where a bridge leads nowhere else, no packet leaves the tests.
"""

import ctypes
import itertools
import os
import pathlib
import re
import subprocess

from .process import Part

GATEWAY_PORT = 15443

_UIDS_NEEDED = 65536
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """Here is nothing that pods can be made of; the message says what would help."""


class Fabric(Part):
    """Every network of a run. Enter the tests' own network namespace (netns.enter) before."""

    def __init__(self):
        self._links = itertools.count(1)
        self._networks = []

    def start(self):
        _check_users()
        pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        try:
            self._forward("-P FORWARD DROP")
        except (OSError, subprocess.CalledProcessError) as error:
            raise Refused(
                f"the mesh tests redirect traffic with iptables, which failed here: {error}\n"
                "Install Debian's iptables, on a kernel that has NAT (nf_tables, nft_redir)."
            ) from None
        self._forward("-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")

    def stop(self):
        for network in self._networks:
            subprocess.run(["ip", "link", "delete", network.bridge], capture_output=True)
        self._networks = []

    def network(self, number):
        """A cluster's network, 10.NUMBER.0.0/16; the host's address in it is .0.1."""
        network = Network(self, number)
        # With an address of its own, or it takes one of its interfaces', and leaves it with that
        # pod: the others go on sending there what is for the host.
        _ip(f"link add {network.bridge} address 02:00:0a:00:00:{number:02x} type bridge")
        _ip(f"address add {network.host}/16 dev {network.bridge}")
        _ip(f"link set {network.bridge} up")
        # Bridged frames come by here too where the kernel has br_netfilter loaded.
        self._forward(f"-A FORWARD -i {network.bridge} -o {network.bridge} -j ACCEPT")
        self._forward(f"-A FORWARD -p tcp --dport {GATEWAY_PORT} -o {network.bridge} -j ACCEPT")
        self._networks.append(network)
        return network

    def new_link(self):
        """A name for one more interface: numbered, as names are cut at 15 bytes."""
        return f"veth{next(self._links)}"

    def count(self, source, target):
        """Counts, from now on, the connections that are begun from one address to another."""
        rule = f"-s {source} -d {target} -p tcp --syn"
        self._forward(f"-I FORWARD {rule}")
        return Counter(rule)

    @staticmethod
    def _forward(words):
        subprocess.run(["iptables", "-w", *words.split()], check=True, capture_output=True)


class Counter:
    """A rule of the firewall that lets pass and counts."""

    def __init__(self, rule):
        self._rule = rule

    def read(self):
        """Packets that begin a connection."""
        source, target = re.match(r"-s (\S+) -d (\S+)", self._rule).groups()
        listed = subprocess.check_output(["iptables-save", "-c", "-t", "filter"], text=True)
        pattern = rf"^\[(\d+):\d+\] -A FORWARD -s {source}/32 -d {target}/32 .*SYN$"
        return int(re.search(pattern, listed, re.MULTILINE)[1])

    def stop(self):
        Fabric._forward(f"-D FORWARD {self._rule}")


class Network:
    """Addresses and interfaces of one cluster's pods."""

    def __init__(self, fabric, number):
        self.bridge = f"br{number}"
        self.host = f"10.{number}.0.1"
        self._fabric = fabric
        self._addresses = (
            f"10.{number}.{third}.{fourth}" for third in range(1, 255) for fourth in range(1, 255)
        )

    def new_address(self):
        """Never one that was given before."""
        return next(self._addresses)

    def plug(self, pid, address):
        """Gives the network namespace of a process an interface with that address."""
        link = self._fabric.new_link()
        _ip(f"link add {link} type veth peer name eth0 netns {pid}")
        _ip(f"link set {link} master {self.bridge} up")
        inside = ["nsenter", "--target", str(pid), "--net", "ip", "-batch", "-"]
        words = [
            "link set lo up",
            f"address add {address}/16 dev eth0",
            "link set eth0 up",
            # What is redirected on its way to a ClusterIP needs a route before that.
            f"route add default via {self.host}",
        ]
        subprocess.run(inside, input="\n".join(words), text=True, check=True)


class Inside:
    """`with Inside(fd):` the calling thread is in that network namespace; sockets stay there."""

    def __init__(self, fd):
        self._fd = fd
        self._home = None

    def __enter__(self):
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _set_namespace(self._fd)

    def __exit__(self, *_):
        _set_namespace(self._home)
        os.close(self._home)


def _set_namespace(fd):
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"setns: {os.strerror(code)}")


def _ip(words):
    subprocess.run(["ip", *words.split()], check=True)


def _check_users():
    """Sidecars run as a user of their own, which a user namespace of one user lacks."""
    mapped = pathlib.Path("/proc/self/uid_map").read_text().split()
    if os.geteuid() != 0 or int(mapped[2]) < _UIDS_NEEDED:
        raise Refused(
            "the mesh tests need root: expected a process that can run sidecars as user 1337, "
            f"found user {os.geteuid()} with the user map '{' '.join(mapped)}'.\n"
            "Run them as root (in a container: with the capabilities SYS_ADMIN and NET_ADMIN)."
        )

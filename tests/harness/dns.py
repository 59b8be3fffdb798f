"""A DNS server, of which a test says what it says: UDP on a port of loopback."""

import ipaddress
import socket
import struct
import threading

from .process import Part

NXDOMAIN = 3
SERVFAIL = 2

_A, _CNAME, _AAAA = 1, 5, 28
_MAX_CHAIN = 8


class Dns(Part):
    """names: of each name the addresses it has, the name it stands for ("cname:NAME"), or a code.

    A name that is not among them does not exist. What a name has comes in another order with each
    answer, as many providers have it. All may be changed at any time.
    """

    def __init__(self, ttl_s=1):
        self.names = {}
        self.n_asked = {}
        self._ttl_s = ttl_s
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self):
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                question, sender = self._socket.recvfrom(4096)
                self._socket.sendto(self._answer(question), sender)
            except OSError:
                return

    def _answer(self, question):
        name, end = _read_name(question, 12)
        wanted = struct.unpack_from(">H", question, end)[0]
        self.n_asked[name] = self.n_asked.get(name, 0) + 1
        code, records = self._look_up(name, wanted, self.n_asked[name])
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return head + question[12 : end + 4] + b"".join(records)

    def _look_up(self, name, wanted, turn):
        """The response code, and the records that lead from the name to what is wanted of it."""
        records = []
        for _ in range(_MAX_CHAIN):
            held = self.names.get(name, NXDOMAIN)
            if isinstance(held, int):
                return held, []
            if not (held and held[0].startswith("cname:")):
                found = [each for each in held if _type_of(each) == wanted]
                at = turn % len(found) if found else 0
                for each in found[at:] + found[:at]:
                    packed = ipaddress.ip_address(each).packed
                    records.append(self._record(name, wanted, packed))
                return 0, records
            target = held[0].removeprefix("cname:")
            records.append(self._record(name, _CNAME, _write_name(target)))
            name = target
        return SERVFAIL, []

    def _record(self, name, kind, data):
        return _write_name(name) + struct.pack(">HHIH", kind, 1, self._ttl_s, len(data)) + data


def _type_of(address):
    return _A if ipaddress.ip_address(address).version == 4 else _AAAA


def _write_name(name):
    labels = [label.encode() for label in name.split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _read_name(message, at):
    """The name that begins there, in lower case, and where it ends."""
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower(), at + 1

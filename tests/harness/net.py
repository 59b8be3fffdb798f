"""Ports and addresses for the parts of a test."""

import json
import random
import socket
import subprocess

# Below the range that Linux takes the ports of outgoing connections from (32768 and up), so that
# a port found free is still free when the process that is to listen on it has started.
_PORTS = range(20000, 32000)
_given_out = set()


def free_port():
    """A TCP port on which nothing listens, never the same twice."""
    while True:
        port = random.choice(_PORTS)
        if port not in _given_out and _is_free(port):
            _given_out.add(port)
            return port


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def host_address():
    """An IPv4 address of this machine that is not loopback: EndpointSlices refuse loopback."""
    command = ["ip", "-json", "-4", "address", "show", "up", "scope", "global"]
    for interface in json.loads(subprocess.check_output(command)):
        for address in interface.get("addr_info", []):
            if address:  # ip leaves an empty one for each that it was not asked for
                return address["local"]
    raise AssertionError("this machine has no IPv4 address but loopback")

"""The network of the tests: nothing else is in it, and where the kernel gives none the run ends."""

import errno
import json
import socket
import subprocess
import sys

import pytest

from harness import netns
from harness.net import host_address
from harness.tools import REPOSITORY

# Enters a network of its own within this one, and tells who it is there and what it sees.
_ENTER = """
import json, os, subprocess
from harness import netns
netns.enter()
seen = json.loads(subprocess.check_output(["ip", "-json", "-4", "address", "show", "up"]))
addresses = [(link["ifname"], [each["local"] for each in link["addr_info"]]) for link in seen]
print(json.dumps([os.geteuid(), addresses]))
"""
_ONLY_LO = [["lo", ["127.0.0.1", netns.ADDRESS]]]


def enter(*wrapper):
    command = [*wrapper, sys.executable, "-c", _ENTER]
    return subprocess.run(command, cwd=REPOSITORY / "tests", capture_output=True, text=True)


def test_the_tests_see_no_other_network():
    links = json.loads(subprocess.check_output(["ip", "-json", "link"]))

    assert [link["ifname"] for link in links] == ["lo"]
    assert host_address() == netns.ADDRESS
    with socket.socket() as outward, pytest.raises(OSError) as refused:
        outward.connect(("192.0.2.1", 80))
    assert refused.value.errno == errno.ENETUNREACH


def test_with_the_right_to_it_a_process_enters_one():
    entered = enter()

    assert entered.returncode == 0, entered.stderr
    assert json.loads(entered.stdout) == [0, _ONLY_LO]


def test_without_it_a_process_enters_one_as_root_of_a_user_namespace():
    entered = enter("setpriv", "--bounding-set=-sys_admin")

    assert entered.returncode == 0, entered.stderr
    assert json.loads(entered.stdout) == [0, _ONLY_LO]


def test_where_the_kernel_gives_none_the_message_says_what_would_help():
    none_allowed = "echo 0 >/proc/sys/user/max_net_namespaces && exec \"$@\""
    refused = enter("unshare", "--map-root-user", "sh", "-c", none_allowed, "sh")

    assert refused.returncode == 1
    assert "the kernel refuses one" in refused.stderr
    assert "as this user: [Errno 28] unshare: ENOSPC" in refused.stderr
    assert "Run them as root or with CAP_SYS_ADMIN" in refused.stderr

"""What the other tests here rest on."""

import subprocess
import sys

import pytest

import scene
from harness import wait_until
from harness.tools import REPOSITORY

START_FABRIC = "from harness.fabric import Fabric; Fabric().start()"


def test_clusters_reach_each_other_by_their_gateways_only(first, second):
    here = first.gateway()
    with here.connect(second.gateway().address, scene.GATEWAY_PORT):
        pass
    for address, port in (
        (second.cluster.pod("details").address, scene.PORT),
        (second.gateway().address, 15021),
    ):
        with pytest.raises(OSError):
            here.connect(address, port, timeout_s=0.5)
    with here.connect(first.cluster.pod("details").address, scene.PORT):
        pass


def test_a_pod_that_is_deleted_is_replaced_by_another_address(first):
    before = first.cluster.pod("ratings")
    words = ["delete", "pod", before.name, "-n", scene.NAMESPACE, "--wait=false"]
    first.api.kubectl(*words).check()
    wait_until("the old one is gone", lambda: before not in first.cluster.pods("ratings"))
    first.cluster.wait_ready()
    after = first.cluster.pod("ratings")
    assert after.address != before.address
    client = first.client()
    wait_until("it is asked", lambda: client.get("http://ratings:9080/").cluster == first.name)


def test_without_a_second_user_the_refusal_says_what_is_needed():
    inside = ["unshare", "--user", "--map-root-user", "--net"]
    done = subprocess.run(
        [*inside, sys.executable, "-c", START_FABRIC],
        cwd=REPOSITORY / "tests",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode != 0
    assert "the mesh tests need root" in done.stderr
    assert "SYS_ADMIN and NET_ADMIN" in done.stderr

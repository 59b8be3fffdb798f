"""spillway-webhook and its files: manifests and certificates that change, break and go away."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from harness import wait_until
from over_folders import (
    CART,
    CERTS_GEN,
    NAMESPACE,
    SETTING,
    WORKSPACE,
    Webhook,
    exposing_folder,
    is_exposed,
    review,
    write,
)


@pytest.fixture
def folder(tmp_path):
    return exposing_folder(tmp_path)


@pytest.fixture
def webhook(tmp_path, folder):
    with Webhook(tmp_path, {"east": folder}, "--drain-seconds=0") as webhook:
        yield webhook


def test_without_its_folder_it_lives_but_decides_nothing(tmp_path):
    missing = tmp_path / "missing"
    webhook = Webhook(tmp_path, {"east": missing}, "--drain-seconds=0", wait_for="healthz")
    with webhook:
        wait_until("a reason", lambda: b"No such file" in webhook.get("/readyz").body)
        ready = webhook.get("/readyz")
        assert ready.status == 503
        assert f'cluster "east" not read yet: {missing}:' in ready.body.decode()
        answer = webhook.post("/mutate", review(CART))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}}
        assert webhook.post("/mutate", review(pod)).response()["allowed"] is True

        missing.mkdir()
        write(missing / "base.yaml", NAMESPACE, WORKSPACE, SETTING)
        wait_until("ready", lambda: webhook.get("/readyz").status == 200)
        assert is_exposed(webhook)


def test_a_remote_cluster_that_is_away_does_not_hold_up_the_local_one(tmp_path, folder):
    clusters = {"east": folder, "west": tmp_path / "missing"}
    with Webhook(tmp_path, clusters, "--drain-seconds=0") as webhook:
        assert is_exposed(webhook)
        assert webhook.metric("spillway_cluster_synced", cluster="west") == 0
        assert webhook.metric("spillway_cluster_synced", cluster="east") == 1


def test_a_changed_file_is_read_within_a_second(webhook, folder):
    assert is_exposed(webhook)
    write(folder / "base.yaml", NAMESPACE)
    wait_until("the workspace is gone", lambda: not is_exposed(webhook), timeout_s=1)
    write(folder / "more.yaml", WORKSPACE, SETTING)
    wait_until("the workspace is back", lambda: is_exposed(webhook), timeout_s=1)


class Mount:
    """A ConfigMap as the kubelet mounts it: files are links through ..data, which is turned."""

    def __init__(self, path):
        self.path = path
        self._number = 0

    def set(self, *objects):
        self._number += 1
        version = self.path / f"..2026_11_23_{self._number}"
        version.mkdir(parents=True)
        write(version / "base.yaml", *objects)
        data, turned = self.path / "..data", self.path / "..data_tmp"
        before = data.resolve() if data.exists() else None
        turned.symlink_to(version.name)
        turned.rename(data)
        if not (self.path / "base.yaml").is_symlink():
            (self.path / "base.yaml").symlink_to("..data/base.yaml")
        if before:
            shutil.rmtree(before)


def test_a_mounted_config_map_is_followed_through_its_link(tmp_path):
    mount = Mount(tmp_path / "mount")
    mount.set(NAMESPACE, WORKSPACE, SETTING)
    with Webhook(tmp_path, {"east": mount.path}, "--drain-seconds=0") as webhook:
        for _ in range(3):
            assert is_exposed(webhook)
            mount.set(NAMESPACE)
            wait_until("the workspace is gone", lambda: not is_exposed(webhook), timeout_s=3)
            mount.set(NAMESPACE, WORKSPACE, SETTING)
            wait_until("the workspace is back", lambda: is_exposed(webhook), timeout_s=3)


def test_a_bad_file_leaves_the_last_good_view_and_shows(webhook, folder):
    (folder / "base.yaml").write_text("kind: [")
    wait_until("it shows", lambda: webhook.metric("spillway_cluster_failing", cluster="east") == 1)
    assert webhook.metric("spillway_cluster_synced", cluster="east") == 1
    assert webhook.metric("spillway_cluster_read_failures_total", cluster="east") >= 1
    assert webhook.get("/readyz").status == 200
    assert is_exposed(webhook)
    time.sleep(2.5)  # at least one more look at the same bad file
    said = [r for r in webhook.records() if r["msg"].startswith("cluster cannot be read")]
    assert len(said) == 1
    assert str(folder / "base.yaml") in said[0]["error"]

    write(folder / "base.yaml", NAMESPACE)
    wait_until("it is well", lambda: webhook.metric(
        "spillway_cluster_failing", cluster="east") == 0)
    assert not is_exposed(webhook)


class SecretMount:
    """The certificates' folder turned into what the kubelet makes of a Secret: links, and one that
    is turned under them."""

    def __init__(self, webhook):
        self._folder = webhook.pki
        self._work = webhook.pki.with_name("renewed")
        self._number = 0
        shutil.copytree(self._folder, self._work)
        self.turn()

    def turn(self):
        """A new certificate, all files of it in the same moment."""
        self._number += 1
        subprocess.run([CERTS_GEN, "--renew", self._work], check=True, capture_output=True)
        version = self._folder / f"..2026_11_23_{self._number}"
        shutil.copytree(self._work, version)
        aside = self._folder / "..data_tmp"
        aside.symlink_to(version.name)
        aside.rename(self._folder / "..data")
        for name in ("tls.crt", "tls.key"):
            if not (self._folder / name).is_symlink():
                link = self._folder / f".{name}"
                link.symlink_to(f"..data/{name}")
                link.rename(self._folder / name)


def serving_serial(webhook):
    with socket.create_connection(("127.0.0.1", webhook.port), timeout=10) as plain:
        with webhook.context().wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.getpeercert()["serialNumber"]


def test_a_renewed_certificate_is_served_without_a_restart(webhook):
    before = serving_serial(webhook)
    with contextlib.closing(webhook.connect()) as connection:
        webhook.post("/mutate", review(CART), connection).response()
        (webhook.pki / "tls.crt").write_text("half a certi")
        wait_until("the failure shows", lambda: webhook.metric(
            "spillway_tls_reload_failures_total") >= 1)
        assert serving_serial(webhook) == before
        subprocess.run([CERTS_GEN, "--renew", webhook.pki], check=True, capture_output=True)
        wait_until("the new one", lambda: serving_serial(webhook) != before)
        webhook.post("/mutate", review(CART), connection).response()  # goes on undisturbed
    assert webhook.metric("spillway_tls_reloads_total") == 1


def wait_for_another(webhook, before, timeout_s):
    return wait_until("another certificate", lambda: (
        serial := serving_serial(webhook)) != before and serial, timeout_s)


def test_a_mounted_secret_is_followed_within_a_second(webhook):
    serial = serving_serial(webhook)
    mount = SecretMount(webhook)
    for _ in range(3):
        serial = wait_for_another(webhook, serial, timeout_s=1)
        mount.turn()
    wait_for_another(webhook, serial, timeout_s=1)


def test_a_certificate_folder_may_go_and_come_back(webhook):
    serial = serving_serial(webhook)
    aside = webhook.pki.with_name("aside")
    shutil.copytree(webhook.pki, aside)
    shutil.rmtree(webhook.pki)
    wait_until("the failure shows", lambda: webhook.metric(
        "spillway_tls_reload_failures_total") >= 1)
    assert serving_serial_by(webhook, aside) == serial
    subprocess.run([CERTS_GEN, "--renew", aside], check=True, capture_output=True)
    aside.rename(webhook.pki)
    serial = wait_for_another(webhook, serial, timeout_s=10)
    # And is watched like the one before.
    subprocess.run([CERTS_GEN, "--renew", webhook.pki], check=True, capture_output=True)
    wait_for_another(webhook, serial, timeout_s=1)


def serving_serial_by(webhook, folder):
    """The serial, by the CA of another folder."""
    tls = ssl.create_default_context(cafile=folder / "ca.crt")
    with socket.create_connection(("127.0.0.1", webhook.port), timeout=10) as plain:
        with tls.wrap_socket(plain, server_hostname="localhost") as peer:
            return peer.getpeercert()["serialNumber"]


def test_without_inotify_files_are_looked_at_every_few_seconds(tmp_path, folder):
    webhook = Webhook(tmp_path, {"east": folder}, "--drain-seconds=0")
    # In a user namespace of its own, where the kernel gives no watch to anybody.
    spend = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\""
    webhook.argv = ["unshare", "--user", "--map-root-user", "sh", "-c", spend, "sh", *webhook.argv]
    with webhook:
        assert any("gives no watch" in record["msg"] for record in webhook.records())
        serial = serving_serial(webhook)
        SecretMount(webhook)
        wait_for_another(webhook, serial, timeout_s=10)
        write(folder / "base.yaml", NAMESPACE)
        wait_until("the workspace is gone", lambda: not is_exposed(webhook), timeout_s=10)

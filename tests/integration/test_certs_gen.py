"""certs/gen: what it makes, and what it never overwrites."""

import base64
import datetime
import subprocess

import pytest

from harness.tools import REPOSITORY
from shipped import gen


def openssl(*arguments):
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def contents(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@pytest.fixture
def pki(tmp_path):
    """A folder that certs/gen has made."""
    folder = tmp_path / "pki"
    done = gen(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return folder


def test_gen_makes_four_files_of_which_no_key_is_readable_by_others(pki):
    modes = {each.name: oct(each.stat().st_mode & 0o777) for each in pki.iterdir()}

    assert modes == {
        "ca.crt": "0o644", "ca.key": "0o600", "tls.crt": "0o644", "tls.key": "0o600",
    }


def test_gen_s_certificate_is_one_the_api_server_believes(pki):
    host = "spillway-webhook.spillway-system.svc"
    purpose = ["verify", "-x509_strict", "-CAfile", pki / "ca.crt", "-purpose"]
    for name in (["-verify_hostname", host], ["-verify_hostname", f"{host}.cluster.local"],
                 ["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"],
                 ["-verify_ip", "::1"]):
        done = openssl(*purpose, "sslserver", *name, pki / "tls.crt")
        assert done.returncode == 0, done.stderr
    other = ["-verify_hostname", "other.svc"]
    assert openssl(*purpose, "sslserver", *other, pki / "tls.crt").returncode != 0
    assert openssl(*purpose, "sslclient", pki / "tls.crt").returncode != 0

    text = openssl("x509", "-in", pki / "tls.crt", "-noout", "-text").stdout
    assert "ASN1 OID: prime256v1" in text


def test_gen_never_replaces_a_ca_unasked(pki):
    before = contents(pki)
    refused = gen(pki)

    assert refused.returncode == 1
    assert "--renew" in refused.stderr and "--force" in refused.stderr
    assert contents(pki) == before

    assert gen("--force", pki).returncode == 0
    after = contents(pki)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in after)


def test_gen_renews_the_leaf_under_the_same_ca(pki):
    before = contents(pki)
    assert gen("--renew", "--days", 3, pki, "other.example", "192.0.2.7").returncode == 0
    after = contents(pki)

    assert {name for name in after if after[name] != before[name]} == {"tls.crt", "tls.key"}
    whole = ["verify", "-CAfile", pki / "ca.crt"]
    assert openssl(*whole, "-verify_hostname", "other.example", pki / "tls.crt").returncode == 0
    assert openssl(*whole, "-verify_ip", "192.0.2.7", pki / "tls.crt").returncode == 0
    ends = openssl("x509", "-in", pki / "tls.crt", "-noout", "-enddate", "-dateopt", "iso_8601")
    end = datetime.datetime.fromisoformat(ends.stdout.strip().removeprefix("notAfter=")[:19])
    left = end - datetime.datetime.utcnow()
    assert datetime.timedelta(days=2.9) < left <= datetime.timedelta(days=3)


def test_gen_renews_nothing_without_a_ca(tmp_path):
    refused = gen("--renew", tmp_path / "pki")

    assert refused.returncode == 1
    assert not (tmp_path / "pki").exists()


def test_gen_makes_a_client_certificate_that_serves_nothing(pki):
    assert gen("--renew", "--client", "system:kube-apiserver", pki).returncode == 0
    purpose = ["verify", "-CAfile", pki / "ca.crt", "-purpose"]

    assert openssl(*purpose, "sslclient", pki / "client.crt").returncode == 0
    assert openssl(*purpose, "sslserver", pki / "client.crt").returncode != 0
    subject = openssl("x509", "-in", pki / "client.crt", "-noout", "-subject").stdout
    assert subject.strip().endswith("CN = system:kube-apiserver")
    assert (pki / "client.key").stat().st_mode & 0o777 == 0o600


def test_gen_prints_the_bundle_and_nothing_else(pki):
    before = contents(pki)
    done = gen("--ca-bundle", pki)

    assert base64.b64decode(done.stdout) == before["ca.crt"]
    assert done.stdout.count("\n") == 1
    assert contents(pki) == before


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--unknown", "DIR"],
        ["DIR", "a b"],
        ["DIR", "a\nbasicConstraints=CA:true"],
        ["DIR", "a,DNS:b"],
        ["DIR", ""],
        ["--days", "0", "DIR"],
        ["--days", "ten", "DIR"],
        ["--client", "a/CN=b", "DIR"],
        ["--force", "--renew", "DIR"],
        ["--days"],
    ],
    ids=repr,
)
def test_gen_tells_wrong_usage_and_writes_nothing(tmp_path, arguments):
    folder = tmp_path / "pki"
    refused = gen(*(folder if each == "DIR" else each for each in arguments))

    assert refused.returncode == 2
    assert "see --help" in refused.stderr
    assert not folder.exists()


def test_gen_keeps_out_of_the_checkout():
    folder = REPOSITORY / "certs" / "not-to-be"
    refused = gen(folder)

    assert refused.returncode == 1
    assert "keys do not belong there" in refused.stderr
    assert not folder.exists()


def test_gen_helps():
    done = gen("--help")

    assert done.returncode == 0
    assert done.stdout.startswith("usage: certs/gen")

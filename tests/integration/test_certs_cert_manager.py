"""The optional component for cert-manager: that it fits the base, and that its parts fit each
other."""

import os

import pytest

from harness import ApiServer
from kept import SERVICE
from installed import NAMESPACE
from shipped import MANIFESTS, OURS, built

INJECT = "cert-manager.io/inject-ca-from"


@pytest.fixture(scope="module")
def objects(tools, tmp_path_factory):
    """The base with the component, as an overlay of the user's has it."""
    folder = tmp_path_factory.mktemp("overlay")
    there = os.path.relpath(MANIFESTS, folder)
    (folder / "kustomization.yaml").write_text(
        f"resources: [{there}]\ncomponents: [{there}/components/cert-manager]\n"
    )
    with ApiServer("overlay", tmp_path_factory.mktemp("overlay-api") / "cluster") as api:
        yield {(each["kind"], each["metadata"]["name"]): each for each in built(api, folder)}


def certificate(objects, name):
    found = objects["Certificate", name]
    assert found["metadata"]["namespace"] == NAMESPACE
    return found["spec"]


def test_the_webhook_serves_what_cert_manager_issues(objects):
    pod = objects["Deployment", SERVICE]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    [volume] = [each for each in pod["volumes"] if each["name"] == "tls"]
    [mount] = [each for each in container["volumeMounts"] if each["name"] == "tls"]
    issued = certificate(objects, SERVICE)

    assert volume["secret"]["secretName"] == issued["secretName"]
    assert container["args"][-2:] == [
        f"--tls-cert-file={mount['mountPath']}/tls.crt",
        f"--tls-key-file={mount['mountPath']}/tls.key",
    ]
    assert any(each.startswith("--cluster=") for each in container["args"]), "the base's stay"
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_the_names_are_those_that_api_servers_ask_for(objects):
    names = certificate(objects, SERVICE)["dnsNames"]

    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for webhook in objects[kind, "spillway"]["webhooks"]:
            at = webhook["clientConfig"]["service"]
            assert f"{at['name']}.{at['namespace']}.svc" in names


def test_each_certificate_has_its_issuer(objects):
    serving, authority = (certificate(objects, name) for name in (SERVICE, "spillway-webhook-ca"))
    signer = objects["Issuer", serving["issuerRef"]["name"]]
    first = objects["Issuer", authority["issuerRef"]["name"]]

    assert signer["spec"]["ca"]["secretName"] == authority["secretName"]
    assert first["spec"] == {"selfSigned": {}}
    assert authority["isCA"] and "isCA" not in serving
    secrets = {serving["secretName"], authority["secretName"]}
    assert len(secrets) == 2 and "spillway-webhook-certs" not in secrets, "the keeper's is its own"


def test_the_registrations_get_the_authority_and_fail_closed(objects):
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        annotations = objects[kind, "spillway"]["metadata"]["annotations"]
        assert annotations[INJECT] == f"{NAMESPACE}/{SERVICE}"
    [webhook] = objects["ValidatingWebhookConfiguration", "spillway"]["webhooks"]
    assert webhook["failurePolicy"] == "Fail"
    assert {webhook["failurePolicy"]
            for webhook in objects["MutatingWebhookConfiguration", "spillway"]["webhooks"]
            } == {"Ignore"}


def test_everything_is_marked_as_ours(objects):
    for (kind, name), each in objects.items():
        assert each["metadata"]["labels"][OURS] == "spillway", (kind, name)

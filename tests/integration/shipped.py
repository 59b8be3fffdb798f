"""What users are shipped: the names in manifests/, and certs/gen as they call it."""

import subprocess

import yaml

from harness.tools import REPOSITORY, istio_crds

MANIFESTS = REPOSITORY / "manifests"
GEN = REPOSITORY / "certs" / "gen"
OURS = "app.kubernetes.io/managed-by"
SERVICE = "service.mutate.spillway.dev"
RULE = "destinationrule.mutate.spillway.dev"
SETTING = "workspacesetting.validate.spillway.dev"
CRDS = (
    "workspaces.tsb.tetrate.io",
    "workspacesettings.tsb.tetrate.io",
    "ingressgateways.install.tetrate.io",
)
MUTATING = "mutatingwebhookconfigurations.admissionregistration.k8s.io"
VALIDATING = "validatingwebhookconfigurations.admissionregistration.k8s.io"
CONFIGURATIONS = {
    "mutatingwebhookconfiguration": [SERVICE, RULE],
    "validatingwebhookconfiguration": [SETTING],
}


def define(api):
    """The kinds that the objects of these tests are of."""
    for source in (["-f", istio_crds()], ["-k", MANIFESTS / "crds"]):
        api.kubectl("apply", "--server-side", *source).check()
    api.wait_for_crds()


def built(api, folder=MANIFESTS):
    return list(yaml.safe_load_all(api.kubectl("kustomize", folder).check().stdout))


def webhooks_of(api):
    return {
        webhook["name"]: (configuration, webhook)
        for configuration in CONFIGURATIONS
        for webhook in api.get(configuration, "spillway")["webhooks"]
    }


def gen(*arguments):
    command = [GEN, *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, check=False)

"""Objects of our CRDs, right ones to start from, and an API server that knows the CRDs.

They are those of the EastWest failover guide in the form that clusters hold.
"""

import pytest
import yaml

from harness.tools import REPOSITORY

CRDS = REPOSITORY / "manifests" / "crds"
NAMES = (
    "workspaces.tsb.tetrate.io",
    "workspacesettings.tsb.tetrate.io",
    "ingressgateways.install.tetrate.io",
)
SETTINGS = "defaultEastWestGatewaySettings"
ITEM = f"spec.{SETTINGS}[0]"

GUIDE = {
    "workspace": """
        apiVersion: tsb.tetrate.io/v2
        kind: Workspace
        metadata:
          name: bookinfo-ws
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
        spec:
          namespaceSelector:
            names:
              - "*/bookinfo"
        """,
    "gateway": """
        apiVersion: install.tetrate.io/v1alpha1
        kind: IngressGateway
        metadata:
          name: eastwest-gateway
        spec:
          eastWestOnly: true
        """,
    "setting": """
        apiVersion: tsb.tetrate.io/v2
        kind: WorkspaceSetting
        metadata:
          name: bookinfo-ws-setting
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
            tsb.tetrate.io/workspace: bookinfo-ws
        spec:
          defaultEastWestGatewaySettings:
            - workloadSelector:
                namespace: eastwest
                labels:
                  app: eastwest-gateway
        """,
    "setting with selectors": """
        apiVersion: tsb.tetrate.io/v2
        kind: WorkspaceSetting
        metadata:
          name: bookinfo-ws-setting
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
            tsb.tetrate.io/workspace: bookinfo-ws
        spec:
          defaultEastWestGatewaySettings:
            - workloadSelector:
                namespace: eastwest
                labels:
                  app: eastwest-gateway
              exposedServices:
                - serviceLabels:
                    failover: enable
                - serviceLabels:
                    app: details
        """,
    # The FAQ's manifest as it stands there: the block is beside spec, which is null.
    "slip": """
        apiVersion: tsb.tetrate.io/v2
        kind: WorkspaceSetting
        metadata:
          name: bookinfo-ws-setting
          annotations:
            tsb.tetrate.io/organization: tetrate
            tsb.tetrate.io/tenant: tetrate
            tsb.tetrate.io/workspace: bookinfo-ws
        spec:
        defaultEastWestGatewaySettings:
          - workloadSelector:
              namespace: eastwest
              labels:
                app: eastwest-gateway
            exposedServices:
              - serviceLabels:
                  failover: enable
              - serviceLabels:
                  app: details
        """,
}


@pytest.fixture(scope="module")
def crds(api):
    """The API server with our CRDs. What a file's tests leave claims no namespace of later ones."""
    api.kubectl("apply", "--server-side", "-k", CRDS).check()
    api.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", *NAMES).check()
    yield api
    api.kubectl("delete", ",".join(NAMES), "--all", "-A", "--wait=false").check()


def apply(api, namespace, thing, *options):
    return api.kubectl("apply", "-n", namespace, *options, "-f", "-", input=thing)


WAYS = {
    "apply": ["apply"],
    "server-side apply": ["apply", "--server-side"],
    "create": ["create"],
    # As a controller does: no strict validation, unknown fields are dropped in silence.
    "create unvalidated": ["create", "--validate=false"],
}


def write(api, namespace, thing, way):
    return api.kubectl(*WAYS[way], "-n", namespace, "-f", "-", input=thing)


def group(thing):
    return thing["apiVersion"].partition("/")[0]


def workspace(*names, **spec):
    made = yaml.safe_load(GUIDE["workspace"])
    made["spec"] = {"namespaceSelector": {"names": list(names)}, **spec}
    return made


def setting(**spec):
    made = yaml.safe_load(GUIDE["setting"])
    made["spec"] = spec
    return made


def gateway_item(**fields):
    selector = {"namespace": "eastwest", "labels": {"app": "eastwest-gateway"}}
    return {"workloadSelector": selector, **fields}


def exposing(*service_labels):
    items = [{"serviceLabels": labels} for labels in service_labels]
    return setting(**{SETTINGS: [gateway_item(exposedServices=items)]})


def selecting(**selector):
    whole = {"namespace": "eastwest", "labels": {"app": "eastwest-gateway"}, **selector}
    given = {key: value for key, value in whole.items() if value is not None}
    return setting(**{SETTINGS: [{"workloadSelector": given}]})


def outliers(**fields):
    return setting(defaultTrafficSetting={"outlierDetection": fields})


def ingress_gateway(name, **spec):
    made = yaml.safe_load(GUIDE["gateway"])
    made["metadata"]["name"] = name
    made["spec"] = spec
    return made

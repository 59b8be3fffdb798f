"""Envoy as pilot-agent runs it: a sidecar, or a gateway."""

import json
import os
import re

from .sandbox import PROXY_USER
from .tools import istio_bootstrap, tool

CONTAINER = "istio-proxy"

_ISTIOD = "istiod.istio-system.svc:15012"
_TOKEN = "var/run/secrets/tokens/istio-token"
_ROOT = "var/run/secrets/istio/root-cert.pem"

# Envoy goes with its agent, however that ends.
_ENVOY = """\
#!/bin/sh
exec setpriv --pdeathsig KILL -- /mnt/tools/envoy "$@"
"""


def mounts():
    """What a pod with a proxy sees below /mnt."""
    return {"tools": tool("envoy").parent, "istio": istio_bootstrap().parent}


def lay_out(directory, root_certificate, token):
    """Writes the files of a proxy into its pod's folder."""
    for name, text in {_TOKEN: token, _ROOT: root_certificate}.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    envoy = directory / "envoy"
    envoy.write_text(_ENVOY)
    envoy.chmod(0o755)
    (directory / "etc/istio/proxy").mkdir(parents=True)
    # pilot-agent writes beside them.
    for folder, _, _ in os.walk(directory):
        os.chown(folder, PROXY_USER, PROXY_USER)


def argv(container, env):
    """Of a container as injection leaves it: `args: [proxy, sidecar, ...]`, with $(NAME)s."""
    words = [re.sub(r"\$\((\w+)\)", lambda it: env[it[1]], word) for word in container["args"]]
    return ["/mnt/tools/pilot-agent", *words]


def env(pod, address, cluster):
    """What injection and the kubelet put into the proxy's environment, for the pod's object."""
    metadata, spec = pod["metadata"], pod["spec"]
    config = {
        "discoveryAddress": _ISTIOD,
        "binaryPath": "/mnt/pod/envoy",
        "configPath": "./etc/istio/proxy",
        "proxyBootstrapTemplatePath": f"/mnt/istio/{istio_bootstrap().name}",
        "concurrency": 1,
        "terminationDrainDuration": "1s",
    }
    return {
        "POD_NAME": metadata["name"],
        "POD_NAMESPACE": metadata["namespace"],
        "INSTANCE_IP": address,
        "SERVICE_ACCOUNT": spec["serviceAccountName"],
        "ISTIO_META_CLUSTER_ID": cluster,
        "ISTIO_META_INTERCEPTION_MODE": "REDIRECT",
        "ISTIO_META_NODE_NAME": spec["nodeName"],
        "ISTIO_METAJSON_LABELS": json.dumps(metadata.get("labels", {})),
        "CA_ADDR": _ISTIOD,
        "CLOUD_PLATFORM": "none",  # or it asks the metadata services of clouds, for 2 s
        "PILOT_CERT_PROVIDER": "istiod",
        "TRUST_DOMAIN": "cluster.local",
        "XDS_ROOT_CA": f"./{_ROOT}",
        "CA_ROOT_CA": f"./{_ROOT}",
        "PROXY_CONFIG": json.dumps(config),
    }

"""Where a Service's traffic goes when no controller is there to say so.

The API server reaches a webhook through its Service as in any cluster: it asks for
NAME.NAMESPACE.svc over TLS and HTTP/1.1, and picks one of the ready addresses of the Service's
EndpointSlices. A webhook registered under https://127.0.0.1 would be spoken to in HTTP/2 instead.
"""

from .net import host_address


def service(namespace, name, port_name):
    """A Service on port 443 without a selector."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": [{"name": port_name, "port": 443}]},
    }


def replica(namespace, name, port_name, port, number=0, ready=True):
    """The EndpointSlice of one process of this machine that serves the Service's port."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-{number}",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": port_name, "port": port}],
        "endpoints": [{"addresses": [host_address()], "conditions": {"ready": ready}}],
    }

"""Starts and stops the real parts that the tests run against:

    authority = Authority.new_root(folder / "mesh-ca")
    with ApiServer("cluster-1", folder / "cluster-1") as api:
        with Istiod(api, folder / "istiod", authority):
            namespace = api.new_namespace()
            print(api.kubectl("get", "services", "-n", namespace).stdout)
"""

from . import endpoints, netns
from .apiserver import ApiServer, Result
from .client import Client
from .istiod import Istiod
from .pki import Authority
from .process import NotReady, Process, wait_until
from .registration import Registration
from .webhook import Webhook

__all__ = [
    "ApiServer",
    "Authority",
    "Client",
    "Istiod",
    "NotReady",
    "Process",
    "Registration",
    "Result",
    "Webhook",
    "endpoints",
    "netns",
    "wait_until",
]

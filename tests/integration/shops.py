"""Many shops in one pair of clusters, so that many things can go wrong at the same time.

A shop is a namespace with Service cart in both clusters, behind a gateway of its own.
"""

from admission import namespace
from reconciler import GATEWAY_PORT, pod, running, service, setting, workspace

CART = "cart"
GATEWAYS = "eastwest"
VIEW = "ISTIO_META_REQUESTED_NETWORK_VIEW"


class Shop:
    """number: tells its addresses apart from those of others, 1 to 99."""

    def __init__(self, pair, name, number):
        self.pair = pair
        self.here = pair.first
        self.there = pair.second
        self.name = f"shop-{name}"
        self.gateway = f"gateway-{name}"
        self.addresses = {
            self.here.name: f"192.0.2.{number}",
            self.there.name: f"192.0.2.{100 + number}",
        }

    def open(self):
        """Cart runs in both clusters, exposed, each behind its gateway."""
        for cluster in self.pair.clusters:
            cluster.put(namespace(self.name, {"istio-injection": "enabled"}))
            cluster.put(service(CART, self.name))
            cluster.scale(CART, 1, self.name)
            self.bring_gateway(cluster, self.addresses[cluster.name])
        for cluster in self.pair.clusters:
            cluster.put(workspace(self.name, f"*/{self.name}"))
            exposes = setting(name=self.name, workspace=self.name)
            [item] = exposes["spec"]["defaultEastWestGatewaySettings"]
            item["workloadSelector"] = {"namespace": GATEWAYS, "labels": {"app": self.gateway}}
            cluster.put(exposes)

    def entries(self):
        """Where the local cluster's WorkloadEntries for cart lead to."""
        return self.here.addresses(CART, self.name).get(CART, set())

    def leads_there(self):
        return self.entries() == {self.addresses[self.there.name]}

    # what goes wrong in the other cluster

    def bring_gateway(self, cluster, *addresses):
        cluster.gateway(*addresses, name=self.gateway, at=GATEWAYS)

    def gateway_back(self):
        """The gateway in the other cluster is as it was."""
        self.there.delete("Pod", self.gateway_pod(), GATEWAYS)
        self.bring_gateway(self.there, self.addresses[self.there.name])

    def gateway_pod(self):
        return f"{self.gateway}-gw-0"

    def gateway_pod_with(self, **env):
        """The gateway's pod is made anew, with this for its environment."""
        address = self.there.get("Pod", self.gateway_pod(), GATEWAYS)["status"]["podIP"]
        self.there.delete("Pod", self.gateway_pod(), GATEWAYS)
        labels = {"app": self.gateway}
        made = pod(self.gateway_pod(), GATEWAYS, labels, self.gateway, sidecar=False, env=env)
        self.there.put(made, running(address))

    def gateway_pod_unready(self):
        """As kubelet and endpoint controller do when its readiness probe fails."""
        held = self.there.get("Pod", self.gateway_pod(), GATEWAYS)
        held["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
        self._replace(held, "/status")
        slices = self.there.get("EndpointSlice", f"{self.gateway}-gw", GATEWAYS)
        slices["endpoints"][0]["conditions"].update(ready=False, serving=False)
        self._replace(slices)

    def _replace(self, held, part=""):
        path = self.there.path(held["kind"], GATEWAYS, held["metadata"]["name"])
        code, answer = self.there.call("PUT", path + part, held)
        assert code == 200, answer

    def passthrough(self, *hosts):
        """A user's AUTO_PASSTHROUGH Gateway on the gateway's pods."""
        port = {"number": GATEWAY_PORT, "name": "tls", "protocol": "TLS"}
        server = {"port": port, "tls": {"mode": "AUTO_PASSTHROUGH"}, "hosts": list(hosts)}
        return {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": f"users-{self.gateway}", "namespace": GATEWAYS},
            "spec": {"selector": {"app": self.gateway}, "servers": [server]},
        }

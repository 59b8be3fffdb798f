"""Clusters with bookinfo and Spillway in each, connected as its users connect them."""

import contextlib

import scene
from harness import Authority, wait_until
from harness.cluster import Cluster
from harness.fabric import Fabric
from harness.process import Part
from harness.reconciler import Reconciler
from harness.together import Together
from harness.webhook import Webhook, install


class Site(Part):
    """One cluster of a mesh, its webhook, its reconciler, and what its teams have applied.

    Started, it runs all but Spillway, which asks for every cluster to be there.
    """

    def __init__(self, cluster, directory, authority):
        self.cluster = cluster
        self.name = cluster.name
        self.api = cluster.api
        self.webhook = None
        self.reconciler = None
        self._directory = directory / f"spillway-{cluster.name}"
        self._authority = authority
        self._spillway = contextlib.ExitStack()

    def start(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.cluster)
            install(self.api)
            self.api.apply(*scene.namespaces())
            self.api.apply(*scene.gateway(self.name), *scene.bookinfo(self.name))
            self.cluster.wait_ready()
            stack.pop_all()

    def stop(self):
        self.stop_spillway()
        self.cluster.stop()

    def start_spillway(self, others):
        """Both programs; others: the other sites."""
        sources = {each.name: f"kubeconfig:{each.api.kubeconfig}" for each in [self, *others]}
        folder = self._directory
        # With none of the seconds that it gives to load balancers to hear of its end.
        options = ["--drain-seconds", "0"]
        self.webhook = Webhook(
            self.api, folder / "webhook", sources, self._authority, options=options
        )
        self.reconciler = Reconciler(
            folder / "reconciler", sources, [f"--namespace={scene.OURS}"]
        )
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.webhook)
            stack.enter_context(self.webhook.registration())
            stack.enter_context(self.reconciler)
            self._spillway = stack.pop_all()

    def stop_spillway(self):
        self._spillway.close()

    def apply(self, *objects):
        self.api.apply(*objects)

    def delete(self, *objects):
        """What is not there any more is no failure; returns before what they own is gone."""
        words = ["delete", "--ignore-not-found", "--wait=false", "-f", "-"]
        self.api.kubectl(*words, input=list(objects)).check()

    def entries(self, service):
        """The names of the WorkloadEntries that lead a service elsewhere."""
        words = ["get", "workloadentries", "-n", scene.NAMESPACE, "-o", "name"]
        names = [line.partition("/")[2] for line in self.api.kubectl(*words).stdout.split()]
        return {name for name in names if name.startswith(f"k-{service}-")}

    def gateway(self):
        """The pod of its east-west gateway."""
        return self.cluster.pod(scene.GATEWAY, namespace=scene.GATEWAY_NAMESPACE)

    def client(self):
        """Who asks in the tests: the pod of productpage."""
        return self.cluster.pod("productpage")


class Mesh(Part):
    """n clusters that share a root of trust and nothing else, all in one region and zone."""

    def __init__(self, directory, n=2):
        self.fabric = Fabric()
        self.authority = Authority.new_root(directory / "mesh-ca")
        self._directory = directory
        self._n = n
        self.sites = []
        self._stack = contextlib.ExitStack()

    def start(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.fabric)
            self.sites = [self._site(number) for number in range(1, self._n + 1)]
            stack.enter_context(Together(*self.sites))
            for site in self.sites:
                stack.callback(site.stop_spillway)
                site.start_spillway([each for each in self.sites if each is not site])
            for site in self.sites:
                site.api.apply(scene.workspace())
                site.api.apply(scene.setting())
            self.wait_connected()
            self._stack = stack.pop_all()

    def stop(self):
        self._stack.close()

    def wait_connected(self, services=tuple(scene.VERSIONS), timeout_s=60):
        """Waits until every client's Envoy knows the way to every other cluster's pods."""
        for site in self.sites:
            for name in services:
                wait_until(
                    f"{site.name}: {name} has its ways elsewhere",
                    lambda site=site, name=name: self.is_connected(site, name),
                    timeout_s,
                    tell=lambda site=site, name=name: self._ways(site, name),
                )

    def is_connected(self, site, name):
        return site.client().priorities(scene.outbound(name)).keys() == self._wanted(site, name)

    def _wanted(self, site, name):
        """The endpoints that a client has to know."""
        elsewhere = {
            f"{other.gateway().address}:{scene.GATEWAY_PORT}"
            for other in self.sites
            if other is not site
        }
        local = {f"{pod.address}:{scene.PORT}" for pod in site.cluster.pods(name) if pod.ready}
        return elsewhere | local

    def _ways(self, site, name):
        """Where a way to a service ends, for whoever reads that it does."""
        known = site.client().priorities(scene.outbound(name))
        wanted = sorted(self._wanted(site, name))
        log = site.reconciler.process.log.read_text(errors="replace").splitlines()[-8:]
        return "\n".join(
            [
                f"wanted {wanted}, Envoy knows {known}, entries {site.entries(name)}",
                f"{site.name}'s reconciler, last:",
                *log,
            ]
        )

    def refusals(self):
        """How often, so far, a proxy has answered istiod that it cannot use what it was sent."""
        return {site.name: site.cluster.istiod.refusals() for site in self.sites}

    def _site(self, number):
        images = scene.IMAGES
        cluster = Cluster(number, self._directory, self.fabric, self.authority, images)
        return Site(cluster, self._directory, self.authority)

"""The guide's two forms of exposedServices, from the WorkspaceSetting up to `kubectl get we -A`."""

import re

import pytest
import yaml

from admission import namespace
from harness import wait_until
from reconciler import SERVICES, Pair, service

GUIDE = """
apiVersion: tsb.tetrate.io/v2
kind: WorkspaceSetting
metadata:
  name: bookinfo-ws-setting
  namespace: tetrate
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
"""

FAQ = """
      exposedServices:
        - serviceLabels:
            failover: enable
        - serviceLabels:
            app: details
"""

BOTH_LABELS = """
      exposedServices:
        - serviceLabels:
            app: ratings
            tier: backend
"""


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("exposed")) as pair:
        yield pair


def expose(pair, setting):
    """As the guide does: in every cluster, by kubectl."""
    for cluster in pair.clusters:
        cluster.api.apply(yaml.safe_load(setting))


def listed(cluster):
    """What `kubectl get we -A` prints: of each line namespace, Service and address."""
    lines = cluster.api.kubectl("get", "we", "-A").check().stdout.splitlines()[1:]
    found = set()
    for line in lines:
        at, name, _, address = line.split()
        stem = re.fullmatch(r"k-(.+)-[0-9a-f]{32}", name)
        assert stem, line
        found.add((at, stem[1], address))
    return found


def leads(pair, *services):
    """Waits until in each cluster these Services, and no others, lead to the other cluster."""
    for cluster, other in (pair.clusters, reversed(pair.clusters)):
        wanted = {("bookinfo", name, f"192.0.2.{other.number}") for name in services}
        wait_until(
            f"{cluster.name} leads to {services}",
            lambda cluster=cluster, wanted=wanted: listed(cluster) == wanted,
            60,
        )


def namespaces(pair, **labels):
    for cluster in pair.clusters:
        cluster.put(namespace("bookinfo", {"istio-injection": "enabled", **labels}))


def test_without_items_all_services_of_the_workspace_are_exposed(pair):
    expose(pair, GUIDE)
    leads(pair, *SERVICES)
    assert len(pair.first.entries()) == 6, "of reviews, one for each version"


def test_an_item_exposes_what_it_selects_and_no_more(pair):
    expose(pair, GUIDE + FAQ)
    leads(pair, "details")
    host = "details.bookinfo.svc.cluster.local"
    wait_until(
        "the Gateway holds no more",
        lambda: {each.rpartition("/")[2] for each in pair.first.hosts()} == {host},
        90,
    )


def test_a_second_item_exposes_more(pair):
    """A label of the Service itself is what `failover: enable` asks for first."""
    expose(pair, GUIDE + FAQ)
    for cluster in pair.clusters:
        cluster.put(service("ratings", failover="enable"))
    leads(pair, "details", "ratings")
    for cluster in pair.clusters:
        cluster.put(service("ratings"))
    leads(pair, "details")


def test_a_namespace_that_opts_in_does_so_for_its_services(pair):
    expose(pair, GUIDE + FAQ)
    namespaces(pair, failover="enable")
    leads(pair, *SERVICES)
    # What a Service says of itself stands.
    for cluster in pair.clusters:
        cluster.put(service("reviews", failover="disable"))
    leads(pair, *(set(SERVICES) - {"reviews"}))
    for cluster in pair.clusters:
        cluster.put(service("reviews"))
    namespaces(pair)
    leads(pair, "details")


def test_all_labels_of_an_item_have_to_match(pair):
    expose(pair, GUIDE + BOTH_LABELS)
    leads(pair)
    for cluster in pair.clusters:
        cluster.put(service("ratings", tier="backend"))
        cluster.put(service("reviews", tier="backend"))
    leads(pair, "ratings")


def test_without_the_setting_nothing_is_exposed(pair):
    expose(pair, GUIDE)
    leads(pair, *SERVICES)
    for cluster in pair.clusters:
        cluster.api.kubectl(
            "delete", "workspacesettings.tsb.tetrate.io", "-n", "tetrate", "bookinfo-ws-setting"
        ).check()
    leads(pair)

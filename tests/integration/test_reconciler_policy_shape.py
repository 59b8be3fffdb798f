"""Of what shape the ValidatingAdmissionPolicy lets the reconciler's account write.

Tried with its own token, by an attacker: generated.py.
"""

import pytest

from generated import applied, at, entry, gateway, held, installed_account, installed_deployment
from generated import installed_service, refused, remove, rule, seen, stub
from shipped import OURS


@pytest.fixture(scope="module")
def account(tools, tmp_path_factory):
    with held(tmp_path_factory.mktemp("policy")) as account:
        yield account


@pytest.fixture(scope="module")
def cluster(account):
    """The same API server, for whom nobody holds."""
    return account.api


@pytest.fixture
def there(cluster, account):
    """Makes an object as the reconciler does; all are gone after the test."""
    made = []

    def make(wanted):
        made.append(wanted)
        applied(account, wanted).check()
        return wanted

    yield make
    remove(cluster, *made)


def spec(**values):
    return lambda wanted: wanted["spec"].update(values)


def metadata(**values):
    return lambda wanted: wanted["metadata"].update(values)


def server(**values):
    return lambda wanted: wanted["spec"]["servers"][0].update(values)


def pods(**values):
    return lambda wanted: wanted["spec"]["template"]["spec"].update(values)


def container(**values):
    return lambda wanted: wanted["spec"]["template"]["spec"]["containers"][0].update(values)


def security(**values):
    return lambda wanted: wanted["spec"]["template"]["spec"]["containers"][0][
        "securityContext"
    ].update(values)


def pod_annotation(key, value):
    return lambda wanted: wanted["spec"]["template"]["metadata"]["annotations"].update({key: value})


def without(key):
    return lambda wanted: wanted["spec"].pop(key)


PLAIN = {"name": "http", "number": 15443, "protocol": "HTTP"}
SIDE = {"name": "side", "image": "mine", "command": ["sh"]}
OWNER = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "00000000-0000-0000-0000-0"}
SHAPES = {
    # Whoever sends to that address from a node sends to these Pods (CVE-2020-8554).
    "external IPs": (stub, spec(externalIPs=["8.8.8.8"])),
    "a name elsewhere": (stub, spec(type="ExternalName", externalName="elsewhere.example")),
    "a balancer": (stub, spec(type="LoadBalancer")),
    "a node port": (stub, spec(type="NodePort")),
    "no selector": (stub, without("selector")),
    "another's name": (stub, metadata(annotations={"spillway.dev/service": "bank/vault"})),
    "an owner": (stub, metadata(ownerReferences=[OWNER])),
    "a finalizer": (stub, metadata(finalizers=["spillway.dev/mine"])),
    "a name as address": (entry, spec(address="elsewhere.example")),
    "another port": (entry, spec(ports={"http": 80})),
    "no ports": (entry, without("ports")),
    "no network": (entry, without("network")),
    "plain text": (entry, spec(labels={"app": "cart"})),
    "no remote": (entry, metadata(labels={OURS: "spillway"})),
    "every host": (gateway, server(hosts=["*.local"])),
    "any host": (gateway, server(hosts=["*/*"])),
    "a plain port": (
        gateway, spec(servers=[{"port": PLAIN, "hosts": ["cart.shop.svc.cluster.local"]}])
    ),
    "another gateway port": (
        gateway, server(port={"name": "tls", "number": 443, "protocol": "TLS"})
    ),
    "what ends TLS": (gateway, server(tls={"mode": "SIMPLE", "credentialName": "mine"})),
    "every workload": (gateway, without("selector")),
    "every service": (rule, spec(host="*.svc.cluster.local")),
    "a host outside": (rule, spec(host="bank.example")),
    "no TLS": (rule, spec(trafficPolicy={"tls": {"mode": "DISABLE"}})),
    "TLS of a port": (
        rule, spec(trafficPolicy={"portLevelSettings": [{"tls": {"mode": "DISABLE"}}]})
    ),
    "TLS of a subset": (
        rule,
        spec(subsets=[{"name": "v1", "trafficPolicy": {"tls": {"mode": "DISABLE"}}}]),
    ),
    "another balancing": (rule, spec(trafficPolicy={"loadBalancer": {"simple": "PASSTHROUGH"}})),
    "a cloud's role": (
        installed_account, metadata(annotations={"eks.amazonaws.com/role-arn": "arn:mine"})
    ),
    "another gateway's port": (
        installed_service, spec(ports=[{"name": "ssh", "port": 22, "protocol": "TCP"}])
    ),
    "an external name": (installed_service, spec(externalIPs=["8.8.8.8"])),
    "another image": (installed_deployment, container(image="mine")),
    "a command": (installed_deployment, container(command=["sh"])),
    "arguments": (installed_deployment, container(args=["-c", "id"])),
    "a Secret in the environment": (
        installed_deployment, container(envFrom=[{"secretRef": {"name": "vault"}}])
    ),
    "another variable": (
        installed_deployment, container(env=[{"name": "BOOTSTRAP_XDS_AGENT", "value": "true"}])
    ),
    "a key in the environment": (
        installed_deployment,
        container(
            env=[
                {
                    "name": "ISTIO_META_REQUESTED_NETWORK_VIEW",
                    "valueFrom": {"secretKeyRef": {"name": "vault", "key": "key"}},
                }
            ]
        ),
    ),
    "a terminal": (installed_deployment, container(stdin=True)),
    "a hook": (
        installed_deployment,
        container(lifecycle={"postStart": {"exec": {"command": ["sh"]}}}),
    ),
    "privileges": (installed_deployment, security(allowPrivilegeEscalation=True)),
    "root": (installed_deployment, security(runAsNonRoot=False)),
    "capabilities": (
        installed_deployment, security(capabilities={"add": ["NET_ADMIN"], "drop": ["ALL"]})
    ),
    "a second container": (
        installed_deployment,
        lambda wanted: wanted["spec"]["template"]["spec"]["containers"].append(SIDE),
    ),
    "a first container": (installed_deployment, pods(initContainers=[SIDE])),
    "a volume": (
        installed_deployment,
        pods(volumes=[{"name": "v", "secret": {"secretName": "vault"}}]),
    ),
    "the host's network": (installed_deployment, pods(hostNetwork=True)),
    "the host's processes": (installed_deployment, pods(hostPID=True)),
    "another account": (installed_deployment, pods(serviceAccountName="admin")),
    "a node": (installed_deployment, pods(nodeName="control-plane")),
    "a priority": (installed_deployment, pods(priorityClassName="system-node-critical")),
    "another user": (installed_deployment, pods(securityContext={"runAsUser": 0})),
    "another template": (
        installed_deployment, pod_annotation("inject.istio.io/templates", "mine")
    ),
    "another proxy": (
        installed_deployment, pod_annotation("sidecar.istio.io/proxyImage", "mine")
    ),
    "a user's volume": (
        installed_deployment, pod_annotation("sidecar.istio.io/userVolume", "[]")
    ),
}


@pytest.mark.parametrize(["make", "change"], SHAPES.values(), ids=SHAPES)
def test_nothing_of_another_shape_is_made(account, make, change):
    wanted = make()
    change(wanted)
    refused(applied(account, wanted, "--dry-run=server"), "spillway-reconciler")


# A stub that is there may be said to be for another Service; nothing follows from that.
BECOMES = {name: shape for name, shape in SHAPES.items() if name != "another's name"}


@pytest.mark.parametrize(["make", "change"], BECOMES.values(), ids=BECOMES)
def test_nothing_of_ours_becomes_of_another_shape(account, there, make, change):
    wanted = there(make())
    change(wanted)
    refused(applied(account, wanted, "--force-conflicts", "--dry-run=server"))


def test_a_balancer_only_where_gateways_may_be_installed(account):
    wanted = installed_service()
    applied(account, wanted, "--dry-run=server").check()
    wanted["metadata"]["namespace"] = "shop"
    refused(applied(account, wanted, "--dry-run=server"), "where it may install them")


def test_what_users_have_added_to_ours_is_no_reason_to_refuse(account, cluster, there):
    """Who scales, restarts and tunes an installed gateway does not keep us from mending it."""
    deployment, service = there(installed_deployment()), there(installed_service())
    cluster.kubectl("rollout", "restart", *at(deployment)).check()
    more = {
        "spec": {
            "template": {
                "spec": {
                    "priorityClassName": "high",
                    "nodeSelector": {"a": "b"},
                    "volumes": [{"name": "v", "emptyDir": {}}],
                }
            }
        }
    }
    cluster.kubectl("patch", *at(deployment), "-p", str(more).replace("'", '"')).check()
    narrow = '{"spec": {"loadBalancerIP": "192.0.2.9", "externalTrafficPolicy": "Local"}}'
    cluster.kubectl("patch", *at(service), "-p", narrow).check()

    for each in (deployment, service):
        each["metadata"]["labels"]["version"] = "2"
        applied(account, each, "--force-conflicts").check()
    there_now = seen(account, deployment)["spec"]["template"]["spec"]
    assert there_now["priorityClassName"] == "high"

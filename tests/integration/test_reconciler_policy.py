"""What the ValidatingAdmissionPolicy holds the reconciler's account to, tried with its own token.

The account is an attacker here: it has all of its rights, and those of a namespace that was opened
to gateways. (kubectl gets what it patches, for which the account is given a right besides.)
"""

import copy

import pytest

from harness import ApiServer, wait_until
from harness.tools import istio_crds
from installed import NAMESPACE, RECONCILER, ROOT, Account, created, install
from shipped import OURS

ISTIO = "networking.istio.io/v1"
REFUSED = f"ValidatingAdmissionPolicy '{RECONCILER}'"
MANAGER = "--field-manager=spillway"


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """Everything of manifests/ in a cluster with Istio's CRDs; eastwest is opened to gateways."""
    with ApiServer("policy", tmp_path_factory.mktemp("policy") / "cluster") as api:
        api.kubectl("apply", "--server-side", "-f", istio_crds()).check()
        install(api)
        for name in ("shop", "eastwest"):
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        api.kubectl(
            *["create", "rolebinding", "gateways", "-n", "eastwest"],
            *["--clusterrole=spillway-gateway-installer"],
            f"--serviceaccount={NAMESPACE}:{RECONCILER}",
        ).check()
        kinds = ["services", "serviceaccounts", "events", "deployments.apps"]
        istio = ["workloadentries", "gateways", "destinationrules"]
        kinds += [f"{kind}.networking.istio.io" for kind in istio]
        looker = ["looker", "--verb=get", f"--resource={','.join(kinds)}"]
        api.kubectl("create", "clusterrole", *looker).check()
        whom = ["--clusterrole=looker", f"--serviceaccount={NAMESPACE}:{RECONCILER}"]
        api.kubectl("create", "clusterrolebinding", "looker", *whom).check()
        yield api


@pytest.fixture(scope="module")
def account(cluster, tmp_path_factory):
    account = Account(cluster, tmp_path_factory.mktemp("account"), RECONCILER)
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "any"}}
    dry_run = ["-n", NAMESPACE, "--dry-run=server"]
    wait_until("the policy is in force", lambda: REFUSED in created(account, lease, *dry_run).stderr)
    return account


# --- what it writes, as pkg/mesh makes it ------------------------------------------------------


def obj(version, kind, namespace, name, spec=None, **metadata):
    labels = {OURS: "spillway", **metadata.pop("labels", {})}
    metadata = {"name": name, "namespace": namespace, "labels": labels, **metadata}
    made = {"apiVersion": version, "kind": kind, "metadata": metadata}
    return {**made, "spec": spec} if spec is not None else made


def stub():
    port = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}
    spec = {"ports": [port], "selector": {"app": "cart"}}
    annotations = {"spillway.dev/service": "shop/cart"}
    return obj("v1", "Service", "shop", "cart", spec, annotations=annotations)


def entry():
    spec = {
        "address": "192.0.2.2",
        "labels": {"app": "cart", "security.istio.io/tlsMode": "istio"},
        "ports": {"http": 15443, "8080": 15443},
        "network": "west",
        "serviceAccount": "cart",
        "weight": 1,
    }
    return obj(
        *[ISTIO, "WorkloadEntry", "shop", "k-cart-0123456789abcdef0123456789abcdef", spec],
        labels={"spillway.dev/remote": "west"},
        annotations={"spillway.dev/service": "shop/cart"},
    )


def rule():
    balancing = {"localityLbSetting": {"enabled": True, "failoverPriority": ["a"]}}
    policy = {"outlierDetection": {"consecutive5xxErrors": 5}, "loadBalancer": balancing}
    subset = {"name": "v1", "labels": {"version": "v1"}}
    spec = {
        "host": "cart.shop.svc.cluster.local",
        "trafficPolicy": policy,
        "subsets": [subset],
    }
    annotations = {"spillway.dev/service": "shop/cart"}
    return obj(ISTIO, "DestinationRule", ROOT, "k-cart.shop", spec, annotations=annotations)


def gateway():
    server = {
        "port": {"name": "tls-east-west", "number": 15443, "protocol": "TLS"},
        "tls": {"mode": "AUTO_PASSTHROUGH"},
        "hosts": ["cart.shop.svc.cluster.local"],
    }
    spec = {"selector": {"app": "eastwest-gateway"}, "servers": [server]}
    return obj(ISTIO, "Gateway", "shop", "k-eastwest-gateway", spec)


def installed_account():
    return obj("v1", "ServiceAccount", "eastwest", "gw", labels={"app": "gw"})


def installed_service():
    ports = [
        {"name": name, "port": port, "protocol": "TCP", "targetPort": port}
        for name, port in (("status-port", 15021), ("tls", 15443))
    ]
    spec = {"type": "LoadBalancer", "selector": {"app": "gw"}, "ports": ports}
    annotations = {"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}
    return obj(
        "v1", "Service", "eastwest", "gw", spec, labels={"app": "gw"}, annotations=annotations
    )


def installed_deployment():
    container = {
        "name": "istio-proxy",
        "image": "auto",
        "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": "east"}],
        "ports": [{"containerPort": 15443, "name": "tls", "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    template = {
        "metadata": {
            "annotations": {"inject.istio.io/templates": "gateway"},
            "labels": {"app": "gw", "sidecar.istio.io/inject": "true"},
        },
        "spec": {"serviceAccountName": "gw", "containers": [container]},
    }
    spec = {"selector": {"matchLabels": {"app": "gw"}}, "template": template}
    return obj("apps/v1", "Deployment", "eastwest", "gw", spec, labels={"app": "gw"})


MADE = (
    *[stub, entry, rule, gateway],
    *[installed_account, installed_service, installed_deployment],
)
names = [make.__name__ for make in MADE]


def applied(account, wanted, *options):
    """As the reconciler writes: a server-side apply under its field manager."""
    words = ["apply", "--server-side", "--validate=false", MANAGER, *options, "-f", "-"]
    return account.kubectl(*words, input=wanted)


def at(wanted):
    group = wanted["apiVersion"].rpartition("/")[0]
    kind = wanted["kind"].lower() + (f".{group}" if group else "")
    return [kind, wanted["metadata"]["name"], "-n", wanted["metadata"]["namespace"]]


def remove(cluster, *objects):
    for each in objects:
        cluster.kubectl("delete", "--ignore-not-found", *at(each)).check()


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


def refused(result, *said):
    assert not result.ok and REFUSED in result.stderr, result
    for each in said:
        assert each in result.stderr, result.stderr


@pytest.mark.parametrize("make", MADE, ids=names)
def test_what_is_ours_may_be_made_mended_and_deleted(account, there, make):
    wanted = there(make())
    changed = copy.deepcopy(wanted)
    changed["metadata"]["labels"]["version"] = "2"
    applied(account, changed, "--force-conflicts").check()
    assert "version" in account_get(account, wanted)["metadata"]["labels"]
    account.kubectl("delete", *at(wanted)).check()


def account_get(account, wanted):
    return account.api.get(*at(wanted)[:2], wanted["metadata"]["namespace"])


# --- whose it is -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", MADE, ids=names)
def test_nothing_is_made_without_the_label(account, cluster, make):
    wanted = make()
    del wanted["metadata"]["labels"][OURS]
    refused(applied(account, wanted, "--dry-run=server"), "carries the label")
    applied(cluster, wanted, "--dry-run=server").check()


def foreign(make, labelled):
    """A user's object of that kind; labelled: a copy of one of ours, label and all."""
    wanted = make()
    if not labelled:
        del wanted["metadata"]["labels"][OURS]
    return wanted


@pytest.mark.parametrize("labelled", [False, True], ids=["plain", "labelled"])
@pytest.mark.parametrize("make", MADE, ids=names)
def test_a_user_s_object_is_not_touched(account, cluster, make, labelled):
    users = foreign(make, labelled)
    cluster.apply(users)
    try:
        before = cluster.get(*at(users)[:2], users["metadata"]["namespace"])
        wanted = make()
        said = "may change and delete only"
        refused(account.kubectl("delete", *at(users)), said)
        refused(account.kubectl("delete", "--cascade=orphan", *at(users)), said)
        refused(account.kubectl("label", "--overwrite", *at(users), f"{OURS}=spillway", "x=y"), said)
        refused(account.kubectl("annotate", *at(users), "a=b"), said)
        refused(account.kubectl("patch", *at(users), "--type=json", "-p", "[]", MANAGER), said)
        refused(applied(account, wanted, "--force-conflicts"), said)
        cleared = '{"metadata": {"managedFields": [{}]}}'
        refused(account.kubectl("patch", *at(users), "--type=merge", "-p", cleared), said)
        assert cluster.get(*at(users)[:2], users["metadata"]["namespace"]) == before
    finally:
        remove(cluster, users)


def test_a_delete_of_all_meets_the_users_that_are_among_them(account, cluster):
    """RBAC has no deletecollection; kubectl deletes one by one."""
    users = foreign(stub, False)
    cluster.apply(users)
    try:
        account.kubectl("delete", "services", "--all", "-n", "shop")
        raw = account.kubectl("delete", "--raw", "/api/v1/namespaces/shop/services")
        assert "forbidden" in raw.stderr.lower()
        assert cluster.kubectl("get", *at(users)).ok
    finally:
        remove(cluster, users)


def test_our_own_namespace_is_left_alone(account, cluster):
    """Its Services carry the label too, and a stub there would be before the webhook."""
    for words in (
        ["delete", "service", "spillway-webhook"],
        ["label", "service", "spillway-webhook", "a=b"],
        ["patch", "service", "spillway-webhook", "-p", '{"spec": {"selector": {"app": "mine"}}}'],
    ):
        refused(account.kubectl(*words, "-n", NAMESPACE), "nothing of the sort in its own")
    for make in (stub, entry, gateway):
        wanted = make()
        wanted["metadata"]["namespace"] = NAMESPACE
        refused(applied(account, wanted, "--dry-run=server"), "nothing of the sort in its own")
    # Even where a user has opened it, and even where the object was written under our manager.
    cluster.kubectl("label", "service", "spillway-webhook", "-n", NAMESPACE, "a=b", MANAGER).check()
    said = "nothing of the sort in its own"
    refused(account.kubectl("delete", "service", "spillway-webhook", "-n", NAMESPACE), said)


# --- letting go ------------------------------------------------------------------------------


RELEASE = (
    '{"metadata": {"labels": {"app.kubernetes.io/managed-by": null},'
    ' "annotations": {"spillway.dev/service": null}}}'
)


def take_over(cluster, wanted):
    """A user applies a Service of that name: from then on both have fields of its spec."""
    ports = [*wanted["spec"]["ports"], {"name": "admin", "port": 8081, "protocol": "TCP"}]
    metadata = {key: wanted["metadata"][key] for key in ("name", "namespace")}
    users = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}}
    words = ["apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-"]
    cluster.kubectl(*words, input=users).check()


def patched(account, wanted, patch, *options):
    return account.kubectl("patch", *at(wanted), "--type=merge", "-p", patch, MANAGER, *options)


def test_a_stub_that_others_have_made_theirs_is_let_go_and_not_deleted(account, cluster, there):
    wanted = there(stub())
    take_over(cluster, wanted)

    refused(account.kubectl("delete", *at(wanted)), "no Service that others have fields of")
    patched(account, wanted, RELEASE).check()

    held = account_get(account, wanted)
    assert OURS not in held["metadata"].get("labels", {})
    assert "spillway.dev/service" not in held["metadata"].get("annotations", {})
    # And is the user's for good.
    said = "may change and delete only"
    refused(account.kubectl("label", *at(wanted), f"{OURS}=spillway"), said)
    refused(account.kubectl("delete", *at(wanted)), said)


RELEASES = {
    "and the spec": '"spec": {"selector": {"app": "mine"}}',
    "and another label": '"metadata": {"labels": {"app.kubernetes.io/managed-by": null, "a": "b"}}',
    "and another annotation": (
        '"metadata": {"labels": {"app.kubernetes.io/managed-by": null}, "annotations": {"a": "b"}}'
    ),
    "and a finalizer": (
        '"metadata": {"labels": {"app.kubernetes.io/managed-by": null}, "finalizers": ["a.b/c"]}'
    ),
    "to another owner": '"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}',
}


@pytest.mark.parametrize("more", RELEASES.values(), ids=RELEASES)
def test_letting_go_changes_nothing_else(account, cluster, there, more):
    wanted = there(stub())
    take_over(cluster, wanted)
    label = '"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}'
    patch = "{%s}" % (f"{label}, {more}" if more.startswith('"spec"') else more)
    refused(patched(account, wanted, patch, "--dry-run=server"))
    patched(cluster, wanted, patch, "--dry-run=server").check()


def test_a_stub_of_ours_alone_is_not_let_go(account, there):
    wanted = there(stub())
    refused(patched(account, wanted, RELEASE), "takes it only off a Service that others")


def test_of_other_kinds_nothing_is_let_go(account, there):
    for make in (entry, rule, gateway, installed_account, installed_deployment):
        refused(patched(account, there(make()), RELEASE), "carries the label")


# --- its shape -------------------------------------------------------------------------------


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
    there_now = account_get(account, deployment)["spec"]["template"]["spec"]
    assert there_now["priorityClassName"] == "high"


# --- Lease and Events --------------------------------------------------------------------------


def lease(name=RECONCILER):
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}


def test_one_lease_may_be_made(account):
    created(account, lease(), "--dry-run=server").check()
    said = "only the Lease spillway-system/spillway-reconciler"
    refused(created(account, lease("spillway-webhook-certs"), "--dry-run=server"), said)
    nameless = lease(None)
    nameless["metadata"]["generateName"] = RECONCILER
    refused(created(account, nameless, "--dry-run=server"), said)


def event(component):
    about = {"apiVersion": "v1", "kind": "Service", "namespace": "shop", "name": "cart"}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "cart.1", "namespace": "shop"},
        "involvedObject": about,
        "source": {"component": component},
        "type": "Normal",
        "reason": "Told",
        "message": "something",
    }


def test_events_are_its_own(account, cluster):
    created(account, event(RECONCILER), "--dry-run=server").check()
    refused(created(account, event("kubelet"), "--dry-run=server"), "as component")
    cluster.apply(event("kubelet"))
    patch = ["--type=merge", "-p", '{"message": "mine"}']
    on = ["event", "cart.1", "-n", "shop"]
    refused(account.kubectl("patch", *on, *patch), "only its own Events")
    taken = ["--type=merge", "-p", '{"source": {"component": "spillway-reconciler"}}']
    refused(account.kubectl("patch", *on, *taken), "only its own Events")
    cluster.kubectl("delete", *on).check()


def test_nobody_else_is_held(cluster):
    for make in MADE:
        wanted = make()
        del wanted["metadata"]["labels"][OURS]
        cluster.apply(wanted)
        remove(cluster, wanted)

"""`spillway preflight` before real API servers, and a real istiod."""

import contextlib
import json
import subprocess

import pytest

from harness import ApiServer, Istiod, wait_until
from harness.net import host_address
from harness.tools import program
from installed import NAMESPACE, Account, bring_root, bring_tsb, install
from shipped import CRDS, built


def preflight(api, *options, kubeconfig=None):
    source = f"here=kubeconfig:{kubeconfig or api.kubeconfig}"
    command = [program("spillway"), "preflight", "--cluster", source, *options]
    return subprocess.run(command, text=True, capture_output=True, timeout=120)


def looked(api, **kwargs):
    """What it says of the cluster, and the findings by code; without the notes' messages."""
    done = preflight(api, "-o", "json", **kwargs)
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    [cluster] = json.loads(done.stdout)["clusters"]
    errors = [each for each in cluster["findings"] if each["severity"] == "error"]
    assert done.returncode == (1 if errors else 0)
    return cluster


def codes(cluster, severity=None):
    return [
        each["code"] for each in cluster["findings"] if severity in (None, each["severity"])
    ]


def message(cluster, code):
    [found] = [each for each in cluster["findings"] if each["code"] == code]
    return found["message"]


@contextlib.contextmanager
def there(api, *objects):
    """The objects, for as long as it lasts."""
    api.apply(*objects)
    try:
        yield
    finally:
        files = ["--wait=false", "--ignore-not-found", "-f", "-"]
        api.kubectl("delete", *files, input=list(objects)).check()


@pytest.fixture(scope="module")
def bare(tools, tmp_path_factory):
    """An API server of its own, without anything in it but the namespace that Istio will have."""
    with ApiServer("bare", tmp_path_factory.mktemp("bare") / "cluster") as api:
        bring_root(api)
        yield api


def namespace(name, **labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


# --- Kubernetes --------------------------------------------------------------------------------


def test_an_empty_cluster_lacks_istio_and_nothing_else(bare):
    version = bare.kubectl("version", "-o", "json").json()["serverVersion"]["gitVersion"]
    cluster = looked(bare)

    assert codes(cluster) == ["IstioMissing"]
    assert codes(cluster, "warning") == ["IstioMissing"]
    assert cluster["kubernetes"] == version
    assert (cluster["istio"], cluster["installed"], cluster["network"]) == ([], None, None)


def test_without_istio_s_namespace_there_is_nowhere_for_a_role(tools, tmp_path):
    with ApiServer("rootless", tmp_path / "cluster") as api:
        cluster = looked(api)
    assert codes(cluster, "error") == ["RootNamespaceMissing"]
    assert "namespace istio-system is not there" in message(cluster, "RootNamespaceMissing")


def test_the_text_for_people(bare):
    said = preflight(bare)
    assert said.stdout.startswith("here: Kubernetes v1.")
    assert "    warning: networking.istio.io is not served" in said.stdout
    assert said.stdout.endswith("\n1 cluster: 0 errors, 1 warning, 0 notes\n")
    assert (said.returncode, preflight(bare, "--strict").returncode) == (0, 1)


def test_several_clusters_at_once(bare):
    more = ["--cluster", f"there=kubeconfig:{bare.kubeconfig}#bare", "-o", "json"]
    said = json.loads(preflight(bare, *more).stdout)
    assert [cluster["name"] for cluster in said["clusters"]] == ["here", "there"]
    assert said["summary"] == {"clusters": 2, "errors": 0, "warnings": 2, "notes": 0}


def test_nothing_is_written(bare):
    def everything():
        kinds = "namespaces,crds,mutatingwebhookconfigurations,validatingwebhookconfigurations"
        return bare.kubectl("get", kinds, "-A", "-o", "yaml").check().stdout

    before = everything()
    preflight(bare)
    assert everything() == before


# --- neighbours --------------------------------------------------------------------------------


def test_crds_of_a_real_tsb_stand_in_the_way(tools, tmp_path):
    with ApiServer("tsb", tmp_path / "cluster") as api:
        bring_root(api)
        bring_tsb(api)
        cluster = looked(api)

    assert codes(cluster, "error") == ["ForeignCrd"] * len(CRDS)
    said = [each["message"] for each in cluster["findings"] if each["code"] == "ForeignCrd"]
    for name in CRDS:
        assert sum(f"/{name} is there" in each for each in said) == 1
    assert all("written by tsb-operator" in each for each in said)


@pytest.mark.parametrize("kind", ["Mutating", "Validating"])
def test_a_configuration_of_our_name_that_is_not_ours(bare, kind):
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{kind}WebhookConfiguration",
        "metadata": {"name": "spillway"},
    }
    with there(bare, configuration):
        cluster = looked(bare)
    assert codes(cluster, "error") == ["ForeignConfiguration"]
    assert f"/{kind.lower()}webhookconfigurations/spillway" in message(
        cluster, "ForeignConfiguration"
    )


IN_MESH = [
    {"istio-injection": "enabled"},
    {"istio.io/rev": "canary"},
    {"istio.io/dataplane-mode": "ambient"},
]
OUTSIDE = [
    {},
    {"istio-injection": "disabled"},
    {"istio-injection": "disabled", "istio.io/rev": "canary"},
]


@pytest.mark.parametrize(
    ["labels", "warned"], [*((labels, True) for labels in IN_MESH), *((o, False) for o in OUTSIDE)]
)
def test_our_namespace_in_the_mesh(tools, bare, labels, warned):
    taken_off = {key: None for each in IN_MESH for key in each}
    bare.apply(namespace(NAMESPACE))
    patch = json.dumps({"metadata": {"labels": {**taken_off, **labels}}})
    bare.kubectl("patch", "namespace", NAMESPACE, "--type=merge", "-p", patch).check()
    assert ("NamespaceInMesh" in codes(looked(bare))) == warned


def test_the_advice_for_it_helps(bare):
    bare.apply(namespace(NAMESPACE))
    labels = ["istio-injection=enabled", "istio.io/rev=x", "istio.io/dataplane-mode=ambient"]
    bare.kubectl("label", "--overwrite", "namespace", NAMESPACE, *labels).check()
    [found] = [each for each in looked(bare)["findings"] if each["code"] == "NamespaceInMesh"]
    bare.kubectl(*found["advice"].removeprefix("kubectl ").split()).check()
    assert "NamespaceInMesh" not in codes(looked(bare))


def test_our_namespace_on_its_way_out(tools, tmp_path):
    with ApiServer("going", tmp_path / "cluster") as api:
        bring_root(api)
        api.apply(namespace(NAMESPACE))
        api.kubectl("delete", "--wait=false", "namespace", NAMESPACE).check()
        assert codes(looked(api), "error") == ["NamespaceTerminating"]


# --- rights ------------------------------------------------------------------------------------


@pytest.fixture
def nobody(bare, tmp_path):
    """An account that was given nothing; grant() gives it rights."""
    bare.apply(namespace(NAMESPACE))
    bare.kubectl("create", "serviceaccount", "nobody", "-n", NAMESPACE).check()
    yield Account(bare, tmp_path, "nobody")
    bare.kubectl("delete", "serviceaccount", "nobody", "-n", NAMESPACE).check()


def test_what_may_not_be_read_is_told(bare, nobody):
    cluster = looked(bare, kubeconfig=nobody.kubeconfig)
    hidden = [each["message"] for each in cluster["findings"] if each["code"] == "Hidden"]

    assert any("whose workspaces.tsb.tetrate.io is" in each for each in hidden)
    assert all('"system:serviceaccount:spillway-system:nobody" cannot' in each for each in hidden)
    assert {"RightsMissing", "MayNotGrant"} <= set(codes(cluster))


def test_the_rights_that_are_asked_for_are_those_that_the_manifests_take(bare, nobody):
    """Every kind of the base is among them, in its scope, and no other."""
    resources = {}
    for line in bare.kubectl("api-resources", "--no-headers").check().stdout.splitlines():
        *_, version, namespaced, kind = line.split()
        group = version.rpartition("/")[0]
        resources[kind, group] = (line.split()[0], namespaced == "true")
    wanted = set()
    for each in built(bare):
        group = each["apiVersion"].rpartition("/")[0]
        name, namespaced = resources[each["kind"], group]
        words = name + (f".{group}" if group else "")
        words += f" in {each['metadata']['namespace']}" if namespaced else ""
        wanted |= {f"{verb} {words}" for verb in ("get", "create", "patch")}

    said = message(looked(bare, kubeconfig=nobody.kubeconfig), "RightsMissing")
    assert set(said.removeprefix("you may not: ").split(", ")) == wanted


def test_rights_enough_without_being_an_administrator(bare, nobody):
    said = message(looked(bare, kubeconfig=nobody.kubeconfig), "RightsMissing")
    rules = [
        {
            "verbs": [verb, "list"],
            "apiGroups": [resource.partition(".")[2]],
            "resources": [resource.partition(".")[0]],
        }
        for verb, resource, *_ in map(str.split, said.removeprefix("you may not: ").split(", "))
    ]
    rbac = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": "installer"}}
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "installer"},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "installer"},
        "subjects": [{"kind": "ServiceAccount", "name": "nobody", "namespace": NAMESPACE}],
    }
    with there(bare, {**role, "rules": rules}, binding):
        found = codes(looked(bare, kubeconfig=nobody.kubeconfig))
    assert "RightsMissing" not in found and "MayNotGrant" in found


# --- what keeps it from looking ----------------------------------------------------------------


def test_a_token_that_is_not_taken(bare, tmp_path):
    config = json.loads(bare.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": "stale"}
    (tmp_path / "config").write_text(json.dumps(config))
    done = preflight(bare, kubeconfig=tmp_path / "config")

    assert (done.returncode, done.stdout) == (2, "")
    assert f"cluster here: GET /version at {bare.url}: 401" in done.stderr


def test_an_api_server_that_does_not_answer(bare, tmp_path):
    config = json.loads(bare.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "config").write_text(json.dumps(config))
    good = ["--cluster", f"there=kubeconfig:{bare.kubeconfig}"]
    done = preflight(bare, *good, kubeconfig=tmp_path / "config")

    assert (done.returncode, done.stdout) == (2, "")
    assert "cluster here: GET /version at https://127.0.0.1:1: no answer: " in done.stderr


# --- Istio -------------------------------------------------------------------------------------


def istiod_deployment(image="hub/pilot:1.31.0-distroless", name="istiod", revision="default"):
    labels = {"app": "istiod", "istio.io/rev": revision}
    container = {"name": "discovery", "image": image}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "istio-system", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


@contextlib.contextmanager
def monitored(api, port):
    """As the chart and the controllers have it: the Service of that Deployment, and its Pod.

    The API server's proxy goes to addresses of Endpoints alone, and of those to Pods alone.
    """
    at = {"name": "istiod", "namespace": "istio-system"}
    address = host_address()
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": at,
        "spec": {"containers": [{"name": "discovery", "image": "pilot"}]},
    }
    addresses = [{"ip": address, "targetRef": {"kind": "Pod", **at}}]
    subset = {"addresses": addresses, "ports": [{"name": "http-monitoring", "port": port}]}
    leads = {"apiVersion": "v1", "kind": "Endpoints", "metadata": at, "subsets": [subset]}
    with there(api, istiod_deployment(), pod, leads):
        status = {"status": {"podIP": address, "podIPs": [{"ip": address}]}}
        patch = ["--subresource=status", "--type=merge", "-p", json.dumps(status)]
        api.kubectl("patch", "pod", "istiod", "-n", "istio-system", *patch).check()
        yield


@pytest.fixture(scope="module")
def meshed(tools, authority, tmp_path_factory):
    """An API server and its istiod, which watches another one's as well."""
    folder = tmp_path_factory.mktemp("meshed")
    with ApiServer("meshed", folder / "cluster") as api:
        istiod = Istiod(api, folder / "istiod", authority)
        with istiod:
            patch = {"metadata": {"labels": {"topology.istio.io/network": "n1"}}}
            on = ["namespace", "istio-system", "--type=merge", "-p", json.dumps(patch)]
            api.kubectl("patch", *on).check()
            yield api, istiod


def test_istio_is_told_with_its_version(meshed):
    api, _ = meshed
    with there(api, istiod_deployment()):
        cluster = looked(api)
    assert cluster["network"] == "n1"
    assert cluster["istio"] == [{
        "namespace": "istio-system", "name": "istiod", "version": "1.31.0", "revision": "default",
    }]
    # Its Service does not lead there.
    assert codes(cluster) == ["NativeMultiClusterUnknown"]
    assert codes(cluster, "note") == codes(cluster)


def test_istiod_s_own_multi_cluster_is_told(meshed, bare):
    api, istiod = meshed
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "istio-remote-secret-west",
            "namespace": "istio-system",
            "labels": {"istio/multiCluster": "true"},
        },
        "stringData": {"west": bare.kubeconfig.read_text()},
    }
    with monitored(api, istiod.monitoring_port):
        wait_until("istiod says that it is alone", lambda: codes(looked(api)) == [])
        with there(api, secret):
            said = ["NativeMultiCluster"]
            wait_until("istiod reads the other", lambda: codes(looked(api)) == said)
            assert "istio-system/istiod reads 1 other clusters" in message(looked(api), said[0])


def test_a_control_plane_that_is_not_there(meshed):
    api, _ = meshed
    assert codes(looked(api)) == ["IstiodMissing"]
    injector = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "istio-sidecar-injector", "labels": {"app": "sidecar-injector"}},
    }
    with there(api, injector):
        assert codes(looked(api), "note") == codes(looked(api)) == ["IstiodElsewhere"]


def test_ambient_namespaces_are_named(meshed):
    api, _ = meshed
    mode = {"istio.io/dataplane-mode": "ambient"}
    api.apply(*(namespace(f"ambient-{number}", **mode) for number in range(7)))
    said = message(looked(api), "AmbientNamespaces")
    names = ", ".join(f"ambient-{number}" for number in range(5))
    assert said.endswith(f"namespaces {names} and 2 more")


# --- installed ---------------------------------------------------------------------------------


def test_our_own_installation_does_not_stand_in_its_way(tools, tmp_path):
    with ApiServer("again", tmp_path / "cluster") as api:
        install(api)
        cluster = looked(api)
    assert codes(cluster) == ["IstioMissing"]
    assert cluster["installed"].startswith("spillway-webhook:")

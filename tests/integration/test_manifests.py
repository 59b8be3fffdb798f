"""What `kubectl apply -k manifests` puts into a cluster, and which writes it sends to the webhook.

No webhook runs here. All of them are made to fail closed, so a call shows as the API server's word
that it failed: who is named there was called, and who is not was skipped by a selector or a
matchCondition. On an API server of its own, since closed webhooks are no neighbours.
"""

import base64
import datetime
import json
import re
import subprocess

import pytest
import yaml

from harness import ApiServer, wait_until
from harness.tools import REPOSITORY, istio_crds

MANIFESTS = REPOSITORY / "manifests"
GEN = REPOSITORY / "certs" / "gen"
OURS = "app.kubernetes.io/managed-by"
SERVICE = "service.mutate.spillway.dev"
RULE = "destinationrule.mutate.spillway.dev"
SETTING = "workspacesetting.validate.spillway.dev"
CRDS = (
    "workspaces.tsb.tetrate.io",
    "workspacesettings.tsb.tetrate.io",
    "ingressgateways.install.tetrate.io",
)
CONFIGURATIONS = {
    "mutatingwebhookconfiguration": [SERVICE, RULE],
    "validatingwebhookconfiguration": [SETTING],
}
RECONCILER = [
    "--as=system:serviceaccount:spillway-system:spillway-reconciler",
    "--as-group=system:masters",
]


def thing(api_version, kind, name, namespace, spec, **metadata):
    metadata = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def service(name="new", namespace="shop", labels=None, **spec):
    spec = {"ports": [{"name": "http", "port": 80}], "selector": {"app": name}, **spec}
    return thing("v1", "Service", name, namespace, spec, labels=labels or {})


def rule(name="new", namespace="shop", version="v1", labels=None):
    kind = (f"networking.istio.io/{version}", "DestinationRule")
    return thing(*kind, name, namespace, {"host": name}, labels=labels or {})


def setting(name="new", namespace="shop", **metadata):
    gateway = {"namespace": "eastwest", "labels": {"app": "eastwest-gateway"}}
    spec = {"defaultEastWestGatewaySettings": [{"workloadSelector": gateway}]}
    annotations = {f"tsb.tetrate.io/{level}": "a" for level in HIERARCHY}
    metadata = {"annotations": annotations, **metadata}
    return thing("tsb.tetrate.io/v2", "WorkspaceSetting", name, namespace, spec, **metadata)


HIERARCHY = ("organization", "tenant", "workspace")


@pytest.fixture(scope="module")
def cluster(tools, tmp_path_factory):
    """An API server with Istio's CRDs and everything of manifests/."""
    with ApiServer("shipped", tmp_path_factory.mktemp("shipped") / "cluster") as api:
        define(api)
        api.kubectl("apply", "--server-side", "-k", MANIFESTS).check()
        yield api


@pytest.fixture(scope="module")
def closed(tools, tmp_path_factory):
    """Another, with objects to change, and with every webhook failing closed."""
    with ApiServer("closed", tmp_path_factory.mktemp("closed") / "cluster") as api:
        define(api)
        api.kubectl("apply", "--server-side", "-f", MANIFESTS / "namespace.yaml").check()
        for name, labels in {
            "shop": {},
            "istio-system": {},
            "opted-out": {"spillway.dev/admission": "disabled"},
        }.items():
            metadata = {"name": name, "labels": labels}
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        make_objects(api)
        register_closed(api)
        wait_until("services are sent", lambda: called(api, service()) == {SERVICE})
        wait_until("rules are sent", lambda: called(api, rule()) == {RULE})
        wait_until("settings are sent", lambda: called(api, setting()) == {SETTING})
        yield api


def define(api):
    """The kinds that the objects of these tests are of."""
    for source in (["-f", istio_crds()], ["-k", MANIFESTS / "crds"]):
        api.kubectl("apply", "--server-side", *source).check()
    established = ["wait", "--for=condition=Established", "--timeout=60s"]
    api.kubectl(*established, "crd", "--all").check()


def make_objects(api):
    """One of each kind that stays, and one on its way out that a finalizer holds."""
    held = {"finalizers": ["spillway.dev/test"]}
    for make in (service, rule, setting):
        going = make("going")
        going["metadata"].update(held)
        api.apply(make("there"), going)
        at = ["-n", "shop", going["kind"], "going"]
        api.kubectl("delete", "--wait=false", *at).check()
    api.apply(service("stub", labels={OURS: "spillway"}))
    api.apply(rule("generated", labels={OURS: "spillway"}))


def register_closed(api):
    """The shipped configurations, but that a call which fails is an error."""
    for each in built(api, MANIFESTS / "webhooks"):
        for webhook in each["webhooks"]:
            webhook["failurePolicy"] = "Fail"
        api.kubectl("apply", "--server-side", "-f", "-", input=each).check()


def built(api, folder=MANIFESTS):
    return list(yaml.safe_load_all(api.kubectl("kustomize", folder).check().stdout))


def called(api, created, *options):
    """The webhooks that creating an object would call."""
    return tried(api.kubectl("create", "--dry-run=server", *options, "-f", "-", input=created))


def called_by_patch(api, kind, name, patch, *options):
    """The webhooks that a merge patch of an object in the namespace shop would call."""
    how = ["--type=merge", "--dry-run=server", "-n", "shop", "-p", json.dumps(patch)]
    return tried(api.kubectl("patch", kind, name, *how, *options))


def tried(result):
    names = set(re.findall(r'failed calling webhook "([^"]+)"', result.stderr))
    assert result.ok or names, result.stderr
    return names


# --- the base --------------------------------------------------------------------------------


def test_the_base_holds_what_it_should_and_all_of_it_is_marked_as_ours(cluster):
    held = {(each["kind"], each["metadata"]["name"]) for each in built(cluster)}

    assert held == {
        ("Namespace", "spillway-system"),
        *(("CustomResourceDefinition", name) for name in CRDS),
        ("MutatingWebhookConfiguration", "spillway"),
        ("ValidatingWebhookConfiguration", "spillway"),
    }
    for each in built(cluster):
        labels = each["metadata"]["labels"]
        assert labels[OURS] == labels["app.kubernetes.io/part-of"] == "spillway"


@pytest.mark.parametrize("folder", [".", "crds", "webhooks"])
@pytest.mark.parametrize("options", [["--server-side"], []], ids=["server", "client"])
def test_a_folder_can_be_applied_either_way(cluster, folder, options):
    cluster.kubectl("apply", *options, "--dry-run=server", "-k", MANIFESTS / folder).check()


def test_applying_again_changes_nothing(cluster):
    def versions():
        kinds = ",".join(["customresourcedefinition", *CONFIGURATIONS])
        listed = cluster.kubectl("get", kinds, "-o", "json").json()["items"]
        return {
            (each["kind"], each["metadata"]["name"]): each["metadata"]["resourceVersion"]
            for each in listed
            if each["metadata"].get("labels", {}).get(OURS) == "spillway"
        }

    before = versions()
    cluster.kubectl("apply", "--server-side", "-k", MANIFESTS).check()
    assert len(before) == 5
    assert versions() == before


# --- the registrations -----------------------------------------------------------------------


def webhooks_of(api):
    return {
        webhook["name"]: (configuration, webhook)
        for configuration in CONFIGURATIONS
        for webhook in api.get(configuration, "spillway")["webhooks"]
    }


def test_the_webhooks_are_these_and_no_others(cluster):
    assert list(webhooks_of(cluster)) == [SERVICE, RULE, SETTING]


@pytest.mark.parametrize("name", [SERVICE, RULE, SETTING])
def test_what_holds_for_every_webhook(cluster, name):
    _, webhook = webhooks_of(cluster)[name]

    assert webhook["sideEffects"] == "None", "a dry run has to be possible"
    assert webhook["matchPolicy"] == "Equivalent"
    assert webhook["admissionReviewVersions"] == ["v1"]
    assert webhook["timeoutSeconds"] == 5
    assert "caBundle" not in webhook["clientConfig"]
    assert {rule["scope"] for rule in webhook["rules"]} == {"Namespaced"}
    assert [rule["operations"] for rule in webhook["rules"]] == [["CREATE", "UPDATE"]]


def test_what_holds_for_the_kinds_of_webhook(cluster):
    for configuration, webhook in webhooks_of(cluster).values():
        mutates = configuration.startswith("mutating")
        at = webhook["clientConfig"]["service"]
        assert at == {
            "namespace": "spillway-system",
            "name": "spillway-webhook",
            "port": 443,
            "path": "/mutate" if mutates else "/validate",
        }
        assert webhook["failurePolicy"] == ("Ignore" if mutates else "Fail")
        assert webhook.get("reinvocationPolicy") == ("IfNeeded" if mutates else None)


def test_what_each_webhook_is_sent(cluster):
    def resources(name):
        return [
            (group, version, resource)
            for rule in webhooks_of(cluster)[name][1]["rules"]
            for group in rule["apiGroups"]
            for version in rule["apiVersions"]
            for resource in rule["resources"]
        ]

    assert resources(SERVICE) == [("", "v1", "services")]
    assert resources(RULE) == [
        ("networking.istio.io", version, "destinationrules")
        for version in ("v1", "v1beta1", "v1alpha3")
    ]
    assert resources(SETTING) == [("tsb.tetrate.io", "v2", "workspacesettings")]


def test_every_version_of_destinationrule_that_istio_serves_is_named(cluster):
    crd = cluster.get("crd", "destinationrules.networking.istio.io")
    served = {each["name"] for each in crd["spec"]["versions"] if each["served"]}
    named = webhooks_of(cluster)[RULE][1]["rules"][0]["apiVersions"]

    assert served == set(named)


# --- what is sent ----------------------------------------------------------------------------

SENT = {
    "a Service": (service(), SERVICE),
    "an ExternalName": (service(type="ExternalName", externalName="a.example"), SERVICE),
    "a headless Service": (service(clusterIP="None"), SERVICE),
    "a Service without a selector": (service(selector=None), SERVICE),
    "a Service in istio-system": (service(namespace="istio-system"), SERVICE),
    "a Service that says it is ours": (service(labels={OURS: "spillway"}), SERVICE),
    "a rule in v1": (rule(), RULE),
    "a rule in v1beta1": (rule(version="v1beta1"), RULE),
    "a rule in v1alpha3": (rule(version="v1alpha3"), RULE),
    "a rule in the root namespace": (rule(namespace="istio-system"), RULE),
    "a rule that says it is ours": (rule(labels={OURS: "spillway"}), RULE),
    "a setting": (setting(), SETTING),
    "a setting in our own namespace": (setting(namespace="spillway-system"), SETTING),
    "a setting in a namespace that opted out": (setting(namespace="opted-out"), SETTING),
}


@pytest.mark.parametrize(["created", "webhook"], SENT.values(), ids=SENT)
def test_what_is_created_is_sent(closed, created, webhook):
    assert called(closed, created) == {webhook}


NOT_SENT = {
    "a Service in kube-system": service(namespace="kube-system"),
    "a Service in our namespace": service(namespace="spillway-system"),
    "a Service in a namespace that opted out": service(namespace="opted-out"),
    "a rule in kube-system": rule(namespace="kube-system"),
    "a rule in our namespace": rule(namespace="spillway-system"),
    "a rule in a namespace that opted out": rule(namespace="opted-out"),
}


@pytest.mark.parametrize("created", NOT_SENT.values(), ids=NOT_SENT)
def test_what_is_created_elsewhere_is_not_sent(closed, created):
    assert called(closed, created) == set()


OTHERS = [
    thing("v1", "PersistentVolumeClaim", "new", "shop", {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
    }),
    thing("coordination.k8s.io/v1", "Lease", "new", "shop", {}),
    thing("networking.istio.io/v1", "WorkloadEntry", "new", "shop", {"address": "10.0.0.1"}),
    thing("tsb.tetrate.io/v2", "Workspace", "new", "shop", {
        "namespaceSelector": {"names": ["*/*"]},
    }),
]


@pytest.mark.parametrize("created", OTHERS, ids=lambda each: each["kind"])
def test_other_kinds_are_never_sent(closed, created):
    assert called(closed, created) == set()


LABEL = {"metadata": {"labels": {"changed": "yes"}}}


@pytest.mark.parametrize(["kind", "webhook"], [("service", SERVICE), ("destinationrule", RULE)])
def test_any_change_is_sent(closed, kind, webhook):
    assert called_by_patch(closed, kind, "there", LABEL) == {webhook}


@pytest.mark.parametrize("kind", ["service", "destinationrule", "wss"])
def test_what_is_on_its_way_out_is_not_held_up(closed, kind):
    assert called_by_patch(closed, kind, "going", {"metadata": {"finalizers": None}}) == set()
    assert called_by_patch(closed, kind, "going", {"spec": {"changed": None}}) == set()


@pytest.mark.parametrize("kind", ["service", "destinationrule", "wss"])
def test_a_delete_is_not_sent(closed, kind):
    how = ["delete", "--dry-run=server", "-n", "shop", kind, "there"]
    assert tried(closed.kubectl(*how)) == set()


def test_a_service_s_status_is_not_sent(closed):
    conditions = [{
        "type": "Ready", "status": "True", "reason": "Fine", "message": "",
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }]
    status = {"status": {"conditions": conditions}}
    assert called_by_patch(closed, "service", "there", status, "--subresource=status") == set()


def test_the_api_server_s_own_service_is_not_sent(closed):
    how = ["label", "--dry-run=server", "-n", "default", "service"]
    assert tried(closed.kubectl(*how, "kubernetes", "changed=yes")) == set()
    assert called(closed, service("kubernetes", "shop")) == {SERVICE}
    assert called(closed, service("other", "default")) == {SERVICE}


def test_a_service_whose_name_the_api_server_chooses_is_sent(closed):
    created = service(namespace="default")
    created["metadata"]["generateName"] = created["metadata"].pop("name") + "-"
    assert called(closed, created) == {SERVICE}


WRITTEN = [
    (service, "service", "stub", SERVICE),
    (rule, "destinationrule", "generated", RULE),
]


@pytest.mark.parametrize(["make", "kind", "name", "webhook"], WRITTEN, ids=["Service", "rule"])
def test_the_reconciler_is_spared_for_its_own_objects_alone(closed, make, kind, name, webhook):
    ours = {OURS: "spillway"}
    assert called(closed, make(labels=ours), *RECONCILER) == set()
    assert called(closed, make(labels={OURS: "Helm"}), *RECONCILER) == {webhook}
    assert called(closed, make(), *RECONCILER) == {webhook}
    assert called_by_patch(closed, kind, name, LABEL, *RECONCILER) == set()
    assert called_by_patch(closed, kind, name, LABEL) == {webhook}
    # What it gives up is a user's from that very write on.
    given_up = {"metadata": {"labels": {OURS: None}}}
    assert called_by_patch(closed, kind, name, given_up, *RECONCILER) == {webhook}


# --- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize("level", HIERARCHY)
@pytest.mark.parametrize("value", ["b", None], ids=["changed", "removed"])
def test_a_setting_that_moves_in_the_hierarchy_is_sent(closed, level, value):
    patch = {"metadata": {"annotations": {f"tsb.tetrate.io/{level}": value}}}
    assert called_by_patch(closed, "wss", "there", patch) == {SETTING}


@pytest.mark.parametrize(
    "spec",
    [
        {"defaultEastWestGatewaySettings": []},
        {"failoverSettings": {"topologyChoice": "NONE"}},
        {"displayName": "not read by us, but of the spec"},
    ],
    ids=lambda spec: next(iter(spec)),
)
def test_a_setting_whose_spec_changes_is_sent(closed, spec):
    assert called_by_patch(closed, "wss", "there", {"spec": spec}) == {SETTING}


def test_a_setting_that_loses_its_spec_is_sent(closed):
    assert called_by_patch(closed, "wss", "there", {"spec": None}) == {SETTING}


@pytest.mark.parametrize(
    "metadata",
    [
        {"finalizers": ["spillway.dev/test"]},
        {"labels": {"changed": "yes"}},
        {"annotations": {"changed": "yes"}},
        {"annotations": {"spillway.dev/allow-unmatched": "true"}},
        {},
    ],
    ids=json.dumps,
)
def test_a_write_that_changes_nothing_we_judge_is_not_held_up(closed, metadata):
    assert called_by_patch(closed, "wss", "there", {"metadata": metadata}) == set()


def test_a_setting_s_status_is_not_sent(closed):
    status = {"status": {"observedGeneration": 1}}
    assert called_by_patch(closed, "wss", "there", status, "--subresource=status") == set()


def test_a_wrong_setting_is_refused_by_the_crd_with_the_webhook_down(closed):
    wrong = setting("there")
    wrong["metadata"]["labels"] = {"changed": "yes"}
    wrong["failoverSettings"] = {}
    how = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "-f", "-"]
    refused = closed.kubectl(*how, input=wrong)

    assert "failoverSettings belongs under spec" in refused.stderr


# --- emergencies and neighbours --------------------------------------------------------------


def test_the_webhooks_can_always_be_taken_away(closed):
    closed.kubectl("delete", "--dry-run=server", "-k", MANIFESTS / "webhooks").check()


def test_another_s_ca_bundle_outlives_our_apply(closed, tmp_path):
    made = gen("--ca-bundle", tmp_path / "pki").stdout.strip()
    for configuration, webhooks in CONFIGURATIONS.items():
        patch = [
            {"op": "add", "path": f"/webhooks/{number}/clientConfig/caBundle", "value": made}
            for number, _ in enumerate(webhooks)
        ]
        how = ["patch", configuration, "spillway", "--type=json", "--field-manager=ca", "-p"]
        closed.kubectl(*how, json.dumps(patch)).check()
    register_closed(closed)

    every = [webhook["clientConfig"] for _, webhook in webhooks_of(closed).values()]
    assert [each["caBundle"] for each in every] == [made] * 3


def test_crds_of_a_real_tsb_are_not_overwritten(tools, tmp_path):
    with ApiServer("tsb", tmp_path / "cluster") as api:
        for file in sorted((MANIFESTS / "crds").glob("*.tetrate.io_*.yaml")):
            crd = yaml.safe_load(file.read_text())
            del crd["metadata"]["labels"]
            anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = anything
            api.kubectl("create", "--field-manager=tsb-operator", "-f", "-", input=crd).check()
        api.kubectl("wait", "--for=condition=Established", "crd", *CRDS).check()
        before = [api.get("crd", name)["metadata"]["resourceVersion"] for name in CRDS]
        refused = api.kubectl("apply", "--server-side", "-k", MANIFESTS)
        after = [api.get("crd", name)["metadata"]["resourceVersion"] for name in CRDS]

    assert refused.returncode == 1
    assert refused.stderr.count('with "tsb-operator"') == len(CRDS)
    assert after == before


# --- certs/gen -------------------------------------------------------------------------------


def gen(*arguments):
    command = [GEN, *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def openssl(*arguments):
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def contents(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@pytest.fixture
def pki(tmp_path):
    """A folder that certs/gen has made."""
    folder = tmp_path / "pki"
    done = gen(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return folder


def test_gen_makes_four_files_of_which_no_key_is_readable_by_others(pki):
    modes = {each.name: oct(each.stat().st_mode & 0o777) for each in pki.iterdir()}

    assert modes == {
        "ca.crt": "0o644", "ca.key": "0o600", "tls.crt": "0o644", "tls.key": "0o600",
    }


def test_gen_s_certificate_is_one_the_api_server_believes(pki):
    host = "spillway-webhook.spillway-system.svc"
    purpose = ["verify", "-x509_strict", "-CAfile", pki / "ca.crt", "-purpose"]
    for name in (["-verify_hostname", host], ["-verify_hostname", f"{host}.cluster.local"],
                 ["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"],
                 ["-verify_ip", "::1"]):
        done = openssl(*purpose, "sslserver", *name, pki / "tls.crt")
        assert done.returncode == 0, done.stderr
    other = ["-verify_hostname", "other.svc"]
    assert openssl(*purpose, "sslserver", *other, pki / "tls.crt").returncode != 0
    assert openssl(*purpose, "sslclient", pki / "tls.crt").returncode != 0

    text = openssl("x509", "-in", pki / "tls.crt", "-noout", "-text").stdout
    assert "ASN1 OID: prime256v1" in text


def test_gen_never_replaces_a_ca_unasked(pki):
    before = contents(pki)
    refused = gen(pki)

    assert refused.returncode == 1
    assert "--renew" in refused.stderr and "--force" in refused.stderr
    assert contents(pki) == before

    assert gen("--force", pki).returncode == 0
    after = contents(pki)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in after)


def test_gen_renews_the_leaf_under_the_same_ca(pki):
    before = contents(pki)
    assert gen("--renew", "--days", 3, pki, "other.example", "192.0.2.7").returncode == 0
    after = contents(pki)

    assert {name for name in after if after[name] != before[name]} == {"tls.crt", "tls.key"}
    whole = ["verify", "-CAfile", pki / "ca.crt"]
    assert openssl(*whole, "-verify_hostname", "other.example", pki / "tls.crt").returncode == 0
    assert openssl(*whole, "-verify_ip", "192.0.2.7", pki / "tls.crt").returncode == 0
    ends = openssl("x509", "-in", pki / "tls.crt", "-noout", "-enddate", "-dateopt", "iso_8601")
    end = datetime.datetime.fromisoformat(ends.stdout.strip().removeprefix("notAfter=")[:19])
    left = end - datetime.datetime.utcnow()
    assert datetime.timedelta(days=2.9) < left <= datetime.timedelta(days=3)


def test_gen_renews_nothing_without_a_ca(tmp_path):
    refused = gen("--renew", tmp_path / "pki")

    assert refused.returncode == 1
    assert not (tmp_path / "pki").exists()


def test_gen_makes_a_client_certificate_that_serves_nothing(pki):
    assert gen("--renew", "--client", "system:kube-apiserver", pki).returncode == 0
    purpose = ["verify", "-CAfile", pki / "ca.crt", "-purpose"]

    assert openssl(*purpose, "sslclient", pki / "client.crt").returncode == 0
    assert openssl(*purpose, "sslserver", pki / "client.crt").returncode != 0
    subject = openssl("x509", "-in", pki / "client.crt", "-noout", "-subject").stdout
    assert subject.strip().endswith("CN = system:kube-apiserver")
    assert (pki / "client.key").stat().st_mode & 0o777 == 0o600


def test_gen_prints_the_bundle_and_nothing_else(pki):
    before = contents(pki)
    done = gen("--ca-bundle", pki)

    assert base64.b64decode(done.stdout) == before["ca.crt"]
    assert done.stdout.count("\n") == 1
    assert contents(pki) == before


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--unknown", "DIR"],
        ["DIR", "a b"],
        ["DIR", "a\nbasicConstraints=CA:true"],
        ["DIR", "a,DNS:b"],
        ["DIR", ""],
        ["--days", "0", "DIR"],
        ["--days", "ten", "DIR"],
        ["--client", "a/CN=b", "DIR"],
        ["--force", "--renew", "DIR"],
        ["--days"],
    ],
    ids=repr,
)
def test_gen_tells_wrong_usage_and_writes_nothing(tmp_path, arguments):
    folder = tmp_path / "pki"
    refused = gen(*(folder if each == "DIR" else each for each in arguments))

    assert refused.returncode == 2
    assert "see --help" in refused.stderr
    assert not folder.exists()


def test_gen_keeps_out_of_the_checkout():
    folder = REPOSITORY / "certs" / "not-to-be"
    refused = gen(folder)

    assert refused.returncode == 1
    assert "keys do not belong there" in refused.stderr
    assert not folder.exists()


def test_gen_helps():
    done = gen("--help")

    assert done.returncode == 0
    assert done.stdout.startswith("usage: certs/gen")

"""A cluster that users have installed into, and our own ServiceAccount there."""

import json

import yaml

from harness.process import wait_until
from shipped import MANIFESTS, OURS, built

NAMESPACE = "spillway-system"
ROOT = "istio-system"
ACCOUNT = "spillway-webhook"
RECONCILER = "spillway-reconciler"
# What kubectl asks for in another way than for a name.
PARTS = ("exec", "log", "portforward", "proxy", "scale", "status", "token")
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"


def install(api, source=MANIFESTS):
    """What the README says: one command. Waits until what it brought is in force."""
    bring_root(api)
    api.kubectl("apply", "--server-side", "-k", source).check()
    api.wait_for_crds()
    count_pods(api)


def bring_root(api):
    """The root namespace of the mesh, which Istio has before us."""
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ROOT}})


def count_pods(api):
    """Does as the quota controller: without a count of them, a quota admits no Pod."""
    status = {"status": {"hard": {"pods": "50"}, "used": {"pods": "0"}}}
    patch = ["--subresource=status", "--type=merge", "-p", json.dumps(status)]
    at = ["-n", NAMESPACE, "resourcequota", "spillway-critical-pods"]
    api.kubectl("patch", *at, *patch).check()


def versions(api, skip=()):
    """The resourceVersion of each object that the base holds, as the cluster holds it.

    skip: kinds that are not looked for.
    """
    held = yaml.safe_dump_all(each for each in built(api) if each["kind"] not in skip)
    listed = api.kubectl("get", "-o", "json", "-f", "-", input=held).json()
    items = listed["items"] if listed["kind"] == "List" else [listed]
    return {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each[
            "metadata"
        ]["resourceVersion"]
        for each in items
    }


def ours(api):
    """Everything that carries our label, whatever its kind."""
    kinds = api.kubectl("api-resources", "--verbs=list", "-o", "name", "--cached=false").check()
    everywhere = ["-A", "-l", f"{OURS}=spillway", "-o", "name", "--ignore-not-found"]
    found = api.kubectl("get", ",".join(kinds.stdout.split()), *everywhere)
    if "the server doesn't have a resource type" in found.stderr:
        return ours(api)  # a CRD went meanwhile
    return found.check().stdout.split()


def finish_namespace(api):
    """Does as the namespace controller: what is in it is gone, so it may go."""
    namespace = api.get("namespace", NAMESPACE)
    namespace["spec"]["finalizers"] = []
    at = f"/api/v1/namespaces/{NAMESPACE}/finalize"
    api.kubectl("replace", "--raw", at, "-f", "-", input=namespace).check()


def bring_tsb(api):
    """CRDs of our names as a real TSB brings them: not ours, and with schemas of its own."""
    for file in sorted((MANIFESTS / "crds").glob("*.tetrate.io_*.yaml")):
        crd = yaml.safe_load(file.read_text())
        del crd["metadata"]["labels"]
        anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = anything
        api.kubectl("create", "--field-manager=tsb-operator", "-f", "-", input=crd).check()
    api.wait_for_crds()


class Account:
    """A ServiceAccount of our namespace, with a token of the cluster's own making."""

    def __init__(self, api, directory, name=ACCOUNT):
        self.api = api
        self.kubeconfig = directory / f"{name}.kubeconfig"
        token = api.kubectl("create", "token", name, "-n", NAMESPACE).check().stdout.strip()
        config = json.loads(api.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": token}
        directory.mkdir(parents=True, exist_ok=True)
        self.kubeconfig.write_text(json.dumps(config))

    def kubectl(self, *args, **kwargs):
        return self.api.kubectl(*args, "--kubeconfig", self.kubeconfig, **kwargs)

    def can(self, verb, resource, namespace=NAMESPACE):
        """What the API server says when asked.

        resource is "kind", "kind.group", "kind/name", "kind/subresource" or
        "kind/subresource/name".
        """
        kind, _, rest = resource.partition("/")
        part, _, name = rest.partition("/") if rest.partition("/")[0] in PARTS else ("", "", rest)
        words = [f"{kind}/{name}" if name else kind, *(["--subresource", part] if part else [])]
        asked = self.kubectl("auth", "can-i", verb, *words, "-n", namespace)
        assert asked.stdout.strip() in ("yes", "no"), asked.stderr
        return asked.stdout.strip() == "yes"

    def wait_for_policy(self):
        """Waits until the API server heeds the policy about us, which it says nothing of."""
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "any"}}
        dry_run = ["create", "--validate=false", "-n", NAMESPACE, "--dry-run=server", "-f", "-"]
        wait_until(
            "the policy is in force",
            lambda: "ValidatingAdmissionPolicy" in self.kubectl(*dry_run, input=secret).stderr,
        )


def created(account, obj, *options):
    """kubectl create, as an Account or, with an ApiServer, as an administrator."""
    # To validate, kubectl would list the CRDs, which our account may not.
    return account.kubectl("create", "--validate=false", *options, "-f", "-", input=obj)


def replaced(account, configuration, *options):
    """kubectl replace, likewise."""
    return account.kubectl("replace", "--validate=false", *options, "-f", "-", input=configuration)

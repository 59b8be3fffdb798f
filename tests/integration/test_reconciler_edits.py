"""Objects of ours that others have changed: what of them is ours comes back, and nothing else is
touched, in them or beside them."""

import pytest

from harness import wait_until
from reconciler import ROOT, Pair

RULES = "destinationrules.networking.istio.io"
GATEWAYS = "gateways.networking.istio.io"
ENTRIES = "workloadentries.networking.istio.io"
OURS = "app.kubernetes.io/managed-by"


@pytest.fixture(scope="module")
def pair(tools, tmp_path_factory):
    with Pair(tmp_path_factory.mktemp("edits")) as pair:
        pair.expose()
        pair.wait_in_place()
        yield pair


@pytest.fixture(autouse=True)
def in_place(pair):
    yield
    pair.wait_in_place()


def entry_of(cluster, name="details"):
    """That of a Service which has one; None while there is none."""
    found = list(cluster.entries(name).values())
    assert len(found) < 2, found
    return found[0] if found else None


def patch(cluster, kind, name, at, body, *options):
    words = ["patch", kind, name, "-n", at, "--type=merge", "-p", body, *options]
    return cluster.api.kubectl(*words).check()


def wait_for(pair, kind, name, at, wanted):
    """Waits until the object of the first cluster has what is wanted; the object."""

    def held():
        found = pair.first.get(kind, name, at)
        return found if found and wanted(found) else None

    return wait_until(f"{kind} {name} is as it was", held)


def test_a_field_that_was_edited_is_put_right(pair):
    entry = entry_of(pair.first)
    name = entry["metadata"]["name"]
    edited = '{"spec": {"address": "198.51.100.1", "weight": 77, "network": "elsewhere"}}'
    patch(pair.first, ENTRIES, name, "bookinfo", edited, "--field-manager=kubectl-edit")
    spec = entry["spec"]
    now = wait_for(pair, "WorkloadEntry", name, "bookinfo", lambda held: held["spec"] == spec)
    assert now["metadata"]["uid"] == entry["metadata"]["uid"], "mended, and not made anew"


def test_a_field_that_was_taken_away_comes_back(pair):
    name = "k-details.bookinfo"
    rule = pair.first.get("DestinationRule", name, ROOT)
    patch(pair.first, RULES, name, ROOT, '{"spec": {"trafficPolicy": null}}')
    wait_for(pair, "DestinationRule", name, ROOT, lambda held: held["spec"] == rule["spec"])


def test_a_host_that_was_added_to_our_gateway_goes(pair):
    """Nobody gets a way in through our Gateway that the setting does not expose."""
    name = "k-eastwest-gateway"
    gateway = pair.first.get("Gateway", name, "eastwest")
    patch_of = [{"op": "add", "path": "/spec/servers/0/hosts/-", "value": "*.internal"}]
    path = pair.first.path("Gateway", "eastwest", name)
    client = pair.first.api.client()
    code, answer = client.call("PATCH", path, patch_of, media="application/json-patch+json")
    client.close()
    assert code == 200, answer
    wait_for(pair, "Gateway", name, "eastwest", lambda held: held["spec"] == gateway["spec"])


def test_our_annotation_that_was_taken_away_comes_back(pair):
    """By it we know which Service the entry is for."""
    entry = entry_of(pair.first)
    name = entry["metadata"]["name"]
    patch(
        *[pair.first, ENTRIES, name, "bookinfo"],
        '{"metadata": {"annotations": {"spillway.dev/service": null}}}',
    )
    wanted = {"spillway.dev/service": "bookinfo/details"}
    wait_for(
        *[pair, "WorkloadEntry", name, "bookinfo"],
        lambda held: held["metadata"].get("annotations") == wanted,
    )


def test_an_object_that_was_deleted_is_made_again(pair):
    first = pair.first
    entry = entry_of(first)
    targets = {
        "WorkloadEntry": (entry["metadata"]["name"], "bookinfo"),
        "DestinationRule": ("k-ratings.bookinfo", ROOT),
        "Gateway": ("k-eastwest-gateway", "eastwest"),
    }
    before = {kind: first.get(kind, *where) for kind, where in targets.items()}
    for kind, where in targets.items():
        first.delete(kind, *where)
    for kind, (name, at) in targets.items():
        uid, spec = before[kind]["metadata"]["uid"], before[kind]["spec"]
        wait_for(
            *[pair, kind, name, at],
            lambda held, uid=uid, spec=spec: held["metadata"]["uid"] != uid
            and held["spec"] == spec,
        )


def test_what_others_have_added_stays(pair):
    """Labels, annotations and fields of theirs, also when ours change beside them."""
    first, second = pair.clusters
    name = entry_of(first)["metadata"]["name"]
    theirs = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "WorkloadEntry",
        "metadata": {
            "name": name,
            "namespace": "bookinfo",
            "labels": {"team": "shop"},
            "annotations": {"example.com/note": "kept"},
        },
        "spec": {"ports": {"theirs": 9999}},
    }
    words = ["apply", "--server-side", "--field-manager=team", "-f", "-"]
    first.api.kubectl(*words, input=theirs).check()
    # The weight is all of an entry that changes in place.
    second.scale("details", 3)
    held = wait_for(
        *[pair, "WorkloadEntry", name, "bookinfo"], lambda held: held["spec"].get("weight") == 3
    )
    assert held["metadata"]["labels"]["team"] == "shop"
    assert held["metadata"]["annotations"]["example.com/note"] == "kept"
    assert held["spec"]["ports"] == {"http": 15443, "theirs": 9999}
    second.scale("details", 1)
    wait_for(
        *[pair, "WorkloadEntry", name, "bookinfo"], lambda held: held["spec"].get("weight", 1) == 1
    )


def test_who_takes_our_label_off_has_it_for_themselves(pair):
    """We change and delete it no more, and that is told; `kubectl delete` brings ours back."""
    first, second = pair.clusters
    name = entry_of(first, "ratings")["metadata"]["name"]
    patch(first, ENTRIES, name, "bookinfo", f'{{"metadata": {{"labels": {{"{OURS}": null}}}}}}')
    reconciler = pair.reconcilers[0]
    wait_until(
        "it is told", lambda: reconciler.metric("spillway_reconciler_failing_objects") == 1, 60
    )
    kept = first.get("WorkloadEntry", name, "bookinfo")
    assert OURS not in kept["metadata"].get("labels", {})
    second.scale("ratings", 0)
    second.scale("details", 0)
    wait_until("a plan went through", lambda: not first.entries("details"))
    assert first.get("WorkloadEntry", name, "bookinfo") == kept
    for each in ("ratings", "details"):
        second.scale(each, 1)
    first.delete("WorkloadEntry", name, "bookinfo")
    wait_until("ours is there", lambda: name in first.ours("WorkloadEntry", "bookinfo"), 60)


def test_objects_of_others_are_never_touched(pair):
    """Those that look like ours too: our label without our field manager, our name elsewhere."""
    first = pair.first
    label = {"labels": {OURS: "spillway"}}
    spec = {"address": "198.51.100.7", "labels": {"app": "other"}}
    objects = [
        theirs("WorkloadEntry", "k-details-0", "bookinfo", spec, **label),
        theirs("WorkloadEntry", "plain", "bookinfo", spec),
        theirs("DestinationRule", "k-nothing.bookinfo", ROOT, {"host": "a.example"}, **label),
    ]
    for each in objects:
        first.put(each)
    before = [held(first, each) for each in objects]
    # Everything of ours goes and comes back around them.
    for cluster in pair.clusters:
        cluster.delete("WorkspaceSetting", "bookinfo-ws-setting", "tetrate")
    names = {each["metadata"]["name"] for each in objects}
    for kind, at in (("WorkloadEntry", "bookinfo"), ("DestinationRule", ROOT)):
        wait_until("all of ours is gone", lambda: first.ours(kind, at) <= names, 60)
    assert [held(first, each) for each in objects] == before
    pair.expose()
    ours = "WorkloadEntry", "bookinfo"
    wait_until("ours is back", lambda: len(first.ours(*ours) - names) == 6, 60)
    assert [held(first, each) for each in objects] == before
    for each in objects:
        first.delete(each["kind"], each["metadata"]["name"], each["metadata"]["namespace"])


def theirs(kind, name, at, spec, **metadata):
    metadata = {"name": name, "namespace": at, **metadata}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    }


def held(cluster, obj):
    return cluster.get(obj["kind"], obj["metadata"]["name"], obj["metadata"]["namespace"])

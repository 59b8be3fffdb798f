"""What the benchmark is about: folders of clusters with many Services, and reviews of three sizes.

Everything is the same in each run. Each rule's host is a Service that is exposed, so that every
review is really patched.
"""

import json
import uuid

CLUSTERS = ("east", "west", "north")
SERVICES_PER_NAMESPACE = 50
SIZES = {"2 KB": 2_300, "10 KB": 10_000, "100 KB": 100_000}

HOST = "svc-7.shop-3.svc.cluster.local"
NAMESPACE = "shop-3"

_WORKSPACE = {
    "apiVersion": "tsb.tetrate.io/v2",
    "kind": "Workspace",
    "metadata": {
        "name": "shop",
        "namespace": "tetrate",
        "creationTimestamp": "2026-03-02T09:00:00Z",
        "annotations": {
            "tsb.tetrate.io/organization": "tetrate",
            "tsb.tetrate.io/tenant": "tetrate",
        },
    },
    "spec": {"namespaceSelector": {"names": ["*/shop-*"]}},
}
_SETTING = {
    "apiVersion": "tsb.tetrate.io/v2",
    "kind": "WorkspaceSetting",
    "metadata": {
        "name": "shop",
        "namespace": "tetrate",
        "creationTimestamp": "2026-03-02T09:05:00Z",
        "annotations": {
            "tsb.tetrate.io/organization": "tetrate",
            "tsb.tetrate.io/tenant": "tetrate",
            "tsb.tetrate.io/workspace": "shop",
        },
    },
    "spec": {
        "defaultEastWestGatewaySettings": [
            {"workloadSelector": {"namespace": "eastwest", "labels": {"app": "eastwest-gateway"}}}
        ]
    },
}


def write_clusters(folder, n_services):
    """Folders of manifests with n_services in all; what each cluster is read from, by its name,
    and every Service's name."""
    sources, names = {}, []
    for cluster, objects in objects_of(n_services).items():
        path = folder / cluster
        path.mkdir(parents=True)
        sources[cluster] = f"dir:{path}"
        _write(path / "workspace.json", [_WORKSPACE, _SETTING])
        for number, items in enumerate(_by_namespace(objects)):
            _write(path / f"{number}.json", items)
            names += [
                f"{obj['metadata']['name']}.{obj['metadata']['namespace']}" for obj in items[1:]
            ]
    return sources, names


def objects_of(n_services):
    """The namespaces of each cluster, by its name, each with its Services behind it."""
    objects = {}
    for number, cluster in enumerate(CLUSTERS):
        share = len(range(number, n_services, len(CLUSTERS)))
        objects[cluster] = []
        for first in range(0, share, SERVICES_PER_NAMESPACE):
            last = min(first + SERVICES_PER_NAMESPACE, share)
            namespace = f"shop-{first // SERVICES_PER_NAMESPACE}"
            objects[cluster].append(_namespace(namespace))
            objects[cluster] += [_service(namespace, number) for number in range(last - first)]
    return objects


def _by_namespace(objects):
    for first, obj in enumerate(objects):
        if obj["kind"] == "Namespace":
            yield objects[first : first + 1 + SERVICES_PER_NAMESPACE]


def _write(file, items):
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def _namespace(name):
    labels = {"kubernetes.io/metadata.name": name, "istio-injection": "enabled"}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _service(namespace, number):
    name = f"svc-{number}"
    labels = {"app": name, "app.kubernetes.io/part-of": namespace, "team": f"team-{number % 7}"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"app": name},
            "ports": [
                {"name": "http", "port": 8080, "targetPort": 8080},
                {"name": "grpc", "port": 9090, "targetPort": "grpc"},
            ],
        },
    }


def rule(n_subsets):
    """A DestinationRule as a user writes it. Every other subset has a policy of its own, every
    fourth one for a port."""
    subsets = []
    for number in range(n_subsets):
        subset = {"name": f"v{number}", "labels": {"app": "svc-7", "version": f"v{number}"}}
        if number % 2:
            subset["trafficPolicy"] = _subset_policy(number % 4 == 3)
        subsets.append(subset)
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {
            "name": "svc-7",
            "namespace": NAMESPACE,
            "labels": {"app": "svc-7", "app.kubernetes.io/managed-by": "Helm"},
        },
        "spec": {
            "host": HOST,
            "trafficPolicy": {
                "connectionPool": {"tcp": {"maxConnections": 100}},
                "portLevelSettings": [{"port": {"number": 8080}, "loadBalancer": _BALANCER}],
            },
            **({"subsets": subsets} if subsets else {}),
        },
    }


_BALANCER = {"simple": "LEAST_REQUEST"}
_POOL = {"http": {"http1MaxPendingRequests": 64, "maxRequestsPerConnection": 16}}


def _subset_policy(for_a_port):
    policy = {"connectionPool": _POOL, "loadBalancer": _BALANCER}
    if for_a_port:
        policy["portLevelSettings"] = [{"port": {"number": 9090}, "connectionPool": _POOL}]
    return policy


def rule_of_size(n_bytes):
    """The rule whose review is the largest that is not over n_bytes."""
    n_subsets = 0
    while len(encode(review(rule(n_subsets + 1)))) <= n_bytes:
        n_subsets += 1
    return rule(n_subsets)


def applied(obj):
    """The object as `kubectl apply` sends it: with the annotation that it keeps its own copy in."""
    text = json.dumps(obj, separators=(",", ":")) + "\n"
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": text}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}


def review(obj, uid="705ab4f5-6393-11e8-b7cc-42010a800002"):
    """What an API server sends when the object is created by `kubectl apply`."""
    group, _, version = obj["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": obj["kind"]}
    resource = {"group": group, "version": version, "resource": "destinationrules"}
    return {
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": uid,
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": obj["metadata"]["name"],
            "namespace": obj["metadata"]["namespace"],
            "operation": "CREATE",
            "userInfo": {
                "username": "kubernetes-admin",
                "groups": ["kubeadm:cluster-admins", "system:authenticated"],
            },
            "object": _as_received(obj),
            "oldObject": None,
            "dryRun": False,
            "options": {
                "kind": "CreateOptions",
                "apiVersion": "meta.k8s.io/v1",
                "fieldManager": "kubectl-client-side-apply",
                "fieldValidation": "Strict",
            },
        },
    }


def _as_received(obj):
    """With what the API server adds before it asks a webhook."""
    received = applied(obj)
    fields = {
        "f:metadata": {
            "f:annotations": {".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}},
            "f:labels": {".": {}, **{f"f:{key}": {} for key in obj["metadata"]["labels"]}},
        },
        "f:spec": _fields_of(obj["spec"]),
    }
    received["metadata"] = {
        **received["metadata"],
        "uid": str(uuid.uuid5(uuid.NAMESPACE_DNS, HOST)),
        "generation": 1,
        "creationTimestamp": "2026-03-02T09:10:00Z",
        "managedFields": [
            {
                "manager": "kubectl-client-side-apply",
                "operation": "Update",
                "apiVersion": obj["apiVersion"],
                "time": "2026-03-02T09:10:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": fields,
            }
        ],
    }
    return received


def _fields_of(value):
    """FieldsV1 of a value of a CRD whose lists are atomic, as Istio's are."""
    return {
        f"f:{key}": {".": {}, **_fields_of(item)} if isinstance(item, dict) else {}
        for key, item in value.items()
    }


def encode(document):
    """As the API server encodes: no spaces, a newline at the end."""
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"

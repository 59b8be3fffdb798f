"""Admission webhooks registered in a cluster the way users register them: through a Service."""

import base64
import copy
import uuid

from .process import Part, wait_until

_MARKER = "marker.registration.test"


class Registration(Part):
    """Webhook configurations, in force in the API server from start() to stop().

    An API server heeds a new configuration a moment after it has taken it, and says nothing. So
    each configuration gets a webhook of no consequence besides: it refuses one ConfigMap of a
    random name, which tells whether the configuration is in force.
    """

    def __init__(self, api, configurations, authority, failure_policy=None):
        self.api = api
        self._bare = configurations
        self._failure_policy = failure_policy
        self._prepare(authority.root.read_bytes())

    def start(self):
        self._apply()

    def trust(self, bundle):
        """Has the API server trust other authorities from now on: their certificates, as PEM."""
        self._prepare(bundle)
        self._apply()

    def stop(self):
        files = ["--ignore-not-found", "-f", "-"]
        self.api.kubectl("delete", *files, input=self._configurations).check()
        self.wait_until_gone()

    def wait_until_gone(self):
        """Waits, once the configurations were deleted, until the API server heeds that."""
        wait_until("no webhook is called", lambda: not any(map(self._is_refused, self._markers)))

    def _prepare(self, bundle):
        self._bundle = base64.b64encode(bundle).decode()
        self._markers = []
        self._configurations = [self._prepared(each) for each in self._bare]

    def _apply(self):
        self.api.apply(*self._configurations)
        wait_until("the webhooks are called", lambda: all(map(self._is_refused, self._markers)))

    def _prepared(self, configuration):
        prepared = copy.deepcopy(configuration)
        for webhook in prepared["webhooks"]:
            webhook["clientConfig"]["caBundle"] = self._bundle
            if self._failure_policy:
                webhook["failurePolicy"] = self._failure_policy
        marker = f"marker-{uuid.uuid4()}"
        self._markers.append(marker)
        prepared["webhooks"].append(_marker_webhook(marker))
        return prepared

    def _is_refused(self, marker):
        probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": marker}}
        dry_run = ["create", "-n", "default", "--dry-run=server", "-f", "-"]
        return _MARKER in self.api.kubectl(*dry_run, input=probe).stderr


def _marker_webhook(marker):
    rule = {
        "operations": ["CREATE"],
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["configmaps"],
    }
    is_marker = {"name": "marker", "expression": f"object.metadata.name == '{marker}'"}
    return {
        "name": _MARKER,
        "clientConfig": {"service": {"namespace": "default", "name": "does-not-exist"}},
        "rules": [rule],
        "matchConditions": [is_marker],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }

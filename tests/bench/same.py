"""Whether two answers make the same object of a review."""

import base64
import copy
import json


def patched(review, answer):
    """The object as the API server would keep it, without what means nothing."""
    request = json.loads(review)["request"]
    response = json.loads(answer)["response"]
    assert response["uid"] == request["uid"] and response["allowed"], response
    result = copy.deepcopy(request["object"])
    patch = json.loads(base64.b64decode(response["patch"]))
    assert patch, "an empty patch"
    for operation in patch:
        _apply(result, operation)
    # Go writes an empty status for objects that have none; CRDs with a status subresource drop it.
    if result.get("status") == {}:
        del result["status"]
    return json.dumps(result, sort_keys=True, indent=1)


def _apply(document, operation):
    *steps, last = [
        step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")[1:]
    ]
    parent = document
    for step in steps:
        parent = parent[int(step) if isinstance(parent, list) else step]
    if isinstance(parent, list):
        last = len(parent) if last == "-" else int(last)
    if operation["op"] == "remove":
        del parent[last]
    elif operation["op"] == "add" and isinstance(parent, list):
        parent.insert(last, operation["value"])
    elif operation["op"] in ("add", "replace"):
        parent[last] = operation["value"]
    else:
        raise AssertionError(f"operation {operation['op']}")

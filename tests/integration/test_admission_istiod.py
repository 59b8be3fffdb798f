"""istiod's verdict on every golden rule: what it takes as written, it takes as filled in."""

import re

import pytest
import yaml

from admission import GOLDEN, namespace

CASES = sorted((GOLDEN / "admit").glob("*/*/expected.yaml"))


@pytest.fixture(scope="module")
def pairs(bookinfo):
    """(case, rule as written, rule as filled in) of every golden case that fills in a rule."""
    found = list(golden_pairs())
    assert len(found) > 40
    namespaces = {pair[1]["metadata"].get("namespace", "default") for pair in found}
    bookinfo.apply(*map(namespace, sorted(namespaces - {"default"})))
    return found


def golden_pairs():
    for path in CASES:
        expected = yaml.safe_load(path.read_text())
        filled_in = expected.get("object", {})
        source = path.with_name("object.yaml")
        if filled_in.get("kind") == "DestinationRule" and source.exists():
            case = f"{path.parent.parent.name}-{path.parent.name}"
            yield case, yaml.safe_load(source.read_text()), filled_in


def test_what_istiod_takes_as_written_it_takes_as_filled_in(bookinfo, pairs):
    before, _ = taken(bookinfo, {case: written for case, written, _ in pairs})
    after, errors = taken(bookinfo, {case: filled_in for case, _, filled_in in pairs})

    assert before - after == set(), errors
    assert len(after) > len(pairs) * 0.9, errors


def taken(api, rules):
    """The cases whose rule a dry run takes, and what was said of the others."""
    named = [
        {**rule, "metadata": {"name": case, "namespace": rule["metadata"].get("namespace")}}
        for case, rule in rules.items()
    ]
    tried = api.kubectl("create", "--dry-run=server", "-f", "-", input=named)
    created = re.findall(r"^destinationrule\S*/(\S+) created", tried.stdout, re.MULTILINE)
    return set(created), tried.stderr

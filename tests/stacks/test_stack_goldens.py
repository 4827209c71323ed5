"""Every stack: its plan and what its program declares are the ones that were read and approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

import pytest
from support.golden import REPO, Golden
from support.recorded import of_stack

from fairlead.declared.record import Declared
from fairlead.plan import show
from fairlead.plan.stack import plan_of
from fairlead.spec.layers import stacks
from fairlead.tools.cache import Cache

STACKS = stacks(REPO / "stacks")
OURS = {
    *("StorageClass", "ComputeClass", "NodePool", "EC2NodeClass", "AKSNodeClass", "Node", "NodePatch"),
    "ConfigMap",
}
"""Kinds of Kubernetes objects that are written out: this product writes them, no chart does."""
WITH_TWINS = ("dev", "prod")
CACHE = "$FAIRLEAD_CACHE"


def lines(found: Sequence[Declared]) -> Iterator[str]:
    """One block per resource: URN, options that are set, what it depends on, inputs.

    Paths of this machine, which a local cluster's resources have, begin at the cache.
    """
    root = json.dumps(str(Cache.default().root))[1:-1]
    for one in found:
        options = [name for name in ("protect", "retain_on_delete") if getattr(one, name)]
        options += [f"ignores {path}" for path in one.ignore_changes]
        yield one.urn.partition("::fairlead::")[2] + "".join(f" [{option}]" for option in options)
        yield from (f"  after {urn.partition('::fairlead::')[2]}" for urn in one.depends_on if not small(one))
        if small(one):
            text = json.dumps(one.inputs, sort_keys=True, ensure_ascii=False).replace(root, CACHE)
            yield f"  sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}"
        elif one.inputs:
            text = json.dumps(one.inputs, sort_keys=True, indent=1).replace(root, CACHE)
            yield from (f"  {line}" for line in text.splitlines())


def small(one: Declared) -> bool:
    """Whether only a digest is kept: objects that come out of charts are others' work."""
    if not one.type.startswith("kubernetes:"):
        return False
    kind = one.type.rpartition(":")[2]
    from_chart = kind == "ConfigMap" and ("Cluster$" not in one.urn or "karpenter" in one.name)
    return kind not in OURS or from_chart


@pytest.mark.parametrize("stack", [name for name in STACKS if name != "local"])
def test_the_plan_of_a_stack_is_as_before(stack: str, golden: Golden) -> None:
    """That of the local stack is looked at more closely, in tests/plan."""
    plan = plan_of(REPO / "stacks", stack)
    golden.check(f"{stack}/plan.json", show.to_json(plan))
    golden.check(f"{stack}/plan.txt", show.to_text(plan))


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_stack_declares_is_as_before(stack: str, golden: Golden) -> None:
    golden.check(f"{stack}/resources.txt", "\n".join(lines(of_stack(stack))) + "\n")


@pytest.mark.parametrize("stack", STACKS)
def test_a_program_does_the_same_while_nothing_is_known_yet(stack: str) -> None:
    """As in a first preview: a program that computes with what only creation tells would fail or differ."""
    first = of_stack(stack, unknown=True)
    assert [one.urn for one in first] == [one.urn for one in of_stack(stack)]


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_stands_in_what_is_declared(stack: str) -> None:
    text = json.dumps([one.inputs for one in of_stack(stack)])
    for word in ("BEGIN RSA", "BEGIN PRIVATE", "BEGIN EC", "AKIA", "client-key-data", "eyJhbGciOi"):
        assert word not in text


def test_development_differs_from_production_only_by_layered_values() -> None:
    """The stack files name no resources and no logic: both go through the same program and layers."""
    for cloud in ("aws", "azure", "gcp"):
        kinds = [{one.type for one in of_stack(f"{cloud}-{twin}") if one.custom} for twin in WITH_TWINS]
        for twin in WITH_TWINS:
            merged = plan_of(REPO / "stacks", f"{cloud}-{twin}")
            assert (merged.target, merged.environment) == (cloud, twin)
        assert kinds[0] & kinds[1]

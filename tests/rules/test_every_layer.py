"""Platforms that no stack of this repository is: every layer, nodes that come and go, every way of sharing and network.

The program itself refuses to register what a mandatory rule refuses: a part without its exception would never come up.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from e2e import test_autoscaling
from e2e.everything import conftest as everything
from e2e.stage import make_stack, two_teams
from support import matrix
from support.golden import REPO

from fairlead.declared.record import declared
from fairlead.rules.judge import judge, of_resource, subjects_of
from fairlead.rules.model import Finding, Subject
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
SCANNED = REPO / "tests" / "reference" / "scanners" / "stacks"
LOCAL = {
    "everything": two_teams("everything", everything.SUBNET, everything.IMAGES, everything.LAYERS),
    "grow": test_autoscaling.PLATFORM,
}
OF_ACCELERATORS = ("fairlead-gpu", "fairlead-fabric")


def refusing(found: Iterable[Finding]) -> list[tuple[str, str, str]]:
    return sorted({(one.rule, one.name, one.path) for one in found if one.refuses})


def judged(folder: Path, stack: str) -> list[tuple[str, str, str]]:
    found = subjects_of(asdict(one) for one in declared(folder, stack))
    assert len(found) > 200
    return refusing(judge(found, Policies(), TODAY))


@pytest.mark.parametrize("stack", ["every-layer", "model-registry"])
def test_a_cluster_that_stands_gets_every_layer_by_the_rules(tmp_path: Path, stack: str) -> None:
    shutil.copytree(REPO / "stacks" / "layers", tmp_path / "layers")
    shutil.copytree(SCANNED, tmp_path, dirs_exist_ok=True)
    assert judged(tmp_path, stack) == []


@pytest.mark.parametrize("stack", LOCAL)
def test_a_local_cluster_gets_every_layer_and_its_autoscaler_by_the_rules(tmp_path: Path, stack: str) -> None:
    assert judged(make_stack(tmp_path, stack, LOCAL[stack]) / "stacks", stack) == []


def test_software_of_accelerators_keeps_the_rules_however_they_are_shared_and_joined() -> None:
    found: list[Finding] = []
    looked = 0
    for _, made in matrix.distinct().values():
        if made["metadata"].get("namespace") in OF_ACCELERATORS:
            group = made["apiVersion"] if "/" in made["apiVersion"] else f"core/{made['apiVersion']}"
            subject = Subject(f"kubernetes:{group}:{made['kind']}", made["metadata"]["name"], made)
            found += of_resource(subject, Policies(), TODAY)
            looked += 1
    assert looked > 50
    assert refusing(found) == []

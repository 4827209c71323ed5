"""What a team changes of itself changes its own resources, and of shared ones those that are named here."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.golden import REPO

from fairlead.declared.record import Declared, declared
from fairlead.spec.documents import read_file
from fairlead.spec.layers import KEY, resolve_stack

TEAM = "research"
LAYERS: Mapping[str, Any] = {
    **{name: {"enabled": True} for name in ("certificates", "store", "databases", "tracking")},
    **{name: {"enabled": True} for name in ("model-registry", "monitoring")},
    "gateway": {"enabled": True, "domain": "ai.example.com"},
}
"""Layers of the target `local` that make anything of all tenants together, and what they need."""
COHORT = "Cohort queue-cohort-cohort"
"""What nobody is promised: what a team gets more of, that has less of."""


def with_layers(folder: Path) -> None:
    """The local stack with those layers, whose teams have files."""
    path = folder / "Pulumi.local.yaml"
    data = yaml.safe_load(path.read_text())
    spec = data["config"][KEY]
    spec["tenants"], spec["layers"] = [], LAYERS
    path.write_text(yaml.safe_dump(data))
    (folder / "layers" / "environment-dev.yaml").write_text("")
    for place, name in enumerate(("product", TEAM)):
        text = f"owner: lead@example.com\ngroups: [{name}]\nquota: {{cpu: 500m, accelerators: {{H100: {8 + place}}}}}\n"
        (folder / "tenants" / f"{name}.yaml").write_text(text)


STACKS: Mapping[str, Callable[[Path], None]] = {
    "aws-prod": lambda _: None,
    "azure-prod": lambda _: None,
    "gcp-prod": lambda _: None,
    "local": with_layers,
}


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp(request.param) / "stacks"
    shutil.copytree(REPO / "stacks", folder)
    STACKS[request.param](folder)
    return folder, request.param


@pytest.fixture(scope="module")
def before(stack: tuple[Path, str]) -> Mapping[str, Declared]:
    return resources(*stack)


def resources(folder: Path, stack: str) -> dict[str, Declared]:
    """By URN. What they wait for is left out: the engine updates nothing where only that has changed."""
    return {one.urn: replace(one, depends_on=()) for one in declared(folder, stack)}


def changed(
    stack: tuple[Path, str], before: Mapping[str, Declared], team: str, text: str
) -> dict[str, Declared | None]:
    """What is made, changed or gone when a team file says this; the file is put back."""
    folder, name = stack
    path = folder / "tenants" / f"{team}.yaml"
    kept = path.read_text() if path.exists() else None
    path.write_text(text)
    try:
        after = resources(folder, name)
    finally:
        path.write_text(kept) if kept is not None else path.unlink()
    urns = [urn for urn in {**before, **after} if before.get(urn) != after.get(urn)]
    return {urn: after.get(urn) for urn in urns}


def shared(urns: Mapping[str, Declared | None], team: str) -> set[str]:
    """Kind and name of changed resources that are not by their name the team's own."""
    own = re.compile(rf"(^|[-:]){team}($|-)")
    last = [
        urn.rpartition(":")[0].rpartition(":")[0].rpartition(":")[2] + " " + urn.rpartition(":")[2]
        for urn in urns
    ]
    return {one for one in last if not own.search(one.partition(" ")[2])}


def told(stack: tuple[Path, str], **more: Any) -> str:
    """The team's file as it is, with keys of the stack's own part put over it."""
    folder, name = stack
    merged = resolve_stack(folder, name).value["tenants"]
    [tenant] = [one for one in merged if one["name"] == TEAM]
    return yaml.safe_dump({**{key: value for key, value in tenant.items() if key != "name"}, **more})


def test_the_same_team_said_in_another_way_changes_nothing(
    stack: tuple[Path, str], before: Mapping[str, Declared]
) -> None:
    assert changed(stack, before, TEAM, told(stack)) == {}


def test_people_owner_and_fence_are_the_teams_own(
    stack: tuple[Path, str], before: Mapping[str, Declared]
) -> None:
    people = {
        "owner": "new@example.com",
        "cost_center": "R-42",
        "members": ["ada@example.com"],
        "roles": {"admin": {"members": ["eve@example.com"]}, "viewer": {"groups": ["guests"]}},
    }
    found = changed(stack, before, TEAM, told(stack, **people, egress=["10.9.0.0/16"], weight=3))
    kinds = {urn.rpartition("::")[0].rpartition(":")[2] for urn in found}
    assert {
        "Namespace",
        "Role",
        "RoleBinding",
        "ClusterRoleBinding",
        "NetworkPolicy",
        "ClusterQueue",
    } <= kinds
    assert shared(found, TEAM) == set()


def test_a_quota_is_the_teams_own_and_what_is_left_for_all(
    stack: tuple[Path, str], before: Mapping[str, Declared]
) -> None:
    folder, name = stack
    [tenant] = [one for one in resolve_stack(folder, name).value["tenants"] if one["name"] == TEAM]
    less = {**tenant["quota"], "storage": "33Gi"}
    less["accelerators"] = {key: count - 1 for key, count in tenant["quota"]["accelerators"].items()}
    found = changed(stack, before, TEAM, told(stack, quota=less))
    assert {"ClusterQueue", "ResourceQuota"} <= {urn.rpartition("::")[0].rpartition(":")[2] for urn in found}
    assert shared(found, TEAM) == {f"{COHORT}-{resolve_stack(folder, name).value['name']}"}


MLFLOW = {
    "Deployment tracking-deployment-fairlead-tracking-mlflow",
    "NetworkPolicy tracking-networkpolicy-fairlead-tracking-mlflow",
}
WATCHED = {
    "PodMonitor monitoring-asked-podmonitor-fairlead-monitoring-tenants",
    "NetworkPolicy monitoring-networkpolicy-fairlead-monitoring-fairlead-calls",
    "ConfigMap monitoring-configmap-fairlead-monitoring-fairlead-reclaimer",
    "Deployment monitoring-deployment-fairlead-monitoring-fairlead-reclaimer",
}
SHARED: Mapping[str, set[str]] = {
    "aws-prod": {"RolePolicy fairlead-prod-ci-roles", *MLFLOW, *WATCHED},
    "azure-prod": MLFLOW | WATCHED,
    "gcp-prod": MLFLOW | WATCHED,
    "local": {
        *MLFLOW,
        *WATCHED,
        "Gateway gateway-entrance-gateway-fairlead-gateway-fairlead",
        "ConfigMap store-configmap-fairlead-store-store",
        "NetworkPolicy store-networkpolicy-fairlead-store-store",
        "StatefulSet store-statefulset-fairlead-store-store",
    },
}
"""What names every team, and so changes where one comes or goes: docs/tenants.md says what each is."""


def test_a_new_team_changes_of_the_others_nothing_and_of_all_what_names_each_team(
    stack: tuple[Path, str], before: Mapping[str, Declared]
) -> None:
    text = "owner: lead@example.com\ngroups: [zeta]\nquota: {}\n"
    found = changed(stack, before, "zeta", text)
    assert any(urn.endswith("tenant-zeta-namespace-zeta") for urn in found)
    assert not [urn for urn in found if re.search(rf"{TEAM}|product", urn.rpartition("::")[2])]
    assert shared(found, "zeta") == SHARED[stack[1]]


def test_the_fixture_has_two_teams_in_files_of_their_own(stack: tuple[Path, str]) -> None:
    folder, name = stack
    merged = resolve_stack(folder, name)
    assert [one["name"] for one in merged.value["tenants"]] == ["product", TEAM]
    assert len({place for path, place in merged.places.items() if path.endswith("]")}) >= 2
    assert read_file(folder / "tenants" / f"{TEAM}.yaml").value

"""Everything that the Google Cloud stacks declare, before references that this project did not write."""

from __future__ import annotations

import copy
import json
import shutil
import typing
from dataclasses import asdict
from pathlib import Path

import pytest
from pulumi._types import is_input_type

from reference.common import REPO, Resource, load
from reference.gcp import sdk
from reference.gcp.check import check, request
from reference.gcp.declared import BUCKET, CLUSTER, POOL
from reference.gcp.mutations import NODES
from reference.gcp.mutations_databases import DATABASES
from reference.gcp.mutations_platform import (
    CLUSTERS,
    IDENTITIES,
    KUBERNETES_OBJECTS,
    NETWORKS,
    PROJECT,
    STORAGE,
)
from reference.gcp.rules_databases import SERVER
from reference.gcp.rules_order import KEY_GRANT, PROJECT_GRANT
from reference.mutation import assert_caught, assert_clean, rename, run_mutations, to

STACKS = ("gcp-dev", "gcp-prod")
EVERY_MACHINE = Path(__file__).parent / "every_machine.yaml"
"""A stack with a pool of each kind of accelerator, fabric and capacity, and a parallel file system."""
MUTATIONS = (
    *NODES,
    *CLUSTERS,
    *NETWORKS,
    *PROJECT,
    *IDENTITIES,
    *STORAGE,
    *KUBERNETES_OBJECTS,
    *DATABASES,
)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory) -> dict[str, list[Resource]]:
    return {stack: load(stack) for stack in STACKS} | {"every machine": _every(tmp_path_factory)}


def _every(tmp_path_factory) -> list[Resource]:
    from fairlead.declared.record import declared

    folder = shutil.copytree(
        REPO / "stacks", tmp_path_factory.mktemp("every") / "stacks", ignore=shutil.ignore_patterns("tenants")
    )
    shutil.copy(EVERY_MACHINE, folder / "Pulumi.gcp-every.yaml")
    return json.loads(json.dumps([asdict(one) for one in declared(folder, "gcp-every")]))


@pytest.mark.parametrize("stack", [*STACKS, "every machine"])
def test_no_reference_objects_to_anything_that_a_stack_declares(stack, stacks):
    assert any(one["type"].startswith("gcp:") for one in stacks[stack])
    assert_clean(check, stacks[stack])


def test_the_stack_of_every_machine_has_many(stacks):
    pools = (one for one in stacks["every machine"] if one["type"] == POOL)
    assert len({one["inputs"]["nodeConfig"]["machineType"] for one in pools}) >= 12


def _places(value, args, path=()):
    """Every property in a resource's inputs that the SDK names, with its path; not the keys of free maps."""
    if isinstance(value, dict) and isinstance(args, type) and is_input_type(args):
        for key, part in value.items():
            yield (*path, key), part
            yield from _places(part, sdk.plain(sdk.properties(args)[key]), (*path, key))
    elif isinstance(value, list):
        (inner, *_) = typing.get_args(args)
        for index, part in enumerate(value):
            yield from _places(part, sdk.plain(inner), (*path, index))


def _with(resource, path, change):
    changed = copy.deepcopy(resource)
    holder = changed["inputs"]
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return changed


WRONG = {bool: "maybe", int: "many", float: "half", str: 7, list: "text", dict: ["text"]}
"""Type of a value -> a value of another type."""


@pytest.mark.parametrize("stack", STACKS)
def test_every_misspelt_property_and_every_wrong_type_is_noticed(stack, stacks):
    escaped = []
    for one in stacks[stack]:
        if not one["custom"] or not one["type"].startswith("gcp:"):
            continue
        for path, value in _places(one["inputs"], sdk.args_class(one["type"])):
            if not sdk.check(_with(one, path, rename(f"{path[-1]}s"))):
                escaped.append((one["name"], path, "misspelt"))
            wrong = _with(one, path, to(WRONG[type(value)]))
            if not sdk.check(wrong) and not request(wrong):
                escaped.append((one["name"], path, "of another type"))
    assert escaped == []


def _without(resource, kind):
    """The resource as it would be if it waited for no resource of a type."""
    return {**resource, "depends_on": [urn for urn in resource["depends_on"] if f"{kind}::" not in urn]}


@pytest.mark.parametrize(
    ("waits", "grant"), [(POOL, KEY_GRANT), (POOL, PROJECT_GRANT), (BUCKET, KEY_GRANT), (SERVER, KEY_GRANT)]
)
def test_a_resource_that_does_not_wait_for_its_grants_is_noticed(waits, grant, stacks):
    loose = [_without(one, CLUSTER if one["type"] == POOL else grant) for one in stacks["gcp-prod"]]
    loose = [_without(one, grant) for one in loose]
    assert [one for one in check(loose) if f"{waits}::" in one.urn and "grants of" in one.what]


def test_state_without_protection_is_noticed_where_other_state_has_it(stacks):
    bare = [{**one, "protect": False} if one["type"] == BUCKET else one for one in stacks["gcp-prod"]]
    assert [one.what for one in check(bare)] == ["unprotected, where other state of the stack is protected"]


def test_nineteen_of_twenty_single_mistakes_are_noticed(stacks, tell):
    assert_caught("Google Cloud", run_mutations(stacks, MUTATIONS, check), tell)

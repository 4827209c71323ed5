"""Everything that the Azure stacks declare, before a judge that its authors did not write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from reference.azure import facts, links, schema, sdk
from reference.azure.check import check
from reference.azure.kinds import KINDS
from reference.azure.mutations import CLUSTERS, POOLS
from reference.azure.mutations_around import AROUND
from reference.azure.stack import CLUSTER, Stack
from reference.common import Resource, load
from reference.mutation import assert_clean, rate, report, run_mutations

STACKS = ("azure-prod", "azure-dev")
GOAL = 0.95


@pytest.fixture(scope="module")
def stacks() -> Mapping[str, Sequence[Resource]]:
    return {name: load(name) for name in STACKS}


@pytest.mark.parametrize("name", STACKS)
def test_nothing_that_a_stack_declares_is_refused_by_a_reference(
    stacks: Mapping[str, Sequence[Resource]], name: str
) -> None:
    assert_clean(check, stacks[name])


def test_single_mistakes_are_noticed(
    stacks: Mapping[str, Sequence[Resource]], capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = run_mutations(stacks, (*POOLS, *CLUSTERS, *AROUND), check)
    with capsys.disabled():
        print("\n" + report("Azure", outcomes))
    assert rate(outcomes) >= GOAL, report("Azure", outcomes)


def test_a_type_that_no_reference_describes_is_a_finding(stacks: Mapping[str, Sequence[Resource]]) -> None:
    strange = {**stacks[STACKS[0]][0], "type": "azure-native:batch:Pool", "custom": True}
    assert any("no validator" in one.what for one in check([strange]))


def test_the_libraries_speak_the_api_versions_of_the_provider() -> None:
    assert schema.versions() == []


def test_each_library_knows_every_input_that_the_provider_takes() -> None:
    """Two references of different origin agree, but for what a newer version of one API adds."""
    extra = ("serviceGateway", "expand")
    assert [one for one in schema.differences() if not one.endswith(extra)] == []


def test_every_link_of_the_table_is_a_place_that_its_type_has() -> None:
    assert links.misplaced() == []


def test_every_type_of_a_stack_is_one_that_the_sdk_has(stacks: Mapping[str, Sequence[Resource]]) -> None:
    declared = {one["type"] for resources in stacks.values() for one in resources if one["type"] in KINDS}
    assert CLUSTER in declared
    assert all(sdk.resource(token) for token in declared)


def test_the_tables_have_what_the_rules_ask_them() -> None:
    assert len(facts.sizes()) > 1000
    assert facts.gpus()["standard_nd96isr_h100_v5"].vendor == "nvidia"
    assert facts.zones()["westus"] == frozenset()
    assert facts.roles()["ba92f5b4-2d11-453d-a403-e96b0029c9fe"].name == "Storage Blob Data Contributor"
    assert "Standard_ND96isr_H100_v5" in facts.offered()["eastus2"]


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_has_a_cluster_with_pools(stacks: Mapping[str, Sequence[Resource]], name: str) -> None:
    """The rules would say nothing of a stack without pools: that they have some is asserted."""
    assert len(list(Stack(stacks[name]).pools())) > 1

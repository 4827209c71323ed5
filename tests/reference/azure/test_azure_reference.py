"""Everything that the Azure stacks declare, before a judge that its authors did not write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import pytest

from reference.azure import facts, links, schema, sdk
from reference.azure.check import check
from reference.azure.kinds import KINDS
from reference.azure.mutations import CLUSTERS, POOLS
from reference.azure.mutations_around import IDENTITIES, NETWORK
from reference.azure.mutations_data import ACCESS, DATA, KARPENTER, KUBERNETES
from reference.azure.mutations_databases import DATABASES
from reference.azure.mutations_logs import LOGS as LOGGING
from reference.azure.mutations_rules import RULES
from reference.azure.mutations_secrets import SECRETS as KEPT
from reference.azure.stack import CLUSTER, Stack
from reference.azure.stacks import LOGS, PROVISIONED, SECRETS, VARIANTS, variant
from reference.azure.systematic import crossings, mistakes
from reference.common import Resource, load
from reference.mutation import assert_caught, assert_clean, run_mutations

STACKS = ("azure-prod", "azure-dev")
FORM_GOAL = 0.99
MUTATIONS = (
    *POOLS,
    *CLUSTERS,
    *NETWORK,
    *IDENTITIES,
    *DATA,
    *KUBERNETES,
    *KARPENTER,
    *ACCESS,
    *RULES,
    *DATABASES,
)

Stacks = Mapping[str, Sequence[Resource]]
Tell = Callable[[str], None]


@pytest.fixture(scope="module")
def stacks() -> Stacks:
    return {name: load(name) for name in STACKS}


@pytest.mark.parametrize("name", STACKS)
def test_nothing_that_a_stack_declares_is_refused_by_a_reference(stacks: Stacks, name: str) -> None:
    assert_clean(check, stacks[name])


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_that_a_variant_declares_is_refused_by_a_reference(name: str) -> None:
    assert_clean(check, _variant(name))


def _variant(name: str) -> list[Resource]:
    return json.loads(json.dumps(variant(name)))


def test_nineteen_of_twenty_single_mistakes_are_noticed(stacks: Stacks, tell: Tell) -> None:
    everything = {**stacks, PROVISIONED: _variant(PROVISIONED)}
    assert_caught("Azure", run_mutations(everything, MUTATIONS, check), tell)


def test_every_mistake_with_secrets_is_noticed() -> None:
    outcomes = run_mutations({SECRETS: _variant(SECRETS)}, KEPT, check)
    assert [one.mutation.name for one in outcomes if not one.caught] == []


def test_every_mistake_with_output_of_containers_is_noticed() -> None:
    outcomes = run_mutations({LOGS: _variant(LOGS)}, LOGGING, check)
    assert [one.mutation.name for one in outcomes if not one.caught] == []


def test_every_mistake_of_form_is_noticed(stacks: Stacks, tell: Tell) -> None:
    """Each key misspelt, each value of another type, each word of a list in another case: nobody chose these."""
    made = [one for resource in stacks["azure-prod"] for one in mistakes(resource)]
    escaped = [what for what, changed in made if not schema.check([changed])]
    tell(f"Azure: {len(made) - len(escaped)} of {len(made)} mistakes of form caught")
    assert len(made) > 1000
    assert len(escaped) <= (1 - FORM_GOAL) * len(made), "\n".join(escaped)


def test_references_to_the_wrong_resource_of_the_right_kind_are_noticed(stacks: Stacks, tell: Tell) -> None:
    """What is left may be so: another resource group is no mistake for what is part of nothing else."""
    prod = stacks["azure-prod"]
    assert_clean(check, prod)
    outcomes = [(what, bool(check(changed))) for what, changed in crossings(prod)]
    escaped = [what for what, caught in outcomes if not caught]
    tell(f"Azure: {len(outcomes) - len(escaped)} of {len(outcomes)} crossed references caught")
    assert len(outcomes) > 50
    assert [what for what in escaped if " resourceGroupName: " not in what] == []


def test_a_type_that_no_reference_describes_is_a_finding(stacks: Stacks) -> None:
    strange = {**stacks[STACKS[0]][0], "type": "azure-native:batch:Pool", "custom": True}
    assert any("no validator" in one.what for one in check([strange]))


def test_the_libraries_speak_the_api_versions_of_the_provider() -> None:
    assert schema.versions() == []


def test_each_library_knows_every_input_that_the_provider_takes() -> None:
    """Two references of different origin agree, but for what a newer version of one API adds."""
    extra = ("serviceGateway", "expand", "parameters.expression", "parameters.type")
    assert [one for one in schema.differences() if not one.endswith(extra)] == []


def test_every_link_of_the_table_is_a_place_that_its_type_has() -> None:
    assert links.misplaced() == []


def test_every_type_that_a_reference_describes_is_one_that_the_sdk_has() -> None:
    assert CLUSTER in KINDS
    assert [token for token in KINDS if sdk.resource(token) is None] == []


def test_the_tables_have_what_the_rules_ask_them() -> None:
    assert len(facts.sizes()) > 1000
    assert facts.gpus()["standard_nd96isr_h100_v5"].vendor == "nvidia"
    assert facts.zones()["westus"] == frozenset()
    assert facts.roles()["ba92f5b4-2d11-453d-a403-e96b0029c9fe"].name == "Storage Blob Data Contributor"
    assert "Standard_ND96isr_H100_v5" in facts.offered()["eastus2"]


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_has_pools_for_the_rules_to_judge(stacks: Stacks, name: str) -> None:
    assert len(list(Stack(stacks[name]).pools())) > 1

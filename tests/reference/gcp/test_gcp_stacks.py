"""Everything that the Google Cloud stacks declare, before references that this project did not write."""

from __future__ import annotations

import pytest

from reference.common import Resource, load
from reference.gcp.check import check
from reference.gcp.mutations import NODES
from reference.gcp.mutations_platform import (
    CLUSTERS,
    IDENTITIES,
    KUBERNETES_OBJECTS,
    NETWORKS,
    STORAGE,
)
from reference.mutation import assert_clean, rate, report, run_mutations

STACKS = ("gcp-dev", "gcp-prod")
MUTATIONS = (
    *NODES,
    *CLUSTERS,
    *NETWORKS,
    *IDENTITIES,
    *STORAGE,
    *KUBERNETES_OBJECTS,
)
GOAL = 0.95


@pytest.fixture(scope="module")
def stacks() -> dict[str, list[Resource]]:
    return {stack: load(stack) for stack in STACKS}


@pytest.mark.parametrize("stack", STACKS)
def test_no_reference_objects_to_anything_that_a_stack_declares(stack, stacks):
    assert any(one["type"].startswith("gcp:") for one in stacks[stack])
    assert_clean(check, stacks[stack])


def test_a_single_mistake_is_noticed(stacks, capsys):
    outcomes = run_mutations(stacks, MUTATIONS, check)
    with capsys.disabled():
        print("\n" + report("Google Cloud", outcomes))
    assert rate(outcomes) >= GOAL, report("Google Cloud", outcomes)
    assert len(outcomes) >= 55

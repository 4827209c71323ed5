"""The pack, as the engine asks it, refuses nothing that a stack of this repository declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import pytest
import yaml
from policies.analyzer import LEVELS, Pack, running
from support.golden import REPO
from support.recorded import of_stack

from fairlead.rules.judge import subjects_of
from fairlead.rules.model import Subject
from fairlead.spec.layers import KEY, stacks

STACKS = stacks(REPO / "stacks")


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    with running() as started:
        yield started


def told(pack: Pack, stack: str, subjects: list[Subject]) -> dict[str, list[tuple[str, str]]]:
    """Level -> (rule, first line below its title)."""
    own = yaml.safe_load((REPO / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"][KEY]
    pack.stack(stack, {KEY: json.dumps(own)})
    pack.configure()
    found = [one for subject in subjects for one in pack.analyze(subject)] + pack.analyze_stack(subjects)
    by_level: dict[str, list[tuple[str, str]]] = {"mandatory": [], "advisory": []}
    for one in found:
        by_level[LEVELS[one.enforcementLevel]].append((one.policyName, one.message.split("\n")[1]))
    return by_level


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_that_a_stack_declares_is_refused(pack: Pack, stack: str) -> None:
    found = told(pack, stack, subjects_of(asdict(one) for one in of_stack(stack)))
    assert found["mandatory"] == []
    assert found["advisory"], "the pack has looked at it"


def test_what_a_first_preview_does_not_know_yet_is_not_refused(pack: Pack) -> None:
    found = told(pack, "aws-prod", subjects_of(asdict(one) for one in of_stack("aws-prod", unknown=True)))
    assert found["mandatory"] == []

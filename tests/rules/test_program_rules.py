"""The program holds its plan, and then each of its resources, against the rules; a recording of it does not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from support.golden import REPO

from fairlead import guard, program
from fairlead.plan.ruled import RefusedError
from fairlead.spec.layers import KEY
from fairlead.spec.policies import Policies

STACKS = REPO / "stacks"


class Begun(Exception):
    """The program would register now."""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Policies]:
    """What the guard was told, in a program that ends before it registers anything."""
    told: list[Policies] = []

    def keep(policies: Policies, today: date) -> None:
        assert today == date.today()
        told.append(policies)

    def begin(*_: object) -> None:
        raise Begun

    monkeypatch.setattr(guard, "keep", keep)
    monkeypatch.setattr(program, "renderer", begin)
    return told


def own(**policies: Any) -> dict[str, Any]:
    """The stack's own file, as the engine has it, with policies."""
    file = yaml.safe_load((STACKS / "Pulumi.aws-prod.yaml").read_text())
    return {**file["config"][KEY], "policies": policies}


def test_a_plan_that_is_refused_registers_nothing(kept: list[Policies]) -> None:
    with pytest.raises(RefusedError, match="cost-month-most"):
        program.build(STACKS, "aws-prod", own(month_most=1), ruled=True)
    assert kept == []


def test_resources_are_held_to_what_the_spec_says(kept: list[Policies]) -> None:
    with pytest.raises(Begun):
        program.build(STACKS, "aws-prod", own(levels={"cost-pool-owner": "mandatory"}), ruled=True)
    assert [one.levels for one in kept] == [{"cost-pool-owner": "mandatory"}]


def test_a_recording_has_everything_so_that_all_of_it_can_be_judged(kept: list[Policies]) -> None:
    with pytest.raises(Begun):
        program.build(STACKS, "aws-prod", own(month_most=1))
    assert kept == []

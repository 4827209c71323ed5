"""The plan of the local stack, as JSON and as text, is the one that was read and approved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.golden import REPO, Golden

from fairlead.catalog.read import load as load_catalog
from fairlead.plan import show
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.spec.layers import resolve_stack


@pytest.fixture(scope="module")
def plan() -> PlatformPlan:
    merged = resolve_stack(REPO / "stacks", "local")
    return load_plan(merged.value, "stacks/Pulumi.local.yaml", load_catalog(), merged.origins)


def test_the_plan_of_the_local_stack_as_json(plan: PlatformPlan, golden: Golden) -> None:
    golden.check("local/plan.json", show.to_json(plan))


def test_the_plan_of_the_local_stack_as_text(plan: PlatformPlan, golden: Golden) -> None:
    golden.check("local/plan.txt", show.to_text(plan))


def test_json_and_plain_data_say_the_same(plan: PlatformPlan) -> None:
    assert json.loads(show.to_json(plan)) == show.to_dict(plan)


def test_the_text_names_everything_that_the_plan_decides(plan: PlatformPlan) -> None:
    text = show.to_text(plan)
    names = [pool.name for pool in plan.pools] + [pool.machine for pool in plan.pools]
    names += [flavor.name for flavor in plan.queues.flavors] + [tenant.name for tenant in plan.tenants]
    names += (
        [layer.why for layer in plan.layers] + [row.reason for row in plan.capabilities] + list(plan.notes)
    )
    for name in names:
        assert name in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_golden_file_that_differs_or_is_missing_fails(tmp_path: Path) -> None:
    golden = Golden(update=False, root=tmp_path)
    with pytest.raises(AssertionError, match="is missing"):
        golden.check("x.txt", "a\n")
    Golden(update=True, root=tmp_path).check("x.txt", "a\n")
    golden.check("x.txt", "a\n")
    with pytest.raises(AssertionError, match=r"(?s)differs.*\+b"):
        golden.check("x.txt", "b\n")

"""What takes idle accelerators back asks in PromQL, and what Prometheus makes of that out of the exporters' words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead import series
from fairlead.layers.monitoring import rules
from fairlead.plan.layer_rows import ROWS
from fairlead.reclaim import look
from reference.prometheus.alert_cases import PLAN
from reference.prometheus.cluster import LONG, TENANT, dcgm, node, pod, tenant
from reference.prometheus.promtool import Series, expected, wrong

pytestmark = pytest.mark.reference

USE = "DCGM_FI_DEV_GPU_UTIL"
IDLE_HOUR = "50x9 0x170"
"""Used for ten minutes, then not."""


def told(first: str = IDLE_HOUR, second: str = IDLE_HOUR) -> Series:
    """A pod with two accelerators, and another that is used all the time."""
    return {
        **node("n1", count=4),
        **tenant(),
        **pod("train-0", count=2),
        **pod("busy-0", count=1, job="busy"),
        dcgm(USE, 0, "train-0"): first,
        dcgm(USE, 1, "train-0"): second,
        dcgm(USE, 2, "busy-0"): f"90{LONG}",
        dcgm(USE, 3): f"0{LONG}",
    }


def held(gpu: int, name: str = "train-0", job: str = "train") -> str:
    words = f'vendor="NVIDIA", device="GPU-n1-{gpu}", model="NVIDIA H100", namespace="{TENANT}", pod="{name}"'
    of = f'node="n1", pool="h100", accelerator="H100", tenant="{TENANT}", workload="train-node-0"'
    return f'{series.ACCELERATOR_IDLE}{{{words}, {of}, training_job="{job}", stage="training"}}'


def holds(given: Series, *checks: Mapping[str, Any]) -> None:
    groups = [group for one in rules.objects(PLAN, set(ROWS)) for group in one["spec"]["groups"]]
    said = wrong(groups, given, *checks)
    assert said == "", said


def test_all_accelerators_of_a_pod_are_told_once_one_has_been_idle_for_long() -> None:
    """From the last minute in which it was used; that of the busy pod and that of nobody are not among them."""
    query = look.idle_for(3600)
    holds(
        told(),
        expected(query, "68m", {}),
        expected(query, "69m", {held(0): 3600, held(1): 3600}),
        expected(look.COUNTED, "69m", {"{}": 3}),
    )


def test_one_that_is_used_again_is_told_beside_the_idle_one() -> None:
    used = told(second="50x9 0x58 50x100")
    holds(used, expected(look.idle_for(3600), "75m", {held(0): 3960, held(1): 0}))


def test_when_the_exporter_falls_silent_nothing_is_told() -> None:
    silent = told("50x9 0x60 _x120", "50x9 0x60 _x120")
    holds(silent, expected(look.idle_for(3600), "90m", {}), expected(look.COUNTED, "90m", {"{}": 1}))


def test_checkpoints_are_told_by_the_pod_that_wrote_them() -> None:
    of = f'namespace="{TENANT}", pod="train-0", node="n1", job="tenants"'
    told_by_job = {
        f'{series.CHECKPOINT_TOLD}{{{of}, rank="0"}}': "600x100",
        f'{series.CHECKPOINT_TOLD}{{{of}, rank="1"}}': "900x100",
        f"{series.CHECKPOINT_WRITING}{{{of}}}": "0x9 1x90",
    }
    name = f'{{namespace="{TENANT}", pod="train-0"}}'
    holds(
        told_by_job,
        expected(look.AGES, "20m", {name: 300}),
        expected(look.WRITING, "9m", {}),
        expected(look.WRITING, "20m", {name: 1}),
    )

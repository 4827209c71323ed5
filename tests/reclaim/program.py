"""The program that takes accelerators back, made over the stand-ins, and what can be seen of what it did."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reclaim.stand_ins import Cluster

from fairlead.reclaim.__main__ import Reclaimer
from fairlead.reclaim.calls import Caller
from fairlead.reclaim.decide import Policy
from fairlead.reclaim.tell import Figures

LIMIT = 3600
"""Seconds that accelerators may idle."""
SLEEPS, BUSY = [7200.0] * 8, [7200.0] * 7 + [3.0]
"""Seconds that each accelerator of a pod has been idle."""


def made(servers: tuple[str, str], action: str = "suspend", after: int = LIMIT) -> Reclaimer:
    spaces = ["team-a", "team-b"]
    policy = Policy(action, after)
    return Reclaimer(policy, spaces, *map(Caller, servers), Figures(spaces, action))


def lines(capsys: pytest.CaptureFixture[str], what: str) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [one for one in told if one["what"] == what]


def active(cluster: Cluster) -> dict[str, bool]:
    """Name of each job -> whether its workload may run."""
    return {
        one["metadata"]["name"].removeprefix("trainjob-"): one["spec"]["active"] for one in cluster.workloads
    }

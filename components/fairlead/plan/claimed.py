"""Accelerators that pods claim: in which numbers, by which templates, and how the queue counts them.

What a TrainJob may change in a pod has no resourceClaims (PodSpecPatch of kubeflow/trainer v2.3.0): so the claim stands
in the runtime that the job refers to, and there is a runtime for each number. Which accelerator it is the node
label says that the job selects, so one template of each number serves them all. Kueue counts the devices under the
resource's own name, as if they were asked for by it: quotas, limits and budgets are the same for both. docs/adr/0066.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairlead.plan.model import PoolPlan
from fairlead.plan.queue_model import QueuesPlan
from fairlead.plan.sharing import NVIDIA

CLASS = "gpu.nvidia.com"
"""Device class of whole accelerators. dra-driver-nvidia-gpu v0.5.0, chart, templates/deviceclass-gpu.yaml."""
TEMPLATE = "nvidia-gpu-"
"""Beginning of the templates' names; the number follows."""


def template(count: int) -> str:
    """Name of the ResourceClaimTemplate, in every tenant's namespace, of so many accelerators of one node."""
    return f"{TEMPLATE}{count}"


def counts(pools: Iterable[PoolPlan]) -> Mapping[str, tuple[int, ...]]:
    """What jobs ask claimed accelerators for, `H100/dra` -> the numbers that a node of theirs can ask for.

    1, 2, 4 … up to what a node has, and all that it has.
    """
    found: dict[str, set[int]] = {}
    for pool in pools:
        if pool.asked_as and pool.sharing.claimed:
            known = found.setdefault(pool.asked_as, set())
            known |= {pool.count, *(1 << power for power in range(pool.count.bit_length()))}
    return {name: tuple(sorted(known)) for name, known in found.items()}


def templates(pools: Iterable[PoolPlan]) -> tuple[int, ...]:
    """Numbers of which every tenant has a template."""
    return tuple(sorted({count for known in counts(pools).values() for count in known}))


def with_devices(queues: QueuesPlan, pools: Sequence[PoolPlan]) -> QueuesPlan:
    """The queues, told which class the devices are of that pods claim; the same where none does."""
    if not counts(pools):
        return queues
    return replace(queues, claims={**queues.claims, CLASS: NVIDIA})


def taken(pod: Mapping[str, Any]) -> int:
    """Accelerators that the spec of a pod claims by templates of this platform."""
    names = [str(one.get("resourceClaimTemplateName", "")) for one in pod.get("resourceClaims") or ()]
    numbers = (name.removeprefix(TEMPLATE) for name in names if name.startswith(TEMPLATE))
    return sum(int(number) for number in numbers if number.isdigit())

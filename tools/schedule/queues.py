"""Shuts and opens the tenants' queues."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from schedule.api import MERGE, Api

QUEUE = "/apis/kueue.x-k8s.io/v1beta2/clusterqueues/{}"


def stop(api: Api, names: Iterable[str], policy: Literal["Hold", "None"]) -> None:
    """Hold: nothing more is admitted, what runs goes on. None: open."""
    for name in names:
        api.ask("PATCH", QUEUE.format(name), {"spec": {"stopPolicy": policy}}, MERGE)

"""What the API server tells while the jobs run, each with the moment at which it was heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.workload.conditions import conditions
from schedule.api import Api, RefusedError, Watch

PODS = "/api/v1/pods?labelSelector=batch.kubernetes.io%2Fjob-name"
WORKLOADS = "/apis/kueue.x-k8s.io/v1beta2/workloads"
JOB = "batch.kubernetes.io/job-name"
RESOURCE = "nvidia.com/gpu"
ENDED = ("Succeeded", "Failed")


@dataclass
class Stay:
    """One pod: where it was bound, from when to when. Moments are seconds of this machine's clock."""

    job: str
    gpus: int
    node: str = ""
    bound: float = 0.0
    ended: float = 0.0
    """0 while it holds its place."""
    done: bool = False
    """Whether it ran to its end."""


@dataclass
class Wait:
    """One workload of the queue."""

    admitted: str = ""
    """When it was admitted first, by the server's clock, in whole seconds."""
    heard: float = 0.0
    """When this was heard first."""
    evictions: int = 0


@dataclass
class Heard:
    """All that was heard."""

    stays: dict[str, Stay] = field(default_factory=dict[str, Stay])
    """By the pod's uid."""
    waits: dict[str, Wait] = field(default_factory=dict[str, Wait])
    """By the workload's uid."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pod(self, kind: str, obj: Mapping[str, Any], now: float) -> None:
        """Takes in one change of a pod."""
        uid = obj["metadata"]["uid"]
        with self.lock:
            stay = self.stays.get(uid)
            if stay is None:
                stay = self.stays[uid] = Stay(obj["metadata"]["labels"][JOB], _gpus(obj))
            node = obj["spec"].get("nodeName", "")
            if node and not stay.node:
                stay.node, stay.bound = node, now
            phase = obj.get("status", {}).get("phase")
            if not stay.ended and (kind == "DELETED" or phase in ENDED):
                stay.ended, stay.done = now, phase == "Succeeded"

    def workload(self, kind: str, obj: Mapping[str, Any], now: float) -> None:
        """Takes in one change of a workload."""
        with self.lock:
            wait = self.waits.setdefault(obj["metadata"]["uid"], Wait())
            for one in conditions(obj):
                if one["type"] == "Admitted" and one["status"] == "True" and not wait.admitted:
                    wait.admitted, wait.heard = one["lastTransitionTime"], now
            counts = obj.get("status", {}).get("schedulingStats", {}).get("evictions", [])
            wait.evictions = sum(one.get("count", 0) for one in counts)


def _gpus(pod: Mapping[str, Any]) -> int:
    return sum(int(box["resources"]["limits"].get(RESOURCE, 0)) for box in pod["spec"]["containers"])


class Recorder:
    """Watches pods, and workloads where there is a queue, until it is stopped."""

    def __init__(self, api: Api, *, queues: bool) -> None:
        self.heard = Heard()
        # Why a watch ended before it was told to; then what was heard is not all.
        self.failures: list[str] = []
        asked: list[tuple[str, Callable[[str, Mapping[str, Any], float], None]]] = [(PODS, self.heard.pod)]
        if queues:
            asked.append((WORKLOADS, self.heard.workload))
        self._watches: list[Watch] = []
        for path, take in asked:
            _, version = api.listed(path)
            watch = api.watch(path, version)
            self._watches.append(watch)
            threading.Thread(target=self._follow, args=(watch, take), daemon=True).start()

    def _follow(self, watch: Watch, take: Callable[[str, Mapping[str, Any], float], None]) -> None:
        try:
            for kind, obj in watch:
                if kind != "BOOKMARK":
                    take(kind, obj, time.monotonic())
        except (RefusedError, OSError) as error:
            self.failures.append(str(error))

    def still(self, seconds: float) -> bool:
        """Whether something was admitted, and nothing more for so long."""
        with self.heard.lock:
            moments = [one.heard for one in self.heard.waits.values() if one.admitted]
        return bool(moments) and time.monotonic() - max(moments) > seconds

    def stop(self) -> None:
        """Ends the watches. Raises RuntimeError if one had ended before: the figures would be wrong."""
        for watch in self._watches:
            watch.close()
        if self.failures:
            raise RuntimeError(f"a watch ended while jobs ran: {self.failures}")

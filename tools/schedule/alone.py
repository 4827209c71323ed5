"""How fast the queue admits where nothing else is done: Workloads without Jobs and pods, let go all at once.

So measures Kueue's own scalability test (test/performance/scheduler of sigs.k8s.io/kueue v0.19.2): what a Job, its pods
and their nodes cost the API server is left out. The cluster, its nodes, quotas and topology are those of the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fairlead import labels
from fairlead.workload.nearness import PREFERRED, REQUIRED, UNCONSTRAINED
from schedule.jobs import Job
from schedule.objects import job_object
from schedule.queues import stop
from schedule.rates import rates
from schedule.record import Recorder
from schedule.stage import CLIENTS, Say, Stage, until

VERSION = "kueue.x-k8s.io/v1beta2"
PATH = f"/apis/{VERSION}/namespaces/{{}}/workloads"
ASKED = {REQUIRED: "required", PREFERRED: "preferred"}
"""Annotation of a pod -> field of a workload that says the same."""
STILL = 20.0
"""Seconds without another admission after which what fits has been admitted."""


@dataclass(frozen=True)
class Alone:
    """What was seen."""

    sent: int
    admitted: int
    a_second: float
    best: float
    """A second, within the best ten seconds."""


def workload_object(job: Job, near: Mapping[str, str]) -> dict[str, Any]:
    """The Workload that Kueue would make of the job of the trace."""
    made = job_object(job, 1.0, near, queued=True)
    pods: dict[str, Any] = {
        "name": "main",
        "count": job.pods,
        "template": {"metadata": {}, "spec": made["spec"]["template"]["spec"]},
        "topologyRequest": _topology(near),
    }
    spec = {"queueName": made["metadata"]["labels"][labels.QUEUE], "podSets": [pods]}
    meta = {"name": job.name, "namespace": job.tenant}
    return {"apiVersion": VERSION, "kind": "Workload", "metadata": meta, "spec": spec}


def _topology(near: Mapping[str, str]) -> dict[str, Any]:
    if near.get(UNCONSTRAINED):
        return {"unconstrained": True}
    return {ASKED[note]: level for note, level in near.items() if note in ASKED}


def measure(stage: Stage, jobs: Sequence[Job], near: Mapping[str, str], say: Say) -> Alone:
    """Sends them while all queues are shut, opens these, and counts by the server's clock. Takes all away again."""
    recorder = Recorder(stage.api, queues=True)
    waits = recorder.heard.waits
    tenants = sorted({job.tenant for job in jobs})
    stop(stage.api, tenants, "Hold")

    def send(job: Job) -> None:
        stage.api.ask("POST", PATH.format(job.tenant), workload_object(job, near))

    def take(job: Job) -> None:
        stage.api.ask("DELETE", f"{PATH.format(job.tenant)}/{job.name}")

    _each(jobs, send)
    until("every workload is queued", lambda: len(waits) >= len(jobs))
    say(f"{len(jobs)} workloads wait; the queues open")
    stop(stage.api, tenants, "None")
    until("no more is admitted", lambda: recorder.still(STILL), 300)
    recorder.stop()
    stamps = [one.admitted for one in waits.values() if one.admitted]
    say(f"{len(stamps)} of them are admitted")
    _each(jobs, take)
    until("all workloads are gone", lambda: not stage.api.listed(f"/apis/{VERSION}/workloads")[0], 120)
    return Alone(len(jobs), len(stamps), *rates(stamps))


def _each(jobs: Iterable[Job], work: Callable[[Job], None]) -> None:
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(work, jobs))

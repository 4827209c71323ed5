"""Sends a day's jobs to a cluster, each at its moment, and hears what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from fairlead.workload.nearness import pod_annotations
from schedule.alone import Alone, measure
from schedule.jobs import Job, Wish
from schedule.objects import job_object
from schedule.queues import stop
from schedule.rates import rates
from schedule.record import Heard, Recorder
from schedule.stage import CLIENTS, Say, Stage, until
from schedule.story import Clock, Story, stories
from schedule.variants import Variant

JOBS = "/apis/batch/v1/namespaces/{}/jobs"
SETTLED = 15.0
"""Seconds without another pod in place after which what can start has started."""
SETTLES_WITHIN = 180.0


@dataclass
class Played:
    """A variant's day."""

    variant: Variant
    told: Sequence[Story]
    clock: Clock
    admissions: float | None = None
    """A second, while the jobs of the start were let go all at once; None where nothing is admitted."""
    admissions_peak: float | None = None
    """The most within any ten seconds of that."""
    alone: Alone | None = None
    """How fast the same is admitted as workloads alone, before the day; None where nothing is admitted."""
    burst: int = 0
    """How many jobs that were."""
    latest: float = 0.0
    """Seconds of this machine by which the latest job was sent after its moment."""
    settled: bool = True
    """Whether the jobs of the start had all come up, or nothing more came, when the day began."""
    evictions: int = 0
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """How long each part took on this machine."""


class Player:
    """One variant's cluster while its jobs run."""

    def __init__(self, stage: Stage, variant: Variant, wish: Wish, factor: float, say: Say) -> None:
        self._stage = stage
        self._api, self._variant, self._wish, self._factor, self._say = stage.api, variant, wish, factor, say
        self._near = pod_annotations(stage.plan.queues)["H100"]["near"]
        self._sent: dict[str, float] = {}

    def play(self, jobs: Sequence[Job]) -> Played:
        """The whole day. Raises RuntimeError if a watch broke, RefusedError if a job was refused."""
        first = [job for job in jobs if job.sent == 0]
        alone = measure(self._stage, first, self._near, self._say) if self._variant.queues else None
        recorder = Recorder(self._api, queues=self._variant.queues)
        began = time.monotonic()
        self._start(first, recorder.heard)
        released = time.monotonic()
        quiet = self._settle(recorder.heard, first)
        settled = time.monotonic()
        clock = Clock(settled, self._factor)
        latest = self._day([job for job in jobs if job.sent > 0], clock)
        recorder.stop()
        told = stories(jobs, self._sent, recorder.heard.stays.values(), clock, self._wish.hours)
        played = Played(self._variant, told, clock, latest=latest, settled=quiet, alone=alone)
        played.evictions = sum(one.evictions for one in recorder.heard.waits.values())
        played.seconds = {
            "sent the start": released - began,
            "start settled": settled - released,
            "day": time.monotonic() - settled,
        }
        if self._variant.queues:
            self._admissions(played, recorder.heard, settled)
        return played

    def _start(self, jobs: Sequence[Job], heard: Heard) -> None:
        """The jobs that run at the start: all of them wait, then all queues open at once."""
        tenants = sorted({job.tenant for job in jobs})
        if self._variant.queues:
            stop(self._api, tenants, "Hold")
        # The longest first: what has little time left would be over before the day begins.
        self._send(sorted(jobs, key=lambda job: -job.seconds))
        self._say(f"{len(jobs)} jobs of the start are sent")
        if self._variant.queues:
            until("every job is queued", lambda: len(heard.waits) >= len(jobs))
            self._say("all of them are queued; the queues open")
            stop(self._api, tenants, "None")

    def _send(self, jobs: Iterable[Job]) -> None:
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(self._one, jobs))

    def _one(self, job: Job) -> None:
        obj = job_object(job, self._factor, self._near, queued=self._variant.queues)
        self._sent[job.name] = time.monotonic()
        self._api.ask("POST", JOBS.format(job.tenant), obj)

    def _settle(self, heard: Heard, jobs: Sequence[Job]) -> bool:
        """Until all pods of the start have a place, or none has come by for a while; False if the time is up first.

        What is admitted and has no place yet is on its way: that is waited for too.
        """
        wanted = sum(job.pods for job in jobs)
        end = time.monotonic() + SETTLES_WITHIN
        while time.monotonic() < end:
            with heard.lock:
                moves = [stay.bound for stay in heard.stays.values() if stay.node]
                there = len(moves)
                moves += [wait.heard for wait in heard.waits.values() if wait.admitted]
            if there >= wanted or (moves and time.monotonic() - max(moves) > SETTLED):
                self._say(f"{there} of {wanted} pods of the start are in place; the day begins")
                return True
            time.sleep(0.2)
        self._say("the start has not come to rest; the day begins all the same")
        return False

    def _day(self, jobs: Sequence[Job], clock: Clock) -> float:
        """Sends each job at its moment and waits for the end of the day. By how much the latest was late."""
        latest = 0.0
        waiting: list[Future[None]] = []
        with ThreadPoolExecutor(CLIENTS) as clients:
            for job in jobs:
                due = clock.began + job.sent / self._factor
                time.sleep(max(0.0, due - time.monotonic()))
                latest = max(latest, time.monotonic() - due)
                waiting.append(clients.submit(self._one, job))
            end = clock.began + self._wish.hours * 3600 / self._factor
            time.sleep(max(0.0, end - time.monotonic()))
        for one in waiting:
            one.result()
        return latest

    def _admissions(self, played: Played, heard: Heard, settled: float) -> None:
        """How fast the start was admitted, by the server's own clock."""
        stamps = [one.admitted for one in heard.waits.values() if one.admitted and one.heard <= settled]
        played.burst = len(stamps)
        played.admissions, played.admissions_peak = rates(stamps)

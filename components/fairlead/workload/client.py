"""Sends jobs to a cluster, says what they do, and ends them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from fairlead import labels
from fairlead.errors import FairleadError, InputError, Problem
from fairlead.plan.sharing import claimed
from fairlead.values import quantity
from fairlead.workload.api import Api, ApiFailure
from fairlead.workload.feed import Moment, TimedOutError, moment, moments
from fairlead.workload.logs import Line, follow, last_lines, read
from fairlead.workload.model import TrainingJob
from fairlead.workload.places import places
from fairlead.workload.queues import check_queue
from fairlead.workload.render import HASH, render
from fairlead.workload.state import JOB_SET, JOB_UID, JobState

Object = dict[str, Any]
OURS = {labels.MANAGED_BY: "fairlead"}
Goal = Literal["running", "finished"]
NO_RUNTIME = re.compile(r"must be created before the TrainJob|runtime '[^']+' not found")
"""The words of Trainer, and of the queue, where no runtime of the job's accelerators and nearness is there: the
API server asks both at once and passes on what comes first."""


@dataclass(frozen=True)
class Submitted:
    """What came of sending a job."""

    job: TrainingJob
    action: Literal["created", "replaced", "unchanged"]


class Client:
    """Jobs on one cluster. kubeconfig: path of its file; notify: told when something is tried again."""

    def __init__(
        self, kubeconfig: Path, notify: Callable[[str], None] = lambda _: None, api: Api | None = None
    ) -> None:
        self.api = api or Api(kubeconfig, notify)

    def submit(self, job: TrainingJob, replace: bool = False) -> Submitted:
        """Sends a job. The same job again changes nothing; a different one of the same name needs `replace`.

        Raises InputError where the tenant or its queue is not on the cluster, FairleadError where a
        different job has the name, and ApiFailure.
        """
        return self.send(job, render(job), replace)

    def send(self, job: TrainingJob, objects: Sequence[Object], replace: bool = False) -> Submitted:
        """The same for objects that a job was rendered to; the TrainJob comes last, its claims before it."""
        check_queue(self.api, job.tenant, job.stage, "job", job.name)
        *claims, train_job = objects
        for claim in claims:
            self._ensure_claim(claim)
        old = self.api.get("TrainJob", job.name, job.tenant)
        if old is not None and _hash(old) == _hash(train_job) and not replace:
            return Submitted(job, "unchanged")
        if old is not None:
            if not replace:
                raise FairleadError(_taken(job, old))
            self.cancel(job.tenant, job.name)
        self._create(job, train_job)
        return Submitted(job, "replaced" if old is not None else "created")

    def list(self, tenant: str | None = None) -> Sequence[JobState]:
        """The jobs of a tenant, or of all that this user may see, oldest first."""
        jobs, _ = self.api.list("TrainJob", tenant, OURS)
        workloads, _ = self.api.list("Workload", tenant)
        job_sets, _ = self.api.list("JobSet", tenant, OURS)
        pods, _ = self.api.list("Pod", tenant, OURS)
        place = places(self.api, workloads)
        by_uid = {w["metadata"].get("labels", {}).get(JOB_UID): w for w in workloads}
        by_name = {_key(s): s for s in job_sets}
        states = [
            moment(
                job,
                by_uid.get(job["metadata"]["uid"]),
                by_name.get(_key(job)),
                tuple(p for p in pods if _key(p, p["metadata"].get("labels", {}).get(JOB_SET)) == _key(job)),
            ).state
            for job in jobs
        ]
        waiting = {
            uid: place.get((w["metadata"]["namespace"], w["metadata"]["name"])) for uid, w in by_uid.items()
        }
        uids = [job["metadata"]["uid"] for job in jobs]
        placed = [replace(s, place=waiting.get(uid)) for s, uid in zip(states, uids, strict=True) if s]
        return sorted(placed, key=lambda state: (state.created, state.tenant, state.name))

    def state(self, tenant: str, name: str) -> JobState:
        """What a job does now. Raises FairleadError if there is none of that name."""
        state = self.now(tenant, name).state
        assert state is not None  # noqa: S101 - a job that is there has a state
        return state

    def now(self, tenant: str, name: str) -> Moment:
        """A job with its pods. Raises FairleadError if there is none of that name."""
        job = self._job(tenant, name)
        workloads, _ = self.api.list("Workload", tenant, {JOB_UID: job["metadata"]["uid"]})
        pods, _ = self.api.list("Pod", tenant, {JOB_SET: name})
        job_set = self.api.get("JobSet", name, tenant)
        return moment(job, workloads[0] if workloads else None, job_set, tuple(pods))

    def cancel(self, tenant: str, name: str, timeout: float = 120) -> None:
        """Ends a job and deletes it, with its pods and logs; volumes stay. Returns when it is gone.

        Raises FairleadError if there is no such job, or if it is not gone in time (seconds).
        """
        job = self._job(tenant, name)
        uid = job["metadata"]["uid"]
        self.api.delete("TrainJob", name, tenant)
        try:
            for seen in moments(self.api, tenant, uid, name, timeout):
                if seen.job is None:
                    return
        except TimedOutError:
            fix = "look for finalizers: kubectl describe trainjob"
            text = f"job {tenant}/{name} is being deleted, but is not gone after {timeout:g} s"
            raise FairleadError(f"{text}\n    fix:     {fix}") from None

    def watch(self, tenant: str, name: str, timeout: float | None = None) -> Iterator[JobState]:
        """The job's state now and at every change, until it is finished or gone. Raises TimedOutError."""
        job = self._job(tenant, name)
        last: JobState | None = None
        for seen in moments(self.api, tenant, job["metadata"]["uid"], name, timeout):
            if seen.state is None:
                raise FairleadError(f"job {tenant}/{name} was deleted meanwhile")
            if seen.state != last:
                yield seen.state
            last = seen.state
            if last.finished:
                return

    def wait(
        self,
        tenant: str,
        name: str,
        until: Goal = "finished",
        timeout: float | None = None,
        seen: Callable[[JobState], None] = lambda _: None,
    ) -> JobState:
        """Waits until all pods run, or until the end. timeout: seconds, None for ever; seen: told of each.

        A job that ends before it was seen running is returned as it is. Raises FairleadError when
        the time is over or the job is deleted.
        """
        last: JobState | None = None
        try:
            for state in self.watch(tenant, name, timeout):
                last = state
                seen(state)
                if state.finished or (until == "running" and state.phase == "Running"):
                    return state
        except TimedOutError:
            now = ": ".join(filter(None, (last.phase, last.reason))) if last else "not known"
            text = f"job {tenant}/{name} is not {until} after {timeout:g} s; it is {now}"
            raise FairleadError(text) from None
        raise FairleadError(f"job {tenant}/{name} was not seen {until}")

    def logs(
        self, tenant: str, name: str, following: bool = False, tail: int | None = None
    ) -> Iterator[Line]:
        """Lines of all ranks. following: waits for the pods, and goes on until the job has finished."""
        job = self._job(tenant, name)
        if following:
            yield from follow(self.api, tenant, job["metadata"]["uid"], name)
        else:
            yield from read(self.api, self.now(tenant, name), tail)

    def last_lines(self, tenant: str, name: str, count: int = 10) -> Sequence[Line]:
        """The last lines of every rank that has failed."""
        return last_lines(self.api, self.now(tenant, name), count)

    def _job(self, tenant: str, name: str) -> Object:
        job = self.api.get("TrainJob", name, tenant)
        if job is None:
            raise FairleadError(
                f"the tenant {tenant} has no job {name}\n    fix:     `fairlead list` shows all there are"
            )
        return job

    def _ensure_claim(self, claim: Object) -> None:
        name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
        old = self.api.get("PersistentVolumeClaim", name, namespace)
        if old is None:
            self.api.create(claim)
            return
        have, want = _size(old), _size(claim)
        if quantity(have) < quantity(want):
            problem = Problem(
                "job.checkpoint.size",
                "the volume of an earlier job of this name is smaller",
                want,
                f"at most {have}",
                f"use a new name, or delete the claim {namespace}/{name} with what it holds",
            )
            raise InputError(f"{namespace}/{name}", [problem])

    def _create(self, job: TrainingJob, train_job: Object) -> None:
        try:
            self.api.create(train_job)
        except ApiFailure as failure:
            # An answer may have been lost and the creation tried again: then it is ours.
            if NO_RUNTIME.search(str(failure)):
                raise InputError(f"job {job.name}", [no_runtime(job)]) from failure
            found = self.api.get("TrainJob", job.name, job.tenant) if failure.code == 409 else None
            if found is None or _hash(found) != _hash(train_job):
                raise


def no_runtime(job: TrainingJob) -> Problem:
    """What is said to a job whose runtime this cluster does not have."""
    return Problem(
        "job.accelerators",
        "this cluster has no such nodes: no pool carries these accelerators, or none places nodes that near",
        given=f"{job.accelerators}, num_nodes {job.num_nodes}, topology {job.nearness}",
        fix=_instead(job),
    )


def _instead(job: TrainingJob) -> str:
    if job.accelerators and claimed(job.accelerators):
        name = job.accelerators.called
        return f"nodes give 1, 2, 4 … and all of {name}; `fairlead plan` lists the accelerators that jobs may ask for"
    return "`fairlead plan` lists the accelerators that jobs may ask for, and their topologies"


def _taken(job: TrainingJob, old: Object) -> str:
    who = "a different job" if _hash(old) else "a job that was not made by fairlead"
    return (
        f"{who} of the name {job.tenant}/{job.name} is there already\n"
        "    fix:     choose another name, or --replace it: it is ended and its logs are lost"
    )


def _hash(obj: Object) -> str | None:
    return obj["metadata"].get("annotations", {}).get(HASH)


def _size(claim: Object) -> str:
    return str(claim["spec"]["resources"]["requests"]["storage"])


def _key(obj: Mapping[str, Any], name: str | None = None) -> tuple[str, str]:
    return obj["metadata"]["namespace"], name or obj["metadata"]["name"]

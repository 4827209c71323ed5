"""Follows several watches at once and gives a job's state whenever it changes."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from fairlead.workload.api import Api
from fairlead.workload.state import JOB_SET, JOB_UID, JobState, derive

Object = dict[str, Any]
Objects = Mapping[str, Object]


@dataclass(frozen=True)
class Moment:
    """A job and everything that belongs to it, as the API has it now."""

    job: Object | None
    """The TrainJob; None when it has been deleted."""
    state: JobState | None
    """What it does; None when it has been deleted."""
    pods: tuple[Object, ...]


class TimedOutError(Exception):
    """The time is over and the awaited has not come."""


def merged(
    sources: Mapping[str, Callable[[], Generator[Objects]]], timeout: float | None
) -> Iterator[tuple[str, Objects]]:
    """(name, newest objects) of whichever source has something new.

    Every source runs in a thread of its own and waits for the server; nothing is polled. Threads are
    daemons: they end with the connection or the program. Raises TimedOutError, and what a source raises.
    """
    news: queue.Queue[tuple[str, Objects | Exception]] = queue.Queue()
    deadline = None if timeout is None else time.monotonic() + timeout

    def read(name: str, source: Callable[[], Generator[Objects]]) -> None:
        try:
            with closing(source()) as snapshots:
                for snapshot in snapshots:
                    news.put((name, snapshot))
        except Exception as error:  # handed over to the reader's thread, whatever it is
            news.put((name, error))

    for name, source in sources.items():
        threading.Thread(target=read, args=(name, source), name=f"watch-{name}", daemon=True).start()
    while True:
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        try:
            name, what = news.get(timeout=left)
        except queue.Empty:
            raise TimedOutError from None
        if isinstance(what, Exception):
            raise what
        yield name, what


def moments(api: Api, tenant: str, uid: str, name: str, timeout: float | None = None) -> Iterator[Moment]:
    """The job of that UID at every change, until it is deleted. Raises TimedOutError, ApiFailure."""
    sources: dict[str, Callable[[], Generator[Objects]]] = {
        "job": lambda: api.snapshots("TrainJob", tenant, name=name),
        "workload": lambda: api.snapshots("Workload", tenant, labels={JOB_UID: uid}),
        "job_set": lambda: api.snapshots("JobSet", tenant, name=name),
        "pods": lambda: api.snapshots("Pod", tenant, labels={JOB_SET: name}),
    }
    seen: dict[str, Objects] = {}
    for source, objects in merged(sources, timeout):
        seen[source] = objects
        if len(seen) < len(sources):
            continue  # before every list has come, a job without pods would look like one that waits
        job = next((o for o in seen["job"].values() if o["metadata"]["uid"] == uid), None)
        if job is None:
            yield Moment(None, None, ())
            return
        yield moment(job, _one(seen["workload"]), _one(seen["job_set"]), tuple(seen["pods"].values()))


def moment(job: Object, workload: Object | None, job_set: Object | None, pods: tuple[Object, ...]) -> Moment:
    """A job with its state."""
    return Moment(job, derive(job, workload, job_set, pods), pods)


def _one(objects: Objects) -> Object | None:
    return next(iter(objects.values()), None)

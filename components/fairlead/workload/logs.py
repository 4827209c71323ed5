"""What a job's nodes print: every rank's lines, marked with the rank."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fairlead import labels
from fairlead.errors import FairleadError
from fairlead.workload.api import Api, ApiFailure
from fairlead.workload.feed import Moment, moments
from fairlead.workload.state import JOB_SET, attempt, rank

Object = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of one node. `note`: said by this program about the node, not by the job."""

    rank: int
    text: str
    note: bool = False

    def __str__(self) -> str:
        return f"[{self.rank}] {'-- ' if self.note else ''}{self.text}"


def read(api: Api, now: Moment, tail: int | None = None) -> Iterator[Line]:
    """What the pods that are there have printed so far, rank by rank. tail: only that many lines of each."""
    nodes = _Nodes(api)
    if not now.pods:
        reason = f": {now.state.reason}" if now.state and now.state.reason else ""
        phase = now.state.phase if now.state else "gone"
        yield Line(0, f"the job has no pods; it is {phase}{reason}", note=True)
    for pod in sorted(now.pods, key=lambda p: (rank(p), attempt(p))):
        note = nodes.no_process(pod) or _not_started(pod)
        if note:
            yield Line(rank(pod), note, note=True)
        else:
            for text in api.log(pod["metadata"]["name"], pod["metadata"]["namespace"], tail=tail):
                yield Line(rank(pod), text)


def last_lines(api: Api, now: Moment, count: int) -> list[Line]:
    """The last lines of every rank that has failed, as far as it has printed any."""
    nodes = _Nodes(api)
    failed = [p for p in now.pods if p.get("status", {}).get("phase") == "Failed" and not nodes.no_process(p)]
    return [
        Line(rank(pod), text)
        for pod in sorted(failed, key=rank)
        if not _not_started(pod)
        for text in api.log(pod["metadata"]["name"], pod["metadata"]["namespace"], tail=count)
    ]


def follow(api: Api, tenant: str, uid: str, name: str) -> Iterator[Line]:
    """Lines of all ranks as they come, through restarts, until the job has finished and all is read.

    Raises FairleadError if the job is deleted meanwhile.
    """
    reader = _Follower(api, tenant, uid, name)
    threading.Thread(target=reader.run, name="logs", daemon=True).start()
    while True:
        line = reader.lines.get()
        if line is None:
            return
        if isinstance(line, Exception):
            raise line
        yield line


class _Nodes:
    """Knows on which nodes no process runs; asks once for each."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._simulated: dict[str, bool] = {}

    def no_process(self, pod: Object) -> str:
        """A sentence where a pod is on a simulated node, else empty."""
        node = pod["spec"].get("nodeName")
        if not node:
            return ""
        if node not in self._simulated:
            self._simulated[node] = self._ask(node)
        name = pod["metadata"]["name"]
        return (
            f"pod {name} runs on simulated node {node}: no process, no logs" if self._simulated[node] else ""
        )

    def _ask(self, node: str) -> bool:
        try:
            found = self._api.get("Node", node) or {}
        except ApiFailure as failure:
            if failure.code == 403:  # a tenant's member may not look at nodes: the log itself will tell
                return False
            raise
        return found.get("metadata", {}).get("labels", {}).get(labels.SIMULATED) == "true"


class _Follower:
    """Reads every pod's log in a thread of its own, from when the pod starts."""

    def __init__(self, api: Api, tenant: str, uid: str, name: str) -> None:
        self.lines: queue.Queue[Line | Exception | None] = queue.Queue()
        self._api, self._nodes = api, _Nodes(api)
        self._tenant, self._uid, self._name = tenant, uid, name
        self._readers: dict[str, threading.Thread | None] = {}

    def run(self) -> None:
        """Fills `lines`; at the end None, or what went wrong."""
        try:
            self._watch()
            for reader in filter(None, self._readers.values()):
                reader.join()
            self.lines.put(None)
        except Exception as error:  # handed over to the reader's thread, whatever it is
            self.lines.put(error)

    def _watch(self) -> None:
        for now in moments(self._api, self._tenant, self._uid, self._name):
            if now.state is None:
                raise FairleadError(f"job {self._tenant}/{self._name} was deleted meanwhile")
            self._attend(now.pods)
            if now.state.finished:
                break
        # The pods' watch may be behind the job's: a last look, so that no short-lived pod is missed.
        pods, _ = self._api.list("Pod", self._tenant, {JOB_SET: self._name})
        self._attend(pods)

    def _attend(self, pods: Iterable[Object]) -> None:
        for pod in sorted(pods, key=lambda p: (attempt(p), rank(p))):
            uid = pod["metadata"]["uid"]
            if uid in self._readers:
                continue
            note = self._nodes.no_process(pod)
            if note:
                self._readers[uid] = None
                self.lines.put(Line(rank(pod), note, note=True))
            elif not _not_started(pod):
                self._start(pod, uid)

    def _start(self, pod: Object, uid: str) -> None:
        if attempt(pod):
            self.lines.put(Line(rank(pod), f"attempt {attempt(pod) + 1}", note=True))
        reader = threading.Thread(target=self._copy, args=(pod,), name=f"log-{uid}", daemon=True)
        self._readers[uid] = reader
        reader.start()

    def _copy(self, pod: Object) -> None:
        """One pod's log. The pod may go while it is read: that ends its log and nothing else."""
        try:
            for text in self._api.log(pod["metadata"]["name"], self._tenant, follow=True):
                self.lines.put(Line(rank(pod), text))
        except ApiFailure as failure:
            reason = "the pod is gone" if failure.code == 404 else str(failure).splitlines()[0]
            self.lines.put(Line(rank(pod), f"the log ends here: {reason}", note=True))


def _not_started(pod: Object) -> str:
    """A sentence where a pod has not started yet, else empty."""
    status = pod.get("status", {})
    states = [container.get("state", {}) for container in status.get("containerStatuses", [])]
    if any("running" in state or "terminated" in state for state in states):
        return ""
    why = next((s["waiting"]["reason"] for s in states if s.get("waiting", {}).get("reason")), "")
    phase = status.get("phase", "Pending")
    return f"pod {pod['metadata']['name']} has not started: {phase}{f', {why}' if why else ''}"

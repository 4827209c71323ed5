"""Does what was decided, and writes down why: an event on what somebody has sent, a note on the workload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.reclaim.calls import MERGE, Caller, CallFailed, Json
from fairlead.reclaim.decide import CANCEL, SUSPEND, WARN, Policy, Verdict, misread, stamp
from fairlead.reclaim.look import QUEUE_API, path_of
from fairlead.reclaim.seen import Work
from fairlead.values import rough, span

NAME = "fairlead-reclaimer"
REASONS = {WARN: "AcceleratorsIdle", SUSPEND: "Reclaimed", CANCEL: "Reclaimed"}
DONE = {SUSPEND: "suspended", CANCEL: "cancelled"}
MOST = 1000
"""Letters of an event's message: the API server takes 1024 bytes."""
CONFLICT, GONE = 409, 404


def change(verdict: Verdict, policy: Policy, api: Caller, now: float) -> bool:
    """Takes the accelerators back, where that was decided. False: the work is not as it was seen any more.

    Raises CallFailed.
    """
    try:
        if verdict.do == SUSPEND:
            _suspend(verdict, policy, api, now)
        elif verdict.do == CANCEL:
            _cancel(verdict.work, api)
    except CallFailed as failure:
        if failure.code in (CONFLICT, GONE):
            return False
        raise
    return True


def _suspend(verdict: Verdict, policy: Policy, api: Caller, now: float) -> None:
    """Kueue takes its place away and keeps it out of the queue until somebody says otherwise."""
    work = verdict.work
    notes = {labels.RECLAIMED: json.dumps(note(verdict, policy, now))}
    # Whoever changed it since it was seen had a reason: with the version, the API server refuses this then.
    change = {"metadata": {"resourceVersion": work.version, "annotations": notes}, "spec": {"active": False}}
    api.send("PATCH", f"/apis/{QUEUE_API}/namespaces/{work.namespace}/workloads/{work.name}", change, MERGE)


def _cancel(work: Work, api: Caller) -> None:
    how: Json = {"propagationPolicy": "Foreground", "preconditions": {"uid": work.owner.uid}}
    api.send("DELETE", path_of(work.owner, work.namespace), how)


def tell(verdict: Verdict, policy: Policy, api: Caller, now: float) -> bool:
    """An event on what somebody has sent. False: this was told already, within the hour. Raises CallFailed."""
    try:
        api.send("POST", f"/api/v1/namespaces/{verdict.work.namespace}/events", event(verdict, policy, now))
    except CallFailed as failure:
        if failure.code == CONFLICT:
            return False
        raise
    return True


def event(verdict: Verdict, policy: Policy, now: float) -> Json:
    """The event. A warning's name has the hour: the API server refuses a second one of a name."""
    work, when, reason = verdict.work, stamp(now), REASONS[verdict.do]
    owner, place = work.owner, int(now) // 3600 if verdict.do == WARN else int(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{work.name}.{reason.lower()}.{place:x}", "namespace": work.namespace},
        "involvedObject": {
            "apiVersion": owner.api_version,
            "kind": owner.kind,
            "name": owner.name,
            "namespace": work.namespace,
            "uid": owner.uid,
        },
        "type": "Warning",
        "reason": reason,
        "message": said_of(verdict, policy, now)[:MOST],
        "firstTimestamp": when,
        "lastTimestamp": when,
        "count": 1,
        "source": {"component": NAME},
        "reportingComponent": NAME,
    }


def said_of(verdict: Verdict, policy: Policy, now: float) -> str:
    """What people are told: what was seen, what is done, and what they can do."""
    work = verdict.work
    job = f"{work.namespace}/{work.owner.name}"
    held = f"all {work.held} accelerators" if work.held > 1 else "its accelerator"
    seen = (
        f"{held} of {job} on {_some(work.nodes)} idle for {rough(verdict.idle)}, limit {span(policy.after)}"
    )
    wrong = [f"; {labels.KEEP_IDLE} is no time: {text}" for text in misread(work.kept)]
    return f"{seen}: {_next(verdict, policy, now, job)}{''.join(wrong)}"


def _next(verdict: Verdict, policy: Policy, now: float, job: str) -> str:
    if verdict.do == SUSPEND:
        return f"suspended by policy; it goes on after `fairlead resume {job}`"
    if verdict.do == CANCEL:
        return "cancelled by policy; send it again to go on"
    owner = verdict.work.owner
    if policy.action == WARN or not owner.plural:
        return "use them, or end it"
    keep = f"`fairlead keep {job} --for 4h`" if owner.kind == "TrainJob" else f"annotation {labels.KEEP_IDLE}"
    when = stamp(now + policy.after - verdict.idle)
    return f"it is {DONE[policy.action]} at {when} unless it uses them; {keep} keeps it"


def note(verdict: Verdict, policy: Policy, now: float) -> Mapping[str, Any]:
    """What is written on the workload, and into the log."""
    return {
        "at": stamp(now),
        "policy": policy.action,
        "idle_seconds": verdict.idle,
        "limit_seconds": policy.after,
        "accelerators": verdict.work.held,
        "nodes": verdict.work.nodes,
        "said": said_of(verdict, policy, now),
    }


def _some(nodes: list[str], most: int = 3) -> str:
    return ", ".join(nodes[:most]) + (f" and {len(nodes) - most} more nodes" if len(nodes) > most else "")

"""Work whose accelerators were taken back goes on, or may keep them for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fairlead import labels
from fairlead.errors import FairleadError
from fairlead.reclaim.decide import stamp
from fairlead.workload.api import Api, Object


@dataclass(frozen=True)
class Resumed:
    """Work that waits in its queue again."""

    tenant: str
    name: str
    kind: str
    workload: str


def resume(api: Api, job: str) -> Resumed:
    """Lets suspended work wait in its queue again, of whatever kind it is. job: TENANT/NAME or NAME.

    Raises FairleadError where there is none of the name, several, or where it is not suspended.
    """
    tenant, _, name = job.rpartition("/")
    workloads, _ = api.list("Workload", tenant or None)
    own = [one for one in workloads if name in {owner["name"] for owner in _owners(one)}]
    out = [one for one in own if one["spec"].get("active") is False]
    if len(out) != 1:
        raise _not_one(job, own, out)
    meta = out[0]["metadata"]
    change = {"metadata": {"annotations": {labels.RECLAIMED: None}}, "spec": {"active": True}}
    api.patch("Workload", meta["name"], change, meta["namespace"])
    return Resumed(meta["namespace"], name, _owners(out[0])[0]["kind"], meta["name"])


def keep(api: Api, tenant: str, name: str, seconds: int) -> str:
    """From now on and for so long a TrainingJob may hold accelerators without using them; until when, RFC 3339.

    Raises FairleadError if there is no such job.
    """
    if api.get("TrainJob", name, tenant) is None:
        fix = f"`fairlead list` shows all; of another kind: annotate it with {labels.KEEP_IDLE}"
        raise FairleadError(f"the tenant {tenant} has no TrainingJob {name}\n    fix:     {fix}")
    until = stamp((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())
    api.patch("TrainJob", name, {"metadata": {"annotations": {labels.KEEP_IDLE: until}}}, tenant)
    return until


def _owners(workload: Object) -> list[Object]:
    return workload["metadata"].get("ownerReferences") or []


def _not_one(job: str, own: list[Object], out: list[Object]) -> FairleadError:
    if out:
        names = ", ".join(
            f"{one['metadata']['namespace']}/{_owners(one)[0]['kind']} {_owners(one)[0]['name']}"
            for one in out
        )
        fix = "name the tenant; of several kinds, `kubectl patch workload` with spec.active: true"
        return FairleadError(f"{job}: several are suspended\n    allowed: {names}\n    fix:     {fix}")
    if own:
        fix = "nothing: `fairlead list` says what it does"
        return FairleadError(f"{job} is not suspended: it waits or runs\n    fix:     {fix}")
    return FairleadError(
        f"nothing in the queues is called {job}\n    fix:     `fairlead list` shows all there are"
    )

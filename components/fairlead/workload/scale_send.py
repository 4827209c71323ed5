"""Sends scales to a cluster: made where there is none, changed where it differs."""

from __future__ import annotations

from typing import Any

from fairlead.errors import FairleadError
from fairlead.workload.api import Api
from fairlead.workload.differences import says
from fairlead.workload.scale import ServiceScale
from fairlead.workload.scale_render import KIND, render


def send(api: Api, scale: ServiceScale) -> str:
    """`created`, `changed` or `unchanged`. Raises ApiFailure where the cluster or KEDA's webhook refuses it,
    FairleadError where the service does not stand.
    """
    if api.get(scale.workload_kind, scale.workload_name, scale.tenant) is None:
        what = f"{scale.tenant} has no {scale.workload_kind} {scale.workload_name}: there is nothing to scale"
        raise FairleadError(f"{what}\n    fix:     create it first, or name another in workload")
    [wanted] = render(scale)
    there = api.get(KIND, scale.name, scale.tenant)
    if there is None:
        api.create(wanted)
        return "created"
    change = _change(there["spec"], wanted["spec"])
    if not change:
        return "unchanged"
    api.patch(KIND, scale.name, {"metadata": wanted["metadata"], "spec": change}, scale.tenant)
    return "changed"


def _change(there: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """A JSON merge patch from one spec to another: null takes a key away."""
    gone: dict[str, Any] = {key: None for key in there if key not in wanted}
    return gone | {key: value for key, value in wanted.items() if not says(there.get(key), value)}

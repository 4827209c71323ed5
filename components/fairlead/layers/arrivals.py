"""What others bring is waited for by those alone who need it, and not without a word.

Before the first object that needs it is created, the condition `Ready` of what brings it is looked at, again and again.
When the time is up, the run ends with what was said of it last and with what to do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import pulumi

from fairlead.client_types import meet_types
from fairlead.errors import FairleadError
from fairlead.layers import readiness
from fairlead.layers.tool import Arrival

LIMIT_SECONDS = 120
"""How long it may take: rights of an identity that was made in the same run are known everywhere after a while."""
PAUSE_SECONDS = 2.0
"""Between two looks."""
EVENT: Mapping[str, Any] = {"apiVersion": "v1", "kind": "Event", "metadata": {"namespace": ""}}
NOTHING_SAID = "nothing has been said of it yet"


def until_there(
    look: Callable[[], str], arrival: Arrival, limit: float = LIMIT_SECONDS, pause: float = PAUSE_SECONDS
) -> int:
    """Looks until it is there; the number of looks. look: what is said of it, empty where it is there.

    Raises FairleadError when the time is up.
    """
    end, looks = time.monotonic() + limit, 0
    while True:
        looks += 1
        told = look()
        if not told:
            return looks
        if time.monotonic() >= end:
            meta = arrival.brought["metadata"]
            what = f"{arrival.brought['kind']} {meta['name']} in namespace {meta['namespace']}"
            raise FairleadError(
                f"{what} was not ready within {limit:.0f} s\n    said:    {told}\n    fix:     {arrival.fix}"
            )
        time.sleep(pause)


def said(kubeconfig: str, obj: Mapping[str, Any], context: str | None = None) -> str:
    """What the cluster says of an object that is not ready; empty where it is."""
    from lightkube import ApiError, Client

    meet_types()
    meta = obj["metadata"]
    with Client(config=readiness.config(kubeconfig, context)) as client:
        try:
            found = client.get(readiness.kind_of(obj), meta["name"], namespace=meta["namespace"])
        except ApiError as error:
            if error.status.code == 404:
                return NOTHING_SAID
            raise
        status = cast("Mapping[str, Any]", found.get("status") or {})
        conditions: Sequence[Mapping[str, str]] = status.get("conditions") or []
        ready = next((one for one in conditions if one["type"] == "Ready"), None)
        if ready and ready["status"] == "True":
            return ""
        why = _warned(client, meta) or (ready or {}).get("message", "")
    return why or NOTHING_SAID


def _warned(client: Any, meta: Mapping[str, str]) -> str:
    """The newest warning: of what went wrong the condition says only that it did."""
    chosen = {"involvedObject.name": meta["name"], "type": "Warning"}
    events = client.list(readiness.kind_of(EVENT), namespace=meta["namespace"], fields=chosen)
    newest = max(events, key=lambda one: one.get("lastTimestamp") or "", default=None)
    return str(newest.get("message") or "") if newest else ""


def there(
    name: str, kubeconfig: pulumi.Output[str], arrivals: Sequence[Arrival], context: str | None = None
) -> pulumi.ResourceHookBinding:
    """Hooks that hold back creations of the kinds that wait until all that they wait for is there."""
    path: list[str] = []
    kubeconfig.apply(path.append)
    lock = asyncio.Lock()
    came: set[int] = set()

    async def wait(args: pulumi.ResourceHookArgs) -> None:
        kind = args.type.rpartition(":")[2]
        async with lock:
            for place, one in enumerate(arrivals):
                if place not in came and kind in one.kinds:
                    look = partial(said, path[0], one.brought, context)
                    await asyncio.to_thread(until_there, look, one)
                    came.add(place)

    return pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook(f"{name}-arrivals", wait)])

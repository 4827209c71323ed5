"""Gives the taints of a node back to whose they were before somebody wrote them.

The API server keeps who has written each field of an object, and a node's taints are one field: whoever changes one
of them owns all. A platform on a cluster of others declares its taint by a server-side apply, which takes away on
destroy what it still owns. So who has taken a taint out again returns the field, or the node would keep the
platform's taint for good.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

from fairlead import labels
from fairlead.workload.api import Object

FIELD = "f:taints"


def returned(node: Object) -> list[Object] | None:
    """The node's managedFields with its taints given back to the platform; None where there is nothing to give.

    The platform is known by its label: who has applied that owned the taints too.
    """
    entries: list[Object] = copy.deepcopy(node["metadata"].get("managedFields") or [])
    platform = next((one for one in entries if _applied(one)), None)
    writers = [one for one in entries if one["operation"] == "Update" and FIELD in _spec(one)]
    if platform is None or not writers:
        return None
    for one in writers:
        del one["fieldsV1"]["f:spec"][FIELD]
    platform["fieldsV1"].setdefault("f:spec", {})[FIELD] = {}
    return entries


def _applied(entry: Mapping[str, Any]) -> bool:
    meta = entry["fieldsV1"].get("f:metadata", {})
    return entry["operation"] == "Apply" and f"f:{labels.POOL}" in meta.get("f:labels", {})


def _spec(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", entry["fieldsV1"].get("f:spec", {}))

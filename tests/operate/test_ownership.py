"""Whose a node's taints are after a release: the platform's, which takes them with it when it goes."""

from __future__ import annotations

import copy
from typing import Any

from fairlead import labels
from fairlead.operate.ownership import returned

PLATFORM = {
    "manager": "pulumi-kubernetes-1",
    "operation": "Apply",
    "fieldsV1": {"f:metadata": {"f:labels": {f"f:{labels.POOL}": {}}}},
}
KUBELET = {
    "manager": "kubelet",
    "operation": "Update",
    "fieldsV1": {"f:metadata": {"f:labels": {"f:kubernetes.io/os": {}}}, "f:spec": {"f:podCIDR": {}}},
}
WRITER = {
    "manager": "fairlead",
    "operation": "Update",
    "fieldsV1": {"f:spec": {"f:taints": {}, "f:unschedulable": {}}},
}


def node(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "gpu-0", "managedFields": list(copy.deepcopy(entries))}}


def test_who_wrote_the_taints_loses_them_and_who_applied_the_pools_label_has_them_again() -> None:
    given = node(KUBELET, WRITER, PLATFORM)
    kubelet, writer, platform = returned(given) or []
    assert kubelet == KUBELET
    assert writer["fieldsV1"]["f:spec"] == {"f:unschedulable": {}}
    assert platform["fieldsV1"] == {**PLATFORM["fieldsV1"], "f:spec": {"f:taints": {}}}  # type: ignore[dict-item]
    assert given == node(KUBELET, WRITER, PLATFORM), "what was read is left as it is"


def test_nothing_is_given_where_no_platform_applied_or_nobody_wrote() -> None:
    assert returned(node(KUBELET, WRITER)) is None
    assert returned(node(KUBELET, PLATFORM)) is None
    assert returned({"metadata": {"name": "gpu-0"}}) is None

"""NVLink between nodes: each tenant's own domain, by whose template its pods claim a channel."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.plan.fabric_model import Claim

API = "resource.nvidia.com/v1beta1"


def objects(claims: Sequence[Claim], tenant: str, namespace: str) -> list[Object]:
    """The tenant's ComputeDomain; NVIDIA's controller makes the claim template of it.

    numNodes 0: the daemon of a node starts when the first pod there claims a channel, and waits for no other node.
    """
    return [
        {
            "apiVersion": API,
            "kind": "ComputeDomain",
            "metadata": {"name": one.domain, "namespace": namespace, "labels": {labels.TENANT: tenant}},
            "spec": {
                "numNodes": 0,
                "channel": {"allocationMode": "Single", "resourceClaimTemplate": {"name": one.template}},
            },
        }
        for one in claims
    ]

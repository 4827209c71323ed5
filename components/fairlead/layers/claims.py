"""What pods of a tenant claim accelerators by: a template for each number that a node of the cluster can give."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.plan.claimed import CLASS, template

API = "resource.k8s.io/v1"
REQUEST = "accelerators"


def objects(counts: Sequence[int], tenant: str, namespace: str) -> list[Object]:
    """The templates. Members may make neither templates nor claims: there are these.

    Kueue counts exact numbers alone (pkg/dra/claims.go of 0.19.2), and no selector stands here: nodes are chosen by
    their labels. A template cannot be changed, so its name says all that it asks for.
    """
    return [
        {
            "apiVersion": API,
            "kind": "ResourceClaimTemplate",
            "metadata": {
                "name": template(count),
                "namespace": namespace,
                "labels": {labels.TENANT: tenant},
            },
            "spec": {"spec": {"devices": {"requests": [_request(count)]}}},
        }
        for count in counts
    ]


def _request(count: int) -> Object:
    exactly = {"deviceClassName": CLASS, "allocationMode": "ExactCount", "count": count}
    return {"name": REQUEST, "exactly": exactly}

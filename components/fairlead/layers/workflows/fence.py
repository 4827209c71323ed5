"""Who may call the controller's pods, and whom the pods of steps may call beside what their tenant may."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.contract.chart import Object
from fairlead.layers.objects import MONITORING, api_server, closed, door
from fairlead.layers.workflows.place import LABELS, METRICS_PORT, NAME, NAMESPACE, STEP

API = "networking.k8s.io/v1"


def objects(*, denied: bool = False) -> list[Object]:
    """Nobody calls the controller but who gathers metrics. Egress stays open, as that of the other layers: it calls
    the API server, whose address differs between targets.

    denied: the namespace is closed already, with its database.
    """
    own = closed(NAME, NAMESPACE, LABELS, [door(METRICS_PORT, [MONITORING])])
    return [own] if denied else [closed("default-deny", NAMESPACE, {}), own]


def steps(namespace: str, ranges: Sequence[str]) -> Object:
    """Pods of workflows report to the API server, which a tenant's fence shuts off.

    ranges: where it is.
    """
    return {
        "apiVersion": API,
        "kind": "NetworkPolicy",
        "metadata": {"name": "workflow-steps", "namespace": namespace},
        "spec": {
            "podSelector": {"matchExpressions": [{"key": STEP, "operator": "Exists"}]},
            "policyTypes": ["Egress"],
            "egress": [api_server(ranges)],
        },
    }

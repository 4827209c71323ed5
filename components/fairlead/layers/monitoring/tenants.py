"""What tenants' own pods tell: each that says so is asked, and nobody else may ask it from outside its namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.monitoring.place import API, NAMESPACE, SERVER, SERVERS, metadata
from fairlead.layers.monitoring.prometheus import once
from fairlead.layers.monitoring.promql import worded
from fairlead.layers.objects import READ, binding, pods_of, role, rule
from fairlead.plan.model import TenantPlan

MONITOR = "tenants"
MARK = f"__meta_kubernetes_pod_label_{worded(labels.METRICS)}"
MOST_SAMPLES, MOST_LABELS = 5_000, 40
"""Of one pod at one time, and of one series: a tenant's fault must not push out what others say."""
TELLS = {"matchExpressions": [{"key": labels.METRICS, "operator": "Exists"}]}
"""Which pods."""
LOWEST, HIGHEST = 1024, 65_535
"""Ports at which they may be asked."""
NOT_THEIRS = (
    "(DCGM|kube|kueue|envoy|kubelet|container|neuron|neuroncore|gpu|pcie|hardware|execution)_.+",
    "fairlead:.+",
    "fairlead_(workload|route|reclaim).+",
    "(duty_cycle|tensorcore_utilization|memory_(used|total)|memory_bandwidth_utilization)(_node)?",
)
"""Names by which the platform's own programs and exporters tell: a pod that used them would speak for others."""
OWN: Sequence[Mapping[str, object]] = (
    {"sourceLabels": ["__name__"], "regex": "|".join(NOT_THEIRS), "action": "Drop"},
    # What a pod says of another namespace or pod it says of its own.
    {"regex": "exported_(namespace|pod|node)", "action": "LabelDrop"},
)
"""What a pod of a tenant tells is of that pod alone."""
PORT: Mapping[str, object] = {
    "sourceLabels": ["__meta_kubernetes_pod_ip", MARK],
    "separator": ":",
    "targetLabel": "__address__",
}
"""That the label says where."""


def monitor(namespaces: Sequence[str]) -> Object:
    """How they are asked: at the port that the label says, whether or not a container names it."""
    return {
        "apiVersion": API,
        "kind": "PodMonitor",
        "metadata": metadata(MONITOR),
        "spec": {
            "selector": TELLS,
            "namespaceSelector": {"matchNames": list(namespaces)},
            "podMetricsEndpoints": [{"relabelings": once(PORT), "metricRelabelings": list(OWN)}],
            "sampleLimit": MOST_SAMPLES,
            "labelLimit": MOST_LABELS,
        },
    }


def of(tenant: TenantPlan) -> list[Object]:
    """In a tenant's namespace: the server finds its pods, and may call those that tell."""
    name, space = f"{NAMESPACE}-{SERVER}", tenant.namespace
    whom = {"kind": "ServiceAccount", "name": SERVER, "namespace": NAMESPACE}
    marked = {labels.TENANT: tenant.name}
    meta = {"name": name, "namespace": space, "labels": marked}
    return [
        role(meta, [rule(("",), ("pods",), READ)]),
        binding(meta, ("Role", name), [whom]),
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "metrics", "namespace": space, "labels": marked},
            "spec": {
                "podSelector": TELLS,
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [pods_of(NAMESPACE, SERVERS)],
                        "ports": [{"protocol": "TCP", "port": LOWEST, "endPort": HIGHEST}],
                    }
                ],
            },
        },
    ]

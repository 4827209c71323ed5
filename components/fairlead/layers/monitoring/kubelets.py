"""What every node's kubelet tells: what containers use, and how full volumes are.

By ScrapeConfigs and not by the operator's list of kubelets, which would want rights to write outside its namespace.
Fields after example/prometheus-operator-crd of github.com/prometheus-operator/prometheus-operator v0.93.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.monitoring.place import GROUP, NAMESPACE, SERVER, metadata
from fairlead.layers.monitoring.promql import worded
from fairlead.layers.objects import READ, binding, role, rule

PORT = 10250
ASKED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "kubelet": ("/metrics", ("kubelet_volume_stats_(available|capacity)_bytes",)),
    "cadvisor": (
        "/metrics/cadvisor",
        (
            "container_cpu_usage_seconds_total",
            "container_memory_working_set_bytes",
            "container_network_(receive|transmit)_bytes_total",
        ),
    ),
}
"""Name -> where it is asked, and which of its series are kept, as regular expressions."""
ROLE = "fairlead:monitoring:kubelets"
MARK = f"__meta_kubernetes_node_label_{worded(labels.SIMULATED)}"


def objects(asking: str) -> list[Object]:
    """The right to find nodes and to read what they measure, and how each is asked. asking: the scrape class."""
    whom = {"kind": "ServiceAccount", "name": SERVER, "namespace": NAMESPACE}
    rules = [rule(("",), ("nodes",), READ), rule(("",), ("nodes/metrics",), ("get",))]
    return [
        role({"name": ROLE}, rules),
        binding({"name": ROLE}, ("ClusterRole", ROLE), [whom]),
        *(_config(name, path, kept, asking) for name, (path, kept) in ASKED.items()),
    ]


def _config(name: str, path: str, kept: tuple[str, ...], asking: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "ScrapeConfig",
        "metadata": metadata(name),
        "spec": {
            "scrapeClass": asking,
            "scheme": "HTTPS",
            "metricsPath": path,
            "kubernetesSDConfigs": [{"role": "Node"}],
            "relabelings": [
                # Where pods are simulated no kubelet is.
                {"sourceLabels": [MARK], "regex": "true", "action": "Drop"},
                {"sourceLabels": ["__meta_kubernetes_node_name"], "targetLabel": "node"},
            ],
            "metricRelabelings": [
                {"sourceLabels": ["__name__"], "regex": "|".join(kept), "action": "Keep"},
                # What containers use is of a pod, or of no interest.
                {"sourceLabels": ["namespace"], "regex": ".+", "action": "Keep"},
            ],
        },
    }

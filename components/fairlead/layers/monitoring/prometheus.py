"""The Prometheus that gathers: what the operator is told to run, what it may read, and whom it asks.

Fields after example/prometheus-operator-crd of github.com/prometheus-operator/prometheus-operator v0.93.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.monitoring import alertmanager
from fairlead.layers.monitoring.place import API, NAMESPACE, PORT, SERVER, SERVERS, SERVICE, USER, metadata
from fairlead.layers.objects import READ, binding, role, rule, unprivileged
from fairlead.layers.programs import account
from fairlead.layers.tool import Measured
from fairlead.plan.monitoring_model import MonitoringPlan
from fairlead.values import quantity

NODE: Mapping[str, Any] = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}
"""What a program says is of the node that it runs on."""
ASKING = "own-account"
"""How programs are asked that ask who asks: by the token of the server's account."""
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a file
KEPT = Fraction(4, 5)
"""Part of the volume after which what is oldest goes."""
REQUESTS: Mapping[str, str] = {"cpu": "50m", "memory": "256Mi"}
READ_BY_IT = ("podMonitor", "serviceMonitor", "rule", "scrapeConfig")
"""Kinds that tell it what to do, as its fields call them."""
MOST_SAMPLES = 50_000
"""From one program at one time: more is a fault of its, and would push out what others say."""
MOST_OF_OTHERS = 20 * MOST_SAMPLES
"""The same of a program that tells of all objects of the cluster."""


def objects(
    plan: MonitoringPlan, image: str, tag: str, storage_class: str, selector: Mapping[str, str]
) -> list[Object]:
    """Account, Service and Prometheus. tag: the version of the image, by which the operator chooses its settings."""
    chosen = {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
    meta = metadata(SERVER)
    return [
        account(meta),
        _service(),
        {
            "apiVersion": API,
            "kind": "Prometheus",
            "metadata": meta,
            "spec": {
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "version": tag,
                "replicas": 1,
                "serviceAccountName": SERVER,
                "scrapeInterval": plan.interval,
                "evaluationInterval": plan.interval,
                "retention": plan.retention,
                "retentionSize": f"{int(quantity(plan.size) * KEPT) // 2**20}MB",
                # In this namespace alone, where no tenant writes.
                **{f"{kind}NamespaceSelector": chosen for kind in READ_BY_IT},
                **{f"{kind}Selector": {} for kind in READ_BY_IT},
                "scrapeClasses": [_asking()],
                "serviceDiscoveryRole": "EndpointSlice",
                "alerting": alertmanager.called(),
                "storage": {"volumeClaimTemplate": {"spec": _claim(plan, storage_class)}},
                "resources": {"requests": dict(REQUESTS), "limits": {"memory": plan.memory}},
                "nodeSelector": dict(selector),
                "securityContext": {
                    **unprivileged(USER),
                    "fsGroup": USER,
                    "fsGroupChangePolicy": "OnRootMismatch",
                },
            },
        },
    ]


def _service() -> Object:
    ports = [{"name": "web", "protocol": "TCP", "port": PORT, "targetPort": PORT}]
    spec = {"selector": dict(SERVERS), "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(SERVICE), "spec": spec}


def _asking() -> Mapping[str, Any]:
    """Their certificates are of their own making and known to nobody: the token is for them alone to see."""
    return {
        "name": ASKING,
        "authorization": {"credentialsFile": TOKEN},
        "tlsConfig": {"insecureSkipVerify": True},
    }


def _claim(plan: MonitoringPlan, storage_class: str) -> Mapping[str, Any]:
    return {
        "storageClassName": storage_class,
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": plan.size}},
    }


def asked(measured: Sequence[Measured]) -> list[Object]:
    """For each of what is measured a monitor; for each of their namespaces the right to find pods there."""
    spaces = sorted({one.namespace for one in measured})
    made = [obj for space in spaces for obj in _finding(space)]
    if any(one.asks for one in measured):
        made += _telling()
    return [*made, *(monitor(one) for one in measured)]


def _finding(space: str) -> list[Object]:
    meta = metadata(f"{labels.METRICS_NAMESPACE}-{SERVER}", space)
    whom = {"kind": "ServiceAccount", "name": SERVER, "namespace": NAMESPACE}
    return [role(meta, [rule(("",), ("pods",), READ)]), binding(meta, ("Role", meta["name"]), [whom])]


def _telling() -> list[Object]:
    """What programs look at that ask who asks: this right to read their metrics, wherever they are."""
    name = "fairlead:monitoring:metrics"
    whom = {"kind": "ServiceAccount", "name": SERVER, "namespace": NAMESPACE}
    rules = [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    return [role({"name": name}, rules), binding({"name": name}, ("ClusterRole", name), [whom])]


def once(address: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """How a pod is asked at a port that no container of it need name. address: the rule that says where.

    Such a pod is found once for each container and each port; without their names it is one.
    """
    return [
        {"sourceLabels": ["__meta_kubernetes_pod_container_init"], "regex": "true", "action": "Drop"},
        address,
        {"regex": "container", "action": "LabelDrop"},
        {"sourceLabels": ["__address__"], "targetLabel": "instance"},
        NODE,
    ]


def monitor(one: Measured) -> Object:
    """How one is asked. Pods and not Services: of two pods behind a Service one would answer at a time."""
    return {
        "apiVersion": API,
        "kind": "PodMonitor",
        "metadata": metadata(one.name),
        "spec": {
            "selector": {"matchLabels": dict(one.pods)},
            "namespaceSelector": {"matchNames": [one.namespace]},
            "podMetricsEndpoints": [{**_endpoint(one), "path": one.path}],
            "sampleLimit": MOST_OF_OTHERS if one.of_others else MOST_SAMPLES,
            **({"scrapeClass": ASKING} if one.asks else {}),
        },
    }


def _endpoint(one: Measured) -> Mapping[str, Any]:
    if one.of_node:
        address = {"sourceLabels": ["__meta_kubernetes_pod_ip"], "targetLabel": "__address__"}
        return {"relabelings": once({**address, "replacement": f"$1:{one.port}"})}
    kept = [{"sourceLabels": ["__name__"], "regex": "|".join(one.kept), "action": "Keep"}] if one.kept else []
    # An empty label is no label: only a series that lacks the first and has the second matches.
    filled = [
        {"sourceLabels": [lacking, of], "regex": ";(.+)", "targetLabel": lacking}
        for lacking, of in one.filled.items()
    ]
    return {
        "portNumber": one.port,
        **({"scheme": "https"} if one.asks else {}),
        **({"honorLabels": True} if one.of_others else {"relabelings": [NODE]}),
        **({"metricRelabelings": [*kept, *filled]} if kept or filled else {}),
    }


def doors(measured: Sequence[Measured]) -> list[tuple[str, list[int]]]:
    """Namespace -> ports that the server calls there."""
    pairs = sorted({(one.namespace, one.port) for one in measured if not one.of_node})
    return [(space, [port for _, port in found]) for space, found in groupby(pairs, lambda pair: pair[0])]

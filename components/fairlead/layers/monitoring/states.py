"""What tells of the cluster's objects: nodes, pods, their owners, and the workloads that wait in queues.

kube-state-metrics, told to look at few kinds and to keep few series of them. Arguments, ports and probes after
examples/standard and pkg/options/options.go of k8s.io/kube-state-metrics/v2 v2.19.1; a test holds them against those.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers import programs
from fairlead.layers.monitoring.custom import Kind, config, running
from fairlead.layers.monitoring.place import (
    NAMESPACE,
    STATES,
    STATES_LABELS,
    STATES_OWN_PORT,
    STATES_PORT,
    USER,
    metadata,
)
from fairlead.layers.objects import SEALED, binding, role, rule, spread, unprivileged
from fairlead.layers.programs import ALONE, asked, deployment
from fairlead.workload.serve_state import SERVICE_LABEL

ROLE = "fairlead:monitoring:states"
WATCH = ("list", "watch")
KINDS: Mapping[str, tuple[str, ...]] = {
    "": ("namespaces", "nodes", "persistentvolumeclaims", "pods"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "batch": ("jobs",),
}
"""Group -> kinds that it looks at: none that holds a secret or what a program is told."""
KEPT = (
    "kube_daemonset_status_desired_number_scheduled",
    "kube_daemonset_status_number_ready",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_job_owner",
    "kube_job_status_failed",
    "kube_namespace_labels",
    "kube_node_created",
    "kube_node_info",
    "kube_node_labels",
    "kube_node_spec_taint",
    "kube_node_spec_unschedulable",
    "kube_node_status_allocatable",
    "kube_node_status_capacity",
    "kube_node_status_condition",
    "kube_persistentvolumeclaim_status_phase",
    "kube_pod_container_resource_requests",
    "kube_pod_container_status_last_terminated_reason",
    "kube_pod_container_status_restarts_total",
    "kube_pod_container_status_waiting_reason",
    "kube_pod_created",
    "kube_pod_info",
    "kube_pod_labels",
    "kube_pod_status_phase",
    "kube_pod_status_reason",
    "kube_replicaset_owner",
    "kube_statefulset_replicas",
    "kube_statefulset_status_replicas_ready",
)
"""Series that are kept: those that rules, alerts and dashboards ask for."""
LABELS: Mapping[str, tuple[str, ...]] = {
    "namespaces": (labels.TENANT,),
    "nodes": (
        labels.POOL,
        labels.ACCELERATOR,
        labels.CAPACITY,
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/zone",
    ),
    "pods": (labels.JOB, labels.STAGE, labels.ENDPOINT),
}
"""Kind -> labels of its objects that are told."""
FURTHER: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "opencost": {"namespaces": (labels.COST_CENTER,), "pods": (SERVICE_LABEL,)},
}
"""Layer -> labels that are told where it runs."""
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "20m", "memory": "96Mi"}, "limits": {"memory": "1Gi"}}


def objects(image: str, selector: Mapping[str, str], layers: Collection[str]) -> list[Object]:
    """Account, rights and Deployment. layers: those that run."""
    meta, further = metadata(STATES), running(layers)
    account = {"kind": "ServiceAccount", "name": STATES, "namespace": NAMESPACE}
    return [
        programs.account(meta),
        role({"name": ROLE}, rights(further)),
        binding({"name": ROLE}, ("ClusterRole", ROLE), [account]),
        _deployment(image, selector, arguments(further, told(layers))),
    ]


def rights(further: Sequence[Kind]) -> list[Mapping[str, Any]]:
    """What it may look at. Kinds that it is told of it finds by their definitions."""
    finds = [rule(("apiextensions.k8s.io",), ("customresourcedefinitions",), WATCH)] if further else []
    return [
        *(rule((group,), kinds, WATCH) for group, kinds in KINDS.items()),
        *(rule((one.group,), (one.plural,), WATCH) for one in further),
        *finds,
    ]


def told(layers: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Kind -> labels of its objects that are told where these layers run."""
    more = [one for layer, one in FURTHER.items() if layer in layers]
    return {
        kind: (*names, *(name for one in more for name in one.get(kind, ())))
        for kind, names in LABELS.items()
    }


def arguments(further: Sequence[Kind], told: Mapping[str, tuple[str, ...]] = LABELS) -> list[str]:
    """How it is started. further: kinds that it is told of; told: labels that it tells."""
    shown = ",".join(f"{kind}=[{','.join(names)}]" for kind, names in told.items())
    kinds = sorted(kind for kinds in KINDS.values() for kind in kinds)
    kept = [*KEPT, *(f"{one.series}_.+" for one in further)]
    return [
        f"--port={STATES_PORT}",
        f"--telemetry-port={STATES_OWN_PORT}",
        f"--resources={','.join(kinds)}",
        f"--metric-allowlist={','.join(f'^{one}$' for one in kept)}",
        f"--metric-labels-allowlist={shown}",
        *([f"--custom-resource-state-config={json.dumps(config(further))}"] if further else ()),
    ]


def _deployment(image: str, selector: Mapping[str, str], args: Sequence[str]) -> Object:
    pod = {
        "serviceAccountName": STATES,
        "nodeSelector": dict(selector),
        "securityContext": unprivileged(USER),
        "topologySpreadConstraints": spread(STATES_LABELS),
        "containers": [_container(image, args)],
    }
    meta = {**metadata(STATES), "labels": dict(STATES_LABELS)}
    # Two would tell everything twice.
    return deployment(meta, STATES_LABELS, pod, more=ALONE)


def _container(image: str, args: Sequence[str]) -> dict[str, Any]:
    return {
        "name": STATES,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": list(args),
        "ports": [
            {"name": "http-metrics", "containerPort": STATES_PORT, "protocol": "TCP"},
            {"name": "telemetry", "containerPort": STATES_OWN_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {**asked("/readyz", STATES_OWN_PORT), "periodSeconds": 2},
        "livenessProbe": {**asked("/livez", STATES_PORT), "periodSeconds": 20, "initialDelaySeconds": 30},
        "resources": RESOURCES,
        "securityContext": dict(SEALED),
    }

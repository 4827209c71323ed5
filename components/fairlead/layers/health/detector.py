"""node-problem-detector: messages of the kernel log become node conditions and events.

Field names after the module k8s.io/node-problem-detector v1.34.0: pkg/systemlogmonitor/config.go and
pkg/systemlogmonitor/types/types.go. It sets no taint: who reads the conditions decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import binding
from fairlead.layers.programs import account
from fairlead.plan.health_model import DetectorPlan, DetectorRule

NAME = "node-problem-detector"
NAMESPACE = "fairlead-health"
ROLE = "system:node-problem-detector"
"""A role of Kubernetes itself: it may change the status of nodes, and leave events."""
MONITOR = "kernel-monitor.json"
KERNEL_LOG = "/dev/kmsg"
LOOKBACK = "5m"
"""How far back the kernel log is read at the start: a fault just before a restart of the detector is not lost."""
PORT = 20256
"""Where it says that it lives: the default of its option --port."""
PRIORITY = "system-node-critical"
MOST_PODS = 10_000
"""Pods of that priority in the namespace: a bound that no cluster of this catalogue reaches."""
CONFIG_HASH = f"{labels.DOMAIN}/config-hash"
"""Pod annotation: it changes with the configuration, which is read at the start alone."""


def objects(plan: DetectorPlan, image: str) -> list[Object]:
    """The namespace, the rights, the configuration, and a pod on every real node of the plan's pools."""
    text = json.dumps(monitor(plan.rules), indent=2, sort_keys=True)
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            # Privileged: the kernel log is a device of the node.
            "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
        },
        {
            # Some clusters admit no pod of this priority outside kube-system without a quota for it.
            # https://kubernetes.io/docs/concepts/policy/resource-quotas/#limit-priority-class-consumption-by-default
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "critical-pods", "namespace": NAMESPACE},
            "spec": {
                "hard": {"pods": str(MOST_PODS)},
                "scopeSelector": {
                    "matchExpressions": [
                        {"scopeName": "PriorityClass", "operator": "In", "values": [PRIORITY]}
                    ]
                },
            },
        },
        account(_metadata()),
        binding(
            {"name": f"fairlead-{NAME}"},
            ("ClusterRole", ROLE),
            [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
        ),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(), "data": {MONITOR: text}},
        _daemon_set(plan, image, hashlib.sha256(text.encode()).hexdigest()),
    ]


def monitor(rules: Sequence[DetectorRule]) -> dict[str, Any]:
    """The configuration of its monitor of the kernel log."""
    conditions = dict.fromkeys(rule.condition for rule in rules if rule.lasting)
    return {
        "plugin": "kmsg",
        "logPath": KERNEL_LOG,
        "lookback": LOOKBACK,
        "bufferSize": 10,
        "source": "kernel-monitor",
        "conditions": [
            {"type": name, "reason": f"No{name}", "message": "the kernel log shows none"}
            for name in conditions
        ],
        "rules": [_rule(rule) for rule in rules],
    }


def _rule(rule: DetectorRule) -> dict[str, Any]:
    kind = {"type": "permanent", "condition": rule.condition} if rule.lasting else {"type": "temporary"}
    return {**kind, "reason": rule.reason, "pattern": rule.pattern}


def _metadata() -> dict[str, Any]:
    return {"name": NAME, "namespace": NAMESPACE}


def _daemon_set(plan: DetectorPlan, image: str, config: str) -> Object:
    chosen = {"app.kubernetes.io/name": NAME}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": _metadata(),
        "spec": {
            "selector": {"matchLabels": chosen},
            "template": {
                "metadata": {"labels": chosen, "annotations": {CONFIG_HASH: config}},
                "spec": _pod(plan, image),
            },
        },
    }


def _pod(plan: DetectorPlan, image: str) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": labels.POOL, "operator": "In", "values": list(plan.pools)}]}
    return {
        "serviceAccountName": NAME,
        "priorityClassName": PRIORITY,
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        },
        "tolerations": [
            {"key": key, "operator": operator, **({"value": value} if value else {}), "effect": effect}
            for key, operator, value, effect in plan.tolerations
        ],
        "containers": [
            {
                "name": NAME,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": [
                    f"/{NAME}",
                    "--logtostderr",
                    f"--config.system-log-monitor=/config/{MONITOR}",
                    "--address=0.0.0.0",
                    f"--port={PORT}",
                    "--prometheus-port=0",
                ],
                "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                "readinessProbe": {"httpGet": {"path": "/healthz", "port": PORT}, "periodSeconds": 1},
                "resources": {
                    "requests": {"cpu": "10m", "memory": "32Mi"},
                    "limits": {"memory": "128Mi"},
                },
                # A device of the node is given to privileged containers only.
                "securityContext": {"privileged": True, "readOnlyRootFilesystem": True},
                "volumeMounts": [
                    {"name": "kmsg", "mountPath": KERNEL_LOG, "readOnly": True},
                    {"name": "config", "mountPath": "/config", "readOnly": True},
                ],
            }
        ],
        "volumes": [
            {"name": "kmsg", "hostPath": {"path": KERNEL_LOG, "type": "CharDevice"}},
            {"name": "config", "configMap": {"name": NAME}},
        ],
    }

"""The program: its account, what it may look at, and its Deployment.

What it looks at, its words and its probe: pkg/clustercache/clustercache.go, pkg/env/costmodelenv.go and
pkg/cmd/costmodel/costmodel.go of github.com/opencost/opencost v1.108.1; a test holds these objects against them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import SEALED, binding, role, rule, unprivileged
from fairlead.layers.opencost import prices
from fairlead.layers.opencost.place import LABELS, NAME, NAMESPACE, PORT, ROLE, USER, metadata
from fairlead.layers.programs import ALONE, account, asked, deployment
from fairlead.plan.opencost_model import OpencostPlan

AT = "/etc/opencost"
"""Where table and settings lie: it writes neither."""
WATCH = ("list", "watch")
KINDS: Mapping[str, tuple[str, ...]] = {
    "": (
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "replicationcontrollers",
        "services",
    ),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "batch": ("jobs",),
    "storage.k8s.io": ("storageclasses",),
}
"""Group -> kinds of the whole cluster: it does not begin before it has seen all of them."""
QUIET = (
    "CACHE_WARMING_ENABLED",
    "ERROR_REPORTING_ENABLED",
    "LOG_COLLECTION_ENABLED",
    "PRODUCT_ANALYTICS_ENABLED",
    "VALUES_REPORTING_ENABLED",
)
"""On by themselves: costs of the last days computed before anybody asks, and reports to others."""
ASKED_BY = (
    labels.POOL,
    labels.ACCELERATOR,
    labels.CAPACITY,
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/zone",
)
"""Labels of a node by which costs of its pods are asked for; by itself only those of three clouds' own pools."""
REQUESTS: Mapping[str, str] = {"cpu": "20m", "memory": "96Mi"}
SENT = f"{labels.DOMAIN}/sent"
"""Annotation of the pod: which prices it was started with. By itself it looks once an hour."""


def objects(plan: OpencostPlan, cluster: str, image: str, selector: Mapping[str, str]) -> list[Object]:
    """Everything but namespace and fence. cluster: the platform's name; selector: of the nodes of its own pods."""
    files = prices.files(plan.prices)
    return [
        account(metadata()),
        *_rights(),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(), "data": dict(files)},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(),
            "spec": {
                "selector": dict(LABELS),
                "ports": [{"name": "http", "protocol": "TCP", "port": PORT, "targetPort": PORT}],
            },
        },
        _deployment(plan, cluster, image, selector, files),
    ]


def _rights() -> list[Object]:
    """It reads and never writes; settings it looks for at home alone."""
    whom = [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}]
    return [
        role({"name": ROLE}, [rule((group,), kinds, WATCH) for group, kinds in KINDS.items()]),
        binding({"name": ROLE}, ("ClusterRole", ROLE), whom),
        role(metadata(), [rule(("",), ("configmaps",), ("get", *WATCH))]),
        binding(metadata(), ("Role", NAME), whom),
    ]


def _deployment(
    plan: OpencostPlan, cluster: str, image: str, selector: Mapping[str, str], files: Mapping[str, str]
) -> Object:
    pod = {
        "serviceAccountName": NAME,
        "enableServiceLinks": False,
        "nodeSelector": dict(selector),
        "securityContext": unprivileged(USER),
        "containers": [_container(plan, cluster, image)],
        "volumes": [{"name": "prices", "configMap": {"name": NAME}}],
    }
    text = "".join(f"{name}\n{content}" for name, content in sorted(files.items()))
    marks = {
        "labels": dict(LABELS),
        "annotations": {SENT: hashlib.sha256(text.encode()).hexdigest()[:16]},
    }
    # Two would tell everything twice.
    return deployment(metadata(), LABELS, pod, marks=marks, more=ALONE)


def _container(plan: OpencostPlan, cluster: str, image: str) -> dict[str, Any]:
    healthy = asked("/healthz", PORT)
    return {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["--disable-log-color"],
        "env": [{"name": name, "value": value} for name, value in environment(cluster).items()],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        # It answers when it has seen the whole cluster, and not before.
        "startupProbe": {**healthy, "periodSeconds": 2, "failureThreshold": 150},
        "readinessProbe": {**healthy, "periodSeconds": 10},
        "livenessProbe": {**healthy, "periodSeconds": 20, "failureThreshold": 6},
        "resources": {"requests": dict(REQUESTS), "limits": {"memory": plan.memory}},
        "volumeMounts": [{"name": "prices", "mountPath": AT, "readOnly": True}],
        "securityContext": dict(SEALED),
    }


def environment(cluster: str) -> Mapping[str, str]:
    """Its settings. cluster: what its answers call the cluster."""
    return {
        "PROMETHEUS_SERVER_ENDPOINT": labels.METRICS_URL,
        "CLUSTER_ID": cluster,
        "KUBECOST_NAMESPACE": NAMESPACE,
        "USE_CSV_PROVIDER": "true",
        "CSV_PATH": f"{AT}/{prices.TABLE}",
        "CONFIG_PATH": AT,
        "ALLOCATION_NODE_LABELS_INCLUDE_LIST": ",".join(ASKED_BY),
        **dict.fromkeys(QUIET, "false"),
    }

"""The operator and its webhooks, as its own chart has them, with rights of ours, on this platform's nodes, fenced.

It sends an application by running Spark's own program beside itself, a Java process for each, which makes the driver's
pod; the driver makes its executors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object, Release
from fairlead.layers import transform
from fairlead.layers.objects import MONITORING, budget, closed, door, spread
from fairlead.layers.spark.place import (
    ACCOUNT,
    METRICS_PORT,
    OPERATOR,
    RELEASE,
    WAITS,
    WAITS_FOR,
    WEBHOOK,
    WEBHOOK_PORT,
    labels_of,
    metadata,
)
from fairlead.layers.tool import Ground
from fairlead.plan.spark_model import CHART, IMAGE, NAMESPACE

RESOURCES: Mapping[str, Mapping[str, Any]] = {
    # The Java processes take about 300 MB each, while they last.
    OPERATOR: {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}},
    WEBHOOK: {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
}
AT_A_TIME = 4
"""Applications that are looked at side by side, each of which may start a Java process. Upstream: 10."""
LEASE: Mapping[str, str] = {"leaseDuration": "60s", "renewDeadline": "45s", "retryPeriod": "5s"}
"""Who loses the lease ends, and its Java processes with it: with upstream's 10 s whenever the API server is slow."""
HOME = "/opt/spark"
SETTINGS, SETTINGS_FILE = "spark-defaults", "spark-defaults.conf"
DEFAULTS: Mapping[str, str] = {
    "spark.kubernetes.authenticate.driver.serviceAccountName": ACCOUNT,
    # It opens the tenant's part of the object store; executors call no API server.
    "spark.kubernetes.authenticate.executor.serviceAccountName": labels.WORKLOAD_ACCOUNT,
    # A driver owns its executors, and Kueue lets go with a pod of its own whatever that owns: these two marks, which it
    # gives pods of Deployments (pkg/controller/jobs/deployment/deployment_webhook.go), make each wait by itself.
    f"spark.kubernetes.executor.annotation.{WAITS}": WAITS_FOR,
    "spark.kubernetes.executor.label.kueue.x-k8s.io/managed": "true",
    # A driver would need rights to ConfigMaps, Services and volumes of its tenant for what goes with its pod anyway.
    "spark.kubernetes.executor.disableConfigMap": "true",
    "spark.kubernetes.driver.service.deleteOnTermination": "false",
    "spark.kubernetes.driver.ownPersistentVolumeClaim": "false",
    "spark.kubernetes.driver.reusePersistentVolumeClaim": "false",
    # In milliseconds. With Spark's 10 s an application failed whenever its sender had to wait for a processor.
    **{
        f"spark.kubernetes.{who}.{what}Timeout": "60000"
        for who in ("submission", "driver")
        for what in ("connection", "request")
    },
}
"""Settings of every application, as far as it says nothing else."""


def objects(ground: Ground) -> list[Object]:
    """All of it but its rights; its CRDs too, also that of remote sessions, without which it does not start."""
    replicas = ground.plan.spark.replicas
    rendered = ground.render(Release(CHART, RELEASE, NAMESPACE, values(replicas)))
    made = transform.in_namespace(transform.without_hooks(rendered), NAMESPACE)
    budgets = [budget(metadata(name), labels_of(name)) for name in RESOURCES] if replicas > 1 else []
    return [_settings(), *_fence(), *(_fitted(one, ground) for one in made), *budgets]


def values(replicas: int) -> dict[str, Any]:
    """What the chart is told. Nothing of it needs cert-manager: it makes its certificate itself."""
    name = SETTINGS
    return {
        "spark": {
            # Tenants' namespaces come and go: it looks at their label.
            "jobNamespaces": [],
            "jobNamespaceSelector": labels.TENANT,
            "serviceAccount": {"create": False},
            "rbac": {"create": False},
        },
        "controller": {
            "replicas": replicas,
            "workers": AT_A_TIME,
            "leaderElection": dict(LEASE),
            "rbac": {"create": False},
            # The way into a cluster is the platform's.
            "uiService": {"enable": False},
            "env": [{"name": "SPARK_HOME", "value": HOME}],
            "volumes": [
                {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
                {"name": name, "configMap": {"name": name}},
            ],
            "volumeMounts": [
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a directory of the container
                {"name": name, "mountPath": f"{HOME}/conf", "readOnly": True},
            ],
        },
        # Each of several writes the same authority, out of the one Secret: none leads.
        "webhook": {"replicas": replicas, "rbac": {"create": False}, "leaderElection": {"enable": False}},
        "prometheus": {"metrics": {"enable": True, "port": METRICS_PORT}},
    }


def _settings() -> Object:
    text = "".join(f"{key} {value}\n" for key, value in DEFAULTS.items())
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(SETTINGS),
        "data": {SETTINGS_FILE: text},
    }


def _fitted(obj: Object, ground: Ground) -> Object:
    if obj["kind"] != "Deployment":
        return obj
    name = obj["metadata"]["name"]
    image = ground.image(IMAGE)

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        [box] = spec["containers"]
        told = {"image": image, "imagePullPolicy": "IfNotPresent", "resources": RESOURCES[name]}
        return {
            **transform.probed_often({**spec, "containers": [{**box, **told}]}),
            "nodeSelector": dict(ground.handle.system_selector),
            "topologySpreadConstraints": spread(labels_of(name)),
        }

    [changed] = transform.on_pods([obj], change)
    return changed


def _fence() -> Sequence[Object]:
    """The webhooks are called by the API server, which is no pod; egress stays open, for both call it."""
    measured = door(METRICS_PORT, [MONITORING])
    return [
        closed("default-deny", NAMESPACE, {}),
        closed(OPERATOR, NAMESPACE, labels_of(OPERATOR), [measured]),
        closed(WEBHOOK, NAMESPACE, labels_of(WEBHOOK), [door(WEBHOOK_PORT), measured]),
    ]

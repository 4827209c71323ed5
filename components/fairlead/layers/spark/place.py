"""Where the Spark operator runs, and the names by which it and what it makes are found.

Names, labels and ports: module github.com/kubeflow/spark-operator/v2 v2.5.1, its chart and pkg/common; a test holds
them against those.
"""

from __future__ import annotations

from typing import Any

from fairlead.plan.spark_model import CHART, NAMESPACE

GROUP = "sparkoperator.k8s.io"
RELEASE = CHART
OPERATOR, WEBHOOK = f"{RELEASE}-controller", f"{RELEASE}-webhook"
"""Deployments, their accounts, and the two objects that say which webhooks there are (the second name)."""
CERTIFICATES = f"{WEBHOOK}-certs"
"""Secret of the webhooks' certificate, which they make themselves."""
LOCK = f"{OPERATOR}-lock"
"""Lease: who of several operators works."""
METRICS_PORT, WEBHOOK_PORT = 8080, 9443
KINDS = ("sparkapplications", "scheduledsparkapplications")
"""What members send."""
LAUNCHED = f"{GROUP}/launched-by-spark-operator"
"""Label of every driver and executor."""
ROLE, DRIVER, EXECUTOR = "spark-role", "driver", "executor"
"""Label that Spark itself gives its pods, and its values."""
WAITS, WAITS_FOR = "kueue.x-k8s.io/pod-suspending-parent", "spark"
"""Annotation by which Kueue holds back a pod that somebody else's pod owns, and its value here: pod_webhook.go and
constants.go in pkg/controller/jobs/pod of Kueue v0.19.2. Other values make it a pod of a kind that Kueue knows."""
ACCOUNT = "fairlead-spark-driver"
"""Each tenant's account under which drivers make their executors."""


def labels_of(component: str) -> dict[str, str]:
    """Labels of the pods of one of the two, by its Deployment's name."""
    return {
        "app.kubernetes.io/name": CHART,
        "app.kubernetes.io/instance": RELEASE,
        "app.kubernetes.io/component": component.removeprefix(f"{RELEASE}-"),
    }


def metadata(name: str) -> dict[str, Any]:
    """Metadata of an object in the layer's namespace."""
    return {"name": name, "namespace": NAMESPACE}


def account(name: str) -> dict[str, str]:
    """The operator or what answers for its webhooks, as the one who has rights."""
    return {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}

"""KEDA's three programs as objects: Deployments, Services, what calls them, and what keeps them up.

Arguments, ports and paths after the module github.com/kedacore/keda/v2 v2.21.0, cmd/*/main.go and the manifests in
its folder config; a test holds these objects against those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import transform
from fairlead.layers.objects import SEALED, budget, spread, unprivileged
from fairlead.layers.programs import deployment
from fairlead.layers.scaling import fence, rights
from fairlead.layers.scaling.place import (
    ADAPTER,
    ADAPTER_PORT,
    API_SERVICE,
    CERTIFICATES,
    IMAGE_OF,
    INSIDE_PORT,
    METRICS_PORT,
    NAMESPACE,
    OPERATOR,
    PROBE_PORT,
    VALIDATION,
    WEBHOOKS,
    WEBHOOKS_PORT,
    labels_of,
    metadata,
    space,
)
from fairlead.plan.scaling_model import ScalingPlan

NAME = "keda"
CERT_DIR = "/certs"
USER = 65_532
"""The user of the images: distroless' nonroot."""
RESOURCES = ("50m", "128Mi", "1Gi")
"""What each part asks for: cpu, memory, most memory. Upstream: 100m, 100Mi, 1000Mi and a limit of one core."""
LOGS = ("--zap-log-level=info", "--zap-encoder=json", "--zap-time-encoding=rfc3339")
CHECKED: Mapping[str, tuple[str, ...]] = {
    "keda.sh": ("scaledobject", "scaledjob", "triggerauthentication", "clustertriggerauthentication"),
    "eventing.keda.sh": ("cloudeventsource", "clustercloudeventsource"),
}
"""API group -> kinds that the webhooks look at before they are stored."""


@dataclass(frozen=True)
class Part:
    """One program."""

    name: str
    command: str
    args: tuple[str, ...]
    port: int
    """Where it serves."""
    service_port: int
    probe: Mapping[str, Any]
    """Where it is asked how it is: /healthz and /readyz there."""
    env: Mapping[str, str]
    waits: bool
    """Whether it starts only when the certificate is there; the operator makes it."""


_PLAIN_PROBE: Mapping[str, Any] = {"port": PROBE_PORT}
_SLOW = {"timeoutSeconds": 5}
"""The usual second is too short for a node that is busy: a part that lives would be killed, and its work with it."""
PARTS = (
    Part(
        OPERATOR,
        "/keda",
        ("--leader-elect", *LOGS, "--enable-cert-rotation=true"),
        INSIDE_PORT,
        INSIDE_PORT,
        _PLAIN_PROBE,
        # Watches every namespace; a secret is read in its own alone.
        {"WATCH_NAMESPACE": "", "KEDA_RESTRICT_SECRET_ACCESS": "true"},
        waits=False,
    ),
    Part(
        ADAPTER,
        "/keda-adapter",
        (
            f"--secure-port={ADAPTER_PORT}",
            f"--cert-dir={CERT_DIR}",
            f"--client-ca-file={CERT_DIR}/ca.crt",
            f"--tls-cert-file={CERT_DIR}/tls.crt",
            f"--tls-private-key-file={CERT_DIR}/tls.key",
            *LOGS,
        ),
        ADAPTER_PORT,
        443,
        {"port": ADAPTER_PORT, "scheme": "HTTPS"},
        {"WATCH_NAMESPACE": ""},
        waits=True,
    ),
    Part(WEBHOOKS, "/keda-admission-webhooks", LOGS, WEBHOOKS_PORT, 443, _PLAIN_PROBE, {}, waits=True),
)


def crds(render: Renderer) -> list[Object]:
    """KEDA's kinds. All of them: the operator does not start without one."""
    return list(render(Release(NAME, NAME, NAMESPACE, {})))


def objects(plan: ScalingPlan) -> list[Object]:
    """Everything but the CRDs and the one object that makes the cluster ask: `metrics_api`."""
    made: list[Object] = [space(), *fence.objects(), *rights.objects(), _validation()]
    for part in PARTS:
        made += [_service(part), _deployment(part, plan.replicas)]
        if plan.replicas > 1:
            made.append(budget(metadata(part.name), labels_of(part.name)))
    return made


def on_cluster(
    objects: Sequence[Object], images: Mapping[str, str], system: Mapping[str, str]
) -> list[Object]:
    """The objects for one cluster: images of the lock, on the nodes of the platform's own pods."""

    def fitted(obj: Object) -> Object:
        if obj["kind"] != "Deployment":
            return obj
        image = transform.with_image(images[IMAGE_OF[obj["metadata"]["name"]]])
        [placed] = transform.on_pods(transform.on_pods([obj], image), transform.on_nodes(system))
        return placed

    return [fitted(obj) for obj in objects]


def metrics_api() -> Object:
    """Registers the adapter for external metrics. Last: while nothing answers there, no namespace can be deleted."""
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": API_SERVICE},
        "spec": {
            "group": "external.metrics.k8s.io",
            "version": "v1beta1",
            "service": {"name": ADAPTER, "namespace": NAMESPACE, "port": 443},
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }


def probe() -> Object:
    """A harmless object that the webhooks must answer for before any other is created."""
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ClusterTriggerAuthentication",
        "metadata": {"name": "fairlead-probe"},
        "spec": {"env": [{"parameter": "probe", "name": "PROBE"}]},
    }


def _validation() -> Object:
    """Refuses while the webhooks do not answer: what they would have refused fights with something else for ever."""
    hooks = [
        {
            "name": f"{kind}.{group}",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {
                "service": {
                    "name": WEBHOOKS,
                    "namespace": NAMESPACE,
                    "path": f"/validate-{group.replace('.', '-')}-v1alpha1-{kind}",
                    "port": 443,
                }
            },
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "sideEffects": "None",
            "timeoutSeconds": 10,
            "rules": [
                {
                    "apiGroups": [group],
                    "apiVersions": ["v1alpha1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": [f"{kind}s"],
                }
            ],
        }
        for group, kinds in CHECKED.items()
        for kind in kinds
    ]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": VALIDATION},
        "webhooks": hooks,
    }


def _service(part: Part) -> Object:
    ports = [("serving", part.service_port, part.port), ("metrics", METRICS_PORT, METRICS_PORT)]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(part.name),
        "spec": {
            "selector": labels_of(part.name),
            "ports": [
                {"name": name, "protocol": "TCP", "port": outer, "targetPort": inner}
                for name, outer, inner in ports
            ],
        },
    }


def _deployment(part: Part, replicas: int) -> Object:
    chosen = labels_of(part.name)
    return deployment(metadata(part.name), chosen, _pod(part, chosen), replicas)


def _pod(part: Part, chosen: Mapping[str, str]) -> dict[str, Any]:
    return {
        "serviceAccountName": part.name,
        "terminationGracePeriodSeconds": 10,
        "securityContext": unprivileged(USER),
        "topologySpreadConstraints": spread(chosen),
        "containers": [_container(part)],
        "volumes": [
            # The operator makes the certificate itself: it starts without, and again when it is there.
            {"name": "certificates", "secret": {"secretName": CERTIFICATES, "optional": not part.waits}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}},
        ],
    }


def _container(part: Part) -> dict[str, Any]:
    cpu, memory, most = RESOURCES
    own = {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    return {
        "name": part.name,
        "image": "",
        "imagePullPolicy": "IfNotPresent",
        "command": [part.command],
        "args": list(part.args),
        "env": [own, *({"name": key, "value": value} for key, value in part.env.items())],
        "ports": [
            {"name": "serving", "containerPort": part.port, "protocol": "TCP"},
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "livenessProbe": {"httpGet": {"path": "/healthz", **part.probe}, "initialDelaySeconds": 25, **_SLOW},
        "readinessProbe": {"httpGet": {"path": "/readyz", **part.probe}, "periodSeconds": 1, **_SLOW},
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
        "volumeMounts": [
            {"name": "certificates", "mountPath": CERT_DIR, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a directory of the container, not of this machine
        ],
    }

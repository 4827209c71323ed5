"""Katib's webhooks, and the certificate by which the API server knows them.

Upstream's pod webhook is asked for every pod of a namespace that has experiments, looks up what owns the pod, and while
it does not answer there is no pod: all jobs of all tenants would stand still with Katib. Here it is asked for pods that
have a label, which `policies` demands of trials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.certificates.authority import API
from fairlead.layers.katib.place import GROUP, MARKED, PROGRAM, metadata
from fairlead.layers.objects import ADMISSION
from fairlead.plan.certificates_model import ISSUER
from fairlead.plan.katib_model import CONTROLLER, NAMESPACE

NAME = "katib.kubeflow.org"
SECRET, FOLDER = "katib-webhook-cert", "/tmp/cert"  # noqa: S108 - a directory of the container
"""Of the certificate; the program looks for it in that folder."""


def objects() -> list[Object]:
    """The certificate and both configurations."""
    known = {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/{SECRET}"}
    named = {"name": NAME, "labels": metadata("", PROGRAM[CONTROLLER])["labels"], "annotations": known}
    experiments = _rule(GROUP, "v1beta1", ["CREATE", "UPDATE"], "experiments")
    pods = {
        **_hook("mutator.pod", "/mutate-pod", _rule("", "v1", ["CREATE"], "pods")),
        "namespaceSelector": {"matchLabels": dict(MARKED)},
        "objectSelector": {"matchLabels": dict(MARKED)},
    }
    return [
        _certificate(),
        _configuration(
            "Mutating", named, [_hook("defaulter.experiment", "/mutate-experiment", experiments), pods]
        ),
        _configuration(
            "Validating", named, [_hook("validator.experiment", "/validate-experiment", experiments)]
        ),
    ]


def probe() -> Object:
    """A harmless object that both webhooks of experiments must answer for: one refuses it, which is an answer."""
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": "fairlead-probe", "namespace": NAMESPACE},
        "spec": {},
    }


def _certificate() -> Object:
    host = f"{CONTROLLER}.{NAMESPACE}.svc"
    spec = {
        "secretName": SECRET,
        "dnsNames": [host, f"{host}.cluster.local"],
        "usages": ["server auth"],
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"name": ISSUER, "kind": "ClusterIssuer", "group": API.partition("/")[0]},
    }
    return {
        "apiVersion": API,
        "kind": "Certificate",
        "metadata": metadata(SECRET, PROGRAM[CONTROLLER]),
        "spec": spec,
    }


def _configuration(which: str, named: Mapping[str, Any], hooks: Sequence[Mapping[str, Any]]) -> Object:
    return {
        "apiVersion": ADMISSION,
        "kind": f"{which}WebhookConfiguration",
        "metadata": dict(named),
        "webhooks": list(hooks),
    }


def _hook(name: str, path: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    service = {"name": CONTROLLER, "namespace": NAMESPACE, "path": path, "port": 443}
    return {
        "name": f"{name}.{NAME}",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
        "clientConfig": {"service": service},
        "rules": [rule],
    }


def _rule(group: str, version: str, operations: Sequence[str], resource: str) -> Mapping[str, Any]:
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "operations": list(operations),
        "resources": [resource],
    }

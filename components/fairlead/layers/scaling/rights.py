"""What each part of KEDA may do: its own account for each, and no more than this layer has it do.

Upstream runs all three under one account that may read every object of the cluster, every secret included. Here the
operator scales Deployments and StatefulSets, reads no secret outside its namespace and starts no job; KEDA itself is
told the same where it asks (KEDA_RESTRICT_SECRET_ACCESS).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import READ, binding, role, rule
from fairlead.layers.programs import account
from fairlead.layers.scaling.place import (
    ADAPTER,
    API_SERVICE,
    NAMESPACE,
    OPERATOR,
    VALIDATION,
    WEBHOOKS,
    metadata,
)

CHANGE = ("update", "patch")
SCALED = ("deployments", "statefulsets")
"""What may be scaled, of the group apps."""
KINDS = ("scaledobjects", "scaledjobs", "triggerauthentications", "clustertriggerauthentications")
EVENT_KINDS = ("cloudeventsources", "clustercloudeventsources")


EVENTS = rule(("", "events.k8s.io"), ("events",), ("create", "patch"))


def operator_rules() -> list[dict[str, Any]]:
    """The operator, in the whole cluster."""
    return [
        # Environment and readiness of the services that it scales.
        rule(("",), ("configmaps", "pods"), READ),
        rule(("apps",), SCALED, READ),
        rule(("apps",), [f"{kind}/scale" for kind in SCALED], ("get", *CHANGE)),
        rule(("autoscaling",), ("horizontalpodautoscalers",), (*READ, "create", *CHANGE, "delete")),
        rule(("keda.sh",), KINDS, (*READ, *CHANGE)),
        rule(("keda.sh",), [f"{kind}/status" for kind in KINDS], ("get", *CHANGE)),
        rule(("keda.sh",), ("scaledobjects/finalizers", "scaledjobs/finalizers"), CHANGE),
        rule(("eventing.keda.sh",), EVENT_KINDS, (*READ, *CHANGE)),
        rule(("eventing.keda.sh",), [f"{kind}/status" for kind in EVENT_KINDS], ("get", *CHANGE)),
        EVENTS,
        # Its certificate authority, into the two objects that call its pods.
        rule(("admissionregistration.k8s.io",), ("validatingwebhookconfigurations",), ("list", "watch")),
        rule(
            ("admissionregistration.k8s.io",),
            ("validatingwebhookconfigurations",),
            ("get", *CHANGE),
            (VALIDATION,),
        ),
        rule(("apiregistration.k8s.io",), ("apiservices",), ("list", "watch")),
        rule(("apiregistration.k8s.io",), ("apiservices",), ("get", *CHANGE), (API_SERVICE,)),
    ]


def own_rules() -> list[dict[str, Any]]:
    """The operator, in its own namespace: its certificate, secrets of ClusterTriggerAuthentications, who leads."""
    return [
        rule(("",), ("secrets",), (*READ, "create", *CHANGE)),
        rule(("coordination.k8s.io",), ("leases",), (*READ, "create", *CHANGE)),
    ]


def webhook_rules() -> list[dict[str, Any]]:
    """The webhooks: what they compare a new object with."""
    return [
        rule(("keda.sh",), KINDS, READ),
        rule(("eventing.keda.sh",), EVENT_KINDS, READ),
        rule(("autoscaling",), ("horizontalpodautoscalers",), READ),
        rule(("apps",), SCALED, READ),
        rule(("",), ("limitranges",), READ),
        EVENTS,
    ]


def adapter_rules() -> list[dict[str, Any]]:
    """The adapter: which service a metric belongs to."""
    return [rule(("keda.sh",), ("scaledobjects",), READ)]


def objects() -> list[Object]:
    """Accounts, roles and bindings.

    The HPA controller may read external metrics already, by a role of Kubernetes itself:
    plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go of v1.35.0, 2026-11-28.
    """
    return [
        *(account(metadata(part)) for part in (OPERATOR, ADAPTER, WEBHOOKS)),
        *_everywhere(OPERATOR, operator_rules()),
        *_everywhere(WEBHOOKS, webhook_rules()),
        *_everywhere(ADAPTER, adapter_rules()),
        role(metadata(OPERATOR), own_rules()),
        binding(metadata(OPERATOR), ("Role", OPERATOR), _program(OPERATOR)),
        # An aggregated API asks the API server who calls it, and what that one may do.
        binding(
            {"name": f"{ADAPTER}-delegates"},
            ("ClusterRole", "system:auth-delegator"),
            _program(ADAPTER),
        ),
        binding(
            {"name": ADAPTER, "namespace": "kube-system"},
            ("Role", "extension-apiserver-authentication-reader"),
            _program(ADAPTER),
        ),
    ]


def _everywhere(part: str, rules: Sequence[dict[str, Any]]) -> list[Object]:
    return [
        role({"name": part}, rules),
        binding({"name": part}, ("ClusterRole", part), _program(part)),
    ]


def _program(part: str) -> list[dict[str, str]]:
    return [{"kind": "ServiceAccount", "name": part, "namespace": NAMESPACE}]

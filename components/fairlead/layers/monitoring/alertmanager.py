"""Who is told of alerts: the Alertmanager that the operator runs, and whom it tells how.

Fields after example/prometheus-operator-crd of github.com/prometheus-operator/prometheus-operator v0.93.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.monitoring.place import (
    ALERTMANAGER,
    ALERTMANAGER_PORT,
    API,
    GROUP,
    NAMESPACE,
    SERVER,
    USER,
    metadata,
)
from fairlead.layers.objects import READ, binding, role, rule, unprivileged
from fairlead.layers.programs import account
from fairlead.plan.monitoring_model import NOTIFY, SEVERITIES, ReceiverPlan

RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}}
NOBODY = "nobody"
"""Receiver of what nobody wants to be told of: it is shown, and silenced, like the rest."""
KEPT_FOR = "120h"
"""How long it remembers whom it has told of what."""


def objects(
    receivers: Sequence[ReceiverPlan], image: str, tag: str, storage_class: str, selector: Mapping[str, str]
) -> list[Object]:
    """Account, Alertmanager, and its settings. tag: the version of the image, by which the operator chooses its own."""
    return [
        account(metadata(ALERTMANAGER)),
        config(receivers),
        {
            "apiVersion": API,
            "kind": "Alertmanager",
            "metadata": metadata(SERVER),
            "spec": {
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "version": tag,
                "replicas": 1,
                "serviceAccountName": ALERTMANAGER,
                "automountServiceAccountToken": False,
                "retention": KEPT_FOR,
                "alertmanagerConfiguration": {"name": SERVER},
                "storage": {"volumeClaimTemplate": {"spec": _claim(storage_class)}},
                "resources": RESOURCES,
                "nodeSelector": dict(selector),
                "securityContext": {
                    **unprivileged(USER),
                    "fsGroup": USER,
                    "fsGroupChangePolicy": "OnRootMismatch",
                },
            },
        },
    ]


def finding() -> list[Object]:
    """The server's right to find it."""
    meta = metadata(f"{SERVER}-alerts")
    whom = {"kind": "ServiceAccount", "name": SERVER, "namespace": NAMESPACE}
    rules = [
        rule(("",), ("services", "pods"), READ),
        rule(("discovery.k8s.io",), ("endpointslices",), READ),
    ]
    return [role(meta, rules), binding(meta, ("Role", meta["name"]), [whom])]


def called() -> Mapping[str, Any]:
    """How the server is told of it: by the Service that the operator makes."""
    one = {"namespace": NAMESPACE, "name": "alertmanager-operated", "port": ALERTMANAGER_PORT}
    return {"alertmanagers": [one]}


def config(receivers: Sequence[ReceiverPlan]) -> Object:
    """Whom it tells. Alerts of one kind that come together are told together, and a critical one is told alone."""
    routes = [
        {
            "receiver": one.name,
            "continue": True,
            "matchers": [{"name": "severity", "matchType": "=~", "value": "|".join(_from(one.severity))}],
        }
        for one in receivers
    ]
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": metadata(SERVER),
        "spec": {
            "route": {
                "receiver": NOBODY,
                "groupBy": ["alertname", "pool", "tenant"],
                "groupWait": "30s",
                "groupInterval": "5m",
                "repeatInterval": "12h",
                **({"routes": routes} if routes else {}),
            },
            "receivers": [{"name": NOBODY}, *(_receiver(one) for one in receivers)],
            "inhibitRules": [
                _louder(low, high) for high, low in (("critical", "warning"), ("warning", "info"))
            ],
        },
    }


def _from(severity: str) -> Sequence[str]:
    """This severity and the worse ones."""
    return SEVERITIES[SEVERITIES.index(severity) :]


def _louder(low: str, high: str) -> Mapping[str, Any]:
    """Of one alert in two severities the worse one is told."""

    def of(severity: str) -> list[Mapping[str, str]]:
        return [{"name": "severity", "matchType": "=", "value": severity}]

    return {"sourceMatch": of(high), "targetMatch": of(low), "equal": ["alertname", "pool", "tenant", "node"]}


def _receiver(one: ReceiverPlan) -> Mapping[str, Any]:
    """Its address is a secret: who knows it may write there."""
    secret = {"name": NOTIFY, "key": one.name}
    settings: Mapping[str, Any] = {
        "webhook": {"urlSecret": secret},
        "slack": {"apiURL": secret, "channel": one.channel},
        "pagerduty": {"routingKey": secret},
    }[one.kind]
    return {"name": one.name, f"{_FIELD[one.kind]}": [{"sendResolved": True, **settings}]}


_FIELD = {"webhook": "webhookConfigs", "slack": "slackConfigs", "pagerduty": "pagerdutyConfigs"}


def _claim(storage_class: str) -> Mapping[str, Any]:
    return {
        "storageClassName": storage_class,
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }

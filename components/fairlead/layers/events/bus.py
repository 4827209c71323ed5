"""A tenant's bus: one NATS server with JetStream, known by a certificate, and the object by which the others find it.

Argo's own buses have three containers of three images, and a controller that reads and writes Secrets for their sake.
Settings: server/opts.go of github.com/nats-io/nats-server/v2 v2.10.29.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.certificates.authority import API
from fairlead.layers.events.place import (
    BUS,
    BUS_LABELS,
    CLIENT_PORT,
    DEFAULT,
    GROUP,
    MONITOR_PORT,
    host,
)
from fairlead.layers.objects import SEALED, unprivileged
from fairlead.layers.programs import ALONE, asked, deployment
from fairlead.plan.certificates_model import ISSUER
from fairlead.plan.model import TenantPlan

USER = 1000
RESOURCES: Mapping[str, Any] = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
SETTINGS, SERVED, DATA, FILE = "/etc/nats", "/etc/nats-tls", "/data", "nats.conf"
KEPT_MB, KEPT_FOR = 256, "72h"
"""Events that nobody has taken yet lie on the node's disk, so much and so long."""
CONFIG = f"""\
server_name: {BUS}
port: {CLIENT_PORT}
http_port: {MONITOR_PORT}
jetstream {{
  store_dir: "{DATA}"
  max_memory_store: 16MB
  max_file_store: {KEPT_MB}MB
}}
tls {{
  cert_file: "{SERVED}/tls.crt"
  key_file: "{SERVED}/tls.key"
}}
"""
STREAM = f"""\
maxMsgs: 50000
maxAge: {KEPT_FOR}
maxBytes: {KEPT_MB // 2 * 1024 * 1024}
replicas: 1
duplicates: 300s
retention: 0
discard: 0
"""


def objects(tenant: TenantPlan, image: str, selector: Mapping[str, str]) -> list[Object]:
    """Server, Service, settings, certificate and bus. selector: labels of the platform's own nodes."""
    ports = [{"name": "client", "protocol": "TCP", "port": CLIENT_PORT, "targetPort": CLIENT_PORT}]
    service = {"selector": dict(BUS_LABELS), "ports": ports}
    return [
        _certificate(tenant),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named(tenant), "data": {FILE: CONFIG}},
        {"apiVersion": "v1", "kind": "Service", "metadata": _named(tenant), "spec": service},
        _deployment(tenant, image, selector),
        _bus(tenant),
    ]


def _named(tenant: TenantPlan, name: str = BUS) -> dict[str, Any]:
    return {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}


def _certificate(tenant: TenantPlan) -> Object:
    called = host(tenant.namespace)
    spec = {
        "secretName": BUS,
        "dnsNames": [called, f"{called}.cluster.local"],
        "usages": ["server auth"],
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"name": ISSUER, "kind": "ClusterIssuer", "group": API.partition("/")[0]},
    }
    return {"apiVersion": API, "kind": "Certificate", "metadata": _named(tenant), "spec": spec}


def _bus(tenant: TenantPlan) -> Object:
    """One that stands already, in Argo's words: event sources and sensors check its certificate."""
    spec = {
        "url": f"nats://{host(tenant.namespace)}:{CLIENT_PORT}",
        "streamConfig": STREAM,
        "tls": {"caCertSecret": {"name": BUS, "key": "ca.crt"}},
    }
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "EventBus",
        "metadata": _named(tenant, DEFAULT),
        "spec": {"jetstreamExotic": spec},
    }


def _deployment(tenant: TenantPlan, image: str, selector: Mapping[str, str]) -> Object:
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": dict(selector),
        "terminationGracePeriodSeconds": 10,
        "securityContext": {**unprivileged(USER), "fsGroup": USER},
        "containers": [_container(image)],
        "volumes": [
            {"name": "settings", "configMap": {"name": BUS}},
            {"name": "served", "secret": {"secretName": BUS}},
            {"name": "data", "emptyDir": {"sizeLimit": f"{2 * KEPT_MB}Mi"}},
        ],
    }
    marks = {"labels": {**BUS_LABELS, labels.TENANT: tenant.name}}
    return deployment(_named(tenant), BUS_LABELS, pod, marks=marks, more=ALONE)


def _container(image: str) -> dict[str, Any]:
    health = asked("/healthz", MONITOR_PORT)
    mounts = {"settings": SETTINGS, "served": SERVED}
    return {
        "name": "nats",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/nats-server", "--config", f"{SETTINGS}/{FILE}"],
        "ports": [
            {"name": "client", "containerPort": CLIENT_PORT, "protocol": "TCP"},
            {"name": "monitor", "containerPort": MONITOR_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {**health, "periodSeconds": 2},
        "livenessProbe": {**health, "initialDelaySeconds": 25},
        "volumeMounts": [
            *({"name": name, "mountPath": path, "readOnly": True} for name, path in mounts.items()),
            {"name": "data", "mountPath": DATA},
        ],
        "resources": RESOURCES,
        "securityContext": dict(SEALED),
    }

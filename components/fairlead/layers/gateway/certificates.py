"""Certificates: for controller and proxies, who believe nobody else; and for the hosts of each tenant.

The two have issuers of their own: who may ask the platform's authority for a host's certificate must not be taken for a
proxy, which is told the keys of all hosts.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.certificates.authority import API
from fairlead.layers.gateway.place import metadata, secret_of
from fairlead.plan.gateway_model import NAMESPACE, GatewayPlan

AUTHORITY, FIRST = "authority", "self-signed"
PROXY_SECRET, CONTROLLER_SECRET = "envoy", "envoy-gateway"
"""Secrets that controller and proxies mount: internal/provider/kubernetes/secrets.go of 1.8.3."""
GROUP = "cert-manager.io"


def between() -> list[Object]:
    """An authority for this namespace, and what controller and proxies show each other."""
    names = [
        CONTROLLER_SECRET,
        *(f"{CONTROLLER_SECRET}.{NAMESPACE}{end}" for end in ("", ".svc", ".svc.cluster.local")),
    ]
    root = {
        "isCA": True,
        "commonName": f"{NAMESPACE}-authority",
        "duration": "87600h",
        "renewBefore": "8760h",
    }
    return [
        _issuer(FIRST, {"selfSigned": {}}),
        _certificate(AUTHORITY, FIRST, root),
        _issuer(AUTHORITY, {"ca": {"secretName": AUTHORITY}}),
        _certificate(CONTROLLER_SECRET, AUTHORITY, {"dnsNames": names, "usages": ["server auth"]}),
        _certificate(PROXY_SECRET, AUTHORITY, {"dnsNames": [f"*.{NAMESPACE}"], "usages": ["client auth"]}),
    ]


def hosts(plan: GatewayPlan) -> list[Object]:
    """One certificate for each tenant, signed by whom the spec names."""
    issuer = {"name": plan.issuer, "kind": "ClusterIssuer", "group": GROUP}
    return [
        _certificate(secret_of(one), "", {"dnsNames": [plan.hosts(one)], "issuerRef": issuer})
        for one in plan.namespaces
    ]


def _issuer(name: str, spec: dict[str, Any]) -> Object:
    return {"apiVersion": API, "kind": "Issuer", "metadata": metadata(name), "spec": spec}


def _certificate(name: str, issuer: str, spec: dict[str, Any]) -> Object:
    told = {
        "secretName": name,
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"name": issuer, "kind": "Issuer", "group": GROUP},
        **spec,
    }
    return {"apiVersion": API, "kind": "Certificate", "metadata": metadata(name), "spec": told}

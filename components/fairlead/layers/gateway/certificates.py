"""Certificates: for controller and proxies, who believe nobody else; and for the hosts of tenants and pages.

The two have issuers of their own: who may ask the platform's authority for a host's certificate must not be taken for a
proxy, which is told the keys of all hosts.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.certificates.authority import API
from fairlead.layers.gateway.place import metadata, page_secret, secret_of
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
    """One certificate for each tenant and for each page of the platform's own, signed by whom the spec names."""
    issuer = {"name": plan.issuer, "kind": "ClusterIssuer", "group": GROUP}
    pages = plan.login.pages if plan.login else ()
    names = {
        **{secret_of(one): plan.hosts(one) for one in plan.namespaces},
        **{page_secret(page): plan.page(page) for page in pages},
    }
    return [
        _certificate(secret, "", {"dnsNames": [name], "issuerRef": issuer}) for secret, name in names.items()
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

"""An authority of the platform's own, for names inside the cluster: its key is made there and is known there alone.

Fields: deploy/crds of github.com/cert-manager/cert-manager v1.21.2.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.plan.certificates_model import ISSUER, NAMESPACE

API = "cert-manager.io/v1"
ROOT, FIRST = "fairlead-authority", "fairlead-self-signed"
YEARS = 10
DURATION, RENEW = f"{YEARS * 8760}h", f"{8760}h"
"""A new root comes a year before the old one ends: what trusts it has that time to learn of it."""


def objects() -> list[Object]:
    """The issuer that all others use, the certificate that it signs with, and what signs that one."""
    reference = {"name": FIRST, "kind": "ClusterIssuer", "group": "cert-manager.io"}
    root: dict[str, Any] = {
        "isCA": True,
        "commonName": ROOT,
        "secretName": ROOT,
        "duration": DURATION,
        "renewBefore": RENEW,
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": reference,
    }
    return [
        _issuer(FIRST, {"selfSigned": {}}),
        {
            "apiVersion": API,
            "kind": "Certificate",
            "metadata": {"name": ROOT, "namespace": NAMESPACE},
            "spec": root,
        },
        _issuer(ISSUER, {"ca": {"secretName": ROOT}}),
    ]


def _issuer(name: str, spec: dict[str, Any]) -> Object:
    return {"apiVersion": API, "kind": "ClusterIssuer", "metadata": {"name": name}, "spec": spec}


def probe() -> Object:
    """A harmless object that the webhook must answer for before the first issuer is created."""
    return _issuer("fairlead-probe", {"selfSigned": {}})

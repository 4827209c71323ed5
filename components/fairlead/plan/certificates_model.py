"""The plan of the certificates layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

CHART = "cert-manager"
CONTROLLER, INJECTOR, WEBHOOK = "cert-manager-controller", "cert-manager-cainjector", "cert-manager-webhook"
IMAGES = (CONTROLLER, INJECTOR, WEBHOOK)
"""Images of the lock; the containers of the chart have the same names."""
NAMESPACE = "fairlead-certificates"
ISSUER = "fairlead"
"""The ClusterIssuer of the platform's own authority."""


@dataclass(frozen=True)
class CertificatesPlan:
    """Whether certificates are issued, and by how many of each program."""

    enabled: bool = False
    replicas: int = 1

"""The certificates layer: cert-manager, then the authority behind it."""

from __future__ import annotations

from fairlead.layers.certificates import authority, programs
from fairlead.layers.tool import Ground, Measured, Part, Tool
from fairlead.plan.certificates_model import NAMESPACE
from fairlead.plan.model import PlatformPlan

PART, AUTHORITY = "certificates", "authority"
"""Who asks for certificates stands after the second."""


def _parts(ground: Ground) -> list[Part]:
    return [
        Part(PART, programs.objects(ground)),
        Part(AUTHORITY, authority.objects(), after=(PART,), probes=[authority.probe()]),
    ]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [
        Measured(name, NAMESPACE, {"app.kubernetes.io/name": part}, programs.METRICS_PORT, PART)
        for name, part in (
            ("cert-manager", "cert-manager"),
            ("cert-manager-cainjector", "cainjector"),
            ("cert-manager-webhook", "webhook"),
        )
    ]


TOOL = Tool("certificates", _parts, measured=_measured)

"""The certificates layer: cert-manager, then the authority behind it."""

from __future__ import annotations

from fairlead.layers.certificates import authority, programs
from fairlead.layers.tool import Ground, Part, Tool

PART, AUTHORITY = "certificates", "authority"
"""Who asks for certificates stands after the second."""


def _parts(ground: Ground) -> list[Part]:
    return [
        Part(PART, programs.objects(ground)),
        Part(AUTHORITY, authority.objects(), after=(PART,), probes=[authority.probe()]),
    ]


TOOL = Tool("certificates", _parts)

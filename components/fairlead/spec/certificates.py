"""The certificates layer: TLS inside the cluster."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fairlead.spec.base import Flag, Model


class Certificates(Model):
    """TLS certificates, issued and renewed in the cluster: cert-manager, and an authority of the platform's own."""

    enabled: Flag = False
    """On: cert-manager runs, and the ClusterIssuer `fairlead` issues for names inside the cluster."""
    replicas: Annotated[int, Field(ge=1, le=3, strict=True)] | None = None
    """How many of each of its programs; left out, 2 where two nodes are always there for the platform's own pods."""

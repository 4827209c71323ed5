"""The plan of the store layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

IMAGE = "seaweedfs"
"""Image of the lock."""


@dataclass(frozen=True)
class Share:
    """A part of the store, and who may use it."""

    name: str
    """Tenant, or the namespace of the layer that it belongs to."""
    namespace: str
    account: str
    """Service account whose pods may use it."""
    layer: str = ""
    """Layer that it belongs to; empty: it is a tenant's."""

    @property
    def bucket(self) -> str:
        """Its bucket; a tenant's name is a DNS label, as bucket names are."""
        return f"fairlead-{self.name}"

    @property
    def purpose(self) -> str:
        """`tenant-team-a` or `layer-tracking`: what a target calls what it makes for it."""
        return f"layer-{self.layer}" if self.layer else f"tenant-{self.name}"


@dataclass(frozen=True)
class AccountToken:
    """C5: the token of its service account that a pod must be given, where the target itself gives it none."""

    audience: str
    """Whom it is for."""
    folder: str
    """Folder in the pod; the file there is called `token`."""
    seconds: int
    """How long it is good; the kubelet renews it before."""


@dataclass(frozen=True)
class StorePlan:
    """Whether objects are kept in this cluster, and for whom."""

    enabled: bool = False
    size: str = ""
    issuer: str = ""
    shares: tuple[Share, ...] = ()

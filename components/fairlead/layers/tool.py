"""What a layer of tools is to the platform: parts that stand one behind another, and what each tenant gets of it.

The layers that make accelerators usable (queue, jobs, gpu, …) are woven into each other and are put together in
`platform`. Those here only stand on them. `layers.tools` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fairlead.contract.chart import Object, Renderer
from fairlead.contract.handle import ClusterHandle
from fairlead.plan.model import PlatformPlan, TenantPlan

CRD = "CustomResourceDefinition"


@dataclass(frozen=True)
class Measured:
    """Pods that tell of themselves in Prometheus' words, and how they are asked."""

    name: str
    namespace: str
    pods: Mapping[str, str]
    """Labels by which they are found."""
    port: int
    after: str
    """Part or controller that makes the namespace."""
    path: str = "/metrics"
    asks: bool = False
    """Whether it asks who asks: it answers with TLS then, by a certificate of its own making."""
    of_others: bool = False
    """Whether it tells of other pods than itself: its words for namespace and pod are theirs then, and are kept."""
    of_node: bool = False
    """Whether its pods may have their node's address, and need not name the port: who calls them calls no pod."""
    kept: tuple[str, ...] = ()
    """Names of its series that are kept, as regular expressions; none: all are."""
    filled: Mapping[str, str] = field(default_factory=dict[str, str])
    """Label that some of its series lack, and must not -> the one whose value they get in its place."""
    above: bool = False
    """Whether its layer stands on that which gathers, and so brings itself how it is asked."""


@dataclass(frozen=True)
class Ground:
    """What a layer may know of the platform and the cluster it is for."""

    plan: PlatformPlan
    handle: ClusterHandle
    render: Renderer
    measured: Sequence[Measured] = ()
    """What the layers that run tell of themselves; for the layer that gathers it."""

    def image(self, name: str) -> str:
        """The reference that pods of this cluster use for an image of the lock. Raises KeyError for no such image."""
        return self.handle.images[name]


@dataclass(frozen=True)
class Arrival:
    """Something that others bring, and what of a part must not be made before it is there."""

    brought: Object
    """The object whose condition `Ready` tells."""
    kinds: tuple[str, ...]
    """Kinds of the objects that wait."""
    fix: str
    """What to do where it does not come."""


@dataclass(frozen=True)
class Part:
    """Objects that are registered together. CRDs among them stand before all other parts of all layers."""

    name: str
    objects: Sequence[Object]
    after: tuple[str, ...] = ()
    """Parts and controllers that must stand before it does."""
    probes: Sequence[Object] = ()
    """Harmless objects that webhooks must answer for before the first of this part is created."""
    arrivals: Sequence[Arrival] = ()
    """What some of its objects wait for."""

    @property
    def crds(self) -> list[Object]:
        """Its CRDs."""
        return [one for one in self.objects if one["kind"] == CRD]

    @property
    def rest(self) -> list[Object]:
        """What is no CRD."""
        return [one for one in self.objects if one["kind"] != CRD]


def _nothing(_: Ground, __: TenantPlan) -> Sequence[Object]:
    return ()


def _silent(_: PlatformPlan) -> Sequence[Measured]:
    return ()


@dataclass(frozen=True)
class Tool:
    """One layer."""

    layer: str
    """Its name in the spec."""
    parts: Callable[[Ground], Sequence[Part]]
    """In the order in which they stand; deleted the other way round."""
    tenant: Callable[[Ground, TenantPlan], Sequence[Object]] = _nothing
    """What lies in a tenant's namespace."""
    marks: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels of every tenant's namespace."""
    measured: Callable[[PlatformPlan], Sequence[Measured]] = _silent
    """What it tells of itself."""

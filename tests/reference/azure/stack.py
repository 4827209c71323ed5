"""The resources of one stack as the rules look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reference.azure.kinds import PROVIDER
from reference.common import Finding, Resource, whole_reference

RULES = "rules"
CLUSTER = f"{PROVIDER}containerservice:ManagedCluster"
POOL = f"{PROVIDER}containerservice:AgentPool"


def wrong(one: Resource, path: str, what: str, by: str = RULES) -> Finding:
    """A finding of a rule."""
    return Finding(one["urn"], path, what, by)


@dataclass(frozen=True)
class Pool:
    """One node pool, declared on its own or inside its cluster."""

    resource: Resource
    """Where it is declared."""
    path: str
    """Prefix of its properties there, `agentPoolProfiles[0].` or empty."""
    inputs: Mapping[str, Any]
    cluster: Resource | None

    def wrong(self, key: str, what: str, by: str = RULES) -> Finding:
        """A finding at one of the pool's properties."""
        return wrong(self.resource, f"{self.path}{key}", what, by)

    @property
    def spot(self) -> bool:
        """True for a pool of interruptible machines."""
        return self.inputs.get("scaleSetPriority") == "Spot"

    @property
    def largest(self) -> int:
        """The most nodes it may have."""
        return int(self.inputs.get("maxCount", self.inputs.get("count", 1)))


@dataclass(frozen=True)
class Stack:
    """Everything declared, found by type and by reference."""

    resources: Sequence[Resource]

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], Resource]:
        return {(one["type"], one["name"]): one for one in self.resources}

    def of(self, kind: str) -> list[Resource]:
        """The resources of one type of the provider, `network:Subnet`."""
        return [one for one in self.resources if one["type"] == f"{PROVIDER}{kind}"]

    def objects(self, kind: str) -> list[Resource]:
        """The Kubernetes objects of one kind."""
        return [one for one in self.resources if one["inputs"].get("kind") == kind]

    def behind(self, value: Any) -> Resource | None:
        """The declared resource that a value refers to as a whole."""
        ref = whole_reference(value)
        return self._by_name.get((ref.type, ref.name)) if ref else None

    def users(self, kind: str, key: str, of: Resource) -> list[Resource]:
        """The resources of a type whose property refers to one resource."""
        return [one for one in self.of(kind) if self.behind(one["inputs"].get(key)) is of]

    def region(self, one: Resource) -> str:
        """Where a resource lies: its own location, or that of its resource group; "" where neither says."""
        own = one["inputs"].get("location")
        group = self.behind(one["inputs"].get("resourceGroupName"))
        return str(own or (group["inputs"].get("location", "") if group else ""))

    def pools(self) -> Iterator[Pool]:
        """All node pools."""
        for cluster in self.of("containerservice:ManagedCluster"):
            for index, inputs in enumerate(cluster["inputs"].get("agentPoolProfiles", ())):
                yield Pool(cluster, f"agentPoolProfiles[{index}].", inputs, cluster)
        for one in self.of("containerservice:AgentPool"):
            yield Pool(one, "", one["inputs"], self.behind(one["inputs"].get("resourceName")))

"""The declared resources of one stack as the rules ask for them: by type, by reference, by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from reference.common import Finding, Reference, Resource, is_unknown, whole_reference

RULES = "rules"
PROVIDER = "pulumi:providers:gcp"

NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
CLUSTER = "gcp:container/cluster:Cluster"
POOL = "gcp:container/nodePool:NodePool"
POLICY = "gcp:compute/resourcePolicy:ResourcePolicy"
RESERVATION = "gcp:compute/reservation:Reservation"
ACCOUNT = "gcp:serviceaccount/account:Account"
BUCKET = "gcp:storage/bucket:Bucket"
KEY = "gcp:kms/cryptoKey:CryptoKey"
KEY_RING = "gcp:kms/keyRing:KeyRing"


def finding(resource: Resource, path: str, what: str) -> Finding:
    return Finding(resource["urn"], path, what, RULES)


def some(value: Any) -> Mapping[str, Any]:
    """A block that may be absent, as a mapping."""
    return value if isinstance(value, Mapping) else {}


def members(value: Any) -> list[Mapping[str, Any]]:
    """A list of blocks that may be absent."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def numbers(*values: Any) -> list[int]:
    """Those of the values that are whole numbers."""
    return [one for one in values if isinstance(one, int) and not isinstance(one, bool)]


class Declared:
    """All resources of one stack."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = resources
        self._named = {(one["type"], one["name"]): one for one in resources}

    def of(self, *types: str) -> Iterator[Resource]:
        """The resources of these types."""
        return (one for one in self.resources if one["type"] in types)

    def at(self, reference: Reference | None) -> Resource | None:
        """The resource that a reference points to."""
        return self._named.get((reference.type, reference.name)) if reference else None

    def follow(self, value: Any, kind: str) -> Resource | None:
        """The declared resource that a value means: by reference, by name or by the end of its path."""
        found = self.at(whole_reference(value))
        if found is not None:
            return found if found["type"] == kind else None
        if not isinstance(value, str) or is_unknown(value):
            return None
        name = value.rpartition("/")[2]
        return next((one for one in self.of(kind) if one["inputs"].get("name") == name), None)

    @cached_property
    def project(self) -> str | None:
        """The project of the stack; None if it is nowhere written down."""
        return self._setting("project")

    @cached_property
    def region(self) -> str | None:
        """The region of the stack's provider, or of its cluster."""
        found = self._setting("region")
        return found or next((place(one["inputs"].get("location")) for one in self.of(CLUSTER)), None)

    def _setting(self, key: str) -> str | None:
        values = (one["inputs"].get(key) for one in self.of(PROVIDER, CLUSTER))
        return next((one for one in values if one and not is_unknown(one)), None)

    def cluster(self, pool: Resource) -> Resource | None:
        """The declared cluster of a node pool."""
        return self.follow(pool["inputs"].get("cluster"), CLUSTER)

    def zones(self, pool: Resource) -> list[str]:
        """The zones of a node pool: its own, else its cluster's."""
        cluster = self.cluster(pool)
        own = pool["inputs"].get("nodeLocations") or some(cluster and cluster["inputs"]).get("nodeLocations")
        return [one for one in own or [] if isinstance(one, str) and not is_unknown(one)]


def place(location: Any) -> str | None:
    """The region of a location, which may be a zone; None for an unknown one."""
    from reference.gcp import facts

    if not isinstance(location, str) or is_unknown(location):
        return None
    return location if location in facts.REGIONS else facts.zone_region(location)


def bounds(pool: Resource) -> tuple[int | None, int | None]:
    """Least and most nodes of a pool in all its zones, as far as they are written down."""
    scaling, count = some(pool["inputs"].get("autoscaling")), pool["inputs"].get("nodeCount")
    zones = len(pool["inputs"].get("nodeLocations") or [None])
    if not scaling:
        return _times(count, zones), _times(count, zones)
    if "totalMaxNodeCount" in scaling:
        return _times(scaling.get("totalMinNodeCount"), 1), _times(scaling["totalMaxNodeCount"], 1)
    return _times(scaling.get("minNodeCount"), zones), _times(scaling.get("maxNodeCount"), zones)


def _times(count: Any, zones: int) -> int | None:
    return next((one * zones for one in numbers(count)), None)

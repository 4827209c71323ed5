"""The declared resources of one stack as the rules ask for them: by type, by reference, by region."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from reference.common import Finding, Reference, Resource, is_unknown, whole_reference

RULES = "rules"
PROVIDER = "pulumi:providers:aws"

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
CLUSTER = "aws:eks/cluster:Cluster"
ROLE = "aws:iam/role:Role"


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

    def follow(self, value: Any) -> Resource | None:
        """The resource that a value is a reference to; None for anything else."""
        return self.at(whole_reference(value))

    def names(self, value: Any, resource: Resource, key: str = "name") -> bool:
        """True for a reference to a resource, and for the name that it was given."""
        return self.follow(value) is resource or (value is not None and value == resource["inputs"].get(key))

    @cached_property
    def region(self) -> str | None:
        """The region of the stack's AWS provider; None if it is not written down."""
        for one in self.of(PROVIDER):
            region = one["inputs"].get("region")
            if region and not is_unknown(region):
                return region
        return None

    def zone(self, subnet: Any) -> str | None:
        """The zone of a declared subnet that a value refers to."""
        found = self.follow(subnet)
        return found["inputs"].get("availabilityZone") if found else None

    def launch_template(self, node_group: Resource) -> Resource | None:
        """The launch template of a node group, by id or by name."""
        given = node_group["inputs"].get("launchTemplate") or {}
        found = self.follow(given.get("id")) or self.follow(given.get("name"))
        if found is None and (name := given.get("name")):
            found = next((one for one in self.of(LAUNCH_TEMPLATE) if one["inputs"].get("name") == name), None)
        return found

    def machines(self, node_group: Resource) -> list[str]:
        """The machine types that a node group starts: its own, or its launch template's."""
        template = self.launch_template(node_group)
        own = template["inputs"].get("instanceType") if template else None
        return list(node_group["inputs"].get("instanceTypes") or ([own] if own else []))


def finding(resource: Resource, path: str, what: str) -> Finding:
    """A finding of the rules."""
    return Finding(resource["urn"], path, what, RULES)


def json_text(value: Any) -> Any:
    """The data in a JSON text; None if it is none, or a part of it is not known yet outside a string."""
    try:
        return json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None


def some(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A block that may be left out."""
    return value or {}

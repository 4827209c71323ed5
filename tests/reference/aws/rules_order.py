"""Rules of order and of options: what stands before what, and what may not be deleted by accident.

Deletion runs the other way round, so what is missing here shows as a destroy that hangs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reference.aws.declared import CLUSTER, NODE_GROUP, ROLE, Declared, finding
from reference.aws.rules_cluster import ADDON, ATTACHMENT
from reference.aws.rules_files import LUSTRE
from reference.aws.rules_karpenter import NODE_CLASS, NODE_POOL
from reference.aws.rules_network import NAT
from reference.aws.rules_services import BUCKET, KEY
from reference.common import Finding, Resource

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
INTERNET = "aws:ec2/internetGateway:InternetGateway"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STORES = (CLUSTER, KEY, BUCKET, "aws:efs/fileSystem:FileSystem", LUSTRE)
"""What cannot be made again once it is gone."""


def check(stack: Declared) -> list[Finding]:
    """Every rule on order and protection."""
    before = _Before(stack.resources)
    found = [*_protected(stack)]
    for cluster in stack.of(CLUSTER):
        found += _rights_first(stack, before, cluster, "roleArn")
        found += _log_group_first(stack, before, cluster)
    for group in stack.of(NODE_GROUP):
        found += _rights_first(stack, before, group, "nodeRoleArn")
        found += _after(before, group, _named(stack, "vpc-cni"), "nodes without a network never become ready")
    for nat in stack.of(NAT):
        found += _after(before, nat, stack.of(INTERNET), "it cannot be made before the network has a way out")
    for one in stack.of(NODE_POOL, NODE_CLASS):
        kinds = [crd for crd in stack.resources if _is_crd_of(crd, one)]
        found += _after(before, one, kinds, "the API server does not know its kind yet")
        found += _after(before, one, _controllers(stack), "on deletion nobody would take its nodes away")
    return found


class _Before:
    """What stands before a resource, over any number of steps."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._direct: Mapping[str, Sequence[str]] = {one["urn"]: one["depends_on"] for one in resources}
        self._all: dict[str, frozenset[str]] = {}

    def of(self, urn: str) -> frozenset[str]:
        """URNs that are made earlier."""
        if urn not in self._all:
            self._all[urn] = frozenset()  # a cycle ends here; the engine itself refuses one
            direct = self._direct.get(urn, ())
            self._all[urn] = frozenset(direct).union(*(self.of(one) for one in direct))
        return self._all[urn]


def _after(before: _Before, one: Resource, first: Iterable[Resource], why: str) -> Iterator[Finding]:
    for other in first:
        if other["urn"] not in before.of(one["urn"]):
            yield finding(one, "", f"does not wait for {other['name']}: {why}")


def _rights_first(stack: Declared, before: _Before, resource: Resource, key: str) -> Iterator[Finding]:
    """A role has its rights before it is used, and as long as it is."""
    role = stack.follow(resource["inputs"].get(key))
    if role is None or role["type"] != ROLE:
        return
    rights = (
        one
        for one in stack.of(ATTACHMENT, "aws:iam/rolePolicy:RolePolicy")
        if stack.names(one["inputs"].get("role"), role)
    )
    yield from _after(before, resource, rights, f"{role['name']} may do nothing yet")


def _log_group_first(stack: Declared, before: _Before, cluster: Resource) -> Iterator[Finding]:
    """EKS makes the group itself otherwise, without a key and for ever."""
    name = f"/aws/eks/{cluster['inputs'].get('name')}/cluster"
    groups = [one for one in stack.of(LOG_GROUP) if one["inputs"].get("name") == name]
    if not groups:
        yield finding(
            cluster, "enabledClusterLogTypes", f"no log group {name} is declared: EKS makes one of its own"
        )
    yield from _after(before, cluster, groups, "EKS makes the log group itself then")


def _named(stack: Declared, addon: str) -> Iterator[Resource]:
    return (one for one in stack.of(ADDON) if one["inputs"].get("addonName") == addon)


def _is_crd_of(crd: Resource, one: Resource) -> bool:
    if not crd["type"].endswith(":CustomResourceDefinition"):
        return False
    spec = crd["inputs"].get("spec", {})
    group = str(one["inputs"].get("apiVersion")).partition("/")[0]
    return (spec.get("group"), spec.get("names", {}).get("kind")) == (group, one["inputs"].get("kind"))


def _controllers(stack: Declared) -> list[Resource]:
    return [
        one
        for one in stack.of(DEPLOYMENT)
        if one["inputs"].get("metadata", {}).get("labels", {}).get("app.kubernetes.io/name") == "karpenter"
    ]


def _protected(stack: Declared) -> Iterator[Finding]:
    if any(one["inputs"].get("deletionProtection") is True for one in stack.of(CLUSTER)):
        for one in stack.of(*STORES):
            if not one["protect"]:
                yield finding(one, "", "is not protected, and its cluster is")

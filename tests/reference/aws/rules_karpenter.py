"""Rules of Karpenter's objects against what else the stack declares: machines, tags, roles, reservations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reference.aws import machines
from reference.aws.declared import CLUSTER, ROLE, SECURITY_GROUP, SUBNET, Declared, finding, some
from reference.aws.rules_cluster import accelerator_taint
from reference.aws.rules_nodes import interfaces
from reference.common import Finding, Resource, is_unknown

NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
_MACHINE = "node.kubernetes.io/instance-type"
_CAPACITY = "karpenter.sh/capacity-type"
_ZONE = "topology.kubernetes.io/zone"
_ARCH = "kubernetes.io/arch"
_TAG_OF_EKS = "aws:eks:cluster-name"


def check(stack: Declared) -> list[Finding]:
    """Every rule on node pools and node classes."""
    found: list[Finding] = []
    classes = {_name(one): one for one in stack.of(NODE_CLASS)}
    for pool in stack.of(NODE_POOL):
        found += [*_machines(stack, pool), *_zones(stack, pool), *_bounded(pool), *_taints(pool)]
        reference = _template(pool).get("nodeClassRef", {})
        node_class = classes.get(reference.get("name"))
        if node_class is None or reference.get("kind") != "EC2NodeClass":
            path = "spec.template.spec.nodeClassRef"
            found.append(finding(pool, path, f"there is no EC2NodeClass {reference.get('name')!r}"))
            continue
        found += [*_capacity(pool, node_class), *_images(pool, node_class)]
        found += interfaces(
            node_class, _spec(node_class).get("networkInterfaces") or [], _values(pool, _MACHINE)
        )
    for node_class in classes.values():
        found += [*_selected(stack, node_class), *_role(stack, node_class), *_disks(node_class)]
    return found


def _name(one: Resource) -> str:
    return one["inputs"].get("metadata", {}).get("name", "")


def _spec(one: Resource) -> Mapping[str, Any]:
    return some(one["inputs"].get("spec"))


def _template(pool: Resource) -> Mapping[str, Any]:
    return some(some(_spec(pool).get("template")).get("spec"))


def _values(pool: Resource, key: str) -> list[str]:
    """The values that a pool's requirements allow for a label; none where they do not name any."""
    return [
        value
        for one in _template(pool).get("requirements") or ()
        if one.get("key") == key and one.get("operator") == "In"
        for value in one.get("values") or ()
    ]


def _machines(stack: Declared, pool: Resource) -> Iterator[Finding]:
    path = "spec.template.spec.requirements"
    types = _values(pool, _MACHINE)
    if not types:
        yield finding(pool, path, f"{_MACHINE} is not bounded: any machine could be bought")
    for machine in types:
        if not machines.exists(machine):
            yield finding(pool, path, f"there is no machine type {machine!r}")
            continue
        if stack.region and not machines.offered(machine, stack.region):
            yield finding(pool, path, f"{machine} is not offered in {stack.region}")
        allowed = machines.usage_classes(machine)
        if "spot" in _values(pool, _CAPACITY) and allowed and "spot" not in allowed:
            yield finding(pool, path, f"{machine} is sold {sorted(allowed)}, not as spot")
        arch = {"x86_64": "amd64", "arm64": "arm64"}.get(machines.architecture(machine) or "")
        if arch and _values(pool, _ARCH) and arch not in _values(pool, _ARCH):
            yield finding(pool, path, f"{machine} is {arch}")


def _zones(stack: Declared, pool: Resource) -> Iterator[Finding]:
    own = {one["inputs"].get("availabilityZone") for one in stack.of(SUBNET)}
    for zone in _values(pool, _ZONE):
        known = machines.zones(stack.region or "")
        if (known and zone not in known) or (own and zone not in own):
            yield finding(pool, "spec.template.spec.requirements", f"no subnet lies in {zone!r}")


def _bounded(pool: Resource) -> Iterator[Finding]:
    if not _spec(pool).get("limits"):
        yield finding(pool, "spec.limits", "nothing bounds what could be bought")
    unknown = set(_values(pool, _CAPACITY)) - {"on-demand", "spot", "reserved"}
    if unknown or not _values(pool, _CAPACITY):
        what = f"{_CAPACITY} is {sorted(unknown) or 'not said'}"
        yield finding(pool, "spec.template.spec.requirements", what)


def _taints(pool: Resource) -> Iterator[Finding]:
    given = {
        (one.get("key"), one.get("value"), one.get("effect")) for one in _template(pool).get("taints") or ()
    }
    for machine in _values(pool, _MACHINE):
        wanted = accelerator_taint(machine)
        if wanted and (wanted, "present", "NoSchedule") not in given:
            what = f"{machine} needs {wanted}=present:NoSchedule"
            yield finding(pool, "spec.template.spec.taints", what)


def _capacity(pool: Resource, node_class: Resource) -> Iterator[Finding]:
    terms = _spec(node_class).get("capacityReservationSelectorTerms")
    if "reserved" in _values(pool, _CAPACITY) and not terms:
        what = f"{_name(pool)} takes reserved capacity, but nothing says which"
        yield finding(node_class, "spec.capacityReservationSelectorTerms", what)


def _images(pool: Resource, node_class: Resource) -> Iterator[Finding]:
    """An alias is pinned, and Karpenter's AL2023 has no image with AMD's driver."""
    for index, term in enumerate(_spec(node_class).get("amiSelectorTerms") or ()):
        alias = term.get("alias", "")
        if alias.endswith("@latest"):
            what = f"{_name(pool)} would change its image at any time"
            yield finding(node_class, f"spec.amiSelectorTerms[{index}].alias", what)


def _selected(stack: Declared, node_class: Resource) -> Iterator[Finding]:
    """Selectors by tag find something that the stack declares, unless it declares nothing of the kind."""
    for key, kind in (("subnetSelectorTerms", SUBNET), ("securityGroupSelectorTerms", SECURITY_GROUP)):
        declared = [some(one["inputs"].get("tags")) for one in stack.of(kind)]
        for index, term in enumerate(_spec(node_class).get(key) or ()):
            wanted = some(term.get("tags"))
            path = f"spec.{key}[{index}].tags"
            if _TAG_OF_EKS in wanted:
                names = [one["inputs"].get("name") for one in stack.of(CLUSTER)]
                if names and wanted[_TAG_OF_EKS] not in names and not is_unknown(wanted[_TAG_OF_EKS]):
                    yield finding(node_class, path, f"there is no cluster {wanted[_TAG_OF_EKS]!r}")
            elif wanted and declared and not any(_carries(tags, wanted) for tags in declared):
                yield finding(node_class, path, f"no {kind.rpartition(':')[2]} carries {dict(wanted)}")


def _carries(tags: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(key in tags and value in ("*", tags[key]) for key, value in wanted.items())


def _role(stack: Declared, node_class: Resource) -> Iterator[Finding]:
    """A role or profile that is written down is one that the stack declares."""
    for key, kind in (("role", ROLE), ("instanceProfile", "aws:iam/instanceProfile:InstanceProfile")):
        given = _spec(node_class).get(key)
        names = [one["inputs"].get("name") for one in stack.of(kind)]
        if isinstance(given, str) and not is_unknown(given) and names and given not in names:
            yield finding(node_class, f"spec.{key}", f"there is no {key} {given!r}")


def _disks(node_class: Resource) -> Iterator[Finding]:
    for index, one in enumerate(_spec(node_class).get("blockDeviceMappings") or ()):
        if some(one.get("ebs")).get("encrypted") is not True:
            path = f"spec.blockDeviceMappings[{index}].ebs.encrypted"
            yield finding(node_class, path, "the volume is not encrypted")
    options = some(_spec(node_class).get("metadataOptions"))
    if options.get("httpTokens") != "required":
        yield finding(node_class, "spec.metadataOptions.httpTokens", "is required")

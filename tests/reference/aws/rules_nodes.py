"""Rules of node groups, launch templates and reservations that hold between several properties."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reference.aws import machines
from reference.aws.declared import LAUNCH_TEMPLATE, NODE_GROUP, Declared, finding, some
from reference.common import Finding, Resource, is_unknown

RESERVATION = "aws:ec2/capacityReservation:CapacityReservation"
PLACEMENT = "aws:ec2/placementGroup:PlacementGroup"
_USAGE = {"ON_DEMAND": "on-demand", "SPOT": "spot", "CAPACITY_BLOCK": "capacity-block"}
_IN_TEMPLATE_ONLY = {"diskSize": "blockDeviceMappings", "remoteAccess": "keyName"}


def check(stack: Declared) -> list[Finding]:
    """Every rule on every node group, template and reservation."""
    found: list[Finding] = []
    for group in stack.of(NODE_GROUP):
        template = stack.launch_template(group)
        found += [*_sizes(group), *_machines(stack, group), *_image(stack, group), *_update(group)]
        if template is not None:
            found += [*_template(stack, group, template), *_capacity_block(group, template)]
            cards = template["inputs"].get("networkInterfaces") or []
            found += interfaces(template, cards, stack.machines(group))
            found += [*_placement(stack, group, template), *_reserved(stack, group, template)]
    for template in stack.of(LAUNCH_TEMPLATE):
        found += [*_volumes(template), *_user_data(template)]
    for reservation in stack.of(RESERVATION):
        found += _reservation(stack, reservation)
    return found


def _sizes(group: Resource) -> Iterator[Finding]:
    sizes = some(group["inputs"].get("scalingConfig"))
    least, wanted, most = (sizes.get(key) for key in ("minSize", "desiredSize", "maxSize"))
    known = [one for one in (least, wanted, most) if isinstance(one, int)]
    if known != sorted(known):
        yield finding(
            group, "scalingConfig", f"min {least}, desired {wanted}, max {most} are not in this order"
        )


def _machines(stack: Declared, group: Resource) -> Iterator[Finding]:
    types = stack.machines(group)
    if not types:
        yield finding(group, "instanceTypes", "no machine type here or in the launch template")
    for machine in types:
        if not machines.exists(machine):
            yield finding(group, "instanceTypes", f"there is no machine type {machine!r}")
            continue
        if stack.region and not machines.offered(machine, stack.region):
            yield finding(group, "instanceTypes", f"{machine} is not offered in {stack.region}")
        usage = _USAGE.get(group["inputs"].get("capacityType", "ON_DEMAND"))
        allowed = machines.usage_classes(machine)
        if usage and allowed and usage not in allowed:
            yield finding(group, "capacityType", f"{machine} is sold {sorted(allowed)}, not as {usage}")
    kinds = {(machines.gpus(one), machines.neuron_devices(one), machines.architecture(one)) for one in types}
    if len(kinds) > 1:
        yield finding(group, "instanceTypes", f"{types} differ in accelerators or architecture")


def _image(stack: Declared, group: Resource) -> Iterator[Finding]:
    """The image family fits the machine: architecture, and who brings the accelerator's driver."""
    family = group["inputs"].get("amiType")
    if not family or family == "CUSTOM":
        return
    for machine in filter(machines.facts, stack.machines(group)):
        arm = "ARM_64" in family
        if arm != (machines.architecture(machine) == "arm64"):
            yield finding(group, "amiType", f"{family} does not run on {machine}")
        nvidia, neuron = family.endswith(("NVIDIA", "NVIDIA_FIPS", "GPU")), family.endswith("NEURON")
        if neuron and not machines.neuron_devices(machine):
            yield finding(group, "amiType", f"{family} on {machine}, which has no Neuron device")
        if nvidia and not machines.gpus(machine):
            yield finding(group, "amiType", f"{family} on {machine}, which has no NVIDIA GPU")


def _update(group: Resource) -> Iterator[Finding]:
    update = some(group["inputs"].get("updateConfig"))
    if ("maxUnavailable" in update) == ("maxUnavailablePercentage" in update) and update:
        yield finding(group, "updateConfig", "takes either maxUnavailable or maxUnavailablePercentage")
    repair = some(group["inputs"].get("nodeRepairConfig"))
    for stem in ("maxUnhealthyNodeThreshold", "maxParallelNodesRepaired"):
        if f"{stem}Count" in repair and f"{stem}Percentage" in repair:
            yield finding(group, "nodeRepairConfig", f"takes {stem} as a count or as a percentage")


def _template(stack: Declared, group: Resource, template: Resource) -> Iterator[Finding]:
    """What EKS refuses beside a launch template, and inside one."""
    inputs, made = group["inputs"], template["inputs"]
    if inputs.get("instanceTypes") and made.get("instanceType"):
        yield finding(group, "instanceTypes", "the launch template names a machine type too")
    for key, instead in _IN_TEMPLATE_ONLY.items():
        if inputs.get(key):
            yield finding(group, key, f"beside a launch template; it belongs there, as {instead}")
    for key in ("iamInstanceProfile", "instanceInitiatedShutdownBehavior", "hibernationOptions"):
        if made.get(key):
            yield finding(template, key, "EKS refuses it in the template of a managed node group")
    if any(one.get("subnetId") for one in made.get("networkInterfaces") or ()):
        yield finding(template, "networkInterfaces", "EKS takes the subnets of the node group, not these")
    if made.get("imageId") and inputs.get("amiType") not in (None, "CUSTOM"):
        yield finding(group, "amiType", "the launch template names an image of its own")
    if made.get("vpcSecurityGroupIds") and made.get("networkInterfaces"):
        yield finding(
            template, "vpcSecurityGroupIds", "EC2 wants them in networkInterfaces, where there are any"
        )


def _capacity_block(group: Resource, template: Resource) -> Iterator[Finding]:
    market = some(template["inputs"].get("instanceMarketOptions")).get("marketType")
    block = group["inputs"].get("capacityType") == "CAPACITY_BLOCK"
    if block and market != "capacity-block":
        yield finding(
            template, "instanceMarketOptions", "CAPACITY_BLOCK needs the market type capacity-block"
        )
    if not block and market is not None:
        what = (
            f"{market!r} in the template of a {group['inputs'].get('capacityType', 'ON_DEMAND')} node group"
        )
        yield finding(template, "instanceMarketOptions.marketType", what)
    wanted = some(template["inputs"].get("capacityReservationSpecification"))
    if block and not wanted.get("capacityReservationTarget"):
        yield finding(template, "capacityReservationSpecification", "CAPACITY_BLOCK needs its reservation")
    if block and not template["inputs"].get("instanceType"):
        yield finding(template, "instanceType", "CAPACITY_BLOCK needs the machine type in the template")
    if group["inputs"].get("capacityType") == "SPOT" and wanted.get("capacityReservationTarget"):
        yield finding(group, "capacityType", "SPOT never comes out of a reservation")


def _reserved(stack: Declared, group: Resource, template: Resource) -> Iterator[Finding]:
    """What a node group takes out of a declared reservation is what was reserved, where it was."""
    wanted = some(template["inputs"].get("capacityReservationSpecification"))
    target = some(wanted.get("capacityReservationTarget")).get("capacityReservationId")
    reservation = stack.follow(target)
    if reservation is None or reservation["type"] != RESERVATION:
        return
    reserved, zone = (reservation["inputs"].get(key) for key in ("instanceType", "availabilityZone"))
    if stack.machines(group) != [reserved]:
        yield finding(group, "instanceTypes", f"{reservation['name']} is of {reserved}")
    zones = {stack.zone(one) for one in group["inputs"].get("subnetIds") or ()}
    if zones != {zone}:
        yield finding(group, "subnetIds", f"{reservation['name']} lies in {zone}")
    most = some(group["inputs"].get("scalingConfig")).get("maxSize")
    count = reservation["inputs"].get("instanceCount")
    preference = wanted.get("capacityReservationPreference")
    if (
        preference == "capacity-reservations-only"
        and isinstance(most, int)
        and isinstance(count, int)
        and most > count
    ):
        yield finding(group, "scalingConfig.maxSize", f"{reservation['name']} has {count} machines")


def interfaces(
    template: Resource, given: Sequence[Mapping[str, Any]], types: Sequence[str]
) -> Iterator[Finding]:
    """Network interfaces against the machine's cards: existing, large enough, with EFA, each place once."""
    if not given:
        return
    places = Counter((one.get("networkCardIndex", 0), one.get("deviceIndex", 0)) for one in given)
    if doubled := [place for place, count in places.items() if count > 1]:
        yield finding(template, "networkInterfaces", f"two interfaces at card and device {doubled[0]}")
    if (0, 0) not in places:
        yield finding(template, "networkInterfaces", "none is device 0 on card 0, the primary one")
    for index, one in enumerate(given):
        primary = (one.get("networkCardIndex", 0), one.get("deviceIndex", 0)) == (0, 0)
        if primary and one.get("interfaceType") == "efa-only":
            yield finding(
                template, f"networkInterfaces[{index}].interfaceType", "the primary one needs an address"
            )
        if one.get("interfaceType") not in (None, "interface", *machines.EFA_TYPES):
            yield finding(
                template, f"networkInterfaces[{index}].interfaceType", "is interface, efa or efa-only"
            )
        if str(one.get("associatePublicIpAddress", "false")).lower() == "true":
            yield finding(
                template, f"networkInterfaces[{index}].associatePublicIpAddress", "nodes are private"
            )
    for machine in filter(machines.facts, types):
        yield from _cards(template, given, machine)


def _cards(template: Resource, given: Sequence[Mapping[str, Any]], machine: str) -> Iterator[Finding]:
    efa = sum(one.get("interfaceType") in machines.EFA_TYPES for one in given)
    if efa > machines.max_efa(machine):
        what = f"{efa} interfaces with EFA, {machine} takes {machines.max_efa(machine)}"
        yield finding(template, "networkInterfaces", what)
    cards, used = machines.network_cards(machine), Counter(one.get("networkCardIndex", 0) for one in given)
    for index, one in enumerate(given):
        path, at = f"networkInterfaces[{index}]", one.get("networkCardIndex", 0)
        card = cards.get(at)
        if card is None:
            yield finding(template, f"{path}.networkCardIndex", f"{machine} has no card {at}")
        elif one.get("interfaceType", "interface") not in card.get("InterfaceTypes", ["interface"]):
            what = f"card {at} of {machine} takes {card['InterfaceTypes']}"
            yield finding(template, f"{path}.interfaceType", what)
        elif used[at] > card["MaximumNetworkInterfaces"]:
            yield finding(template, path, f"card {at} of {machine} takes {card['MaximumNetworkInterfaces']}")


def _placement(stack: Declared, group: Resource, template: Resource) -> Iterator[Finding]:
    """A cluster placement group lies in one zone and takes only some machines."""
    placement = some(template["inputs"].get("placement"))
    groups = [
        one
        for one in stack.of(PLACEMENT)
        if stack.names(placement.get("groupName"), one) or stack.follow(placement.get("groupId")) is one
    ]
    if placement and not groups:
        yield finding(template, "placement", f"there is no placement group {placement.get('groupName')!r}")
    strategy = groups[0]["inputs"].get("strategy") if groups else None
    if strategy != "cluster":
        return
    zones = {stack.zone(one) for one in group["inputs"].get("subnetIds") or ()}
    if len(zones) > 1:
        yield finding(group, "subnetIds", f"a cluster placement group lies in one zone, not in {len(zones)}")
    for machine in stack.machines(group):
        allowed = machines.placement_strategies(machine)
        if allowed and strategy not in allowed:
            yield finding(group, "instanceTypes", f"{machine} takes no {strategy} placement group")


def _volumes(template: Resource) -> Iterator[Finding]:
    """gp3 limits: Amazon EBS user guide, General Purpose SSD volumes."""
    for index, one in enumerate(template["inputs"].get("blockDeviceMappings") or ()):
        ebs, path = some(one.get("ebs")), f"blockDeviceMappings[{index}].ebs"
        if ebs.get("volumeType") != "gp3" and ebs.get("throughput"):
            yield finding(template, f"{path}.throughput", "only gp3 takes a throughput")
        if str(ebs.get("encrypted", "false")).lower() != "true":
            yield finding(template, f"{path}.encrypted", "the volume is not encrypted")
        size, rate = ebs.get("volumeSize"), ebs.get("iops")
        if isinstance(size, int) and isinstance(rate, int) and rate > 500 * size:
            yield finding(template, f"{path}.iops", f"{rate} on {size} GiB: at most 500 for each GiB")


def _user_data(template: Resource) -> Iterator[Finding]:
    """EC2 takes it in base 64, EKS as a MIME message, or as TOML for Bottlerocket."""
    text = template["inputs"].get("userData")
    if text is None or is_unknown(text):
        return
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except ValueError as error:
        yield finding(template, "userData", f"is no text in base 64: {error}")
        return
    if not plain.startswith(("MIME-Version: 1.0", "[settings", "Content-Type: multipart/mixed")):
        yield finding(template, "userData", "is neither a MIME message nor settings of Bottlerocket")


def _reservation(stack: Declared, reservation: Resource) -> Iterator[Finding]:
    inputs = reservation["inputs"]
    machine = inputs.get("instanceType", "")
    if not is_unknown(machine) and not machines.exists(machine):
        yield finding(reservation, "instanceType", f"there is no machine type {machine!r}")
    elif stack.region and not machines.offered(machine, stack.region):
        yield finding(reservation, "instanceType", f"{machine} is not offered in {stack.region}")
    if not isinstance(inputs.get("instanceCount"), int) or inputs["instanceCount"] < 1:
        yield finding(reservation, "instanceCount", f"{inputs.get('instanceCount')} machines")
    if (inputs.get("endDateType") == "limited") != bool(inputs.get("endDate")):
        yield finding(reservation, "endDateType", "limited has an end date, unlimited has none")

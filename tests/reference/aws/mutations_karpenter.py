"""Mistakes that the judge of AWS must notice, one at a time: Karpenter's objects."""

from __future__ import annotations

from typing import Any

from reference.aws.rules_karpenter import NODE_CLASS, NODE_POOL
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, rename, to

_SPEC = "spec.template.spec"


def _accelerated(one: Resource) -> bool:
    return bool(one["inputs"]["spec"]["template"]["spec"].get("taints"))


def _fast(one: Resource) -> bool:
    return bool(one["inputs"]["spec"].get("networkInterfaces"))


def _spot(one: Resource) -> bool:
    return "'spot'" in str(one["inputs"]["spec"]["template"]["spec"]["requirements"])


def _require(key: str, *values: str):
    """Other values in the requirement of a label."""

    def change(requirements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "values": list(values)} if one["key"] == key else one for one in requirements]

    return edit(change)


def _without(key: str):
    return edit(lambda many: [one for one in many if one["key"] != key])


KARPENTER = (
    Mutation("pool of a machine that does not exist", NODE_POOL, f"{_SPEC}.requirements",
             _require("node.kubernetes.io/instance-type", "p5.96xlarge")),
    Mutation("pool of any machine", NODE_POOL, f"{_SPEC}.requirements", _without("node.kubernetes.io/instance-type")),
    Mutation("pool in a zone that does not exist", NODE_POOL, f"{_SPEC}.requirements",
             _require("topology.kubernetes.io/zone", "eu-north-1z")),
    Mutation("pool of a capacity that does not exist", NODE_POOL, f"{_SPEC}.requirements",
             _require("karpenter.sh/capacity-type", "ondemand")),
    Mutation("pool of a machine that is not sold as spot", NODE_POOL, f"{_SPEC}.requirements",
             _require("node.kubernetes.io/instance-type", "trn2u.48xlarge"), _spot),
    Mutation("pool of the other architecture", NODE_POOL, f"{_SPEC}.requirements",
             _require("kubernetes.io/arch", "arm64")),
    Mutation("class that does not say which reservation", NODE_CLASS, "spec.capacityReservationSelectorTerms", delete),
    Mutation("kind that Karpenter has not", NODE_POOL, "kind", to("Provisioner")),
    Mutation("requirement without its operator", NODE_POOL, f"{_SPEC}.requirements[0].operator", delete),
    Mutation("requirement's operator misspelt", NODE_POOL, f"{_SPEC}.requirements[0].operator", to("in")),
    Mutation("requirement on a kept label", NODE_POOL, f"{_SPEC}.requirements",
             add("", {"key": "karpenter.sh/mine", "operator": "Exists"})),
    Mutation("pool without limits", NODE_POOL, "spec.limits", delete),
    Mutation("pool too heavy", NODE_POOL, "spec.weight", to(101)),
    Mutation("pool's weight is a text", NODE_POOL, "spec.weight", to("heavy")),
    Mutation("pool of a class that does not exist", NODE_POOL, f"{_SPEC}.nodeClassRef.name", to("nobody")),
    Mutation("pool of a class without group", NODE_POOL, f"{_SPEC}.nodeClassRef.group", delete),
    Mutation("accelerator pool without its taint", NODE_POOL, f"{_SPEC}.taints", delete, _accelerated),
    Mutation("pool's taint as EKS spells it", NODE_POOL, f"{_SPEC}.taints[0].effect", to("NO_SCHEDULE"), _accelerated),
    Mutation("pool's disruption misspelt", NODE_POOL, "spec.disruption.consolidationPolicy", to("WhenUnderutilized")),
    Mutation("pool's budget of no number", NODE_POOL, "spec.disruption.budgets[0].nodes", to("none")),
    Mutation("pool's template misspelt", NODE_POOL, "spec.template", rename("nodeTemplate")),
    Mutation("pool of an old version", NODE_POOL, "apiVersion", to("karpenter.sh/v1beta1")),
    Mutation("class without images", NODE_CLASS, "spec.amiSelectorTerms", delete),
    Mutation("class of the latest image", NODE_CLASS, "spec.amiSelectorTerms[0].alias", to("al2023@latest")),
    Mutation("class of an image family that does not exist", NODE_CLASS, "spec.amiSelectorTerms[0].alias",
             to("ubuntu@v20260101")),
    Mutation("class with a role and a profile", NODE_CLASS, "spec", add("role", "mine")),
    Mutation("class of a profile that does not exist", NODE_CLASS, "spec.instanceProfile", to("nobody")),
    Mutation("class of subnets that nobody tagged", NODE_CLASS, "spec.subnetSelectorTerms[0].tags",
             to({"karpenter.sh/discovery": "nobody"})),
    Mutation("class of another cluster's security group", NODE_CLASS, "spec.securityGroupSelectorTerms[0].tags",
             to({"aws:eks:cluster-name": "nobody"})),
    Mutation("class with open metadata", NODE_CLASS, "spec.metadataOptions.httpTokens", to("optional")),
    Mutation("class with plain disks", NODE_CLASS, "spec.blockDeviceMappings[0].ebs.encrypted", to(False)),
    Mutation("class with a disk of no size", NODE_CLASS, "spec.blockDeviceMappings[0].ebs.volumeSize", to("200GB")),
    Mutation("class with too many cards", NODE_CLASS, "spec.networkInterfaces",
             edit(lambda cards: [*cards, {**cards[-1], "networkCardIndex": 140}]), _fast),
    Mutation("class with EFA as launch templates spell it", NODE_CLASS, "spec.networkInterfaces[1].interfaceType",
             to("efa"), _fast),
    Mutation("class without a primary interface", NODE_CLASS, "spec.networkInterfaces",
             edit(lambda cards: cards[1:]), _fast),
    Mutation("class with a key that does not exist", NODE_CLASS, "spec", add("amiSelector", {})),
)  # fmt: skip

"""Mistakes that the judge of AWS must notice, one at a time: the nodes."""

from __future__ import annotations

from reference.aws.declared import LAUNCH_TEMPLATE, NODE_GROUP
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, rename, to

PLACEMENT = "aws:ec2/placementGroup:PlacementGroup"


def _has_efa(one: Resource) -> bool:
    return any("efa" in str(card.get("interfaceType")) for card in one["inputs"].get("networkInterfaces", []))


def _capacity(kind: str):
    return lambda one: one["inputs"].get("capacityType") == kind


def _tainted(one: Resource) -> bool:
    return any(taint["key"] == "nvidia.com/gpu" for taint in one["inputs"].get("taints", []))


NODES = (
    Mutation("scalingConfig misspelt", NODE_GROUP, "scalingConfig", rename("scaleConfig")),
    Mutation("scalingConfig is not there", NODE_GROUP, "scalingConfig", delete),
    Mutation("minSize misspelt", NODE_GROUP, "scalingConfig.minSize", rename("minsize")),
    Mutation("desiredSize is a text", NODE_GROUP, "scalingConfig.desiredSize", to("many")),
    Mutation("minSize is not there", NODE_GROUP, "scalingConfig.minSize", delete),
    Mutation("min above max", NODE_GROUP, "scalingConfig.minSize", to(100000)),
    Mutation("desired above max", NODE_GROUP, "scalingConfig.desiredSize", to(100000)),
    Mutation("max of nodes is zero", NODE_GROUP, "scalingConfig.maxSize", to(0)),
    Mutation("min of nodes is negative", NODE_GROUP, "scalingConfig.minSize", to(-1)),
    Mutation("capacity type in small letters", NODE_GROUP, "capacityType", edit(str.lower)),
    Mutation("capacity type that does not exist", NODE_GROUP, "capacityType", to("SPOTT")),
    Mutation("AMI type in small letters", NODE_GROUP, "amiType", edit(str.lower)),
    Mutation("AMI type that does not exist", NODE_GROUP, "amiType", to("AL2023_x86_64_CUDA")),
    Mutation("AMI of the other architecture", NODE_GROUP, "amiType", to("AL2023_ARM_64_NVIDIA"), _tainted),
    Mutation("AMI of Neuron for a GPU machine", NODE_GROUP, "amiType", to("AL2023_x86_64_NEURON"), _tainted),
    Mutation("taint effect as Kubernetes spells it", NODE_GROUP, "taints[0].effect", to("NoSchedule"), _tainted),
    Mutation("taint value is another", NODE_GROUP, "taints[0].value", to("true"), _tainted),
    Mutation("taint key misspelt", NODE_GROUP, "taints[0].key", to("nvidia.com/gpus"), _tainted),
    Mutation("taint without its effect", NODE_GROUP, "taints[0].effect", delete, _tainted),
    Mutation("taints are a map", NODE_GROUP, "taints", to({"nvidia.com/gpu": "NO_SCHEDULE"}), _tainted),
    Mutation("accelerator nodes without the taint", NODE_GROUP, "taints", delete, _tainted),
    Mutation("label with a blank", NODE_GROUP, "labels", add("fairlead.dev/a b", "x")),
    Mutation("label that a kubelet may not set", NODE_GROUP, "labels", add("kubernetes.io/role", "gpu")),
    Mutation("disk size beside a launch template", NODE_GROUP, "", add("diskSize", 100)),
    Mutation("SSH beside a launch template", NODE_GROUP, "", add("remoteAccess", {"ec2SshKey": "mine"})),
    Mutation("node role is a name", NODE_GROUP, "nodeRoleArn", edit(lambda arn: arn.replace(".arn}", ".name}"))),
    Mutation("node role ARN broken", NODE_GROUP, "nodeRoleArn", to("arn:aws:iam:123456789012:role/node")),
    Mutation("node role is that of a policy", NODE_GROUP, "nodeRoleArn", to("arn:aws:iam::123456789012:policy/x")),
    Mutation("subnets are not there", NODE_GROUP, "subnetIds", delete),
    Mutation("a subnet id broken", NODE_GROUP, "subnetIds[0]", to("subnet-1")),
    Mutation("update config in both ways", NODE_GROUP, "updateConfig",
             to({"maxUnavailable": 1, "maxUnavailablePercentage": 5})),
    Mutation("node repair is a text", NODE_GROUP, "nodeRepairConfig.enabled", to("yes")),
    Mutation("cluster of the node group is not there", NODE_GROUP, "clusterName", delete),
    Mutation("name of the node group too long", NODE_GROUP, "nodeGroupName", to("n" * 64)),
    Mutation("name of the node group with a dot", NODE_GROUP, "nodeGroupName", to("gpu.pool")),
    Mutation("launch template without version", NODE_GROUP, "launchTemplate.version", delete),
    Mutation("launch template by the wrong output", NODE_GROUP, "launchTemplate.id",
             edit(lambda text: text.replace(".id}", ".arn}"))),
    Mutation("scalingConfig is a number", NODE_GROUP, "scalingConfig", to(3)),
    Mutation("taint of no key", NODE_GROUP, "taints[0].key", to("nvidia gpu"), _tainted),
    Mutation("taint twice", NODE_GROUP, "taints", edit(lambda many: [*many, many[0]]), _tainted),
    Mutation("capacity block of a machine that is not sold so", NODE_GROUP, "capacityType", to("CAPACITY_BLOCK"),
             _capacity("ON_DEMAND")),
    Mutation("repair by count and by share", NODE_GROUP, "nodeRepairConfig",
             to({"enabled": True, "maxParallelNodesRepairedCount": 1, "maxParallelNodesRepairedPercentage": 10})),
    Mutation("placement group over two zones", NODE_GROUP, "subnetIds",
             edit(lambda many: [*many, many[0].replace("us-east-1c", "us-east-1b")]),
             lambda one: one["inputs"]["labels"].get("fairlead.dev/accelerator") == "Trainium"),
    Mutation("an unknown key", NODE_GROUP, "", add("maxPods", 110)),
)  # fmt: skip

TEMPLATES = (
    Mutation("machine that does not exist", LAUNCH_TEMPLATE, "instanceType", to("p5.96xlarge")),
    Mutation("machine that the region has not", LAUNCH_TEMPLATE, "instanceType", to("p5e.48xlarge")),
    Mutation("machine without a GPU in a GPU pool", LAUNCH_TEMPLATE, "instanceType", to("m7i.xlarge"), _has_efa),
    Mutation("machine with fewer cards", LAUNCH_TEMPLATE, "instanceType", to("p4d.24xlarge"), _has_efa),
    Mutation("machine of the other architecture", LAUNCH_TEMPLATE, "instanceType", to("m7g.xlarge")),
    Mutation("machine types in the template", LAUNCH_TEMPLATE, "instanceType", to(["m7i.xlarge"])),
    Mutation("user data in plain text", LAUNCH_TEMPLATE, "userData", to("#!/bin/sh")),
    Mutation("user data of another kind", LAUNCH_TEMPLATE, "userData", to("IyEvYmluL3NoCg==")),
    Mutation("one EFA interface too many", LAUNCH_TEMPLATE, "networkInterfaces",
             edit(lambda cards: [*cards, {**cards[-1], "networkCardIndex": len(cards)}]), _has_efa),
    Mutation("EFA in capital letters", LAUNCH_TEMPLATE, "networkInterfaces[0].interfaceType", to("EFA"), _has_efa),
    Mutation("two interfaces at one place", LAUNCH_TEMPLATE, "networkInterfaces",
             edit(lambda cards: [*cards[:-1], cards[0]] if len(cards) > 1 else [cards[0], cards[0]]), _has_efa),
    Mutation("no primary interface", LAUNCH_TEMPLATE, "networkInterfaces[0].deviceIndex", to(1), _has_efa),
    Mutation("primary interface without address", LAUNCH_TEMPLATE, "networkInterfaces[0].interfaceType",
             to("efa-only"), _has_efa),
    Mutation("card index is a text", LAUNCH_TEMPLATE, "networkInterfaces[0].networkCardIndex", to("first"), _has_efa),
    Mutation("EFA without its security group", LAUNCH_TEMPLATE, "networkInterfaces",
             edit(lambda cards: [{**card, "securityGroups": []} for card in cards]), _has_efa),
    Mutation("nodes with public addresses", LAUNCH_TEMPLATE, "networkInterfaces[0]",
             add("associatePublicIpAddress", "true"), _has_efa),
    Mutation("metadata tokens optional, misspelt", LAUNCH_TEMPLATE, "metadataOptions.httpTokens", to("Required")),
    Mutation("hop limit is a text", LAUNCH_TEMPLATE, "metadataOptions.httpPutResponseHopLimit", to("one")),
    Mutation("volume of a type that does not exist", LAUNCH_TEMPLATE,
             "blockDeviceMappings[0].ebs.volumeType", to("gp4")),
    Mutation("volume not encrypted", LAUNCH_TEMPLATE, "blockDeviceMappings[0].ebs.encrypted", to("false")),
    Mutation("volume size is a text", LAUNCH_TEMPLATE, "blockDeviceMappings[0].ebs.volumeSize", to("big")),
    Mutation("volume key of another kind", LAUNCH_TEMPLATE, "blockDeviceMappings[0].ebs.kmsKeyId",
             edit(lambda text: text.replace("aws:kms/key:Key", "aws:kms/alias:Alias"))),
    Mutation("device mappings misspelt", LAUNCH_TEMPLATE, "blockDeviceMappings", rename("blockDeviceMapping")),
    Mutation("tags for a kind that does not exist", LAUNCH_TEMPLATE, "tagSpecifications[0].resourceType", to("node")),
    Mutation("security groups at both places", LAUNCH_TEMPLATE, "",
             add("vpcSecurityGroupIds", ["sg-0123456789abcdef0"]), _has_efa),
    Mutation("interface with a subnet of its own", LAUNCH_TEMPLATE, "networkInterfaces[0]",
             add("subnetId", "subnet-0123456789abcdef0"), _has_efa),
    Mutation("placement group of a machine that takes none", LAUNCH_TEMPLATE, "instanceType", to("t3.large"),
             lambda one: "placement" in one["inputs"]),
    Mutation("throughput of a volume that has none", LAUNCH_TEMPLATE, "blockDeviceMappings[0].ebs",
             edit(lambda disk: {**disk, "volumeType": "gp2", "throughput": 250})),
    Mutation("more operations than the volume's size allows", LAUNCH_TEMPLATE, "blockDeviceMappings[0].ebs",
             edit(lambda disk: {**disk, "iops": 500 * disk["volumeSize"] + 1})),
    Mutation("device of no name", LAUNCH_TEMPLATE, "blockDeviceMappings[0].deviceName", to("xvda")),
    Mutation("capacity block without its machine", LAUNCH_TEMPLATE, "instanceType", delete,
             lambda one: "instanceMarketOptions" in one["inputs"]),
    Mutation("capacity block without its market", LAUNCH_TEMPLATE, "instanceMarketOptions", delete),
    Mutation("market type misspelt", LAUNCH_TEMPLATE, "instanceMarketOptions.marketType", to("capacity_block")),
    Mutation("capacity block without its reservation", LAUNCH_TEMPLATE, "capacityReservationSpecification", delete,
             lambda one: "instanceMarketOptions" in one["inputs"]),
    Mutation("reservation preference misspelt", LAUNCH_TEMPLATE, "capacityReservationSpecification",
             add("capacityReservationPreference", "only")),
    Mutation("reservation id broken", LAUNCH_TEMPLATE,
             "capacityReservationSpecification.capacityReservationTarget.capacityReservationId", to("cr-1")),
    Mutation("spot instead of a capacity block", NODE_GROUP, "capacityType", to("SPOT"), _capacity("CAPACITY_BLOCK")),
    Mutation("machine in both places", NODE_GROUP, "", add("instanceTypes", ["p5.48xlarge"]),
             _capacity("CAPACITY_BLOCK")),
    Mutation("placement strategy misspelt", PLACEMENT, "strategy", to("clustered")),
    Mutation("placement group that is not there", LAUNCH_TEMPLATE, "placement.groupName", to("nobody")),
    Mutation("placement strategy is not there", PLACEMENT, "strategy", delete),
)  # fmt: skip

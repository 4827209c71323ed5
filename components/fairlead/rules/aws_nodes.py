"""Rules about machines: how many there may be, what they give away to pods, who reaches them."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.aws_values import entries, part
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, flaws, is_known, is_on

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
GROUP = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
INSTANCE = "aws:ec2/instance:Instance"
VOLUME = "aws:ebs/volume:Volume"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/*:EC2NodeClass"
MOST_NODES = 1000
"""Machines that one group may have at most: what stands above it is a typo, or no limit."""
MOST_HOPS = 1


def _at(subject: Subject) -> tuple[str, Data]:
    """(path, what says how a machine is made) of a template, an instance or a node class of Karpenter."""
    return ("spec.", part(subject.get("spec"))) if subject.is_kubernetes else ("", subject.inputs)


def _bounded(subject: Subject) -> Iterator[Flaw]:
    path = "scalingConfig.maxSize" if subject.type == NODE_GROUP else "maxSize"
    given = subject.get(path)
    fix = "say how many machines somebody is ready to pay for"
    if given is None:
        yield Flaw(path, "nothing says how far it may grow", "left out", f"at most {MOST_NODES}", fix)
    elif is_known(given) and given > MOST_NODES:
        yield Flaw(path, "it may grow without any real limit", str(given), f"at most {MOST_NODES}", fix)


def _tokens(subject: Subject) -> Iterator[Flaw]:
    """Karpenter asks for tokens where its node class says nothing of it; EC2 does not."""
    at, inputs = _at(subject)
    ask = Ask(
        "metadataOptions.httpTokens",
        ("required",),
        "the metadata service answers requests without a token",
        default="required" if subject.is_kubernetes else "optional",
    )
    if not _may_be_off(inputs):
        yield from flaws((ask,), inputs, at)


def _hops(subject: Subject) -> Iterator[Flaw]:
    at, inputs = _at(subject)
    given = part(inputs.get("metadataOptions")).get("httpPutResponseHopLimit")
    if not is_known(given) or _may_be_off(inputs):
        return
    path, allowed = f"{at}metadataOptions.httpPutResponseHopLimit", str(MOST_HOPS)
    fix = "set it to 1; what needs 2, pods that take the node's role, gets a pod identity of its own"
    if given is None and not subject.is_kubernetes:
        what = "left out, it is what the image says, and images of EKS say 2: pods take the node's role"
        yield Flaw(path, what, "left out", allowed, fix)
    elif given is not None and given > MOST_HOPS:
        yield Flaw(path, "pods get the node's own credentials", str(given), allowed, fix)


def _may_be_off(inputs: Data) -> bool:
    """Whether the service answers nobody, as far as anybody can know."""
    given = part(inputs.get("metadataOptions")).get("httpEndpoint")
    return given == "disabled" or not is_known(given)


def _disks(subject: Subject) -> Iterator[Flaw]:
    for path, one in _all_disks(subject):
        given = one.get("encrypted")
        if is_known(given) and not is_on(given):
            what = "the disk is not encrypted"
            yield Flaw(f"{path}encrypted", what, str(given or "left out").lower(), "true", "set it to true")


def _all_disks(subject: Subject) -> Iterator[tuple[str, Data]]:
    at, inputs = _at(subject)
    if subject.type == VOLUME:
        yield "", inputs
    for place, one in entries(inputs.get("blockDeviceMappings")):
        if one.get("ebs"):
            yield f"{at}blockDeviceMappings[{place}].ebs.", part(one["ebs"])
    for place, one in entries(inputs.get("ebsBlockDevices")):
        yield f"ebsBlockDevices[{place}].", one
    if subject.type == INSTANCE:
        yield "rootBlockDevice.", part(inputs.get("rootBlockDevice"))


def _ssh(subject: Subject) -> Iterator[Flaw]:
    access = part(subject.get("remoteAccess"))
    if access.get("ec2SshKey") and not access.get("sourceSecurityGroupIds"):
        what = "port 22 of every node is open to the whole Internet"
        fix = "leave remoteAccess out; use Session Manager, or name the security groups that may"
        yield Flaw("remoteAccess.sourceSecurityGroupIds", what, "left out", "security groups", fix)


def _address(subject: Subject) -> Iterator[Flaw]:
    at, inputs = _at(subject)
    found = [
        (f"{at}associatePublicIpAddress", inputs.get("associatePublicIpAddress")),
        (f"{at}associatePublicIPAddress", inputs.get("associatePublicIPAddress")),
    ]
    for place, one in entries(inputs.get("networkInterfaces")):
        path = f"{at}networkInterfaces[{place}].associatePublicIpAddress"
        found.append((path, one.get("associatePublicIpAddress")))
    for path, given in found:
        if is_on(given):
            what = "machines have addresses that the Internet reaches"
            yield Flaw(path, what, "true", "false", "leave it out, and go out through a NAT gateway")


RULES = (
    ResourceRule(
        id="aws-node-group-bounded",
        title="A group of machines has a most that somebody meant",
        reason="A group without a limit grows with every mistake in a job, and is paid for until somebody looks.",
        level="mandatory",
        references=(),
        types=(NODE_GROUP, GROUP),
        check=_bounded,
    ),
    ResourceRule(
        id="aws-node-metadata-tokens",
        title="The metadata service of a machine answers requests with a token only",
        reason="Without tokens whoever makes a process fetch an address, by a flaw, has the machine's credentials.",
        level="mandatory",
        references=("AWS FSBP EC2.170", "AWS FSBP EC2.8", "CIS-AWS 5.0.0 5.7"),
        types=(TEMPLATE, INSTANCE, NODE_CLASS),
        check=_tokens,
    ),
    ResourceRule(
        id="aws-node-metadata-hops",
        title="The metadata service of a machine is not reached from pods",
        reason="A pod that reaches it takes the node's role, and with it what every other pod there may do.",
        level="mandatory",
        references=("AWS FSBP AutoScaling.4", "NSA 1.2 Authentication and authorization"),
        types=(TEMPLATE, INSTANCE, NODE_CLASS),
        check=_hops,
    ),
    ResourceRule(
        id="aws-disk-encrypted",
        title="Disks are encrypted",
        reason="Images, scratch files and caches of models lie on nodes' disks, and snapshots of them travel.",
        level="mandatory",
        references=("AWS FSBP EC2.181", "AWS FSBP EC2.3", "CIS-AWS 5.0.0 5.1.1"),
        types=(TEMPLATE, INSTANCE, VOLUME, NODE_CLASS),
        check=_disks,
    ),
    ResourceRule(
        id="aws-node-ssh-closed",
        title="Nodes take no SSH from everywhere",
        reason="EKS opens port 22 to the whole Internet where a key is named and nothing says who may use it.",
        level="mandatory",
        references=("CIS-AWS 5.0.0 5.3", "NSA 1.2 Network separation and hardening"),
        types=(NODE_GROUP,),
        check=_ssh,
    ),
    ResourceRule(
        id="aws-node-private",
        title="Machines have no public addresses",
        reason="A node with a public address answers the Internet on every port that a security group forgets.",
        level="mandatory",
        references=("CIS-EKS 1.7.0 5.4.3", "AWS FSBP EC2.25", "AWS FSBP EC2.9"),
        types=(TEMPLATE, INSTANCE, NODE_CLASS),
        check=_address,
    ),
)

"""What may be left out as far as AWS is concerned, and may not here: what would happen without it.

And names: what is written down instead of referred to is the name of something that is declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reference.aws.declared import (
    CLUSTER,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    ROLE,
    SECURITY_GROUP,
    SUBNET,
    VPC,
    Declared,
    finding,
    some,
)
from reference.aws.rules_cluster import ADDON, ASSOCIATION, ENTRY, POD_IDENTITY
from reference.aws.rules_files import LUSTRE, MOUNT_TARGET
from reference.aws.rules_network import ENDPOINT, NAT
from reference.aws.rules_services import QUEUE
from reference.common import Finding, Resource, is_unknown

WANTED: Mapping[str, Mapping[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": {
        "retentionInDays": "logs are kept for ever",
        "kmsKeyId": "logs are not encrypted with the customer's key",
    },
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
        "vpcId": "it is that of the account's default network"
    },
    "aws:ec2/flowLog:FlowLog": {
        "vpcId": "nothing is logged",
        "trafficType": "nothing is logged",
        "logDestination": "logs go nowhere",
        "iamRoleArn": "logs may not be written",
    },
    "aws:ec2/internetGateway:InternetGateway": {"vpcId": "it is attached to no network"},
    "aws:efs/fileSystem:FileSystem": {
        "encrypted": "files are not encrypted",
        "kmsKeyId": "files are not encrypted with the customer's key",
    },
    "aws:iam/instanceProfile:InstanceProfile": {"role": "the profile gives nothing"},
    CLUSTER: {
        "accessConfig": "who creates it stays its administrator",
        "deletionProtection": "nothing says whether it may be deleted",
        "enabledClusterLogTypes": "nobody learns who did what",
        "encryptionConfig": "secrets are not encrypted with the customer's key",
        "kubernetesNetworkConfig": "EKS picks the services' addresses",
        "upgradePolicy": "AWS moves it to extended support, at six times the price",
    },
    LAUNCH_TEMPLATE: {
        "blockDeviceMappings": "the disk is as small and plain as the image has it",
        "metadataOptions": "pods reach the node's role",
        "tagSpecifications": "nodes and disks carry no tags",
    },
    LUSTRE: {"kmsKeyId": "files are not encrypted with the customer's key", "storageCapacity": "has no size"},
    MOUNT_TARGET: {"securityGroups": "it is in the network's default group, which lets nothing in"},
    NAT: {"allocationId": "it has no address", "subnetId": "it lies nowhere"},
    NODE_GROUP: {
        "amiType": "EKS takes the image without an accelerator's driver",
        "capacityType": "nothing says how it is bought",
        "labels": "the contract's labels are not there",
        "launchTemplate": "disks and metadata are AWS's defaults",
        "nodeRepairConfig": "sick nodes stay",
        "updateConfig": "nothing says how many nodes may go at once",
    },
    SECURITY_GROUP: {
        "description": "AWS writes that Pulumi made it, for ever",
        "vpcId": "it lands in the account's default network",
    },
    VPC: {"cidrBlock": "it has no addresses"},
    SUBNET: {"availabilityZone": "AWS picks a zone", "cidrBlock": "it has no addresses"},
}
"""Resource type -> property -> what happens without it."""

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")

Check = Callable[[Declared, Resource], Iterator[Finding]]


def check(stack: Declared) -> list[Finding]:
    """Every rule on what has to be there."""
    found: list[Finding] = []
    for one in stack.of(*WANTED):
        for key, without in WANTED[one["type"]].items():
            if one["inputs"].get(key) in (None, ""):
                found.append(finding(one, key, f"is not there: {without}"))
    for kind, rule in _RULES:
        for one in stack.of(kind):
            found += rule(stack, one)
    return found


def _logs(_stack: Declared, cluster: Resource) -> Iterator[Finding]:
    if "audit" not in (cluster["inputs"].get("enabledClusterLogTypes") or ()):
        yield finding(cluster, "enabledClusterLogTypes", "audit is not among them")


def _closed(_stack: Declared, group: Resource) -> Iterator[Finding]:
    for key in ("ingress", "egress"):
        if group["inputs"].get(key):
            yield finding(group, key, "the network's default group lets nothing through")


def _encrypted(_stack: Declared, queue: Resource) -> Iterator[Finding]:
    if not (queue["inputs"].get("sqsManagedSseEnabled") or queue["inputs"].get("kmsMasterKeyId")):
        yield finding(queue, "sqsManagedSseEnabled", "messages are not encrypted")


def _endpoint(_stack: Declared, endpoint: Resource) -> Iterator[Finding]:
    inputs = endpoint["inputs"]
    wanted = {"Interface": ("securityGroupIds", "privateDnsEnabled"), "Gateway": ("routeTableIds",)}
    if (kind := inputs.get("vpcEndpointType")) is None:
        yield finding(endpoint, "vpcEndpointType", "is not there: nothing says what it is")
    for key in wanted.get(kind or "", ()):
        if not inputs.get(key):
            yield finding(endpoint, key, f"is not there: nobody reaches an endpoint of type {kind}")


def _files_encrypted(_stack: Declared, files: Resource) -> Iterator[Finding]:
    if files["inputs"].get("encrypted") is not True:
        yield finding(files, "encrypted", "files are not encrypted")


def _names_of(key: str, kind: str, name: str) -> Check:
    """A name that is written down belongs to something declared; to nothing known if none is declared."""

    def rule(stack: Declared, one: Resource) -> Iterator[Finding]:
        given = one["inputs"].get(key)
        known = [other["inputs"].get(name) for other in stack.of(kind)]
        if isinstance(given, str) and not is_unknown(given) and known and given not in known:
            yield finding(one, key, f"there is no {kind.rpartition(':')[2]} {given!r}")

    return rule


def _service_account(_stack: Declared, one: Resource) -> Iterator[Finding]:
    for key, pattern in (("namespace", _DNS_LABEL), ("serviceAccount", _DNS_NAME)):
        value = one["inputs"].get(key)
        if isinstance(value, str) and not is_unknown(value) and not pattern.fullmatch(value):
            yield finding(one, key, f"{value!r} is no name in Kubernetes")


def _scope(_stack: Declared, one: Resource) -> Iterator[Finding]:
    for index, value in enumerate(some(one["inputs"].get("accessScope")).get("namespaces") or ()):
        if not is_unknown(value) and not re.fullmatch(r"[a-z0-9*]([a-z0-9*-]{0,61}[a-z0-9*])?", value):
            yield finding(one, f"accessScope.namespaces[{index}]", f"{value!r} is no name in Kubernetes")


def _entered(stack: Declared, one: Resource) -> Iterator[Finding]:
    """Rights go to somebody who has an entry."""
    known: list[Any] = [entry["inputs"].get("principalArn") for entry in stack.of(ENTRY)]
    if one["inputs"].get("principalArn") not in known:
        yield finding(one, "principalArn", f"{one['inputs'].get('principalArn')!r} has no access entry")


def _devices(_stack: Declared, template: Resource) -> Iterator[Finding]:
    for index, one in enumerate(template["inputs"].get("blockDeviceMappings") or ()):
        if not re.fullmatch(r"/dev/(xvd[a-z]{1,2}|sd[a-z]\d{0,2})", str(one.get("deviceName"))):
            yield finding(template, f"blockDeviceMappings[{index}].deviceName", "is /dev/xvd* or /dev/sd*")


_OF_A_CLUSTER = (NODE_GROUP, ADDON, ENTRY, ASSOCIATION, POD_IDENTITY)
_RULES: tuple[tuple[str, Check], ...] = (
    (CLUSTER, _logs),
    ("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", _closed),
    (QUEUE, _encrypted),
    (ENDPOINT, _endpoint),
    ("aws:efs/fileSystem:FileSystem", _files_encrypted),
    (POD_IDENTITY, _service_account),
    (ASSOCIATION, _scope),
    (ASSOCIATION, _entered),
    (LAUNCH_TEMPLATE, _devices),
    *(
        (kind, _names_of("clusterName", CLUSTER, "name"))
        for kind in (NODE_GROUP, ADDON, ENTRY, ASSOCIATION, POD_IDENTITY)
    ),
    ("aws:iam/instanceProfile:InstanceProfile", _names_of("role", ROLE, "name")),
    ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", _names_of("role", ROLE, "name")),
    ("aws:iam/rolePolicy:RolePolicy", _names_of("role", ROLE, "name")),
)

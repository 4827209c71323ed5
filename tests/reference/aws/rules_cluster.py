"""Rules of EKS clusters: who may reach them, who gets in, add-ons, and what the nodes' roles need."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from reference.aws import machines
from reference.aws.declared import CLUSTER, NODE_GROUP, ROLE, Declared, finding, json_text, some
from reference.aws.rules_network import vpc_blocks
from reference.common import Finding, Resource, is_unknown

ADDON = "aws:eks/addon:Addon"
ENTRY = "aws:eks/accessEntry:AccessEntry"
ASSOCIATION = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

ADDONS: Mapping[str, str] = {
    "amazon-cloudwatch-observability": "cloudwatch-agent",
    "aws-ebs-csi-driver": "ebs-csi-controller-sa",
    "aws-efs-csi-driver": "efs-csi-controller-sa",
    "aws-fsx-csi-driver": "fsx-csi-controller-sa",
    "aws-mountpoint-s3-csi-driver": "s3-csi-driver-sa",
    "coredns": "",
    "eks-node-monitoring-agent": "",
    "eks-pod-identity-agent": "",
    "kube-proxy": "",
    "metrics-server": "",
    "snapshot-controller": "",
    "vpc-cni": "aws-node",
}
"""Add-on -> its service account that calls AWS, if one does. A new add-on wants its row here.

https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html, 2026-11-23
"""

_MAKES = {
    "aws-ebs-csi-driver": "ebs.csi.aws.com",
    "aws-efs-csi-driver": "efs.csi.aws.com",
    "aws-fsx-csi-driver": "fsx.csi.aws.com",
}
"""Add-on that only mounts what is there, unless a storage class makes it make volumes -> driver."""

ACCESS_POLICIES = frozenset(
    f"AmazonEKS{name}Policy" for name in ("Admin", "ClusterAdmin", "AdminView", "Edit", "View")
)
"""Those for people: https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html, 2026-11-23"""

SCORED = frozenset({"cpu", "memory", "nvidia.com/gpu", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore"})
"""Resources that EKS lets its scheduler count, from Kubernetes 1.31; botocore's model knows any name.

https://docs.aws.amazon.com/eks/latest/userguide/control-plane-configuration.html, 2026-11-29
"""

_ENTRY_TYPES = (
    "STANDARD",
    "EC2_LINUX",
    "EC2_WINDOWS",
    "FARGATE_LINUX",
    "EC2",
    "HYBRID_LINUX",
    "HYPERPOD_LINUX",
)
_LABEL = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", re.ASCII
)
_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_NODE_POLICIES = {
    "is a worker": ("AmazonEKSWorkerNodePolicy",),
    "pulls images": (
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEC2ContainerRegistryReadOnly",
        "AmazonEC2ContainerRegistryPowerUser",
    ),
}


def check(stack: Declared) -> list[Finding]:
    """Every rule on clusters and what belongs to them."""
    found: list[Finding] = []
    for cluster in stack.of(CLUSTER):
        found += [*_endpoint(cluster), *_network(stack, cluster), *_access(stack, cluster)]
        found += _scoring(stack, cluster)
        found += _role(stack, cluster, "roleArn", {"is a control plane": ("AmazonEKSClusterPolicy",)})
    for addon in stack.of(ADDON):
        found += [*_addon(addon), *_rights(stack, addon)]
    if any(stack.of(POD_IDENTITY)) or any(
        one["inputs"].get("podIdentityAssociations") for one in stack.of(ADDON)
    ):
        found += _agent(stack)
    for entry in stack.of(ENTRY):
        found += _entry(entry)
    for association in stack.of(ASSOCIATION):
        found += _association(association)
    for group in stack.of(NODE_GROUP):
        found += [*_labels(stack, group), *_role(stack, group, "nodeRoleArn", _NODE_POLICIES)]
    return found


def _endpoint(cluster: Resource) -> Iterator[Finding]:
    config = some(cluster["inputs"].get("vpcConfig"))
    public = config.get("endpointPublicAccess", True)
    if not public and not config.get("endpointPrivateAccess"):
        yield finding(cluster, "vpcConfig", "has neither a public nor a private endpoint")
    if public and not config.get("publicAccessCidrs"):
        yield finding(cluster, "vpcConfig.publicAccessCidrs", "a public endpoint needs an allow-list")
    for index, block in enumerate(config.get("publicAccessCidrs") or ()):
        path = f"vpcConfig.publicAccessCidrs[{index}]"
        try:
            open_to_all = not is_unknown(block) and ipaddress.ip_network(block).prefixlen == 0
        except ValueError as error:
            yield finding(cluster, path, str(error))
            continue
        if open_to_all:
            yield finding(cluster, path, "lets the whole internet in")
    if not re.fullmatch(r"1\.\d\d", str(cluster["inputs"].get("version"))):
        yield finding(cluster, "version", f"{cluster['inputs'].get('version')!r} is no version like 1.35")
    for index, one in enumerate(some(cluster["inputs"].get("encryptionConfig")).get("resources") or ()):
        if one != "secrets":
            yield finding(cluster, f"encryptionConfig.resources[{index}]", "is secrets")


def _network(stack: Declared, cluster: Resource) -> Iterator[Finding]:
    zones = {stack.zone(one) for one in some(cluster["inputs"].get("vpcConfig")).get("subnetIds") or ()}
    if None not in zones and len(zones) < 2:
        yield finding(cluster, "vpcConfig.subnetIds", f"lie in {len(zones)} zones; EKS wants two")
    text = some(cluster["inputs"].get("kubernetesNetworkConfig")).get("serviceIpv4Cidr")
    if text is None or is_unknown(text):
        return
    path = "kubernetesNetworkConfig.serviceIpv4Cidr"
    try:
        services = ipaddress.IPv4Network(text)
    except ValueError as error:
        yield finding(cluster, path, str(error))
        return
    if not services.is_private or not 12 <= services.prefixlen <= 24:
        yield finding(cluster, path, "is private, between /12 and /24")
    if any(services.overlaps(block) for block in vpc_blocks(stack)):
        yield finding(cluster, path, f"{services} overlaps the network")


def _access(stack: Declared, cluster: Resource) -> Iterator[Finding]:
    mode = some(cluster["inputs"].get("accessConfig")).get("authenticationMode")
    if mode not in ("API", "API_AND_CONFIG_MAP") and any(stack.of(ENTRY, ASSOCIATION)):
        yield finding(cluster, "accessConfig.authenticationMode", f"access entries do not work with {mode!r}")


def _scoring(stack: Declared, cluster: Resource) -> Iterator[Finding]:
    """The scheduler counts what EKS knows, each once, and every accelerator that nodes here have."""
    fit = some(some(cluster["inputs"].get("kubeSchedulerConfig")).get("nodeResourcesFit"))
    strategy = some(fit.get("scoringStrategy"))
    path = "kubeSchedulerConfig.nodeResourcesFit.scoringStrategy"
    if strategy.get("type") != "MostAllocated":
        yield finding(cluster, f"{path}.type", "spreads pods, so that no node stays whole for a gang")
    counted = Counter(one.get("name") for one in strategy.get("resources") or ())
    for name, count in counted.items():
        if name not in SCORED:
            yield finding(cluster, f"{path}.resources", f"EKS lets nobody count {name!r}")
        if count > 1:
            yield finding(cluster, f"{path}.resources", f"{name} stands {count} times")
    here = {accelerator_taint(one) for group in stack.of(NODE_GROUP) for one in stack.machines(group)}
    for name in sorted({"cpu", "memory", *filter(None, here)} - counted.keys()):
        yield finding(cluster, f"{path}.resources", f"{name} is left out: it counts for nothing")


def _addon(addon: Resource) -> Iterator[Finding]:
    inputs = addon["inputs"]
    name, version = inputs.get("addonName", ""), inputs.get("addonVersion")
    if name not in ADDONS:
        yield finding(addon, "addonName", f"there is no add-on {name!r}")
    if not re.fullmatch(r"v\d+\.\d+\.\d+(-\w+)?-eksbuild\.\d+", str(version)):
        yield finding(addon, "addonVersion", f"{version!r} is no version like v1.2.3-eksbuild.1")
    if inputs.get("resolveConflictsOnCreate") == "PRESERVE":
        yield finding(addon, "resolveConflictsOnCreate", "nothing is there to preserve")
    values = inputs.get("configurationValues")
    if values is not None and not isinstance(json_text(values), dict):
        yield finding(addon, "configurationValues", "is no JSON object")
    for index, one in enumerate(inputs.get("podIdentityAssociations") or ()):
        if one.get("serviceAccount") != ADDONS.get(name):
            what = f"{name} runs as {ADDONS.get(name)!r}, not as {one.get('serviceAccount')!r}"
            yield finding(addon, f"podIdentityAssociations[{index}].serviceAccount", what)
        if inputs.get("serviceAccountRoleArn"):
            yield finding(addon, "serviceAccountRoleArn", "beside a pod identity")


def _rights(stack: Declared, addon: Resource) -> Iterator[Finding]:
    """An add-on that calls AWS has a role of its own; the CNI may have its rights from the nodes' role."""
    inputs = addon["inputs"]
    if inputs.get("podIdentityAssociations") or inputs.get("serviceAccountRoleArn"):
        return
    policies = {str(one["inputs"].get("policyArn")).rpartition("/")[2] for one in stack.of(ATTACHMENT)}
    by_nodes = inputs.get("addonName") == "vpc-cni" and "AmazonEKS_CNI_Policy" in policies
    name = inputs.get("addonName", "")
    drivers = [
        one["inputs"].get("provisioner") for one in stack.of("kubernetes:storage.k8s.io/v1:StorageClass")
    ]
    mounts = name in _MAKES and _MAKES[name] not in drivers
    if ADDONS.get(name) and not by_nodes and not mounts:
        yield finding(addon, "podIdentityAssociations", "nobody gives the add-on its rights")


def _agent(stack: Declared) -> Iterator[Finding]:
    auto = any(some(one["inputs"].get("computeConfig")).get("enabled") for one in stack.of(CLUSTER))
    if not auto and not any(
        one["inputs"].get("addonName") == "eks-pod-identity-agent" for one in stack.of(ADDON)
    ):
        first = next(stack.of(POD_IDENTITY, ADDON))
        yield finding(first, "", "pod identities need the add-on eks-pod-identity-agent")


def _entry(entry: Resource) -> Iterator[Finding]:
    inputs = entry["inputs"]
    if (kind := inputs.get("type", "STANDARD")) not in _ENTRY_TYPES:
        yield finding(entry, "type", f"{kind!r} is none of {', '.join(_ENTRY_TYPES)}")
    groups = inputs.get("kubernetesGroups") or []
    if kind != "STANDARD" and (groups or inputs.get("userName")):
        yield finding(
            entry, "kubernetesGroups", f"an entry of type {kind} has neither groups nor a user name"
        )
    if any(str(group).startswith(("system:", "eks:", "aws:", "amazon:", "iam:")) for group in groups):
        yield finding(entry, "kubernetesGroups", "the prefixes system, eks, aws, amazon, iam are kept")
    yield from _principal(entry)


def _principal(resource: Resource) -> Iterator[Finding]:
    arn = resource["inputs"].get("principalArn", "")
    if not is_unknown(arn) and not re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+", arn):
        yield finding(resource, "principalArn", f"{arn!r} is no role or user")


def _association(association: Resource) -> Iterator[Finding]:
    inputs = association["inputs"]
    yield from _principal(association)
    found = re.fullmatch(r"arn:aws[\w-]*:eks::aws:cluster-access-policy/(\w+)", inputs.get("policyArn", ""))
    if found is None or found[1] not in ACCESS_POLICIES:
        yield finding(association, "policyArn", f"there is no access policy {inputs.get('policyArn')!r}")
    scope = some(inputs.get("accessScope"))
    if (scope.get("type") == "namespace") != bool(scope.get("namespaces")):
        yield finding(association, "accessScope", "namespaces go with the type namespace, and only with it")


def _labels(stack: Declared, group: Resource) -> Iterator[Finding]:
    """Labels and taints as Kubernetes writes them; accelerator nodes carry their accelerator's taint."""
    for key, value in some(group["inputs"].get("labels")).items():
        if not _LABEL.fullmatch(key) or not (is_unknown(value) or _VALUE.fullmatch(str(value))):
            yield finding(group, f"labels.{key}", f"{key}={value} is no label")
        if key.partition("/")[0].endswith(("kubernetes.io", "k8s.io")) and not key.startswith(
            ("node.kubernetes.io/", "kubelet.kubernetes.io/")
        ):
            yield finding(group, f"labels.{key}", "a kubelet may not set labels of kubernetes.io")
    taints = group["inputs"].get("taints") or []
    for index, one in enumerate(taints):
        if not _LABEL.fullmatch(one.get("key", "")) or not _VALUE.fullmatch(one.get("value") or ""):
            yield finding(group, f"taints[{index}]", f"{one.get('key')}={one.get('value')} is no taint")
    for place, count in Counter((one.get("key"), one.get("effect")) for one in taints).items():
        if count > 1:
            yield finding(group, "taints", f"{place} stands {count} times")
    given = {(one.get("key"), one.get("value"), one.get("effect")) for one in taints}
    for machine in stack.machines(group):
        wanted = accelerator_taint(machine)
        if wanted and (wanted, "present", "NO_SCHEDULE") not in given:
            yield finding(group, "taints", f"{machine} needs {wanted}=present:NO_SCHEDULE")


def accelerator_taint(machine: str) -> str | None:
    """The taint of nodes of a machine; None for one without accelerators."""
    if machines.gpus(machine):
        return "nvidia.com/gpu"
    return "aws.amazon.com/neuron" if machines.neuron_devices(machine) else None


def _role(
    stack: Declared, resource: Resource, key: str, wanted: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    """The role has the policies of AWS that its service asks for; a role brought from elsewhere is trusted."""
    role = stack.follow(resource["inputs"].get(key))
    if role is None or role["type"] != ROLE:
        return
    attached = set(role["inputs"].get("managedPolicyArns") or ())
    for one in stack.of(ATTACHMENT):
        if stack.names(one["inputs"].get("role"), role):
            attached.add(one["inputs"].get("policyArn", ""))
    names = {arn.rpartition("/")[2] for arn in attached}
    for what, policies in wanted.items():
        if not names & set(policies):
            yield finding(resource, key, f"{role['name']} has none of {', '.join(policies)}: it {what}")

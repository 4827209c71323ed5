"""Rules of what the stack puts into Kubernetes for AWS alone: kubeconfig and storage classes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reference.aws import botocore_models
from reference.aws.declared import Declared, finding, json_text, some
from reference.common import Finding, Resource, references

PROVIDER = "pulumi:providers:kubernetes"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"

VOLUME = "kubernetes:core/v1:PersistentVolume"
STATIC = "kubernetes.io/no-provisioner"

PARAMETERS: Mapping[str, frozenset[str]] = {
    "ebs.csi.aws.com": frozenset(
        {"type", "iops", "iopsPerGB", "throughput", "encrypted", "kmsKeyId", "csi.storage.k8s.io/fstype"}
        | {"allowAutoIOPSPerGBIncrease", "blockSize", "inodeSize", "numberOfInodes", "ext4BigAlloc"}
        | {"ext4ClusterSize", "blockExpress", "bytesPerInode"}
    ),
    "efs.csi.aws.com": frozenset(
        {"provisioningMode", "fileSystemId", "directoryPerms", "uid", "gid", "gidRangeStart", "gidRangeEnd"}
        | {"basePath", "subPathPattern", "ensureUniqueDirectory", "az", "reuseAccessPoint"}
    ),
    "fsx.csi.aws.com": frozenset(
        {
            "subnetId",
            "securityGroupIds",
            "deploymentType",
            "perUnitStorageThroughput",
            "kmsKeyId",
            "s3ImportPath",
        }
        | {"s3ExportPath", "autoImportPolicy", "automaticBackupRetentionDays", "dataCompressionType"}
        | {"dailyAutomaticBackupStartTime", "driveCacheType", "storageType", "weeklyMaintenanceStartTime"}
        | {
            "fileSystemTypeVersion",
            "extraTags",
            "copyTagsToBackups",
            "efaEnabled",
            "metadataConfigurationMode",
        }
        | {"metadataIops"}
    ),
}
"""CSI driver -> parameters of its storage classes: docs/parameters.md and examples of each driver."""
HANDLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "efs.csi.aws.com": ("aws:efs/fileSystem:FileSystem", {}),
    "fsx.csi.aws.com": (
        "aws:fsx/lustreFileSystem:LustreFileSystem",
        {"dnsname": "dnsName", "mountname": "mountName"},
    ),
    "s3.csi.aws.com": ("aws:s3/bucket:Bucket", {"bucketName": "bucket"}),
}
"""CSI driver -> what the handle of a volume made beforehand names, attribute -> output: each driver's README."""
_REQUIRED = {"efs.csi.aws.com": ("provisioningMode", "fileSystemId"), "fsx.csi.aws.com": ("subnetId",)}


def check(stack: Declared) -> list[Finding]:
    """Every rule on these objects."""
    found: list[Finding] = []
    for provider in stack.of(PROVIDER):
        found += _kubeconfig(stack, provider)
    for one in stack.of(STORAGE_CLASS):
        found += _storage_class(one)
    for one in stack.of(VOLUME):
        found += _volume(one)
    return found


def _kubeconfig(stack: Declared, provider: Resource) -> Iterator[Finding]:
    """The user of a kubeconfig is a program that asks for a token, for the cluster and region of the stack."""
    config = json_text(provider["inputs"].get("kubeconfig"))
    if not isinstance(config, dict):
        return
    for user in config.get("users", ()):
        given = user.get("user", {})
        if secrets := set(given) & {"token", "password", "client-key-data", "client-certificate-data"}:
            yield finding(provider, "kubeconfig", f"carries {sorted(secrets)}")
        run = given.get("exec") or {}
        if not re.fullmatch(r"client\.authentication\.k8s\.io/v1(beta1)?", str(run.get("apiVersion"))):
            yield finding(provider, "kubeconfig", f"exec.apiVersion {run.get('apiVersion')!r}")
        arguments = [str(one) for one in run.get("args", ())]
        if run.get("command") != "aws" or arguments[:2] != ["eks", "get-token"]:
            yield finding(provider, "kubeconfig", "runs aws eks get-token")
        if "--cluster-name" not in arguments:
            yield finding(provider, "kubeconfig", "names no cluster")
        if "--region" in arguments:
            region = arguments[arguments.index("--region") + 1 :][:1]
            if stack.region and region != [stack.region]:
                yield finding(provider, "kubeconfig", f"region {region}, the stack is in {stack.region}")
    for cluster in config.get("clusters", ()):
        inside = cluster.get("cluster", {})
        if "certificate-authority-data" not in inside or inside.get("insecure-skip-tls-verify"):
            yield finding(provider, "kubeconfig", "does not check the server's certificate")


def _storage_class(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    driver, given = inputs.get("provisioner", ""), inputs.get("parameters") or {}
    if driver == STATIC:
        if given:
            yield finding(one, "parameters", "nobody makes these volumes, so nobody reads them")
        return
    if driver not in PARAMETERS:
        yield finding(one, "provisioner", f"{driver!r} is none of {', '.join(PARAMETERS)}")
        return
    for key, value in given.items():
        known = key in PARAMETERS[driver] or key.startswith(("tagSpecification_", "csi.storage.k8s.io/"))
        if not known:
            yield finding(one, f"parameters.{key}", f"{driver} has no such parameter")
        if not isinstance(value, str):
            yield finding(one, f"parameters.{key}", "is a text")
    for key in _REQUIRED.get(driver, ()):
        if key not in given:
            yield finding(one, f"parameters.{key}", "is required")
    yield from _BY_DRIVER.get(driver, _any_class)(one, given)


def _any_class(_one: Resource, _given: Mapping[str, str]) -> Iterator[Finding]:
    return iter(())


def _ebs_class(one: Resource, given: Mapping[str, str]) -> Iterator[Finding]:
    if given.get("type", "gp3") not in botocore_models.values("ec2", "VolumeType"):
        yield finding(one, "parameters.type", f"there is no volume type {given.get('type')!r}")
    if given.get("encrypted") != "true":
        yield finding(one, "parameters.encrypted", "is true")
    if one["inputs"].get("volumeBindingMode") != "WaitForFirstConsumer":
        yield finding(one, "volumeBindingMode", "a volume lies in its pod's zone: WaitForFirstConsumer")


def _efs_class(one: Resource, given: Mapping[str, str]) -> Iterator[Finding]:
    if given.get("provisioningMode", "efs-ap") != "efs-ap":
        yield finding(one, "parameters.provisioningMode", "is efs-ap")


_BY_DRIVER = {"ebs.csi.aws.com": _ebs_class, "efs.csi.aws.com": _efs_class}


def _volume(one: Resource) -> Iterator[Finding]:
    """A volume made beforehand names the file system of its driver."""
    csi = some(one["inputs"].get("spec")).get("csi") or {}
    if (driver := csi.get("driver")) not in HANDLES:
        yield finding(one, "spec.csi.driver", f"{driver!r} is none of {', '.join(HANDLES)}")
        return
    kind, outputs = HANDLES[driver]
    handle, attributes = csi.get("volumeHandle"), some(csi.get("volumeAttributes"))
    if any(reference.type != kind for reference in references(handle)) or not handle:
        yield finding(one, "spec.csi.volumeHandle", f"{handle!r} is no {kind}")
    for key, output in outputs.items():
        found = references(attributes.get(key))
        if not attributes.get(key) or any((one.type, one.output) != (kind, output) for one in found):
            yield finding(one, f"spec.csi.volumeAttributes.{key}", f"{attributes.get(key)!r} is no {output}")

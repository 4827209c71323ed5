"""Storage: the file system that many nodes write, the parallel one, and the classes of volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import efs, fsx

from fairlead.contract.group import ObjectGroup
from fairlead.contract.parallel import parallel_volumes
from fairlead.plan.model import TenantPlan
from fairlead.plan.sites.aws_model import AwsSite, Lustre
from fairlead.targets.aws import file_groups, policies
from fairlead.targets.aws.bucket import Bucket
from fairlead.targets.aws.control_plane import ControlPlane
from fairlead.targets.aws.network import Subnets
from fairlead.targets.aws.spelling import MANAGED

BLOCK, SHARED = "fairlead-block", "fairlead-shared"
LUSTRE_VERSION = "2.15"
THROUGHPUT = 125
"""MB/s of each TiB: the least that a PERSISTENT_2 file system has.

botocore 1.44.5 (PyPI) fsx service model, CreateFileSystemLustreConfiguration, 2026-11-23
"""


@dataclass(frozen=True)
class StorageArgs:
    """What storage is made of."""

    site: AwsSite
    tenants: Sequence[TenantPlan]
    control: ControlPlane
    subnets: Subnets
    key: pulumi.Input[str]
    bucket: Bucket
    drivers: Sequence[pulumi.Resource]
    """Add-ons with the drivers of volumes."""


class Storage(pulumi.ComponentResource):
    """File systems, and the classes under which volumes are asked for."""

    classes: Mapping[str, str]
    """C4: contract name -> name in the cluster."""
    ready: Sequence[pulumi.Resource]

    def __init__(self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("fairlead:aws:Storage", name, {}, opts)
        site = args.site
        self._name, self._args, self._site, self._subnets = name, args, site, args.subnets
        self._child = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, protect=site.protect)
        self._place = file_groups.Place(name, args.subnets.vpc, args.control.group, self._child)
        found: list[Mapping[str, Any]] = [block_class(name, args.key)]
        after: list[pulumi.Resource] = list(args.drivers)
        if site.shared_storage:
            files, targets = self._shared()
            found.append(shared_class(files.id))
            after += targets
        if site.lustre:
            parallel, filled = self._parallel(site.lustre, args.bucket)
            found += parallel_objects(parallel, [tenant.namespace for tenant in args.tenants])
            after.append(filled)
        inside = pulumi.ResourceOptions(parent=self, provider=args.control.provider)
        self.ready = ObjectGroup(f"{name}-storage", found, inside, after=after).ready
        self.classes = {BLOCK: BLOCK, SHARED: SHARED} if site.shared_storage else {BLOCK: BLOCK}
        self.register_outputs({})

    def _shared(self) -> tuple[efs.FileSystem, list[pulumi.Resource]]:
        name = f"{self._name}-shared"
        files = efs.FileSystem(
            name,
            efs.FileSystemArgs(
                encrypted=True,
                kms_key_id=self._args.key,
                performance_mode="generalPurpose",
                throughput_mode="elastic",
                lifecycle_policies=[
                    efs.FileSystemLifecyclePolicyArgs(transition_to_ia="AFTER_30_DAYS"),
                    efs.FileSystemLifecyclePolicyArgs(transition_to_primary_storage_class="AFTER_1_ACCESS"),
                ],
                tags={"Name": name, MANAGED: self._name},
            ),
            self._kept,
        )
        efs.BackupPolicy(
            name,
            efs.BackupPolicyArgs(
                file_system_id=files.id, backup_policy=efs.BackupPolicyBackupPolicyArgs(status="ENABLED")
            ),
            self._child,
        )
        group = file_groups.of_nfs(self._place, "shared")
        targets: list[pulumi.Resource] = [
            efs.MountTarget(
                f"{name}-{zone}",
                efs.MountTargetArgs(file_system_id=files.id, subnet_id=subnet, security_groups=[group]),
                self._child,
            )
            for zone, subnet in self._subnets.nodes.items()
        ]
        return files, targets

    def _parallel(self, plan: Lustre, bucket: Bucket) -> tuple[fsx.LustreFileSystem, pulumi.Resource]:
        """The file system, and its bond to the bucket: what is laid into the one appears in the other."""
        name = f"{self._name}-parallel"
        group, rules = file_groups.of_lustre(self._place, "parallel")
        files = fsx.LustreFileSystem(
            name,
            fsx.LustreFileSystemArgs(
                storage_capacity=plan.gib,
                subnet_ids=self._subnets.nodes[plan.zone],
                deployment_type="PERSISTENT_2",
                storage_type="SSD",
                per_unit_storage_throughput=THROUGHPUT,
                file_system_type_version=LUSTRE_VERSION,
                data_compression_type="LZ4",
                kms_key_id=self._args.key,
                security_group_ids=[group],
                weekly_maintenance_start_time=plan.maintenance,
                tags={"Name": name, MANAGED: self._name},
            ),
            pulumi.ResourceOptions(parent=self, protect=self._site.protect, depends_on=rules),
        )
        bond = fsx.DataRepositoryAssociation(
            name,
            fsx.DataRepositoryAssociationArgs(
                file_system_id=files.id,
                data_repository_path=bucket.name.apply(lambda one: f"s3://{one}/{policies.DATASETS}/"),
                file_system_path="/datasets",
                batch_import_meta_data_on_create=True,
                s3=fsx.DataRepositoryAssociationS3Args(
                    auto_import_policy=fsx.DataRepositoryAssociationS3AutoImportPolicyArgs(
                        events=["NEW", "CHANGED", "DELETED"]
                    )
                ),
                tags={MANAGED: self._name},
            ),
            pulumi.ResourceOptions(parent=self, depends_on=list(bucket.ready)),
        )
        return files, bond


def _class(name: str, provisioner: str, binding: str, **rest: Any) -> Mapping[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": binding,
        **rest,
    }


def block_class(name: str, key: Any) -> Mapping[str, Any]:
    """A disk of one node, made in the zone where its first pod is. key: ARN of its key."""
    parameters = {
        "type": "gp3",
        "encrypted": "true",
        "kmsKeyId": key,
        "csi.storage.k8s.io/fstype": "ext4",
        "tagSpecification_1": f"{MANAGED}={name}",
    }
    return _class(
        BLOCK,
        "ebs.csi.aws.com",
        "WaitForFirstConsumer",
        reclaimPolicy="Delete",
        allowVolumeExpansion=True,
        parameters=parameters,
    )


def shared_class(file_system: Any) -> Mapping[str, Any]:
    """A folder of the file system that many nodes write, each volume behind an access point of its own."""
    parameters = {
        "provisioningMode": "efs-ap",
        "fileSystemId": file_system,
        "directoryPerms": "700",
        "basePath": "/volumes",
    }
    return _class(SHARED, "efs.csi.aws.com", "Immediate", reclaimPolicy="Delete", parameters=parameters)


def parallel_objects(files: fsx.LustreFileSystem, namespaces: Sequence[str]) -> list[Mapping[str, Any]]:
    """The parallel file system as a volume for each tenant: it is filled through the bucket."""
    size = files.storage_capacity.apply(lambda gib: f"{gib}Gi")
    return parallel_volumes(namespaces, size, lambda namespace: _fsx(files, namespace))


def _fsx(files: fsx.LustreFileSystem, namespace: str) -> Mapping[str, Any]:
    return {
        "driver": "fsx.csi.aws.com",
        "volumeHandle": files.id.apply(lambda one: f"{one}-{namespace}"),
        "volumeAttributes": {"dnsname": files.dns_name, "mountname": files.mount_name},
    }

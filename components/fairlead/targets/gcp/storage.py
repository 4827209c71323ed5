"""The bucket and its parts, the parallel file system, and the storage classes of the contract (C4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_gcp import compute, lustre, servicenetworking, storage

from fairlead.contract.handle import Reach
from fairlead.contract.parallel import parallel_volumes
from fairlead.plan.sites.gcp_model import GcpSite, LustrePlan
from fairlead.plan.sites.gcp_network import PRIVATE_RANGE
from fairlead.targets.gcp.spelling import kept, under

BLOCK, SHARED, FUSE = "fairlead-block", "fairlead-shared", "fairlead-fuse"
ENDPOINT = "https://storage.googleapis.com"
PART_ROLE = "roles/storage.objectUser"
SOFT_DELETE_SECONDS = 7 * 86_400
"""How long a deleted object can be brought back: this product's choice, and the cloud's own."""
SHARE = "128Gi"
"""Largest share of a Filestore instance that is packed with others: 80 shares of 10 GiB to 128 GiB fit one.
https://cloud.google.com/filestore/docs/optimize-multishares"""

METADATA = "169.254.169.254/32"
"""Where pods ask for their identity on Dataplane V2.
https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy#network-policy-and-workload-identity"""
NOT_PUBLIC = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")

Object = Mapping[str, Any]


def reach(site: GcpSite) -> list[Reach]:
    """What tenants' pods call: their identity, and the store.

    In a network of its own the platform leads all APIs to four addresses; in another one they may be any.
    """
    identity = Reach(METADATA, (80, 8080))
    if site.network.made:
        return [identity, Reach(PRIVATE_RANGE, (443,))]
    return [identity, Reach("0.0.0.0/0", (443,), NOT_PUBLIC)]


class ObjectStoreBucket(pulumi.ComponentResource):
    """The bucket, with a folder for each part that only its own account's pods may use."""

    name: pulumi.Output[str]
    uris: Mapping[str, pulumi.Output[str]]
    """Part -> its URI."""

    def __init__(
        self,
        name: str,
        site: GcpSite,
        key: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:ObjectStore", name, {}, opts)
        plan = site.store
        bucket = storage.Bucket(
            name,
            name=plan.bucket,
            project=site.project,
            location=plan.location,
            storage_class="STANDARD",
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=not plan.protect,
            versioning=storage.BucketVersioningArgs(enabled=True),
            encryption=storage.BucketEncryptionArgs(default_kms_key_name=key),
            soft_delete_policy=storage.BucketSoftDeletePolicyArgs(
                retention_duration_seconds=SOFT_DELETE_SECONDS
            ),
            lifecycle_rules=_lifecycle(plan.expire_days),
            labels=dict(site.labels),
            opts=kept(self, plan.protect and site.protect, after),
        )
        uris: dict[str, pulumi.Output[str]] = {}
        for part in plan.folders:
            folder = storage.ManagedFolder(
                f"{name}-{part.share.name}",
                bucket=bucket.name,
                name=part.folder,
                force_destroy=not plan.protect,
                opts=under(self),
            )
            storage.ManagedFolderIamMember(
                f"{name}-{part.share.name}",
                bucket=bucket.name,
                managed_folder=folder.name,
                role=PART_ROLE,
                member=part.principal,
                opts=under(self),
            )
            uris[part.share.name] = pulumi.Output.concat("gs://", bucket.name, "/", part.folder.rstrip("/"))
        self.name, self.uris = bucket.name, uris
        self.register_outputs({})


def _lifecycle(days: int) -> list[storage.BucketLifecycleRuleArgs]:
    """Older versions go after a time, unfinished uploads after a week."""
    return [
        storage.BucketLifecycleRuleArgs(
            action=storage.BucketLifecycleRuleActionArgs(type="Delete"),
            condition=storage.BucketLifecycleRuleConditionArgs(
                days_since_noncurrent_time=days, with_state="ARCHIVED"
            ),
        ),
        storage.BucketLifecycleRuleArgs(
            action=storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload"),
            condition=storage.BucketLifecycleRuleConditionArgs(age=7),
        ),
    ]


class ParallelStorage(pulumi.ComponentResource):
    """A Managed Lustre file system in the platform's network, encrypted with the platform's key."""

    address: pulumi.Output[str]
    ready: pulumi.Resource

    def __init__(
        self,
        name: str,
        site: GcpSite,
        plan: LustrePlan,
        key: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:ParallelStorage", name, {}, opts)
        path = site.network.path
        addresses = compute.GlobalAddress(
            name,
            name=plan.range_name,
            project=site.project,
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            prefix_length=20,
            network=path,
            opts=under(self, after),
        )
        peering = servicenetworking.Connection(
            name,
            network=path,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[addresses.name],
            opts=under(self),
        )
        instance = lustre.Instance(
            name,
            instance_id=plan.instance,
            project=site.project,
            location=plan.zone,
            filesystem=plan.filesystem,
            capacity_gib=str(plan.gib),
            per_unit_storage_throughput=str(plan.throughput),
            network=path,
            kms_key=key,
            maintenance_policy=_lustre_window(plan),
            labels=dict(site.labels),
            opts=kept(self, site.protect, [peering, *after]),
        )
        self.address, self.ready = instance.mount_point, instance
        self.register_outputs({})


def _lustre_window(plan: LustrePlan) -> lustre.InstanceMaintenancePolicyArgs:
    """When an update may begin; without one, at any time.

    https://docs.cloud.google.com/managed-lustre/docs/maintenance-policies, 2026-11-29
    """
    return lustre.InstanceMaintenancePolicyArgs(
        weekly_maintenance_windows=lustre.InstanceMaintenancePolicyWeeklyMaintenanceWindowsArgs(
            day_of_week=plan.day,
            start_time=lustre.InstanceMaintenancePolicyWeeklyMaintenanceWindowsStartTimeArgs(
                hours=plan.hour, minutes=plan.minute
            ),
        )
    )


def classes(site: GcpSite, key: pulumi.Input[str]) -> list[Object]:
    """Storage classes of the contract."""
    block = {
        "type": "dynamic",
        "pd-type": "pd-balanced",
        "hyperdisk-type": "hyperdisk-balanced",
        "use-allowed-disk-topology": "true",
        "disk-encryption-kms-key": key,
    }
    # Which disk a machine takes depends on its series: it is decided when the pod has a node.
    found = [_class(BLOCK, "pd.csi.storage.gke.io", "WaitForFirstConsumer", block)]
    if site.storage.shared:
        shared = {
            "tier": "enterprise",
            "multishare": "true",
            "max-volume-size": SHARE,
            "network": site.network.path if site.storage.shared_peering else site.network.network,
            "instance-encryption-kms-key": key,
        }
        if site.storage.shared_peering:
            shared["connect-mode"] = "PRIVATE_SERVICE_ACCESS"
        found.append(_class(SHARED, "filestore.csi.storage.gke.io", "Immediate", shared))
    return found


def _class(name: str, provisioner: str, binding: str, parameters: Mapping[str, Any]) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "parameters": dict(parameters),
        "volumeBindingMode": binding,
        "reclaimPolicy": "Delete",
        "allowVolumeExpansion": True,
    }


def fuse_volumes(site: GcpSite, bucket: pulumi.Input[str]) -> list[Object]:
    """Each tenant's part of the bucket as a volume for the tenant's claim `fairlead-fuse`, and for no other."""
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"{FUSE}-{one.share.name}"},
            "spec": {
                "storageClassName": FUSE,
                # The driver does not look at it, and the API server wants one.
                "capacity": {"storage": "1Ti"},
                "accessModes": ["ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": one.share.namespace,
                    "name": FUSE,
                },
                "mountOptions": ["implicit-dirs", f"only-dir={one.folder.rstrip('/')}"],
                "csi": {"driver": "gcsfuse.csi.storage.gke.io", "volumeHandle": bucket},
            },
        }
        for one in site.store.folders
        if not one.share.layer
    ]


def parallel_objects(
    site: GcpSite, plan: LustrePlan, address: pulumi.Input[str], namespaces: Iterable[str]
) -> list[Object]:
    """The parallel file system as a volume for each tenant, all with one handle.

    A node mounts a file system once and no more; by one handle the tenants of a node share that mount.
    github.com/GoogleCloudPlatform/lustre-csi-driver, pkg/csi_driver/node.go (hasMountWithSameFSName), 2026-11-29
    """
    where = pulumi.Output.from_input(address).apply(lambda point: point.partition("@")[0])
    source = {
        "driver": "lustre.csi.storage.gke.io",
        "volumeHandle": f"{site.project}/{plan.zone}/{plan.instance}",
        "volumeAttributes": {"ip": where, "filesystem": plan.filesystem},
    }
    return parallel_volumes(namespaces, f"{plan.gib}Gi", lambda _namespace: source)

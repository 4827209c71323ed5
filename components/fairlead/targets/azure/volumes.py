"""What the cluster knows of storage: the classes of the contract (C4), and each tenant's part of the object store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_azure_native import storagecache

from fairlead.contract.parallel import parallel_volumes
from fairlead.plan.sites.azure_model import AzureSite

WAIT = "WaitForFirstConsumer"
"""A disk is in one zone: that of the pod that uses it first."""
FUSE = "fairlead-fuse"
"""Class and name of the claim by which a tenant mounts its part of the object store."""

LUSTRE_FILES = "lustrefs"
"""How every file system of Azure Managed Lustre is called by its clients.

github.com/kubernetes-sigs/azurelustre-csi-driver, pkg/azurelustre/azurelustre.go, 2026-11-29
"""


def classes(
    disks: pulumi.Input[str],
    files: tuple[pulumi.Input[str], pulumi.Input[str]] | None,
) -> dict[str, Mapping[str, Any]]:
    """Storage classes by name.

    disks: id of the disk encryption set; files: resource group and account of shared volumes.
    """
    block = {"skuName": "Premium_LRS", "diskEncryptionSetID": disks}
    found = {
        "fairlead-block": _class("fairlead-block", "disk.csi.azure.com", block, WAIT),
    }
    if files is not None:
        group, account = files
        shared = {
            "protocol": "nfs",
            "skuName": "Premium_LRS",
            "resourceGroup": group,
            "storageAccount": account,
        }
        options = ["nconnect=4", "noresvport", "actimeo=30"]
        found["fairlead-shared"] = _class(
            "fairlead-shared", "file.csi.azure.com", shared, "Immediate", options
        )
    return found


def _class(
    name: str,
    driver: str,
    parameters: Mapping[str, pulumi.Input[str]],
    binding: str,
    options: Sequence[str] = (),
) -> Mapping[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": driver,
        "parameters": dict(parameters),
        "volumeBindingMode": binding,
        "reclaimPolicy": "Delete",
        "allowVolumeExpansion": True,
        **({"mountOptions": list(options)} if options else {}),
    }


def mounts(
    site: AzureSite, group: pulumi.Input[str], clients: Mapping[str, pulumi.Input[str]]
) -> list[Mapping[str, Any]]:
    """Each tenant's container as a volume, for one claim of this class and name in its namespace.

    group: resource group of the account; clients: part -> client id of its identity. The mount signs in as the
    pod's service account does: https://github.com/kubernetes-sigs/blob-csi-driver/blob/master/docs
    /workload-identity-static-pv-mount.md, 2026-11-23.
    """
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"{site.names.objects}-{one.container}"},
            "spec": {
                # A claim must ask for a size; a container has none.
                "capacity": {"storage": "1Pi"},
                "accessModes": ["ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": FUSE,
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": one.share.namespace,
                    "name": FUSE,
                },
                "mountOptions": ["-o allow_other", "--file-cache-timeout-in-seconds=120"],
                "csi": {
                    "driver": "blob.csi.azure.com",
                    "volumeHandle": f"{site.names.objects}_{one.container}",
                    "volumeAttributes": {
                        "protocol": "fuse2",
                        "resourceGroup": group,
                        "storageAccount": site.names.objects,
                        "containerName": one.container,
                        "clientID": clients[one.share.name],
                        "mountWithWorkloadIdentityToken": "true",
                    },
                },
            },
        }
        for one in site.containers
        if not one.share.layer
    ]


def parallel(
    site: AzureSite, files: storagecache.AmlFilesystem, namespaces: Sequence[str]
) -> list[Mapping[str, Any]]:
    """The parallel file system as a volume for each tenant, for the driver that whoever runs the cluster brings.

    https://github.com/kubernetes-sigs/azurelustre-csi-driver/blob/main/docs/examples/pv_subdir.yaml, 2026-11-29
    """
    address = files.client_info.apply(lambda found: found.mgs_address)
    return parallel_volumes(
        namespaces,
        f"{site.lustre_tib}Ti",
        lambda namespace: {
            "driver": "azurelustre.csi.azure.com",
            "volumeHandle": files.name.apply(lambda name: f"{name}-{namespace}"),
            "volumeAttributes": {"mgs-ip-address": address, "fs-name": LUSTRE_FILES},
        },
    )

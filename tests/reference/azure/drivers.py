"""What the CSI drivers of AKS take as parameters of a storage class.

The disk driver's own source says it, from its pinned module. The modules of the other two are not in Go's
checksum database, so their lists stand here, read from `case` lines of pkg/azurefile/controllerserver.go
(sigs.k8s.io/azurefile-csi-driver v1.34.0) and pkg/blob/controllerserver.go (sigs.k8s.io/blob-csi-driver
v1.24.0) on 2026-11-23.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from reference.gomodule import go_module

DISK_DRIVER = "sigs.k8s.io/azuredisk-csi-driver@v1.34.0"
DISK_DRIVER_SUM = "h1:Th+yfQWbIDrbLGgwed8h3329G5/MZNsAcqRk6VH0JuM="
NAME = "azure csi drivers"

PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "file.csi.azure.com": ("smb", "nfs"),
    "blob.csi.azure.com": ("fuse", "fuse2", "nfs"),
}
"""Driver -> the protocols it mounts by."""

_SHARED = """
    skuname storageaccounttype location storageaccount subscriptionid resourcegroup storeaccountkey secretname
    secretnamespace protocol matchtags tags usedataplaneapi storageendpointsuffix networkendpointtype accesstier
    allowblobpublicaccess server fsgroupchangepolicy mountpermissions vnetresourcegroup vnetname subnetname
    requireinfraencryption getlatestaccountkey csi.storage.k8s.io/pvc/namespace csi.storage.k8s.io/pvc/name
    csi.storage.k8s.io/pv/name
"""
_FILE = """
    sharename diskname fstype selectrandommatchingaccount createaccount usesecretcache enablelargefileshares
    disabledeleteretentionpolicy shareaccesstier accountaccesstier rootsquashtype publicnetworkaccess
    allowsharedkeyaccess foldername mountwithmanagedidentity clientid confidentialcontainerlabel
    runtimeclasshandler createfolderifnotexist vnetlinkname sharenameprefix enablemultichannel
"""
_BLOB = """
    containername containernameprefix ishnsenabled softdeleteblobs softdeletecontainers enableblobversioning
    azurestorageauthtype azurestorageidentityclientid azurestorageidentityobjectid
    azurestorageidentityresourceid msiendpoint azurestorageaadendpoint
"""


@cache
def parameters() -> Mapping[str, frozenset[str]]:
    """Driver -> the parameters it knows, in lower case."""
    return {
        "disk.csi.azure.com": _of_disks(),
        "file.csi.azure.com": frozenset((_SHARED + _FILE).split()),
        "blob.csi.azure.com": frozenset((_SHARED + _BLOB).split()),
    }


def _of_disks() -> frozenset[str]:
    folder = go_module(DISK_DRIVER, DISK_DRIVER_SUM) / "pkg"
    text = (folder / "azureconstants/azure_constants.go").read_text(encoding="utf-8")
    constants = dict(re.findall(r'^\s(\w+)\s+= "(.*)"$', text, re.MULTILINE))
    text = (folder / "azureutils/azure_disk_utils.go").read_text(encoding="utf-8")
    body = text[text.index("func ParseDiskParameters(") :]
    return frozenset(
        constants[name] for name in re.findall(r"case consts\.(\w+):", body[: body.index("\n}\n")])
    )


def disk_skus() -> frozenset[str]:
    """Kinds of managed disks, from the library of the disk API."""
    from azure.mgmt.compute.v2024_03_02.models import DiskStorageAccountTypes

    return frozenset(str(one.value) for one in DiskStorageAccountTypes)


def account_skus() -> frozenset[str]:
    """Kinds of storage accounts, from the library of the storage API."""
    from azure.mgmt.storage.v2024_01_01.models import SkuName

    return frozenset(str(one.value) for one in SkuName)

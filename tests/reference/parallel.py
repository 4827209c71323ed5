"""What every cloud's judge asks of the volumes of a parallel file system: one for each tenant's claim, to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reference.common import Finding, Resource

CLASS = "fairlead-parallel"
VOLUME = "kubernetes:core/v1:PersistentVolume"
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"


def is_parallel(one: Resource) -> bool:
    """A volume of the parallel file system."""
    return one["type"] == VOLUME and one["inputs"]["spec"].get("storageClassName") == CLASS


def check(resources: Sequence[Resource], files: str) -> Iterator[Finding]:
    """Where there is a file system of this type, every tenant has a volume of it, and nobody else."""
    volumes = [one for one in resources if is_parallel(one)]
    claims = [_claim(one) for one in volumes]
    tenants = [one["inputs"]["metadata"]["namespace"] for one in resources if _of_a_tenant(one)]
    for one in resources:
        if one["type"] == files and {(tenant, CLASS) for tenant in tenants} - set(claims):
            yield _wrong(one, "", "a tenant has no volume of it")
    for one, claim in zip(volumes, claims, strict=True):
        if claim[1] != CLASS or claims.count(claim) != 1:
            yield _wrong(one, "spec.claimRef", "the first claim that comes has it, and may be anybody's")
        if "ro" not in one["inputs"]["spec"].get("mountOptions", ()):
            yield _wrong(one, "spec.mountOptions", "a tenant may write what all tenants read")
    kept = [one["inputs"].get("provisioner") for one in resources if _is_class(one)]
    if volumes and kept != ["kubernetes.io/no-provisioner"]:
        yield _wrong(
            volumes[0], "spec.storageClassName", "the class is not there, or somebody makes volumes of it"
        )


def _claim(volume: Resource) -> tuple[Any, Any]:
    claim = volume["inputs"]["spec"].get("claimRef") or {}
    return claim.get("namespace"), claim.get("name")


def _of_a_tenant(one: Resource) -> bool:
    """A queue's front stands in the namespace of each tenant, and in no other."""
    return one["inputs"].get("kind") == "LocalQueue"


def _is_class(one: Resource) -> bool:
    return one["type"] == STORAGE_CLASS and one["inputs"]["metadata"]["name"] == CLASS


def _wrong(one: Resource, path: str, what: str) -> Finding:
    return Finding(one["urn"], path, what, "rules of parallel storage")

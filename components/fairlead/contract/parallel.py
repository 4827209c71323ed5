"""The parallel file system as every target hands it over: a volume for each tenant, to read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

PARALLEL = "fairlead-parallel"
"""Class of the volumes, and name of the one claim of each tenant that has its volume."""

Object = Mapping[str, Any]


def parallel_volumes(namespaces: Iterable[str], size: Any, source: Callable[[str], Object]) -> list[Object]:
    """The class, of which nobody makes volumes, and a volume for the claim `fairlead-parallel` of each namespace.

    size: of the file system, as Kubernetes writes it. source: namespace -> what the driver of the cloud is told.
    The mount option is what keeps pods from writing: drivers are not told of the volume's access mode.
    """
    return [_class(), *(_volume(one, size, source(one)) for one in namespaces)]


def _class() -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": PARALLEL},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
        "reclaimPolicy": "Retain",
    }


def _volume(namespace: str, size: Any, source: Object) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{PARALLEL}-{namespace}"},
        "spec": {
            "capacity": {"storage": size},
            "accessModes": ["ReadOnlyMany"],
            "mountOptions": ["ro", "flock"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": PARALLEL,
            "claimRef": {"namespace": namespace, "name": PARALLEL},
            "csi": source,
        },
    }

"""The parallel file system is handed over in one shape on every cloud."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from support.clouds import CLOUDS, cloud_plan
from support.targets import TARGETS

from fairlead.declared.record import record

TENANTS = [{"name": name, "quota": {"cpu": "1", "memory": "1Gi"}} for name in ("team-a", "team-b")]
TIB = {"aws": 4, "azure": 8, "gcp": 9}


@cache
def objects(cloud: str, tib: int | None) -> tuple[Mapping[str, Any], ...]:
    plan = cloud_plan(cloud, tenants=TENANTS, target={"parallel_storage_tib": tib})
    found = record(lambda: TARGETS[cloud].cluster(plan), "lab")
    return tuple(one.inputs for one in found if one.type.startswith("kubernetes:"))


def volumes(cloud: str) -> list[Mapping[str, Any]]:
    found = [one["spec"] for one in objects(cloud, TIB[cloud]) if one["kind"] == "PersistentVolume"]
    return [one for one in found if one["storageClassName"] == "fairlead-parallel"]


def classes(cloud: str, tib: int | None) -> list[Mapping[str, Any]]:
    found = [one for one in objects(cloud, tib) if one["kind"] == "StorageClass"]
    return [one for one in found if one["metadata"]["name"] == "fairlead-parallel"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_tenant_has_a_volume_that_only_its_own_claim_gets(cloud: str) -> None:
    claims = [(one["claimRef"]["namespace"], one["claimRef"]["name"]) for one in volumes(cloud)]
    assert claims == [("team-a", "fairlead-parallel"), ("team-b", "fairlead-parallel")]


def test_apart_from_what_the_driver_is_told_and_the_size_volumes_and_class_are_the_same_everywhere() -> None:
    def shape(cloud: str) -> list[Any]:
        apart = ("csi", "capacity")
        found = [{key: value for key, value in one.items() if key not in apart} for one in volumes(cloud)]
        return [*found, *classes(cloud, TIB[cloud])]

    assert len(shape("aws")) == 3
    assert shape("aws") == shape("azure") == shape("gcp")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nobody_writes_what_all_read(cloud: str) -> None:
    for one in volumes(cloud):
        assert one["accessModes"] == ["ReadOnlyMany"]
        assert "ro" in one["mountOptions"]


def test_one_node_of_google_cloud_mounts_the_file_system_once_and_nodes_of_others_once_for_each_tenant() -> (
    None
):
    handles = {cloud: {one["csi"]["volumeHandle"] for one in volumes(cloud)} for cloud in CLOUDS}
    assert {cloud: len(found) for cloud, found in handles.items()} == {"aws": 2, "azure": 2, "gcp": 1}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_a_parallel_file_system_there_is_no_class_of_it(cloud: str) -> None:
    assert classes(cloud, TIB[cloud])
    assert not classes(cloud, None)

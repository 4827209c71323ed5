"""What tenants' pods claim accelerators by: templates of each number, in every tenant's namespace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import matrix
from support.rendered_pods import check_core

from fairlead.layers import claims

DRA = matrix.Combination("onprem", "dra", "none")


def objects(one: matrix.Combination) -> list[Any]:
    made = matrix.plan(one)
    assert made is not None
    return list(matrix.objects(made))


def test_a_template_asks_for_an_exact_number_of_one_class_as_the_queue_can_count_it() -> None:
    (found,) = claims.objects((8,), "team-a", "team-a")
    assert found["metadata"]["name"] == "nvidia-gpu-8"
    (asked,) = found["spec"]["spec"]["devices"]["requests"]
    assert asked["exactly"] == {
        "deviceClassName": "gpu.nvidia.com",
        "allocationMode": "ExactCount",
        "count": 8,
    }
    check_core(json.loads(json.dumps(found)))


def test_what_a_runtime_claims_by_stands_in_every_tenants_namespace() -> None:
    found = objects(DRA)
    wanted = {
        claim["resourceClaimTemplateName"]
        for obj in found
        if obj["kind"] == "ClusterTrainingRuntime"
        for part in obj["spec"]["template"]["spec"]["replicatedJobs"]
        for claim in part["template"]["spec"]["template"]["spec"].get("resourceClaims", ())
    }
    assert wanted == {f"nvidia-gpu-{count}" for count in (1, 2, 4, 8)}
    there = {
        (obj["metadata"]["namespace"], obj["metadata"]["name"])
        for obj in found
        if obj["kind"] == "ResourceClaimTemplate"
    }
    assert there == {(space, name) for space in ("team-a", "team-b") for name in wanted}


def test_the_class_that_is_claimed_is_one_that_the_driver_brings() -> None:
    classes = {obj["metadata"]["name"] for obj in objects(DRA) if obj["kind"] == "DeviceClass"}
    assert claims.CLASS in classes


@pytest.mark.parametrize("sharing", ["none", "mig", "time-slicing", "mps"])
def test_other_ways_of_sharing_make_no_template(sharing: str) -> None:
    kinds = {obj["kind"] for obj in objects(matrix.Combination("onprem", sharing, "none"))}
    assert "ResourceClaimTemplate" not in kinds
    assert "LocalQueue" in kinds


def test_members_make_neither_claims_nor_templates() -> None:
    rules = [rule for obj in objects(DRA) if obj["kind"] == "Role" for rule in obj["rules"]]
    assert rules
    assert not [rule for rule in rules if "resource.k8s.io" in rule["apiGroups"]]

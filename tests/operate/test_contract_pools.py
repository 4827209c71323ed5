"""`fairlead contract pools`: nodes become pools that a plan accepts; nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from fairlead.catalog.read import load
from fairlead.operate.discover import UNKNOWN, document
from fairlead.operate.live import KINDS, Seen
from fairlead.plan.load import load_plan

GPU = "nvidia.com/gpu"


def node(name: str, labels: dict[str, str] | None = None, **offered: str) -> dict[str, Any]:
    sizes = {"cpu": "95500m", "memory": "1056300000Ki", "pods": "110", **offered}
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": {}, "status": {"allocatable": sizes}}


def gpu(name: str, labels: dict[str, str], count: int = 8, resource: str = GPU) -> dict[str, Any]:
    return node(name, labels, **{resource: str(count)})


def printed(*nodes: dict[str, Any], **kinds: list[Any]) -> tuple[str, dict[str, Any]]:
    """What is printed, and what it says."""
    objects = {**{kind: [] for kind in KINDS}, "Node": list(nodes), **kinds}
    text = document(Seen("https://rack.example.com:6443", objects), load())
    return text, yaml.safe_load(text)


def pools(*nodes: dict[str, Any], **kinds: list[Any]) -> dict[str, dict[str, Any]]:
    return {pool["name"]: pool for pool in printed(*nodes, **kinds)[1]["pools"]}


H100 = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}


def test_what_is_printed_is_accepted_by_a_plan_as_it_is() -> None:
    read = printed(node("cpu-0"), gpu("gpu-0", H100), gpu("gpu-1", H100))[1]
    way = {"kind": "onprem", "kubeconfig": "/etc/rack", "context": "rack"}
    tenants = [{"name": "team-a", "quota": {"accelerators": {"H100": 16}}}]
    spec = {"name": "lab", "environment": "dev", "target": way, "tenants": tenants, **read}
    plan = load_plan(spec, "f", load())
    assert [(pool.name, pool.accelerator, pool.max_nodes) for pool in plan.pools] == [
        ("system", None, 1),
        ("h100", "H100", 2),
    ]
    assert (plan.pools[1].cpu, plan.pools[1].memory) == ("95500m", "1056300000Ki")


@pytest.mark.parametrize(
    ("labels", "resource", "count", "name"),
    [
        ({"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}, GPU, 8, "H100"),
        ({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}, GPU, 8, "A100-80GB"),
        ({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB"}, GPU, 8, "A100-40GB"),
        ({"nvidia.com/gpu.product": "NVIDIA-L40S"}, GPU, 4, "L40S"),
        ({"nvidia.com/gpu.product": "NVIDIA-L4"}, GPU, 1, "L4"),
        ({"nvidia.com/gpu.product": "Tesla-T4"}, GPU, 1, "T4"),
        ({"amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM"}, "amd.com/gpu", 8, "MI300X"),
        ({"cloud.google.com/gke-accelerator": "nvidia-l4"}, GPU, 1, "L4"),
        ({"node.kubernetes.io/instance-type": "p5.48xlarge"}, GPU, 8, "H100"),
        ({"fairlead.dev/accelerator": "H200"}, GPU, 8, "H200"),
    ],
)
def test_an_accelerator_is_known_by_what_the_node_says_of_itself(
    labels: dict[str, str], resource: str, count: int, name: str
) -> None:
    (pool,) = pools(gpu("a", labels, count, resource)).values()
    assert pool["accelerators"] == f"{name}:{count}"


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"nvidia.com/gpu.product": "NVIDIA-A100"},
        {"nvidia.com/gpu.product": "Quadro-P400"},
        {"nvidia.com/gpu.product": "NVIDIA-L4-or-T4"},
        {"node.kubernetes.io/instance-type": "own-rack"},
    ],
)
def test_an_accelerator_that_nothing_names_is_not_guessed(labels: dict[str, str]) -> None:
    text, read = printed(gpu("a", labels))
    assert read["pools"][0]["accelerators"] == f"{UNKNOWN}:8"
    assert "# Write for UNKNOWN what a carry" in text
    assert load().accelerator(UNKNOWN) is None


def test_nodes_that_differ_in_kind_count_or_capacity_are_pools_of_their_own() -> None:
    spot = {**H100, "karpenter.sh/capacity-type": "spot"}
    found = pools(node("cpu-0"), gpu("a", H100), gpu("b", H100, 4), gpu("c", spot))
    assert set(found) == {"system", "h100", "h100-8", "h100-spot"}
    assert found["h100-spot"]["capacity"] == "spot"


def test_a_pool_is_as_large_as_its_smallest_node() -> None:
    small = gpu("b", H100)
    small["status"]["allocatable"] |= {"cpu": "90", "memory": "900Gi"}
    nodes = pools(gpu("a", H100), small)["h100"]["nodes"]
    assert nodes == {"names": ["a", "b"], "cpu": "90", "memory": "900Gi"}


def test_a_node_that_keeps_others_off_is_left_out_with_the_reason() -> None:
    kept = node("cp-0")
    kept["spec"] = {"taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]}
    text, read = printed(kept, node("cpu-0"))
    assert read["pools"][0]["nodes"]["names"] == ["cpu-0"]
    why = "tolerates its taint node-role.kubernetes.io/control-plane:NoSchedule"
    assert f"# Left out: cp-0: no workload of the platform {why}" in text


def test_the_taint_of_the_accelerator_itself_leaves_no_node_out() -> None:
    own = gpu("a", H100)
    own["spec"] = {"taints": [{"key": GPU, "value": "present", "effect": "NoSchedule"}]}
    assert pools(own)["h100"]["nodes"]["names"] == ["a"]


def test_who_runs_the_device_plugin_is_seen() -> None:
    assert pools(gpu("a", H100))["h100"]["image"] == "plugin-installed"
    ours = [{"metadata": {"name": "fairlead-gpu"}}]
    assert pools(gpu("a", H100), Namespace=ours)["h100"]["image"] == "driver-installed"


def test_the_clusters_default_class_makes_the_block_volumes_and_the_others_are_named() -> None:
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    classes = [
        {"metadata": {"name": "nfs"}, "provisioner": "n"},
        {"metadata": {"name": "disk", "annotations": default}, "provisioner": "d", "parameters": {"a": "b"}},
    ]
    text, read = printed(node("cpu-0"), StorageClass=classes)
    block = read["target"]["storage"]["block"]
    assert (block["provisioner"], block["parameters"]) == ("d", {"a": "b"})
    assert "# Storage classes of the cluster: disk, nfs." in text
    assert "target" not in printed(node("cpu-0"), StorageClass=classes[:1])[1]


def test_a_cluster_without_plain_nodes_is_told_so() -> None:
    assert "needs a node without accelerators" in printed(gpu("a", H100))[0]

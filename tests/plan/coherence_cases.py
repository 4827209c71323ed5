"""For every coherence rule a spec that breaks it, and a neighbour that differs in little and does not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from support.clouds import cloud_spec

from fairlead.catalog.model import Catalog, TaintRow

Change = Callable[[Catalog], Catalog]
OPERATOR: dict[str, Any] = {"operator": {}}


def same(catalog: Catalog) -> Catalog:
    return catalog


@dataclass(frozen=True)
class Case:
    """A bad spec and its neighbour, each with the catalogue in which it is read."""

    bad: dict[str, Any]
    good: dict[str, Any]
    bad_catalog: Change = same
    good_catalog: Change = same
    also: str = ""
    """Why the neighbour is refused all the same, by something else; empty where it is accepted."""


def pool(
    image: str | None = None, accelerators: str = "H100:8", name: str = "gpu", **more: Any
) -> dict[str, Any]:
    nodes = {"names": [f"{name}-0"], "cpu": "90", "memory": "900Gi"}
    found = {"name": name, "accelerators": accelerators, "min": 1, "max": 1, "nodes": nodes, **more}
    return {**found, "image": image} if image else found


def brought(*pools: dict[str, Any], **gpu: Any) -> dict[str, Any]:
    """A cluster that stands, with these pools and these settings of the gpu layer."""
    system = {
        "name": "system",
        "min": 1,
        "max": 1,
        "nodes": {"names": ["cpu-0"], "cpu": "8", "memory": "32Gi"},
    }
    return copy.deepcopy(
        {
            "name": "lab",
            "environment": "dev",
            "target": {"kind": "onprem", "kubeconfig": "~/.kube/config", "context": "rack"},
            "pools": [system, *pools],
            "tenants": [{"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}}],
            "layers": {"gpu": gpu},
        }
    )


def aws(**more: Any) -> dict[str, Any]:
    return cloud_spec("aws", {"name": "l4", "accelerators": "L4:1", "min": 0, "max": 2, **more})


def gcp(**gpu: Any) -> dict[str, Any]:
    one = {"name": "l4", "accelerators": "L4:1", "min": 0, "max": 2}
    return cloud_spec("gcp", one, layers={"gpu": gpu})


def azure(image: str, **gpu: Any) -> dict[str, Any]:
    one = {"name": "t4", "accelerators": "T4:1", "min": 0, "max": 2, "image": image}
    return cloud_spec("azure", one, layers={"gpu": gpu})


def mega(**tenant: Any) -> dict[str, Any]:
    one = {"name": "fast", "accelerators": "H100:8", "machine": "a3-megagpu-8g", "capacity": "spot"}
    quota = {"cpu": "1", "memory": "1Gi"}
    return cloud_spec(
        "gcp",
        {**one, "min": 2, "max": 2, "fabric": "required"},
        tenants=[{"name": "team-a", "quota": quota, **tenant}],
    )


def env(**names: str) -> dict[str, Any]:
    return {"operator": {"toolkit_env": names}}


def older(catalog: Catalog) -> Catalog:
    rows = {**catalog.targets, "onprem": replace(catalog.targets["onprem"], kubernetes="1.33.0")}
    return replace(catalog, targets=rows)


def tainted(catalog: Catalog) -> Catalog:
    """As if somebody had written down the taint that GKE puts on such nodes by itself."""
    row = TaintRow("x", "gcp", "on-demand", "nvidia.com/gpu", "present", "NoSchedule", "a test", "2026-11-24")
    return replace(catalog, taints={**catalog.taints, "x": row})


CASES: dict[str, Case] = {
    "driver-twice": Case(
        brought(pool("driver-installed"), operator={"driver": "install"}),
        brought(pool("driver-installed"), operator={"driver": "auto"}),
    ),
    "driver-never": Case(brought(pool("bare")), brought(pool("bare"), **OPERATOR)),
    "driver-one-owner": Case(
        brought(pool("bare"), pool("driver-installed", name="other"), **OPERATOR),
        brought(pool("bare"), pool("bare", name="other"), **OPERATOR),
    ),
    "driver-open-modules": Case(
        brought(pool("bare", "B200:8"), operator={"kernel_modules": "proprietary"}),
        brought(pool("bare", "H100:8"), operator={"kernel_modules": "proprietary"}),
    ),
    "driver-closed-modules": Case(
        brought(pool("bare", "V100-32GB:8"), operator={"kernel_modules": "open"}),
        brought(pool("bare", "T4:8"), operator={"kernel_modules": "open"}),
    ),
    "driver-install-dir": Case(
        gcp(operator={"driver_root": "/run/nvidia/driver"}),
        gcp(operator={"driver_root": "/home/kubernetes/bin/nvidia"}),
        also="GKE runs a device plugin of its own",
    ),
    "driver-root-is-no-slash": Case(
        brought(pool("driver-installed"), operator={"driver_root": "/"}),
        brought(pool("driver-installed"), operator={"driver_root": "/opt/nvidia"}),
    ),
    "toolkit-with-driver": Case(
        brought(pool("bare"), operator={"toolkit": "skip"}),
        brought(pool("driver-installed"), operator={"toolkit": "skip"}),
    ),
    "toolkit-twice": Case(
        azure("ubuntu-nvidia", operator={"toolkit": "install"}),
        azure("ubuntu-nvidia", operator={"toolkit": "skip"}),
    ),
    "runtime-class-fits": Case(
        azure("ubuntu-nvidia", operator={"runtime_class": "nvidia"}),
        azure("ubuntu-nvidia-bare", operator={"runtime_class": "nvidia"}),
    ),
    "runtime-one-for-all": Case(
        brought(pool("bare-k3s"), pool("bare-k0s", name="other"), **OPERATOR),
        brought(pool("bare-k3s"), pool("bare-k3s", name="other"), **OPERATOR),
    ),
    "containerd-place": Case(
        brought(pool("bare-k3s"), **env(CONTAINERD_SOCKET="/run/containerd/containerd.sock")),
        brought(pool("bare"), **env(CONTAINERD_SOCKET="/run/containerd/containerd.sock")),
    ),
    "containerd-2-config": Case(
        azure("ubuntu-nvidia-bare", **env(RUNTIME_CONFIG_SOURCE="command")),
        azure("ubuntu-nvidia-bare", **env(RUNTIME_CONFIG_SOURCE="file")),
    ),
    "containerd-of-its-own": Case(
        brought(pool("bare-k0s"), **env(RUNTIME_CONFIG_SOURCE="command")),
        brought(pool("bare"), **env(RUNTIME_CONFIG_SOURCE="command")),
    ),
    "no-accelerator-unasked": Case(
        brought(pool("bare"), **env(ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED="true")),
        brought(pool("bare"), **env(ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED="false")),
    ),
    "metrics-twice": Case(
        brought(pool("bare"), operator={}, brought=["dcgm-exporter"]),
        brought(pool("driver-installed"), brought=["dcgm-exporter"]),
    ),
    "plugin-twice": Case(
        brought(pool("driver-installed"), brought=["nvidia-device-plugin", "nvidia-gpu-operator"]),
        brought(pool("driver-installed"), brought=["nvidia-device-plugin"]),
    ),
    "plugin-operator-over-target": Case(
        brought(pool("plugin-installed"), **OPERATOR), brought(pool("driver-installed"), **OPERATOR)
    ),
    "operator-twice": Case(
        brought(pool("bare"), operator={}, brought=["nvidia-gpu-operator"]),
        brought(pool("bare"), brought=["nvidia-gpu-operator"]),
    ),
    "operator-beside-plugin": Case(
        brought(pool("bare"), operator={}, brought=["nvidia-device-plugin"]),
        brought(pool("bare"), operator={}, brought=["amd-device-plugin"]),
    ),
    "plugin-or-dra": Case(
        brought(pool("driver-installed"), brought=["nvidia-dra-driver"]),
        brought(pool("driver-installed"), brought=["nvidia-device-plugin"]),
    ),
    "advertised-by-somebody": Case(
        brought(pool("driver-installed", "MI300X:8", sharing="dra")),
        brought(pool("driver-installed", "MI300X:8")),
    ),
    "operator-one-stack": Case(
        brought(pool("bare"), operator={"stack": "gpu-cluster"}),
        brought(pool("bare"), operator={"stack": "cluster-policy"}),
    ),
    "discovery-once": Case(
        brought(pool("driver-installed"), discovery=True, brought=["node-feature-discovery"]),
        brought(pool("driver-installed"), brought=["node-feature-discovery"]),
    ),
    "operator-needs-discovery": Case(
        brought(pool("driver-installed"), operator={}, discovery=False),
        brought(pool("driver-installed"), discovery=False),
    ),
    "mig-on-what-can": Case(
        brought(pool("driver-installed", "T4:8", sharing={"mig": {"1g.5gb": 7}})),
        brought(pool("driver-installed", "T4:8")),
    ),
    "karpenter-counts-whole": Case(aws(sharing={"time-slicing": 4}), aws(sharing={"time-slicing": 4}, min=2)),
    "karpenter-without-dra": Case(aws(sharing="dra"), aws()),
    "dra-on-new-enough": Case(
        brought(pool("driver-installed", sharing="dra")),
        brought(pool("driver-installed", sharing="dra")),
        bad_catalog=older,
    ),
    "roce-with-interface": Case(
        brought(pool("driver-installed", rdma={"kind": "roce", "resources": {"rdma/roce": 8}})),
        brought(
            pool(
                "driver-installed",
                rdma={"kind": "roce", "resources": {"rdma/roce": 8}, "networks": ["net/rail-0"]},
            )
        ),
    ),
    "daemon-with-leave": Case(mega(), mega(host_access=["fabric"])),
    "domains-on-new-enough": Case(
        brought(pool("driver-installed", "GB200:4", rdma={"kind": "infiniband"})),
        brought(pool("driver-installed", "GB200:4", rdma={"kind": "infiniband"})),
        bad_catalog=older,
    ),
    "taint-once": Case(gcp(), gcp(), bad_catalog=tainted),
    "toleration-no-wildcard": Case(
        brought(pool("driver-installed"), tolerations=[{}]),
        brought(pool("driver-installed"), tolerations=[{"key": "example.com/gpu"}]),
    ),
}

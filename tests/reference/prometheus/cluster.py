"""A small cluster as kube-state-metrics tells of it: two nodes of a pool, a tenant, and pods that hold accelerators."""

from __future__ import annotations

from reference.prometheus.promtool import Series

TENANT = "team-a"
LONG = "x180"
"""For three hours."""


def node(name: str = "n1", resource: str = "nvidia_com_gpu", count: int = 8) -> Series:
    """A node of pool h100."""
    told = 'label_fairlead_dev_pool="h100", label_fairlead_dev_accelerator="H100", label_fairlead_dev_capacity="spot"'
    return {
        f'kube_node_labels{{node="{name}", {told}}}': f"1{LONG}",
        f'kube_node_status_allocatable{{node="{name}", resource="{resource}", unit="integer"}}': f"{count}{LONG}",
        f'kube_node_status_allocatable{{node="{name}", resource="cpu", unit="core"}}': f"96{LONG}",
    }


def tenant(name: str = TENANT) -> Series:
    """A tenant's namespace."""
    return {f'kube_namespace_labels{{namespace="{name}", label_fairlead_dev_tenant="{name}"}}': f"1{LONG}"}


def pod(
    name: str,
    on: str = "n1",
    *,
    resource: str = "nvidia_com_gpu",
    count: int = 8,
    job: str = "train",
    stage: str = "training",
    owner: str = 'created_by_kind="Job", created_by_name="train-node-0"',
    times: str = LONG,
) -> Series:
    """A pod of the tenant that runs on a node. times: for how long, in promtool's words."""
    of = f'namespace="{TENANT}", pod="{name}"'
    marks = f'label_fairlead_dev_job="{job}", label_fairlead_dev_stage="{stage}"'
    asks = f'{of}, container="job", node="{on}", resource="{resource}", unit="integer"'
    return {
        f'kube_pod_info{{{of}, node="{on}", {owner}}}': f"1{times}",
        f'kube_pod_status_phase{{{of}, phase="Running"}}': f"1{times}",
        f'kube_pod_status_phase{{{of}, phase="Succeeded"}}': f"0{times}",
        f"kube_pod_labels{{{of}, {marks}}}": f"1{times}",
        **({f"kube_pod_container_resource_requests{{{asks}}}": f"{count}{times}"} if count else {}),
    }


def dcgm(measure: str, gpu: int, pod: str = "", on: str = "n1") -> str:
    """A series of DCGM's exporter as Prometheus keeps it."""
    held = f', exported_namespace="{TENANT}", exported_pod="{pod}", exported_container="job"' if pod else ""
    own = f'node="{on}", namespace="fairlead-accelerators", pod="dcgm-{on}"'
    return f'{measure}{{{own}, gpu="{gpu}", UUID="GPU-{on}-{gpu}", modelName="NVIDIA H100"{held}}}'

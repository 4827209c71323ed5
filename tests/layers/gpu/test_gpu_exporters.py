"""Who exports the metrics of accelerators: of each vendor one program, with no more of the node than its maker shows it
needs, and asked by the layer that gathers them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomli
from support.clouds import cloud_plan
from test_gpu_parts import brought, on_cluster, plans, pool

from fairlead.catalog.read import load
from fairlead.contract.chart import Object
from fairlead.layers import gpu
from fairlead.layers.gpu import counters
from fairlead.layers.gpu.exporters import PORTS
from fairlead.layers.measured import ACCELERATORS, accelerators
from fairlead.layers.monitoring.tool import PART
from fairlead.plan.gpu_model import EXPORTERS, GpuPlan
from fairlead.plan.model import PlatformPlan

PODS = "/var/lib/kubelet/pod-resources"
VENDORS = {
    "dcgm-exporter": ("shared", "H100:8"),
    "amd-metrics-exporter": ("amd", "MI300X:8"),
    "neuron-monitor": ("several vendors", ""),
}
"""Part -> a way in which it is there, and an accelerator of its vendor that nodes of one's own may have."""


def exporter(way: str, part: str = "dcgm-exporter") -> tuple[Mapping[str, Any], list[Object]]:
    objects = on_cluster(way)[part]
    (daemon,) = [one for one in objects if one["kind"] == "DaemonSet"]
    return daemon["spec"]["template"]["spec"], objects


def box(part: str) -> Mapping[str, Any]:
    (found,) = exporter(VENDORS[part][0], part)[0]["containers"]
    return found


def told(pod: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in pod["containers"][0]["env"]}


def mounted(container: Mapping[str, Any]) -> dict[str, bool]:
    """Directory of the node -> whether it is only read."""
    return {one["mountPath"]: one.get("readOnly", False) for one in container["volumeMounts"]}


@cache
def tpus() -> PlatformPlan:
    return cloud_plan(
        "gcp", {"name": "tpu", "accelerators": "TPU-v6e:4", "topology": "2x2", "min": 0, "max": 1}
    )


# ---- what each is given ------------------------------------------------------------------------


def test_every_vendor_of_an_exporter_is_tried() -> None:
    assert set(VENDORS) == set(EXPORTERS.values()) == set(PORTS)


def test_metrics_name_the_pods_of_shared_and_of_claimed_accelerators_where_there_are_such() -> None:
    whole, _ = exporter("taints of the owner")
    assert told(whole).keys() & {"KUBERNETES_VIRTUAL_GPUS", "KUBERNETES_ENABLE_DRA"} == set()
    shared, objects = exporter("shared")
    assert told(shared)["KUBERNETES_VIRTUAL_GPUS"] == "true"
    assert {one["kind"] for one in objects} == {"ServiceAccount", "ConfigMap", "NetworkPolicy", "DaemonSet"}
    claimed, objects = exporter("dra")
    assert told(claimed)["KUBERNETES_ENABLE_DRA"] == "true"
    (rights,) = [one for one in objects if one["kind"] == "ClusterRole"]
    asked = {name for rule in rights["rules"] for name in rule["resources"]}
    verbs = {verb for rule in rights["rules"] for verb in rule["verbs"]}
    assert (asked, verbs) == ({"pods", "resourceslices"}, {"get", "list", "watch"})
    (account,) = [one for one in objects if one["kind"] == "ServiceAccount"]
    assert account["automountServiceAccountToken"] is True


def test_nvidias_has_the_one_capability_of_profiling_and_only_reads_whose_devices_are_whose() -> None:
    context = box("dcgm-exporter")["securityContext"]
    assert context["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
    assert context["allowPrivilegeEscalation"] is False
    assert "privileged" not in context
    assert mounted(box("dcgm-exporter")) == {PODS: True, "/etc/fairlead": True}
    assert "@sha256:" in box("dcgm-exporter")["image"]


def test_amds_asks_the_kubelet_alone_whose_devices_are_whose_and_writes_to_no_directory_but_devices() -> None:
    found = box("amd-metrics-exporter")
    assert "-enable-k8s=false" in found["args"]
    assert mounted(found) == {"/dev": False, "/sys": True, PODS: True}
    _, objects = exporter("amd", "amd-metrics-exporter")
    assert {one["kind"] for one in objects} == {"ServiceAccount", "NetworkPolicy", "DaemonSet"}
    (account,) = [one for one in objects if one["kind"] == "ServiceAccount"]
    assert account["automountServiceAccountToken"] is False


def test_amds_may_use_the_memory_that_its_maker_gives_it_and_others_no_more_than_every_part() -> None:
    assert box("amd-metrics-exporter")["resources"]["limits"] == {"memory": "4Gi"}
    assert box("neuron-monitor")["resources"]["limits"] == {"memory": "1Gi"}


def test_neurons_sees_no_directory_of_the_node() -> None:
    assert mounted(box("neuron-monitor")) == {}


@pytest.mark.parametrize("part", VENDORS)
def test_every_program_is_told_the_port_at_which_it_is_asked(part: str) -> None:
    pod, _ = exporter(VENDORS[part][0], part)
    said = [*told(pod).values(), *pod["containers"][0].get("args", [])]
    assert [one for one in said if one.lstrip(":") == str(PORTS[part])]


@pytest.mark.parametrize("part", ["amd-metrics-exporter", "neuron-monitor"])
def test_only_programs_that_no_capability_lets_at_the_devices_are_privileged(part: str) -> None:
    assert box(part)["securityContext"] == {"privileged": True}


@pytest.mark.parametrize("part", VENDORS)
def test_every_program_knows_its_node_and_is_watched_without_being_asked_for_its_metrics(part: str) -> None:
    found = box(part)
    assert "NODE_NAME" in {one["name"] for one in found["env"]}
    for probe in (found["readinessProbe"], found["livenessProbe"]):
        asked = probe.get("httpGet") or probe["tcpSocket"]
        assert asked["port"] == PORTS[part]
        assert asked.get("path") != "/metrics"


# ---- who exports -------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [name for name, (_, accelerator) in VENDORS.items() if accelerator])
@pytest.mark.parametrize("way", ["asked for nothing", "left out", "brought"])
def test_an_exporter_runs_unless_it_is_left_out_or_others_have_one(part: str, way: str) -> None:
    layer: dict[str, Any] = {"left out": {"metrics": False}, "brought": {"brought": [part]}}.get(way, {})
    owner = {"left out": "none", "brought": "brought"}.get(way, "layer")
    plan = brought(pool("own", VENDORS[part][1]), **layer)
    software = plan.gpu.of("own")
    assert software is not None
    assert software.metrics == owner
    assert (part in plan.gpu.parts) == (owner == "layer")
    assert [one.port for one in accelerators(plan.gpu)] == ([PORTS[part]] if owner == "layer" else [])


@pytest.mark.parametrize(
    ("layer", "owner"),
    [({}, "layer"), ({"metrics": False}, "none"), ({"brought": ["neuron-monitor"]}, "brought")],
)
def test_neurons_runs_unless_it_is_left_out_or_others_have_one(layer: dict[str, Any], owner: str) -> None:
    one = {"name": "trn", "accelerators": "Trainium:16", "machine": "trn1.32xlarge", "min": 0, "max": 1}
    plan = cloud_plan("aws", one, layers={"gpu": layer})
    software = plan.gpu.of("trn")
    assert software is not None
    assert software.metrics == owner
    assert ("neuron-monitor" in plan.gpu.parts) == (owner == "layer")


def test_each_vendor_of_one_cluster_has_its_own_on_its_own_nodes() -> None:
    plan = brought(pool("h100", "H100:8"), pool("amd", "MI300X:8"))
    assert plan.gpu.pools_of("dcgm-exporter") == ("h100",)
    assert plan.gpu.pools_of("amd-metrics-exporter") == ("amd",)


def test_where_the_image_runs_a_device_plugin_of_its_own_the_exporter_is_still_this_platforms() -> None:
    one = {"name": "l4", "accelerators": "L4:1", "image": "bottlerocket-nvidia", "min": 0, "max": 1}
    assert cloud_plan("aws", one).gpu.parts == ("dcgm-exporter",)


# ---- whom the monitoring asks ------------------------------------------------------------------


@pytest.mark.parametrize("part", VENDORS)
def test_what_the_monitoring_asks_are_the_exporters_pods_at_the_port_they_name(part: str) -> None:
    way = VENDORS[part][0]
    (asked,) = [one for one in accelerators(plans()[way].gpu) if one.name == part]
    pod, objects = exporter(way, part)
    (daemon,) = [one for one in objects if one["kind"] == "DaemonSet"]
    assert asked.pods.items() <= daemon["spec"]["template"]["metadata"]["labels"].items()
    assert asked.namespace == daemon["metadata"]["namespace"]
    assert pod["containers"][0]["ports"] == [{"name": "metrics", "containerPort": asked.port}]
    assert asked.after == gpu.BASE


def test_tpus_are_asked_after_at_the_targets_device_plugin_and_nothing_is_made_for_them() -> None:
    found = tpus()
    (asked,) = accelerators(found.gpu)
    assert (asked.namespace, asked.port) == ("kube-system", 2112)
    # Its namespace is there with the cluster: what asks it has nothing else to wait for.
    assert asked.after == PART
    assert found.gpu.parts == ()


def test_gpus_are_asked_after_at_the_targets_own_exporter_which_may_have_its_nodes_address() -> None:
    """Namespace, label and port are those that the Kubernetes project's own example for this target asks at."""
    nvidia = cloud_plan("gcp", {"name": "l4", "accelerators": "L4:1", "min": 0, "max": 1})
    software = nvidia.gpu.of("l4")
    assert software is not None
    assert software.metrics == "cloud"
    (asked,) = accelerators(nvidia.gpu)
    assert (asked.name, asked.namespace, asked.port) == (
        "dcgm-exporter-of-target",
        "gke-managed-system",
        9400,
    )
    assert asked.pods == {"app.kubernetes.io/name": "gke-managed-dcgm-exporter"}
    assert asked.of_node
    assert nvidia.gpu.parts == ()


def test_no_exporter_of_the_target_is_asked_where_the_spec_wants_no_metrics() -> None:
    pool = {"name": "l4", "accelerators": "L4:1", "min": 0, "max": 1}
    quiet = cloud_plan("gcp", pool, layers={"gpu": {"metrics": False}})
    assert accelerators(quiet.gpu) == []
    assert quiet.gpu.of("l4") == cloud_plan("gcp", pool).gpu.of("l4")


def test_where_others_or_the_platform_export_no_exporter_of_the_target_is_asked() -> None:
    theirs = brought(pool("tpu", "TPU-v6e:4", image="plugin-installed"))
    assert accelerators(theirs.gpu) == []


def test_without_accelerators_nobody_is_asked_and_every_monitor_has_a_name_of_its_own() -> None:
    assert accelerators(GpuPlan()) == []
    names = [one.name for one in (*ACCELERATORS.values(), *load().exporters.values())]
    assert len(names) == len(set(names))


# ---- what DCGM's is asked for ------------------------------------------------------------------


def test_dcgms_is_asked_for_its_usual_fields_and_for_those_that_alerts_need() -> None:
    """The lists of what alerts may ask for, and of what it tells by itself, are those of the rules' own tests."""
    listed = tomli.loads((Path(__file__).parents[2] / "reference/prometheus/metrics.toml").read_text())
    assert set(counters.MORE) == set(listed["dcgm-more"]["names"])
    assert not set(counters.MORE) & set(counters.USUAL)
    pod, objects = exporter("shared")
    (config,) = [one for one in objects if one["kind"] == "ConfigMap"]
    lines = config["data"][counters.FILE].splitlines()
    assert all(re.fullmatch(r"DCGM_\w+, (gauge|counter|label), \w+", line) for line in lines)
    assert {line.split(",")[0] for line in lines} == {*counters.USUAL, *counters.MORE}
    assert told(pod)["DCGM_EXPORTER_COLLECTORS"] == f"/etc/fairlead/{counters.FILE}"
    (files,) = [one for one in pod["volumes"] if "configMap" in one]
    assert files["configMap"]["name"] == config["metadata"]["name"]
    assert mounted(pod["containers"][0])["/etc/fairlead"] is True

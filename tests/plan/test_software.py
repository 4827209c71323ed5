"""Who brings driver, toolkit, device plugin, DRA driver, labels and metrics: decided once, and shown."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from coherence_cases import azure, brought, pool
from support.clouds import cloud_plan, cloud_spec
from support.golden import REPO
from support.specs import gpu_pool, with_gpus

from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan import explain, show
from fairlead.plan.gpu_model import GpuPlan, Software
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.software import BROUGHT_PARTS, OWNERS, SECURE_ENV, Asked, decide
from fairlead.plan.stack import plan_of
from fairlead.spec.layer import GpuLayer, Part


def plan(data: dict[str, Any]) -> PlatformPlan:
    return load_plan(data, "f", load())


def owners(found: PlatformPlan, name: str) -> tuple[str, ...]:
    """Driver, toolkit, device plugin, DRA driver, labels, metrics."""
    one = found.gpu.of(name)
    assert isinstance(one, Software)
    return (one.driver, one.toolkit, one.device_plugin, one.dra_driver, one.discovery, one.metrics)


@pytest.mark.parametrize(
    ("cloud", "accelerators", "more", "wanted"),
    [
        ("aws", "L4:1", {}, ("image", "image", "layer", "none", "layer", "layer")),
        ("aws", "Trainium:16", {}, ("image", "none", "layer", "none", "none", "layer")),
        (
            "aws",
            "L4:1",
            {"image": "bottlerocket-nvidia"},
            ("image", "image", "cloud", "none", "none", "layer"),
        ),
        ("azure", "T4:1", {}, ("cloud", "cloud", "layer", "none", "layer", "layer")),
        ("gcp", "L4:1", {}, ("cloud", "cloud", "cloud", "none", "none", "cloud")),
        ("gcp", "TPU-v6e:4", {"topology": "2x2"}, ("cloud", "cloud", "cloud", "none", "none", "cloud")),
    ],
)
def test_rows_of_the_node_images_decide_who_brings_what(
    cloud: str, accelerators: str, more: dict[str, Any], wanted: tuple[str, ...]
) -> None:
    machine = {"machine": "trn1.32xlarge"} if accelerators == "Trainium:16" else {}
    one = {"name": "gpu", "accelerators": accelerators, "min": 0, "max": 1, **machine, **more}
    found = cloud_plan(cloud, one)
    assert owners(found, "gpu") == wanted


def test_the_operator_brings_what_a_bare_image_lacks_and_leaves_alone_what_another_has() -> None:
    bare = plan(brought(pool("bare"), operator={}))
    assert owners(bare, "gpu") == ("operator", "operator", "operator", "none", "layer", "operator")
    assert bare.gpu.parts == ("node-feature-discovery", "gpu-operator")
    installed = plan(brought(pool("driver-installed"), operator={}))
    assert owners(installed, "gpu") == ("image", "image", "operator", "none", "layer", "operator")
    told = installed.gpu.operator
    assert told is not None
    assert (told.driver, told.toolkit, told.toolkit_env) == (False, False, {})


def test_driver_toolkit_and_runtime_class_change_hands_together() -> None:
    """The trio of AKS: all three by the target, or all three by the operator."""
    found = {}
    for image in ("ubuntu-nvidia", "ubuntu-nvidia-bare"):
        told = plan(azure(image, operator={})).gpu.operator
        assert told is not None
        found[image] = (told.driver, told.toolkit, told.runtime_class)
    assert found == {
        "ubuntu-nvidia": (False, False, "nvidia-container-runtime"),
        "ubuntu-nvidia-bare": (True, True, "nvidia"),
    }


def test_the_operator_is_told_where_containerd_is_and_to_give_nothing_unasked() -> None:
    told = plan(brought(pool("bare-k3s"), operator={"toolkit_env": {"A": "b"}})).gpu.operator
    assert told is not None
    assert told.toolkit_env["CONTAINERD_SOCKET"] == "/run/k3s/containerd/containerd.sock"
    assert told.toolkit_env["A"] == "b"
    assert SECURE_ENV.items() <= told.toolkit_env.items()


def test_what_others_bring_is_left_to_them() -> None:
    theirs = plan(brought(pool("bare"), brought=["nvidia-gpu-operator"]))
    assert owners(theirs, "gpu") == ("brought", "brought", "brought", "none", "brought", "brought")
    assert theirs.gpu.parts == ()
    assert theirs.layer("gpu").charts == ()
    labels = plan(brought(pool("driver-installed"), brought=["node-feature-discovery"]))
    assert labels.gpu.parts == ("nvidia-device-plugin", "dcgm-exporter")


def test_pods_that_claim_devices_get_the_dra_driver_and_no_device_plugin() -> None:
    found = plan(
        brought(pool("driver-installed", sharing="dra"), pool("driver-installed", "L4:1", name="l4"))
    )
    assert owners(found, "gpu")[2:4] == ("none", "layer")
    assert owners(found, "l4")[2:4] == ("layer", "none")
    assert found.gpu.pools_of("nvidia-device-plugin") == ("l4",)
    assert found.gpu.pools_of("dra-driver-nvidia-gpu") == ("gpu",)
    operated = plan(brought(pool("bare", sharing="dra"), operator={})).gpu
    assert operated.operator is not None
    assert operated.operator.stack == "gpu-cluster"


def test_nvlink_across_nodes_needs_domains_unless_the_fast_network_is_off() -> None:
    catalog = load()
    image = catalog.node_images["azure"]["ubuntu-nvidia-arm64"]

    def domains(accelerator: str, fast: bool = True, **gpu: Any) -> str:
        asked = Asked("p", catalog.accelerators[accelerator], image, dra=False, fast=fast)
        return decide(asked, GpuLayer.model_validate(gpu)).compute_domains

    assert domains("GB200") == domains("GB300") == "layer"
    assert domains("H100") == domains("GB200", fast=False) == "none"
    assert domains("GB200", brought=["nvidia-dra-driver"]) == "brought"
    # The operator joins domains only where it serves DRA: beside its device plugin the driver runs by itself.
    assert domains("GB200", operator={}) == "layer"


def test_simulated_accelerators_have_no_software_and_the_layer_says_so() -> None:
    found = plan(with_gpus(gpu_pool()))
    assert found.gpu == GpuPlan()
    assert found.layer("gpu").mode == "simulated"


def test_every_part_that_others_can_bring_is_known_and_every_owner_has_a_name() -> None:
    assert set(get_args(Part)) == set(BROUGHT_PARTS)
    for one in plan_of(REPO / "stacks", "aws-prod").gpu.software:
        assert {one.driver, one.toolkit, one.device_plugin, one.dra_driver, one.discovery} <= set(OWNERS)


def test_the_plan_and_its_explanation_show_who_brings_what() -> None:
    found = plan(brought(pool("bare"), operator={"kernel_modules": "open"}))
    text = show.to_text(found)
    assert "Accelerator software, by who brings it" in text
    told = explain.explanation(found, load())
    assert "driver    by the GPU operator (open kernel modules), in /run/nvidia/driver" in told
    assert "plugin    by the GPU operator" in told
    assert "Accelerator software" not in show.to_text(plan(with_gpus(gpu_pool())))
    assert show.to_dict(found)["gpu"]["operator"]["kernel_modules"] == "open"


def test_amd_nodes_with_their_driver_get_amds_plugin_and_bare_ones_are_refused() -> None:
    found = plan(brought(pool("driver-installed", "MI300X:8")))
    assert owners(found, "gpu") == ("image", "image", "layer", "none", "none", "layer")
    assert found.gpu.parts == ("amd-device-plugin", "amd-metrics-exporter")
    one = {"name": "amd", "accelerators": "MI300X:8", "min": 0, "max": 1}
    with pytest.raises(InputError, match=r"(?s)nobody installs a driver.*brought: \[amd-gpu-operator\]"):
        plan(cloud_spec("azure", one, target={"region": "francecentral"}))

"""Advertising: each accelerator is offered by exactly one part, and the parts that it needs are there once."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.errors import Problem
from fairlead.plan.coherence.model import LAYER, OPERATOR, Facts, PoolFacts, Rule
from fairlead.plan.gpu_model import CLOUD, EXPORTERS, NONE
from fairlead.plan.software import taken

BROUGHT = f"{LAYER}.brought"
PARTS = {
    "NVIDIA": ("nvidia-gpu-operator", "nvidia-device-plugin"),
    "AMD": ("amd-gpu-operator", "amd-device-plugin"),
    "AWS": ("neuron-device-plugin",),
}
"""Vendor -> what others can bring that advertises extended resources."""
OPERATORS = {"NVIDIA": "nvidia-gpu-operator", "AMD": "amd-gpu-operator"}
"""Vendor -> the operator that others can bring, which runs an exporter of metrics too."""


def _plugins(facts: Facts, vendor: str) -> list[str]:
    return [name for name in facts.gpu.brought if name in PARTS.get(vendor, ())]


def _twice(facts: Facts) -> Iterator[Problem]:
    """Others' device plugin beside the target's own, or two of theirs."""
    for one in facts.pools:
        names = _plugins(facts, one.accelerator.vendor)
        if names and one.image.device_plugin == CLOUD:
            what = f"the target itself runs a device plugin on the nodes of pool {one.pool.name}"
            yield Problem(BROUGHT, what, ", ".join(names), fix=f"leave {names[0]} out, and off the cluster")
            return
        if len(names) > 1:
            what = f"both would advertise {one.accelerator.resource} on the nodes of pool {one.pool.name}"
            yield Problem(BROUGHT, what, ", ".join(names), "one of them", "switch one of them off")
            return


def _operator_over_cloud(facts: Facts) -> Iterator[Problem]:
    for one in facts.operated:
        if one.image.device_plugin == CLOUD:
            what = f"the target itself runs a device plugin on the nodes of pool {one.pool.name}, and the operator"
            what += " would run a second one for the same resource"
            fix = "leave operator out: the target brings driver, toolkit and plugin"
            yield Problem(OPERATOR, what, fix=fix)
            return


def _operator_twice(facts: Facts) -> Iterator[Problem]:
    if facts.operated and "nvidia-gpu-operator" in facts.gpu.brought:
        what = "others run a GPU operator in this cluster already, and it can hold only one"
        yield Problem(OPERATOR, what, fix=f"leave operator out, or nvidia-gpu-operator out of {BROUGHT}")


def _operator_beside_plugin(facts: Facts) -> Iterator[Problem]:
    theirs = [name for name in ("nvidia-device-plugin", "nvidia-dra-driver") if name in facts.gpu.brought]
    if facts.operated and theirs:
        what = "the operator runs this part itself: two would advertise the same accelerators"
        yield Problem(BROUGHT, what, ", ".join(theirs), fix=f"leave {theirs[0]} out, or operator")


def _plugin_and_dra(facts: Facts) -> Iterator[Problem]:
    """DRA and a device plugin on one node: each counts all accelerators as its own."""
    for one in facts.of("NVIDIA"):
        dra = one.pool.sharing == "dra"
        plugins = _plugins(facts, "NVIDIA")
        if dra and (plugins or one.image.device_plugin == CLOUD):
            whose = plugins[0] if plugins else "the target's own device plugin"
            what = f"{whose} advertises the accelerators that pods of pool {one.pool.name} would claim by DRA"
            yield Problem(f"{one.where}.sharing", what, "dra", fix="leave sharing out, or the device plugin")
        elif not dra and not facts.operated and "nvidia-dra-driver" in facts.gpu.brought:
            what = "others' DRA driver publishes the accelerators that a device plugin advertises on pool"
            what += f" {one.pool.name}"
            fix = (
                "write sharing: dra for the pool, or keep the DRA driver off its nodes and leave it out here"
            )
            yield Problem(BROUGHT, what, "nvidia-dra-driver", fix=fix)
            return


def _nobody(facts: Facts) -> Iterator[Problem]:
    for one in facts.pools:
        software = one.software
        if software.device_plugin == NONE and software.dra_driver == NONE and software.driver != NONE:
            resource = one.accelerator.resource
            what = f"nothing advertises {resource} on the nodes of pool {one.pool.name}: no job would ever start there"
            able = ", ".join(PARTS.get(one.accelerator.vendor, ()))
            fix = f"install one and name it in {BROUGHT}" if able else "choose another image"
            yield Problem(f"{one.where}.image", what, one.image.name, able, fix)


def _one_stack(facts: Facts) -> Iterator[Problem]:
    """The operator serves one of its two resources in a cluster."""
    operator = facts.gpu.operator
    if operator is None or not facts.operated:
        return
    kinds = {one.pool.sharing == "dra" for one in facts.operated}
    names = {True: "gpu-cluster", False: "cluster-policy"}
    if len(kinds) > 1:
        dra = next(one for one in facts.operated if one.pool.sharing == "dra")
        what = "the GPU operator serves device plugins or DRA, not both in one cluster"
        yield Problem(
            f"{dra.where}.sharing", what, "dra", fix="give all pools with NVIDIA accelerators the same"
        )
    elif operator.stack not in ("auto", wanted := names[kinds.pop()]):
        what = "this is not the resource that the pools' sharing needs, and there is only one"
        yield Problem(f"{OPERATOR}.stack", what, operator.stack, f"auto, {wanted}", "write stack: auto")


def _discovery_twice(facts: Facts) -> Iterator[Problem]:
    """Asked for in so many words although others bring it; left out, theirs is used."""
    asked = "discovery" in facts.gpu.model_fields_set and facts.gpu.discovery
    if facts.pools and asked and "discovery" in taken(facts.gpu, "NVIDIA"):
        what = "others run Node Feature Discovery in this cluster already: an operator brings one of its own"
        given = ", ".join(facts.gpu.brought)
        yield Problem(
            f"{LAYER}.discovery", what, f"true, with {given} brought", "false", "leave discovery out"
        )


def _operator_needs_discovery(facts: Facts) -> Iterator[Problem]:
    if facts.operated and not facts.gpu.discovery and "discovery" not in taken(facts.gpu, "NVIDIA"):
        what = "the GPU operator finds nodes by the labels of Node Feature Discovery, and without them does nothing"
        fix = "write discovery: true, or name node-feature-discovery in brought"
        yield Problem(f"{LAYER}.discovery", what, "false", "true", fix)


def _metrics_twice(facts: Facts) -> Iterator[Problem]:
    """Others' exporter beside that of the target or of an operator."""
    for one in facts.pools:
        theirs = EXPORTERS.get(one.accelerator.vendor)
        owner = _exports(facts, one)
        if owner and theirs in facts.gpu.brought:
            what = f"{owner} runs an exporter of its own on the nodes of pool {one.pool.name}"
            fix = f"leave {theirs} out of {BROUGHT}, and off the cluster"
            yield Problem(BROUGHT, what, theirs, fix=fix)
            return


def _exports(facts: Facts, one: PoolFacts) -> str:
    """Who exports the metrics of a pool's accelerators without being asked for that; empty for nobody."""
    if one.image.metrics == CLOUD:
        return "the target itself"
    operated = one in facts.operated or OPERATORS.get(one.accelerator.vendor) in facts.gpu.brought
    return "the GPU operator" if operated else ""


RULES = (
    Rule(
        "metrics-twice",
        "what both tell counts twice, and hardware that profiles serves one at a time: the other's utilisation fails",
        "https://github.com/NVIDIA/dcgm-exporter/issues/7",
        _metrics_twice,
    ),
    Rule(
        "plugin-twice",
        "two plugins register one resource, and when one goes the node has no accelerators",
        "https://github.com/NVIDIA/k8s-device-plugin/issues/255",
        _twice,
    ),
    Rule(
        "plugin-operator-over-target",
        "the target's plugin and the operator's replace each other, and device ids of one reach the other",
        "https://github.com/NVIDIA/aicr/issues/1755",
        _operator_over_cloud,
    ),
    Rule(
        "operator-twice",
        "two GPU operators fight for the same nodes and for the one ClusterPolicy",
        "https://github.com/NVIDIA/aicr/issues/1685",
        _operator_twice,
    ),
    Rule(
        "operator-beside-plugin",
        "the operator refuses its ClusterPolicy, or both parts advertise the same accelerators",
        "https://github.com/NVIDIA/gpu-operator/pull/1541",
        _operator_beside_plugin,
    ),
    Rule(
        "plugin-or-dra",
        "the scheduler admits each accelerator twice: once as a resource, once as a device",
        "https://github.com/NVIDIA/aicr/issues/1327",
        _plugin_and_dra,
    ),
    Rule(
        "advertised-by-somebody",
        "nodes with a driver and without a plugin offer nothing, and pods wait for ever",
        "https://github.com/MicrosoftDocs/azure-docs/issues/17730",
        _nobody,
    ),
    Rule(
        "operator-one-stack",
        "a ClusterPolicy and a GPUCluster in one cluster: the operator reports an error and serves neither",
        "https://github.com/NVIDIA/gpu-operator/pull/2696",
        _one_stack,
    ),
    Rule(
        "discovery-once",
        "two Node Feature Discoveries overwrite each other's labels and objects",
        "https://github.com/Mellanox/network-operator/issues/1212",
        _discovery_twice,
    ),
    Rule(
        "operator-needs-discovery",
        "the operator labels no node, starts nothing there, and says only that no node matches",
        "https://github.com/NVIDIA/gpu-operator/issues/149",
        _operator_needs_discovery,
    ),
)

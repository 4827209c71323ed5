"""The driver: installed once, by one owner for all pools, of a kind that the accelerator takes."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.errors import Problem
from fairlead.plan.coherence.model import LAYER, OPERATOR, Facts, Rule
from fairlead.plan.gpu_model import NONE

NVIDIA = "NVIDIA"
OPEN_ONLY = ("B200", "B300", "GB200", "GB300", "RTX-PRO-6000")
"""Accelerators of the Blackwell generation, which only open kernel modules drive, as those of every later one.
https://download.nvidia.com/XFree86/Linux-aarch64/580.159.03/README/kernel_open.html, 2026-11-24"""
CLOSED_ONLY = ("V100-32GB",)
"""Accelerators before the Turing generation: they lack the processor that open kernel modules need. Same source."""


def _twice(facts: Facts) -> Iterator[Problem]:
    if facts.gpu.operator is None or facts.gpu.operator.driver != "install":
        return
    for one in facts.operated:
        if one.image.driver != NONE:
            what = f"the GPU operator would install a driver where node image {one.image.name} of pool"
            what += f" {one.pool.name} brings one"
            yield Problem(f"{OPERATOR}.driver", what, "install", "auto, skip", "write driver: auto")
            return


def _never(facts: Facts) -> Iterator[Problem]:
    for one in facts.pools:
        if one.software.driver != NONE:
            continue
        vendor = one.accelerator.vendor
        own = f"write operator: {{}} under {LAYER}, or " if vendor == NVIDIA else ""
        what = f"nobody installs a driver on the nodes of pool {one.pool.name}: their image has none"
        images = facts.catalog.node_images[facts.target].values()
        known = [row.name for row in images if vendor in row.vendors and row.driver != NONE]
        brings = f"{vendor.lower()}-gpu-operator"
        fix = f"{own}run an operator of your own and write brought: [{brings}] under {LAYER}"
        yield Problem(f"{one.where}.image", what, one.image.name, ", ".join(known), fix)


def _one_owner(facts: Facts) -> Iterator[Problem]:
    first = next(iter(facts.operated), None)
    for one in facts.operated[1:]:
        if first and one.software.driver != first.software.driver:
            owners = f"{first.software.driver} on {first.pool.name}, {one.software.driver} on {one.pool.name}"
            yield Problem(
                f"{one.where}.image",
                f"the GPU operator has one setting for all nodes, but their driver has two owners: {owners}",
                one.image.name,
                "images that all bring the driver, or none",
                "give both pools images of the same kind",
            )


def _open_modules(facts: Facts) -> Iterator[Problem]:
    kind = facts.gpu.operator.kernel_modules if facts.gpu.operator else "auto"
    for one in facts.operated:
        if kind == "proprietary" and one.accelerator.name in OPEN_ONLY:
            what = f"{one.accelerator.name} of pool {one.pool.name} is driven by open kernel modules only"
            yield Problem(f"{OPERATOR}.kernel_modules", what, kind, "auto, open", "write auto")


def _closed_modules(facts: Facts) -> Iterator[Problem]:
    kind = facts.gpu.operator.kernel_modules if facts.gpu.operator else "auto"
    for one in facts.operated:
        if kind == "open" and one.accelerator.name in CLOSED_ONLY:
            what = f"{one.accelerator.name} of pool {one.pool.name} is too old for open kernel modules"
            yield Problem(f"{OPERATOR}.kernel_modules", what, kind, "auto, proprietary", "write auto")


def _install_dir(facts: Facts) -> Iterator[Problem]:
    """A driver that lies in a place of the image's own is found nowhere else."""
    given = facts.gpu.operator.driver_root if facts.gpu.operator else None
    for one in facts.operated:
        if given is not None and one.image.driver_root not in ("/", given):
            what = f"node image {one.image.name} has the driver in another directory"
            allowed = one.image.driver_root
            yield Problem(f"{OPERATOR}.driver_root", what, given, allowed, "leave driver_root out")
            return


def _slash(facts: Facts) -> Iterator[Problem]:
    if facts.operated and facts.gpu.operator and facts.gpu.operator.driver_root == "/":
        what = (
            "the operator mounts this directory into its pods, and no container can mount over its own root"
        )
        fix = "leave driver_root out: a driver on the node itself is found by itself"
        yield Problem(f"{OPERATOR}.driver_root", what, "/", fix=fix)


RULES = (
    Rule(
        "driver-twice",
        "the operator's driver pod cannot unload the modules that are in use and never starts",
        "https://github.com/NVIDIA/gpu-operator/issues/126",
        _twice,
    ),
    Rule(
        "driver-never",
        "nodes come up, no driver is ever loaded, and every part that needs it waits or crashes",
        "https://github.com/NVIDIA/aicr/issues/475",
        _never,
    ),
    Rule(
        "driver-one-owner",
        "the operator's one setting leaves some nodes without a driver, or installs a second on others",
        "https://github.com/NVIDIA/gpu-operator/issues/256",
        _one_owner,
    ),
    Rule(
        "driver-open-modules",
        "accelerators of the Blackwell generation are seen and never initialised",
        "https://github.com/Start9Labs/start-technologies/issues/3465",
        _open_modules,
    ),
    Rule(
        "driver-closed-modules",
        "accelerators before the Turing generation are refused by the modules",
        "https://github.com/NVIDIA/open-gpu-kernel-modules/issues/19",
        _closed_modules,
    ),
    Rule(
        "driver-install-dir",
        "the operator looks for the driver of a read-only image where none is, and its validator waits for ever",
        "https://github.com/NVIDIA/gpu-operator/issues/659",
        _install_dir,
    ),
    Rule(
        "driver-root-is-no-slash",
        "the operator's validator crash-loops on mounting over its own root, and the install hangs for an hour",
        "https://github.com/NVIDIA/aicr/pull/1119",
        _slash,
    ),
)

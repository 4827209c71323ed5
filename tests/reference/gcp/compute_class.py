"""The shape of GKE's ComputeClass (cloud.google.com/v1): keys, types, values, and what excludes what.

GKE installs the CRD itself; no package carries it. The facts were read on 2026-11-23 from
github.com/datreeio/CRDs-catalog cloud.google.com/computeclass_v1.json of 2026-08-20.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Problem = tuple[str, str]


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Block:
    """An object with known keys only."""

    keys: Mapping[str, Any]
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Each:
    """A list of one shape, or a map to it where `named`."""

    of: Any
    named: bool = field(default=False)


TEXT, FLAG = re.compile(r".+"), (True, False)
_ENABLED = Block({"enabled": FLAG}, ("enabled",))
_NAMED = Block({"name": TEXT}, ("name",))
_LABELS = Each(re.compile(r".*"), named=True)
_TAINTS = Each(
    Block(
        {
            "key": re.compile(r".{1,320}"),
            "value": re.compile(r"([a-z0-9][-A-Za-z0-9_.]{1,61})?[A-Za-z0-9]"),
            "effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
        },
        ("effect", "key"),
    )
)
_RESERVATION = Block(
    {
        "name": TEXT,
        "project": TEXT,
        "zones": Each(TEXT),
        "reservationBlock": Block({"name": TEXT, "reservationSubBlock": _NAMED}, ("name",)),
    },
    ("name",),
)
_DISKS = Block(
    {
        "bootDiskKMSKey": re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+"),
        "bootDiskSize": Whole(10),
        "bootDiskType": ("pd-balanced", "pd-standard", "pd-ssd", "hyperdisk-balanced"),
        "localSSDCount": Whole(1),
        "secondaryBootDisks": Each(
            Block(
                {
                    "diskImageName": TEXT,
                    "mode": ("MODE_UNSPECIFIED", "CONTAINER_IMAGE_CACHE"),
                    "project": TEXT,
                },
                ("diskImageName",),
            )
        ),
    }
)
PRIORITY = Block(
    {
        "acceleratorNetworkProfile": re.compile(r"auto(-.+)?"),
        "capacityCheckWaitTimeSeconds": Whole(1, 86_400),
        "flexStart": Block(
            {
                "enabled": FLAG,
                "nodeRecycling": Block({"leadTimeSeconds": Whole(1, 604_800)}, ("leadTimeSeconds",)),
            },
            ("enabled",),
        ),
        "gpu": Block(
            {
                "count": Whole(),
                "type": TEXT,
                "driverVersion": ("default", "latest"),
                "gpuSharing": Block(
                    {
                        "gpuPartitionSize": TEXT,
                        "maxSharedClientsPerGPU": Whole(),
                        "sharingStrategy": ("MPS", "TIME_SHARING"),
                    }
                ),
            }
        ),
        "location": Block(
            {
                "locationPolicy": ("ANY", "BALANCED"),
                "zoneTypes": Each(("STANDARD", "AI", "CLUSTER_DEFAULT")),
                "zones": Each(TEXT),
            }
        ),
        "machineFamily": re.compile(r".{1,10}"),
        "machineType": re.compile(r".{1,100}"),
        "maxPodsPerNode": Whole(8, 256),
        "maxRunDurationSeconds": Whole(),
        "minCores": Whole(),
        "minMemoryGb": Whole(),
        "nodeLabels": _LABELS,
        "nodepools": Each(TEXT),
        "placement": Block({"policyName": TEXT}, ("policyName",)),
        "podFamily": ("general-purpose", "general-purpose-arm"),
        "priorityScore": Whole(),
        "reservations": Block(
            {"affinity": ("Specific", "AnyBestEffort", "None"), "specific": Each(_RESERVATION)}, ("affinity",)
        ),
        "spot": FLAG,
        "storage": _DISKS,
        "taints": _TAINTS,
        "tpu": Block({"count": Whole(), "topology": TEXT, "type": TEXT}),
    }
)
SPEC = Block(
    {
        "activeMigration": Block(
            {"ensureAllDaemonSetPodsRunning": FLAG, "optimizeRulePriority": FLAG}, ("optimizeRulePriority",)
        ),
        "autopilot": _ENABLED,
        "autoscalingPolicy": Block(
            {
                "consolidationDelayMinutes": Whole(1, 1440),
                "consolidationThreshold": Whole(0, 100),
                "gpuConsolidationThreshold": Whole(0, 100),
            }
        ),
        "description": TEXT,
        "nodePoolAutoCreation": _ENABLED,
        "nodePoolConfig": Block(
            {
                "autoRepair": FLAG,
                "autoUpgrade": FLAG,
                "gvnic": _ENABLED,
                "imageStreaming": _ENABLED,
                "imageType": ("cos_containerd", "ubuntu_containerd"),
                "ipType": ("public", "private"),
                "nodeLabels": _LABELS,
                "serviceAccount": TEXT,
                "taints": _TAINTS,
                "workloadType": ("HIGH_AVAILABILITY", "HIGH_THROUGHPUT"),
            }
        ),
        "nodePoolGroup": _NAMED,
        "priorities": Each(PRIORITY),
        "priorityDefaults": Block({"location": PRIORITY.keys["location"], "nodeLabels": _LABELS}),
        "whenUnsatisfiable": ("ScaleUpAnyway", "DoNotScaleUp"),
    },
    ("whenUnsatisfiable",),
)
"""Without the parts that configure the kubelet and the kernel."""


def problems(spec: Any) -> Iterator[Problem]:
    """What is wrong with a class's spec."""
    yield from _value(spec, SPEC, "spec")
    priorities = spec.get("priorities") if isinstance(spec, Mapping) else None
    for index, one in enumerate(priorities or []):
        if isinstance(one, Mapping):
            yield from ((f"spec.priorities[{index}]", what) for what in _excluded(one))


def _excluded(priority: Mapping[str, Any]) -> Iterator[str]:
    if not priority:
        yield "an empty priority"
    if "nodepools" in priority and len(priority) > 1:
        yield "nodepools stands alone"
    if "machineFamily" in priority and "machineType" in priority:
        yield "machineFamily or machineType, one of them"
    if "machineType" in priority and ("minCores" in priority or "minMemoryGb" in priority):
        yield "machineType says what minCores and minMemoryGb say"
    flex = (priority.get("flexStart") or {}).get("enabled")
    if flex and priority.get("spot"):
        yield "flex-start is no spot"
    if "capacityCheckWaitTimeSeconds" in priority and not flex and "tpu" not in priority:
        yield "capacityCheckWaitTimeSeconds belongs to flex-start and to TPUs"


def _value(value: Any, shape: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, str) and "${" in value:
        return
    if isinstance(shape, Block):
        yield from _block(value, shape, path)
    elif isinstance(shape, Each):
        yield from _each(value, shape, path)
    elif isinstance(shape, Whole):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or value < shape.least or (shape.most is not None and value > shape.most):
            yield path, f"{value!r} is no whole number from {shape.least} to {shape.most or 'any'}"
    elif isinstance(shape, re.Pattern):
        if not isinstance(value, str) or not shape.fullmatch(value):
            yield path, f"{value!r} does not match {shape.pattern}"
    elif not any(value is one or (isinstance(one, str) and value == one) for one in shape):
        yield path, f"{value!r} is none of {', '.join(map(str, shape))}"


def _block(value: Any, shape: Block, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield path, f"{value!r} is no object"
        return
    yield from ((f"{path}.{key}", "required, and missing") for key in shape.required if key not in value)
    for key, part in value.items():
        if key in shape.keys:
            yield from _value(part, shape.keys[key], f"{path}.{key}")
        else:
            yield f"{path}.{key}", "no such field"


def _each(value: Any, shape: Each, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping if shape.named else list):
        yield path, f"{value!r} is no {'map' if shape.named else 'list'}"
        return
    parts = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, part in parts:
        yield from _value(part, shape.of, f"{path}[{key}]")

"""Third reference: tables that Microsoft's own Kubernetes projects carry, read from their pinned modules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from reference.gomodule import go_module

KARPENTER = "github.com/Azure/karpenter-provider-azure@v1.14.2"
KARPENTER_SUM = "h1:ahAvrgrlHNbPJxPiusamAES7cGkGOJYse2mGlRA2Hao="
OPERATOR = "github.com/Azure/azure-service-operator/v2@v2.20.0"
OPERATOR_SUM = "h1:kHDuLLrhumgo55ikiyAl/arEfliXpmyGp4Pum1YQDV8="

SIZES = "karpenter-provider-azure 1.14.2"
ROLES = "azure-service-operator 2.20.0"

_ROLES_FILE = (
    "internal/controllers/recordings/Test_Authorization_RoleAssignmentOfBuiltInRole_OnResourceGroup_CRUD.yaml"
)
"""A recorded answer of Azure: every built-in role of a subscription with its permissions."""


def _karpenter(path: str) -> str:
    return (go_module(KARPENTER, KARPENTER_SUM) / path).read_text(encoding="utf-8")


@cache
def sizes() -> Mapping[str, str]:
    """Names of the machine sizes that Azure has, as Azure spells them -> the family that quotas count."""
    listing = _karpenter("pkg/providers/instancetype/known_skus.yaml")
    return {str(one["name"]): str(one["family"]) for one in yaml.load(listing, yaml.CSafeLoader)}


@dataclass(frozen=True)
class Gpu:
    """What AKS supports on a size with GPUs."""

    vendor: str
    systems: frozenset[str]
    """ubuntu, windows, azurelinux, azurelinux3."""


@cache
def gpus() -> Mapping[str, Gpu]:
    """Sizes with GPUs that AKS installs drivers for, by their names in lower case."""
    table = yaml.load(_karpenter("pkg/utils/supported-gpus.yaml"), yaml.CSafeLoader)
    return {name: Gpu(one["gpu"], frozenset(one["os"])) for name, one in table.items()}


@cache
def prices() -> Mapping[str, Mapping[str, float]]:
    """Region -> size -> USD an hour on demand, for Linux (2026-06-18)."""
    text = _karpenter("pkg/providers/pricing/zz_generated.pricing.go")
    parts = re.split(r'initialOnDemandPrices\["(\w+)"\]', text)
    return {
        region: {size: float(usd) for size, usd in re.findall(r'"(Standard_\w+)":\s*([\d.]+)', listing)}
        for region, listing in zip(parts[1::2], parts[2::2], strict=True)
    }


@cache
def offered() -> Mapping[str, frozenset[str]]:
    """Region -> the sizes that have a price there."""
    return {region: frozenset(sizes) for region, sizes in prices().items()}


@cache
def zones() -> Mapping[str, frozenset[str]]:
    """Region -> its availability zones as a subscription numbers them; none where it has no zones."""
    return {
        one["name"]: frozenset(zone["logicalZone"] for zone in one.get("availabilityZoneMappings") or ())
        for one in json.loads(_karpenter("pkg/fake/locations.json"))
        if one["metadata"]["regionType"] == "Physical"
    }


@cache
def custom_kinds() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """(apiVersion, kind) -> closed JSON Schema of Karpenter's own kinds and Azure's."""
    from support.strict import schemas

    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for file in sorted((go_module(KARPENTER, KARPENTER_SUM) / "pkg/apis/crds").glob("*.yaml")):
        found |= schemas(yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader))
    return found


@dataclass(frozen=True)
class Role:
    """A built-in role and what it allows."""

    name: str
    actions: tuple[str, ...]
    """On the resources themselves and on their data, `Microsoft.Storage/storageAccounts/*`."""


@cache
def roles() -> Mapping[str, Role]:
    """Id of every built-in role -> the role."""
    text = (go_module(OPERATOR, OPERATOR_SUM) / _ROLES_FILE).read_text(encoding="utf-8")
    found = re.findall(
        r'"roleName":"([^"]*)","type":"BuiltInRole".*?"permissions":(\[.*?\]),"createdOn".*?"name":"([0-9a-f-]{36})"',
        text.replace("''", "'"),
    )
    return {guid: Role(name, _actions(json.loads(granted))) for name, granted, guid in found}


@cache
def namespaces() -> frozenset[str]:
    """Azure's services, `Microsoft.KeyVault`: those that some role speaks of."""
    return frozenset(action.partition("/")[0] for role in roles().values() for action in role.actions)


def _actions(granted: list[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(one for grant in granted for key in ("actions", "dataActions") for one in grant[key])

"""What clusters on AWS declare, for the tests of this target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from support.charts import renderer
from support.clouds import cloud_plan
from support.golden import REPO

from fairlead.catalog import lock
from fairlead.declared.record import Declared, declared, record
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.aws import KARPENTER

RESERVATION = "cr-0123456789abcdef0"
H100 = {"name": "h100", "accelerators": "H100:8", "min": 1, "max": 4, "zones": ["us-east-1b"]}
ZONES = ["us-east-1a", "us-east-1b"]


@cache
def stack(name: str, *, unknown: bool = False) -> Sequence[Declared]:
    """Everything that a stack declares."""
    return declared(REPO / "stacks", name, unknown=unknown)


def built(plan: PlatformPlan, *, unknown: bool = False) -> Sequence[Declared]:
    """What the target declares for a plan, without layers."""
    from fairlead.targets.aws.cluster import AwsCluster, AwsClusterArgs

    images = {name: row.reference for name, row in lock.images().items()}
    args = AwsClusterArgs(plan, images, renderer(KARPENTER, plan.kubernetes))
    return record(lambda: AwsCluster(plan.name, args), plan.name, unknown=unknown)


def cluster(*pools: Mapping[str, Any], **more: Any) -> Sequence[Declared]:
    """What a small cluster with these pools declares; more: keys of the spec."""
    return built(cloud_plan("aws", *(dict(pool) for pool in pools), **more))


def of(resources: Sequence[Declared], kind: str) -> list[Declared]:
    """Those of a kind: the end of the type token, `NodeGroup`, `EC2NodeClass`; components are none."""
    return [one for one in resources if one.custom and one.type.rpartition(":")[2] == kind]


def one_of(resources: Sequence[Declared], kind: str, name: str = "") -> Mapping[str, Any]:
    """The inputs of the only one of a kind whose name ends like this."""
    (found,) = [one for one in of(resources, kind) if one.name.endswith(name)]
    return found.inputs


def statements(resource: Declared, key: str = "policy") -> Iterator[Mapping[str, Any]]:
    """The statements of a policy document."""
    yield from json.loads(resource.inputs[key])["Statement"]

"""The real API server takes what Karpenter is told: NodePools and node classes of AWS and of AKS.

The API server alone (e2e.bare), with the kinds of Karpenter's pinned modules. Beside the schema it evaluates their
rules (CEL) itself, which the judges in tests/reference only imitate. GKE's ComputeClass, GKENetworkParamSet and Network
are not here: GKE installs their kinds, and no public package has them; their shape is judged in tests/reference/gcp.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from reference.aws.custom_resources import MODULE as AWS_MODULE
from reference.aws.stacks import declared as aws_stacks
from reference.azure.facts import KARPENTER as AKS_MODULE
from reference.azure.facts import KARPENTER_SUM as AKS_SUM
from reference.azure.stacks import PROVISIONED, variant
from reference.gomodule import go_module

from e2e.bare import Bare
from fairlead.catalog import lock

pytestmark = pytest.mark.e2e

Object = dict[str, Any]
Change = Callable[[Object], object]
KINDS = ("NodePool", "EC2NodeClass", "AKSNodeClass")
IN_AZURE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Network"
STAND_INS = {
    "aws:kms/key:Key": "arn:aws:kms:us-east-1:444455556666:key/00000000-0000-4000-8000-000000000001",
    "azure-native:network:Subnet": f"{IN_AZURE}/virtualNetworks/platform/subnets/nodes",
}
"""Type of a resource -> what a reference to it becomes, once it is there."""


CRD_CHART = lock.charts()["karpenter-crd"].module


@dataclass(frozen=True)
class Cloud:
    """Where a cloud's kinds of Karpenter lie, what is declared of them, and what the server must refuse."""

    name: str
    module: tuple[str, str]
    declared: Callable[[], Mapping[str, Sequence[Mapping[str, Any]]]]
    mistakes: Mapping[str, tuple[str, Change]]
    """What is wrong -> the kind, and how an object of it gets so."""

    def objects(self) -> list[Object]:
        """Every object of these kinds, with stand-ins for what other resources tell later; names tell stacks apart."""
        found: list[Object] = []
        for stack, resources in self.declared().items():
            for one in resources:
                if one["type"].startswith("kubernetes:") and one["inputs"].get("kind") in KINDS:
                    made: Object = json.loads(
                        re.sub(r"\$\{(.+?)::[^}]*\}", _stand_in, json.dumps(one["inputs"]))
                    )
                    made["metadata"]["name"] += f"-{stack}"
                    found.append(made)
        return found

    def crds(self) -> list[Mapping[str, Any]]:
        files = sorted((go_module(*self.module) / "pkg" / "apis" / "crds").glob("karpenter*.yaml"))
        return [yaml.safe_load(file.read_text()) for file in files]


def _stand_in(reference: re.Match[str]) -> str:
    return STAND_INS[reference[1]]


def _node(one: Object) -> Object:
    return one["spec"]["template"]["spec"]


SHARED: Mapping[str, tuple[str, Change]] = {
    "an unknown key": ("NodePool", lambda one: one["spec"].update(weights=10)),
    "a weight beyond the limit": ("NodePool", lambda one: one["spec"].update(weight=1000)),
    "a policy that there is not": (
        "NodePool",
        lambda one: one["spec"]["disruption"].update(consolidationPolicy="WhenIdle"),
    ),
    "a time without a unit": (
        "NodePool",
        lambda one: one["spec"]["disruption"].update(consolidateAfter="300"),
    ),
    "a schedule without a duration": (
        "NodePool",
        lambda one: [budget.pop("duration", None) for budget in one["spec"]["disruption"]["budgets"]],
    ),
    "an operator that there is not": (
        "NodePool",
        lambda one: _node(one)["requirements"][0].update(operator="Within"),
    ),
    "a label that Karpenter keeps for itself": (
        "NodePool",
        lambda one: one["spec"]["template"]["metadata"]["labels"].update({"karpenter.sh/nodepool": "x"}),
    ),
    "no node class": ("NodePool", lambda one: _node(one).pop("nodeClassRef")),
}
AWS = Cloud(
    "aws",
    (AWS_MODULE, CRD_CHART.sum if CRD_CHART else ""),
    aws_stacks,
    {
        **SHARED,
        "no image": ("EC2NodeClass", lambda one: one["spec"].pop("amiSelectorTerms")),
        "an alias beside other terms": (
            "EC2NodeClass",
            lambda one: one["spec"].update(
                amiSelectorTerms=[{"alias": "al2023@latest"}, {"id": "ami-0123456789a"}]
            ),
        ),
        "a role and a profile": ("EC2NodeClass", lambda one: one["spec"].update(role="nodes")),
        "a disk of a type that there is not": (
            "EC2NodeClass",
            lambda one: one["spec"]["blockDeviceMappings"][0]["ebs"].update(volumeType="gp4"),
        ),
    },
)
AZURE = Cloud(
    "azure",
    (AKS_MODULE, AKS_SUM),
    lambda: {"azure-dev": variant(PROVISIONED)},
    {
        **SHARED,
        "an image that there is not": ("AKSNodeClass", lambda one: one["spec"].update(imageFamily="Windows")),
        "a disk too small": ("AKSNodeClass", lambda one: one["spec"].update(osDiskSizeGB=1)),
        "a subnet by its name": ("AKSNodeClass", lambda one: one["spec"].update(vnetSubnetID="nodes")),
        "too few pods": ("AKSNodeClass", lambda one: one["spec"].update(maxPods=1)),
    },
)


@pytest.fixture(scope="module", params=[AWS, AZURE], ids=lambda one: one.name)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cloud, Bare]]:
    """A server with the kinds of one cloud: both have a NodePool of their own."""
    cloud: Cloud = request.param
    made = Bare.start(tmp_path_factory.mktemp(cloud.name))
    try:
        made.define(cloud.crds())
        yield cloud, made
    finally:
        made.stop()


def test_every_object_for_karpenter_is_accepted(served: tuple[Cloud, Bare]) -> None:
    cloud, bare = served
    asked = cloud.objects()
    assert {one["kind"] for one in asked} > {"NodePool"}, "a node class and a NodePool at least"
    assert bare.refusals(asked) == []


def test_the_server_refuses_each_mistake(served: tuple[Cloud, Bare]) -> None:
    cloud, bare = served
    asked, taken = cloud.objects(), []
    for what, (kind, change) in cloud.mistakes.items():
        wrong = copy.deepcopy(next(one for one in asked if one["kind"] == kind))
        change(wrong)
        if not bare.refusals([wrong]):
            taken.append(what)
    assert taken == []

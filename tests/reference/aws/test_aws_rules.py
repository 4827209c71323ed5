"""Rules for what the stacks do not declare today, on the smallest set of resources that they speak of."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from reference.aws import rules_nodes
from reference.aws.declared import LAUNCH_TEMPLATE, NODE_GROUP, PROVIDER, SUBNET, Declared
from reference.aws.rules_nodes import RESERVATION
from reference.mutation import Mutation, add, delete, mutated, to


def resource(kind: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {"urn": f"urn:x::{kind}::{name}", "type": kind, "name": name, "custom": True, "inputs": inputs}


RESERVED = [
    resource(PROVIDER, "aws", region="us-east-1"),
    resource(SUBNET, "b", availabilityZone="us-east-1b"),
    resource(
        RESERVATION, "a100", instanceType="p4d.24xlarge", availabilityZone="us-east-1b", instanceCount=2,
        endDateType="unlimited",
    ),
    resource(
        LAUNCH_TEMPLATE, "a100",
        capacityReservationSpecification={
            "capacityReservationPreference": "capacity-reservations-only",
            "capacityReservationTarget": {"capacityReservationId": f"${{{RESERVATION}::a100.id}}"},
        },
    ),
    resource(
        NODE_GROUP, "a100", instanceTypes=["p4d.24xlarge"], amiType="AL2023_x86_64_NVIDIA",
        subnetIds=[f"${{{SUBNET}::b.id}}"], launchTemplate={"id": f"${{{LAUNCH_TEMPLATE}::a100.id}}"},
        scalingConfig={"minSize": 0, "desiredSize": 0, "maxSize": 2},
    ),
]  # fmt: skip


def found(resources: list[Any]) -> str:
    return "\n".join(one.what for one in rules_nodes.check(Declared(resources)))


def test_nodes_out_of_their_reservation_are_clean():
    assert found(copy.deepcopy(RESERVED)) == ""


@pytest.mark.parametrize(
    ("mutation", "said"),
    [
        (Mutation("no machines", RESERVATION, "instanceCount", to(0)), "0 machines"),
        (
            Mutation("another zone", RESERVATION, "availabilityZone", to("us-east-1c")),
            "a100 lies in us-east-1c",
        ),
        (
            Mutation("another machine", RESERVATION, "instanceType", to("p5.48xlarge")),
            "a100 is of p5.48xlarge",
        ),
        (Mutation("no machine", RESERVATION, "instanceType", to("p9.large")), "no machine type 'p9.large'"),
        (Mutation("not here", RESERVATION, "instanceType", to("p5e.48xlarge")), "not offered in us-east-1"),
        (Mutation("ends, no date", RESERVATION, "endDateType", to("limited")), "limited has an end date"),
        (Mutation("more nodes", NODE_GROUP, "scalingConfig.maxSize", to(3)), "a100 has 2 machines"),
        (
            Mutation("spot", NODE_GROUP, "", add("capacityType", "SPOT")),
            "SPOT never comes out of a reservation",
        ),
        (
            Mutation("two machines", NODE_GROUP, "instanceTypes", to(["p4d.24xlarge", "m7i.large"])),
            "differ in",
        ),
        (Mutation("no machine at all", NODE_GROUP, "instanceTypes", delete), "no machine type here"),
        (
            Mutation("both places", LAUNCH_TEMPLATE, "", add("instanceType", "p4d.24xlarge")),
            "names a machine type",
        ),
        (
            Mutation("own image", LAUNCH_TEMPLATE, "", add("imageId", "ami-0123456789abcdef0")),
            "image of its own",
        ),
        (
            Mutation("own profile", LAUNCH_TEMPLATE, "", add("iamInstanceProfile", {"name": "x"})),
            "EKS refuses it",
        ),
    ],
    ids=lambda one: one.name if isinstance(one, Mutation) else "",
)
def test_nodes_out_of_a_reservation_that_does_not_fit_are_found(mutation: Mutation, said: str):
    changed, _ = mutated(RESERVED, mutation)
    assert said in found(list(changed))

"""What we hold our stacks to: asked of the plan, and of every resource that the program would make."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from fairlead.declared.record import Declared, declared
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.spec.layers import stacks

FOLDER = Path(__file__).parents[1] / "stacks"
STACKS = stacks(FOLDER)
MOST_NODES = 20
"""Nodes of one stack at its most: who needs more says so here too, in the same change."""
CLUSTER = "aws:eks/cluster:Cluster"
"""Type of the managed cluster."""

every_stack = pytest.mark.parametrize("stack", STACKS)


@cache
def plan(stack: str) -> PlatformPlan:
    """What is decided about a stack."""
    return plan_of(FOLDER, stack)


@cache
def resources(stack: str) -> list[Declared]:
    """Every resource that the program declares; no credentials are needed."""
    return declared(FOLDER, stack)


def objects(stack: str, kind: str) -> list[Declared]:
    """Its Kubernetes objects of one kind."""
    return [one for one in resources(stack) if one.inputs.get("kind") == kind]


def test_there_is_a_stack_for_trying_things_out_and_one_for_real_work() -> None:
    assert {"dev", "prod"} <= set(STACKS)


@every_stack
def test_all_pools_together_have_a_most(stack: str) -> None:
    most = {pool.name: pool.max_nodes for pool in plan(stack).pools}
    assert all(nodes > 0 for nodes in most.values())
    assert sum(most.values()) <= MOST_NODES, most


@every_stack
def test_every_tenant_has_a_quota_a_queue_and_a_fence(stack: str) -> None:
    tenants = {tenant.name for tenant in plan(stack).tenants}
    assert tenants
    queues = {one.inputs["metadata"]["name"] for one in objects(stack, "ClusterQueue")}
    assert tenants <= queues
    for kind in ("ResourceQuota", "NetworkPolicy"):
        fenced = {one.inputs["metadata"]["namespace"] for one in objects(stack, kind)}
        assert tenants <= fenced, kind


@every_stack
def test_no_api_server_has_a_public_address(stack: str) -> None:
    [cluster] = [one for one in resources(stack) if one.type == CLUSTER]
    assert cluster.inputs["vpcConfig"]["endpointPublicAccess"] is False


def test_what_people_depend_on_cannot_be_deleted_by_mistake() -> None:
    kept = [one.type for one in resources("prod") if one.protect]
    assert CLUSTER in kept

"""What stands before what, as the engine is told: creation follows it, deletion runs it backwards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.engine import Recorder, Registration, recorded, run
from support.targets import Built, built

from fairlead.contract.group import ObjectGroup, rank
from fairlead.contract.manifest import CONDITIONS, FIELD_MANAGER
from fairlead.layers import readiness
from fairlead.workload.model import RESTARTS


@pytest.fixture(scope="module")
def local() -> Built:
    return built("local")


@pytest.fixture(scope="module")
def engine(local: Built) -> Recorder:
    return local.recorder


def urns(found: list[Registration], at_least: int) -> set[str]:
    assert len(found) >= at_least
    return {one.urn for one in found}


ELSEWHERE = {
    "ScaledObject",
    "Cluster",
    "Certificate",
    "ClusterIssuer",
    "Issuer",
    "GatewayClass",
    "Gateway",
    "Prometheus",
}
"""Kinds that this stack has none of: tests/workload/test_scale_resource.py and test_tools_order.py look at them."""
CONTROLLERS = {
    "kueue-controller-manager": "kueue.x-k8s.io",
    "jobset-controller": "jobset.x-k8s.io",
    "kubeflow-trainer-controller-manager": "trainer.kubeflow.org",
}


def controllers(engine: Recorder) -> list[Registration]:
    found = [one for one in engine.of_kind("Deployment") if one.object["metadata"]["name"] in CONTROLLERS]
    assert len(found) == len(CONTROLLERS)
    return found


def test_all_crds_stand_before_any_controller_starts(engine: Recorder) -> None:
    crds = urns(engine.of_kind("CustomResourceDefinition"), 15)
    for one in controllers(engine):
        assert crds <= engine.behind(one.urn), one.name


def test_a_controllers_accounts_roles_and_services_stand_before_its_pods(engine: Recorder) -> None:
    for one in controllers(engine):
        space = one.object["metadata"]["namespace"]
        kinds = {
            engine.registered[urn].object["kind"]
            for urn in engine.behind(one.urn)
            if engine.registered[urn].object.get("metadata", {}).get("namespace") == space
        }
        assert {"ServiceAccount", "Service", "Secret", "ConfigMap"} <= kinds, one.name


def test_every_custom_resource_comes_after_the_controller_of_its_kind(engine: Recorder) -> None:
    running = {CONTROLLERS[one.object["metadata"]["name"]]: one.urn for one in controllers(engine)}
    seen = 0
    for one in engine.registered.values():
        group = one.object.get("apiVersion", "").partition("/")[0]
        if group in running:
            assert running[group] in engine.behind(one.urn), one.name
            seen += 1
    assert seen >= 25


def test_tenants_go_first_on_destroy_while_every_controller_and_queue_still_stands(engine: Recorder) -> None:
    """A namespace is deleted with the workloads in it: only their controllers can take off the finalizers."""
    needed = urns(controllers(engine), 3)
    needed |= urns(engine.of_kind("ClusterQueue"), 2) | urns(engine.of_kind("ResourceFlavor"), 3)
    needed |= urns(engine.of_kind("ClusterTrainingRuntime"), 11)
    needed |= urns(engine.of_kind("CustomResourceDefinition"), 15)
    needed |= {
        one.urn for kind in ("Role", "ClusterRole") for one in engine.of_kind(kind) if not in_tenant(one)
    }
    tenants = [one for one in engine.of_kind("Namespace") if in_tenant(one)]
    assert len(tenants) == 2
    for one in tenants:
        assert needed <= engine.behind(one.urn), one.name


def in_tenant(one: Registration) -> bool:
    metadata = one.object["metadata"]
    return {metadata["name"], metadata.get("namespace")} & {"team-a", "team-b"} != set()


def test_a_webhook_configuration_stands_before_its_own_controller_and_no_other(engine: Recorder) -> None:
    """Standing before another controller it could refuse that one's objects while its own is not up."""
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for hook in engine.of_kind(kind):
            above = [one for one in controllers(engine) if hook.urn in engine.behind(one.urn)]
            assert len(above) == 1, hook.name


def test_flavors_come_after_the_nodes_they_describe(engine: Recorder) -> None:
    nodes = urns(engine.of_kind("Node"), 6)
    for flavor in engine.of_kind("ResourceFlavor"):
        assert nodes <= engine.behind(flavor.urn)


def test_queues_come_after_their_flavors_cohort_and_topology(engine: Recorder) -> None:
    first = [urns(engine.of_kind(kind), least) for kind, least in (("ResourceFlavor", 3), ("Cohort", 1))]
    for queue in engine.of_kind("ClusterQueue"):
        assert set.union(*first, urns(engine.of_kind("Topology"), 1)) <= engine.behind(queue.urn)
    for local_queue in engine.of_kind("LocalQueue"):
        own = [one.urn for one in engine.of_kind("ClusterQueue")]
        assert set(own) <= engine.behind(local_queue.urn)


def test_the_first_objects_of_a_kind_wait_for_their_webhooks_answer(engine: Recorder) -> None:
    gated = {
        "kueue-webhook-answers": (
            "Topology",
            "ResourceFlavor",
            "Cohort",
            "ClusterQueue",
            "WorkloadPriorityClass",
        ),
        "jobs-webhook-answers": ("ClusterTrainingRuntime",),
    }
    assert set(engine.hooks) == set(gated)
    for hook, kinds in gated.items():
        for kind in kinds:
            found = engine.of_kind(kind)
            assert found, kind
            assert {one.hooks for one in found} == {(hook,)}, kind


def test_every_webhook_that_is_registered_is_asked_before_its_first_use(
    engine: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(readiness, "dry_run", lambda path, obj, context: asked.append(obj))
    for hook in engine.hooks.values():
        run(hook(None))  # type: ignore[arg-type]
    kinds = {(one["apiVersion"].partition("/")[0], f"{one['kind'].lower()}s") for one in asked}
    configured = [
        *engine.of_kind("MutatingWebhookConfiguration"),
        *engine.of_kind("ValidatingWebhookConfiguration"),
    ]
    served: dict[str, set[tuple[str, str]]] = {}
    for hook in (hook for one in configured for hook in one.object["webhooks"]):
        named = {
            (group, kind)
            for rule in hook["rules"]
            for group in rule["apiGroups"]
            for kind in rule["resources"]
        }
        served.setdefault(hook["clientConfig"]["service"]["name"], set()).update(named)
    assert len(served) >= 3
    for service, named in served.items():
        assert kinds & named, f"nobody asks {service}"


def test_a_local_queue_needs_no_gate_because_gated_objects_stand_before_it(engine: Recorder) -> None:
    for one in engine.of_kind("LocalQueue"):
        assert any(engine.registered[urn].hooks for urn in engine.behind(one.urn))


def test_only_the_account_that_the_cluster_makes_anew_is_left_when_its_resource_goes(
    engine: Recorder,
) -> None:
    left = [one.object for one in engine.registered.values() if one.retained]
    assert {(one["kind"], one["metadata"]["name"]) for one in left} == {("ServiceAccount", "default")}
    assert {one["metadata"]["namespace"] for one in left} == {"team-a", "team-b"}


def test_every_kind_with_a_condition_is_awaited_by_it(engine: Recorder) -> None:
    for kind, condition in ((kind, one) for kind, one in CONDITIONS.items() if kind not in ELSEWHERE):
        found = engine.of_kind(kind)
        assert found, f"no {kind} is registered"
        for one in found:
            noted = one.object["metadata"]["annotations"]
            assert noted["pulumi.com/waitFor"] == f"condition={condition}"


def test_every_object_is_applied_by_the_one_field_manager(engine: Recorder) -> None:
    for obj in engine.objects():
        assert obj["metadata"]["annotations"]["pulumi.com/patchFieldManager"] == FIELD_MANAGER


def test_a_rank_waits_for_all_ranks_before_it() -> None:
    kinds = ["Job", "APIService", "ConfigMap", "Namespace", "Deployment"]
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": {"template": {"spec": {}}}}
        for kind in kinds
    ]
    _, engine = recorded(lambda: ObjectGroup("g", objects))
    for one in (one for one in engine.registered.values() if one.object):
        lower = {
            other.urn
            for other in engine.registered.values()
            if other.object and rank(other.object["kind"]) < rank(one.object["kind"])
        }
        assert engine.behind(one.urn) == lower


def test_a_runtime_whose_failure_policy_differs_is_made_anew_for_it_cannot_change(engine: Recorder) -> None:
    made = engine.of_kind("ClusterTrainingRuntime")
    assert len(made) > len(RESTARTS)
    assert {one.anew for one in made} == {("spec.template.spec.failurePolicy",)}
    for one in made:
        assert one.object["spec"]["template"]["spec"]["failurePolicy"], "the path leads somewhere"
    assert not any(one.anew for one in engine.registered.values() if one not in made)


def test_the_gate_asks_once_however_many_objects_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(readiness, "dry_run", lambda path, obj, context: asked.append((path, obj)))
    probe = {"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "probe"}}
    objects = [{"apiVersion": "x/v1", "kind": "X", "metadata": {"name": f"x{n}"}} for n in range(4)]

    def program() -> None:
        import pulumi

        hooks = readiness.answered("x", pulumi.Output.from_input("/kubeconfig"), [probe])
        ObjectGroup("g", objects, hooks=hooks)

    _, engine = recorded(program)
    hook = engine.hooks["x-webhook-answers"]

    async def all_at_once() -> None:
        await asyncio.gather(*(hook(None) for _ in objects))  # type: ignore[arg-type]

    run(all_at_once())
    assert asked == [("/kubeconfig", probe)]
    assert {one.hooks for one in engine.of_kind("X")} == {("x-webhook-answers",)}

"""C4 to C10: storage, identity, queues, gateway, metrics, access and the table of what is missing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from support.golden import REPO
from support.strict import containers, pods
from support.targets import TARGETS, Built
from typer.testing import CliRunner

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.cli.main import app

STORAGE = {"fairlead-block": "storage-block", "fairlead-shared": "storage-shared"}
"""C4: class -> the capability that says why where there is none."""
CREDENTIALS = ("token", "client-key", "client-certificate", "password", "auth-provider")


def missing(platform: Built, capability: str) -> bool:
    return platform.handle.capabilities[capability].status == "unsupported"


def test_every_storage_class_of_the_contract_stands_or_is_declared_missing(platform: Built) -> None:
    made = {one["metadata"]["name"]: one for one in platform.recorder.objects("StorageClass")}
    for name, capability in STORAGE.items():
        there = platform.handle.storage_classes.get(name)
        assert (there is None) is missing(platform, capability), name
        assert there is None or made[there]["provisioner"], name
    assert set(platform.handle.storage_classes) <= set(STORAGE)


def test_the_object_store_is_announced_in_every_tenants_namespace_or_declared_missing(
    platform: Built,
) -> None:
    told = {
        one["metadata"]["namespace"]
        for one in platform.recorder.objects("ConfigMap")
        if one["metadata"]["name"] == "fairlead-object-store"
    }
    everywhere = {tenant.namespace for tenant in platform.plan.tenants}
    assert told == (set() if missing(platform, "object-store") else everywhere)


def test_every_tenant_has_the_workload_account_and_no_account_has_a_static_key(platform: Built) -> None:
    accounts = {
        one["metadata"]["namespace"]: one
        for one in platform.recorder.objects("ServiceAccount")
        if one["metadata"]["name"] == "fairlead-workload"
    }
    # No tenant may have a name that begins so: those are the layers' own.
    of_tenants = {name for name in accounts if not name.startswith("fairlead-")}
    assert of_tenants == {tenant.namespace for tenant in platform.plan.tenants}
    for secret in platform.recorder.objects("Secret"):
        assert not secret.get("data"), secret["metadata"]["name"]
        assert not secret.get("stringData"), secret["metadata"]["name"]
        assert secret.get("type") != "kubernetes.io/service-account-token"


def test_every_tenant_has_a_queue_per_stage(platform: Built) -> None:
    queues = platform.recorder.objects("LocalQueue")
    found = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in queues}
    assert found == {(t.namespace, stage) for t in platform.plan.tenants for stage in labels.STAGES}
    cluster_queues = {one["metadata"]["name"] for one in platform.recorder.objects("ClusterQueue")}
    assert {one["spec"]["clusterQueue"] for one in queues} == cluster_queues


def test_priorities_are_called_as_the_stages_and_rise_with_them(platform: Built) -> None:
    values = {
        one["metadata"]["name"]: one["value"] for one in platform.recorder.objects("WorkloadPriorityClass")
    }
    assert set(values) == set(labels.STAGES)
    assert values["testing"] < values["training"] < values["inference"]


def test_every_flavor_finds_nodes_and_quota_names_only_flavors_that_are_there(platform: Built) -> None:
    flavors = {one["metadata"]["name"]: one["spec"] for one in platform.recorder.objects("ResourceFlavor")}
    every = [node for nodes in platform.nodes.values() for node in nodes]
    for name, spec in flavors.items():
        here = [n for n in every if spec["nodeLabels"].items() <= n["metadata"]["labels"].items()]
        assert here, f"flavor {name} has no node"
        for node in here:
            # What a target puts there by itself every job tolerates: the queue need not know it.
            own = [
                {"key": row.key, "value": row.value, "effect": row.effect} for row in load().taints.values()
            ]
            taints = [taint for taint in node["spec"].get("taints", []) if taint not in own]
            assert taints == spec.get("nodeTaints", []), name
    holders = [*platform.recorder.objects("ClusterQueue"), *platform.recorder.objects("Cohort")]
    used = {
        flavor["name"]
        for one in holders
        for group in one["spec"]["resourceGroups"]
        for flavor in group["flavors"]
    }
    assert used == set(flavors)


def test_a_gateway_is_where_none_is_declared_missing(platform: Built) -> None:
    """C7."""
    assert bool(platform.recorder.objects("Gateway")) is not missing(platform, "gateway")


def test_metrics_have_the_contracts_names_where_they_are_gathered(platform: Built) -> None:
    """C8: on every target by the same rules, and on none without the layer."""
    assert not missing(platform, "metrics")
    assert bool(platform.recorder.objects("PrometheusRule")) is platform.plan.monitoring.enabled


def credentials(kubeconfig: str) -> list[str]:
    """Keys of a kubeconfig's text under which a credential stands; empty for the path of a file."""
    data: Any = yaml.safe_load(kubeconfig)
    if isinstance(data, str):
        return []
    users = [user["user"] for user in data.get("users", [])]
    return [key for user in users for key in user if key.startswith(CREDENTIALS)]


def test_the_engines_state_gets_no_credential(platform: Built) -> None:
    providers = [one for one in platform.recorder.resources if one.typ == "pulumi:providers:kubernetes"]
    assert len(providers) == 1
    assert credentials(platform.kubeconfig) == []
    assert credentials(str(providers[0].inputs["kubeconfig"])) == []


def test_the_search_for_credentials_finds_them() -> None:
    user = {"name": "a", "user": {"token": "x", "client-key-data": "y"}}
    assert credentials(yaml.safe_dump({"users": [user]})) == ["client-key-data", "token"]
    assert credentials(yaml.safe_dump({"users": [{"name": "a", "user": {"exec": {"command": "x"}}}]})) == []


def test_every_object_goes_through_the_clusters_one_provider(platform: Built) -> None:
    objects = [one for one in platform.recorder.registered.values() if one.object]
    assert len({one.provider for one in objects}) == 1
    assert all(
        one.provider.endswith(f"pulumi:providers:kubernetes::{platform.handle.name}") for one in objects
    )


def test_every_capability_of_the_catalogue_is_declared_with_its_reason(platform: Built) -> None:
    catalog = load()
    known = {name for rows in catalog.capabilities.values() for name in rows}
    assert set(platform.handle.capabilities) == known
    for one in platform.handle.capabilities.values():
        assert one.status in {"supported", "unsupported", "unproven"}
        assert one.reason or one.status == "supported", one.name


def test_the_capability_table_is_total() -> None:
    catalog = load()
    assert set(catalog.capabilities) == set(catalog.targets) == set(TARGETS)
    assert len({frozenset(rows) for rows in catalog.capabilities.values()}) == 1


def test_the_handle_is_complete(platform: Built) -> None:
    handle = platform.handle
    assert (handle.name, handle.target) == (platform.plan.name, platform.plan.target)
    assert set(handle.images) == set(lock.images())
    assert platform.ready
    assert platform.ready <= set(platform.recorder.registered)


def test_nothing_is_installed_before_the_cluster_says_that_it_is_ready(platform: Built) -> None:
    controllers = [one for one in platform.recorder.of_kind("Deployment") if one.urn not in platform.ready]
    assert len(controllers) >= 3
    for one in controllers:
        assert platform.ready <= platform.recorder.behind(one.urn), one.name


def test_every_image_comes_from_the_lock_and_none_moves(platform: Built) -> None:
    allowed = {text for row in lock.images().values() for text in (row.reference, row.pinned)}
    used = {
        box["image"]
        for _, template in pods(platform.recorder.objects())
        for box in containers(template["spec"])
    }
    assert len(used) >= 3
    assert used <= allowed
    assert not [image for image in used if image.endswith((":latest", ":main", ":master"))]


@pytest.mark.parametrize("target", sorted(TARGETS))
@pytest.mark.parametrize("file", sorted(path.name for path in (REPO / "examples").glob("*.yaml")))
def test_the_same_job_renders_to_the_same_bytes_on_every_target(file: str, target: str) -> None:
    done = CliRunner().invoke(app, ["render", "-f", str(REPO / "examples" / file), "--target", target])
    assert done.exit_code == 0, done.output
    assert done.stdout == (REPO / "tests" / "golden" / "jobs" / file).read_text()

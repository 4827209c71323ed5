"""The local target's own objects: simulated nodes, DNS, the policy engine, volumes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.golden import REPO
from support.strict import problems
from support.targets import VOLUMES, built

from fairlead import labels
from fairlead.catalog import lock
from fairlead.plan.model import PoolPlan
from fairlead.plan.stack import plan_of
from fairlead.targets.local import network, node_pools, storage

SYSTEM = {labels.POOL: "system"}


@pytest.fixture(scope="module")
def h100() -> PoolPlan:
    return next(pool for pool in plan_of(REPO / "stacks", "local").pools if pool.name == "h100")


def test_a_simulated_node_says_to_kwok_what_it_has(h100: PoolPlan) -> None:
    node = node_pools.node(h100, 0)
    told = json.loads(node["metadata"]["annotations"][node_pools.RESOURCES])
    assert told["nvidia.com/gpu"] == "8"
    assert (told["cpu"], told["memory"]) == (h100.cpu, h100.memory)
    assert node["metadata"]["annotations"][node_pools.KWOK] == "fake"
    assert problems(node) == []


def test_nodes_of_a_new_generation_stand_beside_the_old_ones(h100: PoolPlan) -> None:
    names = {node_pools.node_name(replace(h100, generation=g), i) for g in (1, 2) for i in range(4)}
    assert len(names) == 8


def test_the_real_node_is_not_made_a_second_time() -> None:
    made = [node["metadata"]["name"] for node in built("local").recorder.objects("Node")]
    assert sorted(made) == [*(f"h100-1-{n}" for n in range(4)), *(f"l4-1-{n}" for n in range(2))]


def test_the_dns_service_lies_where_every_kubelet_looks_for_it() -> None:
    objects = network.dns("image:1", SYSTEM)
    (service,) = [obj for obj in objects if obj["kind"] == "Service"]
    (deployment,) = [obj for obj in objects if obj["kind"] == "Deployment"]
    assert service["spec"]["clusterIP"] == network.DNS_IP
    pod = deployment["spec"]["template"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    ports = {one["name"]: one["containerPort"] for one in pod["spec"]["containers"][0]["ports"]}
    assert {one["targetPort"] for one in service["spec"]["ports"]} == set(ports)
    assert f".:{ports['udp']} " in network.COREFILE


def test_the_tenants_dns_rule_finds_the_dns_pods() -> None:
    engine = built("local").recorder
    (pod,) = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in engine.objects("Deployment")
        if one["metadata"]["name"] == "coredns"
    ]
    rules = [
        peer["podSelector"]["matchLabels"]
        for policy in engine.objects("NetworkPolicy")
        for rule in policy["spec"].get("egress", [])
        for peer in rule["to"]
        if "namespaceSelector" in peer
    ]
    assert len(rules) == 2
    assert all(rule.items() <= pod.items() for rule in rules)


def test_the_policy_engine_does_nothing_but_policies_and_only_on_the_real_node() -> None:
    (daemon,) = [obj for obj in network.policies("image:1", SYSTEM) if obj["kind"] == "DaemonSet"]
    spec = daemon["spec"]["template"]["spec"]
    arguments = set(spec["containers"][0]["args"])
    assert {"--run-firewall=true", "--run-router=false", "--run-service-proxy=false"} <= arguments
    assert spec["nodeSelector"] == SYSTEM
    context = spec["containers"][0]["securityContext"]
    assert context["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW"]}
    assert not context.get("privileged")


@pytest.fixture(scope="module")
def volumes() -> list[Any]:
    images = {name: row.reference for name, row in lock.images().items()}
    return list(storage.objects(images, SYSTEM, "/volumes"))


def test_each_storage_class_has_its_own_place_under_the_stacks_directory(volumes: list[Any]) -> None:
    (files,) = [obj["data"] for obj in volumes if obj["kind"] == "ConfigMap"]
    config = json.loads(files["config.json"])["storageClassConfigs"]
    classes = {obj["metadata"]["name"] for obj in volumes if obj["kind"] == "StorageClass"}
    assert set(config) == classes == set(storage.CLASSES.values())
    assert config["fairlead-block"]["nodePathMap"][0]["paths"] == ["/volumes/block"]
    assert config["fairlead-shared"]["sharedFileSystemPath"] == "/volumes/shared"


def test_the_provisioner_serves_the_classes_under_the_name_they_give(volumes: list[Any]) -> None:
    (deployment,) = [obj for obj in volumes if obj["kind"] == "Deployment"]
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert f"--provisioner-name={storage.PROVISIONER}" in arguments
    named = {obj["provisioner"] for obj in volumes if obj["kind"] == "StorageClass"}
    assert named == {storage.PROVISIONER}


def test_the_helper_pod_is_valid_and_lands_on_the_real_node_only(volumes: list[Any]) -> None:
    (files,) = [obj["data"] for obj in volumes if obj["kind"] == "ConfigMap"]
    helper = yaml.safe_load(files["helperPod.yaml"])
    assert problems(helper) == []
    assert helper["spec"]["nodeSelector"] == SYSTEM
    assert helper["spec"]["containers"][0]["image"] == lock.images()["local-path-helper"].reference


def test_the_provisioner_may_make_pods_in_its_own_namespace_only(volumes: list[Any]) -> None:
    def may_make_pods(obj: Any) -> bool:
        return any("pods" in rule["resources"] and "create" in rule["verbs"] for rule in obj["rules"])

    roles = [obj for obj in volumes if obj["kind"] in {"Role", "ClusterRole"}]
    assert [obj["kind"] for obj in roles if may_make_pods(obj)] == ["Role"]


def test_volumes_lie_where_they_go_with_the_cluster() -> None:
    maps = [
        obj for obj in built("local").recorder.objects("ConfigMap") if "config.json" in obj.get("data", {})
    ]
    assert len(maps) == 1
    assert str(VOLUMES) in maps[0]["data"]["config.json"]
    assert Path(VOLUMES).is_absolute()


def test_no_role_of_the_target_can_read_secrets_or_do_everything() -> None:
    objects: list[Any] = [
        *network.dns("i:1", SYSTEM),
        *network.policies("i:1", SYSTEM),
        *storage.objects(built("local").handle.images, SYSTEM, "/volumes"),
    ]
    roles = [obj for obj in objects if obj["kind"] in {"Role", "ClusterRole"}]
    assert len(roles) >= 4
    for obj in roles:
        for rule in obj["rules"]:
            assert not {"*", "secrets"} & {*rule["resources"], *rule["verbs"], *rule["apiGroups"]}

"""Kubernetes objects that only AWS has: Karpenter, the classes of storage, Neuron's device plugin."""

from __future__ import annotations

from aws_declared import H100, cluster, of, one_of, stack
from support.clouds import cloud_plan

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.declared.record import Declared
from fairlead.plan.sites.aws_model import AwsSite
from fairlead.targets.aws import karpenter_objects


def behind(resource: Declared) -> set[str]:
    """Names of everything that stands before a resource of aws-prod is made."""
    made = {one.urn: one for one in stack("aws-prod")}
    seen: set[str] = set()
    todo = [resource.urn]
    while todo:
        for urn in made[todo.pop()].depends_on:
            if urn in made and urn not in seen:
                seen.add(urn)
                todo.append(urn)
    return {made[urn].name for urn in seen}


def test_karpenters_pools_come_after_their_classes_and_its_controller_after_its_kinds() -> None:
    pools = of(stack("aws-prod"), "NodePool")
    assert len(pools) >= 8
    for pool in pools:
        before = behind(pool)
        own = pool.inputs["metadata"]["name"]
        assert f"fairlead-prod-node-classes-ec2nodeclass-{own}" in before
        assert "fairlead-prod-karpenter-deployment-kube-system-karpenter" in before
        kinds = {name for name in before if "customresourcedefinition-nodepools" in name}
        assert kinds, "the kind is not there yet"
        assert "fairlead-prod-interruptions" in before, "notices would be lost"


def test_a_step_never_starts_more_nodes_than_the_pool_has_room_for() -> None:
    """Said in cores too: their number alone does not hold a gang that comes at once, karpenter#2915."""
    limits = {
        one.name.rpartition("nodepool-")[2]: one.inputs["spec"]["limits"]
        for one in of(stack("aws-prod"), "NodePool")
    }
    cores = {name: row.vcpus for name, row in load().machines["aws"].items()}
    assert limits["h100-g1-spot"] == {"nodes": "6", "cpu": str(6 * cores["p5.48xlarge"])}
    l4 = next(one for one in of(stack("aws-prod"), "NodePool") if one.name.endswith("l4-g1-on-demand"))
    (machine,) = next(
        one["values"]
        for one in l4.inputs["spec"]["template"]["spec"]["requirements"]
        if one["key"] == "node.kubernetes.io/instance-type"
    )
    assert limits["l4-g1-on-demand"] == {"nodes": "16", "cpu": str(16 * cores[machine])}


def test_an_idle_node_goes_after_the_time_of_its_pool_and_all_of_them_at_once() -> None:
    made = cluster({**H100, "idle_after": "20m"})
    disruption = one_of(made, "NodePool", "h100-g1-on-demand")["spec"]["disruption"]
    assert disruption["consolidateAfter"] == "1200s"
    assert {"nodes": "100%", "reasons": ["Empty"]} in disruption["budgets"]
    assert all(one.get("reasons") for one in disruption["budgets"]), (
        "one without reasons holds empty nodes too"
    )


def test_only_empty_nodes_are_taken_from_a_pool_with_accelerators() -> None:
    for one in of(stack("aws-prod"), "NodePool"):
        spec = one.inputs["spec"]
        accelerated = bool(spec["template"]["spec"].get("taints"))
        wanted = "WhenEmpty" if accelerated else "WhenEmptyOrUnderutilized"
        assert spec["disruption"]["consolidationPolicy"] == wanted, one.name
        assert spec["template"]["spec"]["expireAfter"] == "Never"


def test_nodes_are_replaced_in_the_window_only() -> None:
    made = cluster(dict(H100), target={"maintenance": {"day": "monday", "start": "01:00", "hours": 4}})
    budgets = one_of(made, "NodePool", "h100-g1-on-demand")["spec"]["disruption"]["budgets"]
    (closed,) = [one for one in budgets if one["nodes"] == "0"]
    assert closed["reasons"] == ["Drifted", "Underutilized"]
    assert (closed["schedule"], closed["duration"]) == ("0 5 * * 1", "164h")


def test_a_reservation_is_named_by_the_step_that_uses_it_and_no_other() -> None:
    terms = {
        one.name.rpartition("h100-g1-")[2]: one.inputs["spec"].get("capacityReservationSelectorTerms")
        for one in of(stack("aws-prod"), "EC2NodeClass")
        if "h100-g1" in one.name
    }
    assert terms == {"reserved": [{"id": "cr-0123456789abcdef0"}], "on-demand": None, "spot": None}


def test_node_images_are_pinned_by_their_release() -> None:
    for one in of(stack("aws-prod"), "EC2NodeClass"):
        (term,) = one.inputs["spec"]["amiSelectorTerms"]
        assert term["alias"].startswith("al2023@v2")
    assert all(one.inputs["releaseVersion"] for one in of(stack("aws-prod"), "NodeGroup"))


def test_karpenter_works_on_the_nodes_that_are_always_there() -> None:
    plan = cloud_plan("aws", dict(H100))
    assert isinstance(plan.site, AwsSite)
    image = lock.images()["karpenter"]
    values = karpenter_objects.controller("lab", plan.site, image.pinned).values
    assert values["nodeSelector"]["fairlead.dev/pool"] == "system"
    told = values["controller"]["image"]
    assert (told["repository"], told["tag"], told["digest"]) == (image.repository, image.tag, image.digest)
    assert values["settings"]["interruptionQueue"] == "lab-interruptions"


def test_karpenter_repairs_nodes_unless_no_pool_wants_it() -> None:
    def gate(**more: bool) -> bool:
        pools = [{"name": "system", "machine": "m7i.xlarge", "min": 2, "max": 4, **more}]
        site = cloud_plan("aws", pools=pools).site
        assert isinstance(site, AwsSite)
        return site.repair

    assert gate()
    assert not gate(repair=False)


def test_training_data_is_a_volume_for_each_tenant_that_nobody_writes() -> None:
    volumes = {
        one.inputs["spec"]["claimRef"]["namespace"]: one.inputs
        for one in of(stack("aws-prod"), "PersistentVolume")
    }
    assert set(volumes) == {"research", "product"}
    for one in volumes.values():
        assert one["spec"]["accessModes"] == ["ReadOnlyMany"]
        assert "ro" in one["spec"]["mountOptions"]
    assert len({one["spec"]["csi"]["volumeHandle"] for one in volumes.values()}) == 2
    bond = one_of(stack("aws-prod"), "DataRepositoryAssociation")
    assert bond["dataRepositoryPath"].endswith("/_datasets/")


def test_there_is_no_shared_class_without_a_file_system() -> None:
    made = cluster(target={"shared_storage": False})
    assert not of(made, "FileSystem")
    assert not [one for one in of(made, "Addon") if "efs" in one.name]
    classes = {one.inputs["metadata"]["name"] for one in of(made, "StorageClass")}
    assert classes == {"fairlead-block"}


def test_tenants_reach_their_identity_and_the_store_at_addresses_of_the_network() -> None:
    policies = [
        one.inputs
        for one in of(stack("aws-prod"), "NetworkPolicy")
        if one.name.endswith("research-object-store")
    ]
    (policy,) = policies
    calls = {rule["to"][0]["ipBlock"]["cidr"]: rule["ports"][0]["port"] for rule in policy["spec"]["egress"]}
    control = {one.inputs["cidrBlock"] for one in of(stack("aws-prod"), "Subnet") if "-control-" in one.name}
    assert calls == {"169.254.170.23/32": 80, **dict.fromkeys(control, 443)}


def test_without_endpoints_in_the_network_tenants_reach_the_store_in_the_internet_and_nothing_private() -> (
    None
):
    (policy,) = [
        one.inputs
        for one in of(stack("aws-dev"), "NetworkPolicy")
        if one.name.endswith("team-a-object-store")
    ]
    block = policy["spec"]["egress"][1]["to"][0]["ipBlock"]
    assert block["cidr"] == "0.0.0.0/0"
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(block["except"])

"""What is decided and refused alike on every cloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.clouds import CLOUDS, cloud_plan, cloud_spec, refused, system
from support.specs import with_gpus

from fairlead import labels
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan.load import load_plan
from fairlead.plan.model import PoolPlan
from fairlead.values import quantity

EVERYWHERE = pytest.mark.parametrize("cloud", CLOUDS)


def only(cloud: str, *pools: dict[str, Any], **more: Any) -> tuple[str, str]:
    """Path and text of the one problem."""
    (problem,) = refused(cloud, *pools, **more)
    return problem.where, " ".join(str(problem).split())


def pool(cloud: str, **given: Any) -> PoolPlan:
    plan = cloud_plan(cloud, {"name": "gpu", "min": 0, "max": 2, **given})
    return next(one for one in plan.pools if one.name == "gpu")


@EVERYWHERE
def test_the_smallest_spec_has_a_plan(cloud: str) -> None:
    assert refused(cloud) == ()
    plan = cloud_plan(cloud)
    assert plan.kubernetes == load().targets[cloud].kubernetes


@EVERYWHERE
def test_a_region_that_the_catalogue_lacks_is_refused_with_the_nearest(cloud: str) -> None:
    region = cloud_spec(cloud)["target"]["region"]
    where, text = only(cloud, target={"region": f"{region}x"})
    assert where == "platform.target.region"
    assert f"nearest: {region}" in text


@EVERYWHERE
def test_a_zone_of_another_region_is_refused(cloud: str) -> None:
    zones = cloud_spec(cloud)["target"]["zones"]
    where, text = only(cloud, target={"zones": [zones[0], "mars-1a"]})
    assert where == "platform.target.zones[1]"
    assert zones[1] in text


@EVERYWHERE
def test_a_zone_named_twice_is_refused(cloud: str) -> None:
    zone = cloud_spec(cloud)["target"]["zones"][0]
    assert only(cloud, target={"zones": [zone, zone]})[0] == "platform.target.zones"


@EVERYWHERE
def test_a_kubernetes_version_that_nobody_has_tried_is_refused(cloud: str) -> None:
    where, text = only(cloud, target={"version": "1.20"})
    assert where == "platform.target.version"
    assert load().targets[cloud].versions[0] in text


@EVERYWHERE
def test_a_public_api_server_must_say_who_may_call_it(cloud: str) -> None:
    assert only(cloud, target={"endpoint": {"public": True}})[0] == "platform.target.endpoint.allow"
    accepted = {"endpoint": {"public": True, "allow": ["198.51.100.0/24"]}}
    assert refused(cloud, target=accepted) == ()


@EVERYWHERE
@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_an_api_server_for_the_whole_internet_is_refused(cloud: str, everybody: str) -> None:
    where, _ = only(cloud, target={"endpoint": {"public": True, "allow": ["198.51.100.0/24", everybody]}})
    assert where == "platform.target.endpoint.allow[1]"


@EVERYWHERE
def test_a_pool_may_not_be_in_a_zone_that_the_cluster_does_not_use(cloud: str) -> None:
    where, _ = only(cloud, system(cloud, name="extra", zones=["elsewhere"]))
    assert where == "platform.pools[1].zones[0]"


@EVERYWHERE
def test_a_pool_is_in_all_zones_and_a_compact_one_in_one(cloud: str) -> None:
    zones = tuple(cloud_spec(cloud)["target"]["zones"])
    plain = cloud_plan(cloud).pools[0]
    assert plain.zones == zones
    extra = cloud_plan(cloud, system(cloud, name="extra", zones=[zones[1]])).pools[1]
    assert extra.zones == (zones[1],)


@EVERYWHERE
def test_a_ladder_needs_room_to_grow(cloud: str) -> None:
    ladder = {"name": "gpu", "accelerators": "T4:1", "capacity": ["on-demand", "spot"]}
    where, _ = only(cloud, {**ladder, "min": 1, "max": 1})
    assert where == "platform.pools[1].capacity"


@EVERYWHERE
def test_two_ladders_that_share_a_step_are_refused_where_the_queue_could_not_tell_them_apart(
    cloud: str,
) -> None:
    where, text = only(cloud, system(cloud, name="batch", capacity=["on-demand", "spot"], min=0))
    assert where == "platform.pools[1].capacity"
    assert "platform.pools[0]" in text


@EVERYWHERE
def test_every_step_of_a_ladder_has_its_own_capacity_label_and_all_share_the_ladders(cloud: str) -> None:
    ladder = {"capacity": ["on-demand", "spot"], "accelerators": "T4:1", "max": 3}
    made = pool(cloud, **ladder)
    assert [rung.capacity for rung in made.rungs] == ["on-demand", "spot"]
    assert [rung.labels[labels.CAPACITY] for rung in made.rungs] == ["on-demand", "spot"]
    assert {rung.labels[labels.LADDER] for rung in made.rungs} == {"on-demand.spot"}
    assert (made.capacity, made.labels) == ("on-demand", made.rungs[0].labels)


@EVERYWHERE
def test_a_ladder_is_one_flavor_of_the_queue_with_the_pools_maximum(cloud: str) -> None:
    given = {"name": "gpu", "min": 0, "max": 3, "capacity": ["on-demand", "spot"], "accelerators": "T4:1"}
    plan = cloud_plan(cloud, given)
    (flavor,) = [one for one in plan.queues.flavors if one.accelerator == "T4"]
    assert flavor.name == "t4-on-demand-spot-unplaced"
    assert flavor.node_labels == {labels.ACCELERATOR: "T4", labels.LADDER: "on-demand.spot"}
    assert flavor.totals["nvidia.com/gpu"] == "3"


@EVERYWHERE
def test_pools_that_grow_have_no_topology_and_pools_that_do_not_have_one(cloud: str) -> None:
    """Kueue would wait for nodes that only its own admission makes the autoscaler start."""
    growing = cloud_plan(cloud)
    assert growing.queues.topologies == ()
    assert any("Pools system grow" in note for note in growing.notes)
    fixed = load_plan(cloud_spec(cloud) | {"pools": [system(cloud, min=2, max=2)]}, "f", load())
    assert [one.name for one in fixed.queues.topologies] == ["lab"]
    assert not any("grow" in note for note in fixed.notes)


@EVERYWHERE
def test_a_capacity_named_twice_is_refused(cloud: str) -> None:
    where, _ = only(cloud, system(cloud, name="batch", capacity=["spot", "spot"], min=0))
    assert where == "platform.pools[1].capacity"


@EVERYWHERE
def test_an_image_that_the_machine_does_not_run_is_refused(cloud: str) -> None:
    where, _ = only(cloud, system(cloud, name="extra", image="windows"))
    assert where == "platform.pools[1].image"


@EVERYWHERE
def test_a_fabric_that_the_machine_lacks_is_refused(cloud: str) -> None:
    given = {"name": "gpu", "accelerators": "T4:1", "min": 0, "max": 1, "fabric": "required"}
    assert "platform.pools[1].fabric" in {problem.where for problem in refused(cloud, given)}


@EVERYWHERE
def test_the_queue_counts_less_than_the_whole_machine(cloud: str) -> None:
    for row in load().machines[cloud].values():
        if row.vcpus is None or row.memory_mib is None:
            assert (row.cpu, row.memory) == (None, None), row.name
            continue
        assert row.cpu, row.name
        assert row.memory, row.name
        assert 0 < quantity(row.cpu) < row.vcpus, row.name
        assert 0 < quantity(row.memory) < row.memory_mib * 1024**2, row.name


def test_a_machine_whose_size_nobody_has_told_is_refused() -> None:
    catalog = load()
    machines = dict(catalog.machines["aws"])
    machines["g4dn.xlarge"] = replace(machines["g4dn.xlarge"], vcpus=None, memory_mib=None, cpu=None)
    unknown = replace(catalog, machines={**catalog.machines, "aws": machines})
    given = {"name": "gpu", "machine": "g4dn.xlarge", "accelerators": "T4:1", "min": 0, "max": 1}
    with pytest.raises(InputError, match=r"size of machine g4dn\.xlarge"):
        load_plan(cloud_spec("aws", given), "f", unknown)


@EVERYWHERE
def test_every_machine_with_accelerators_can_be_asked_for(cloud: str) -> None:
    """By name, in a region that has it; a machine that no spec can reach is a dead row."""
    for row in load().machines[cloud].values():
        assert row.node_images, row.name
        if row.accelerator is None:
            continue
        assert load().accelerator(row.accelerator), row.name
        assert row.count >= 1


@EVERYWHERE
def test_an_accelerator_of_another_target_is_refused_with_the_targets_that_have_it(cloud: str) -> None:
    catalog = load()
    here = {row.accelerator for row in catalog.machines[cloud].values()}
    others = {row.accelerator for name in CLOUDS for row in catalog.machines[name].values()}
    missing = sorted(one for one in others - here if one)
    assert missing
    for name in missing:
        (problem,) = refused(cloud, {"name": "gpu", "accelerators": f"{name}:1", "min": 0, "max": 1})
        assert problem.where == "platform.pools[1].accelerators"
        assert "has it" in problem.fix or "exactly" in problem.allowed or problem.allowed, name


def test_what_a_target_cannot_do_is_refused_with_its_reason() -> None:
    asked: dict[str, Any] = {
        "zones": ["a"],
        "placement": "compact",
        "fabric": "required",
        "topology": "2x2",
        "image_streaming": True,
        "local_disks": "raw",
        "reservation": "cr-1",
        "max_duration": "7d",
    }
    data = with_gpus()
    data["pools"][1] |= asked
    with pytest.raises(InputError) as caught:
        load_plan(data, "f", load())
    told = {problem.where: problem.what for problem in caught.value.problems}
    reasons = load().capabilities["local"]
    for field in asked:
        assert "target local cannot do this" in told[f"platform.pools[1].{field}"]
    assert reasons["flex-start"].reason in told["platform.pools[1].max_duration"]

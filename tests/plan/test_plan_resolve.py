"""What a plan decides: machines, labels, taints, flavors, shares, layers, notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.clouds import cloud_plan
from support.specs import gpu_pool, minimal, scaling_catalog, with_gpus

from fairlead import labels
from fairlead.catalog.model import Catalog
from fairlead.catalog.read import load as load_catalog
from fairlead.errors import InputError
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan, PoolPlan, Taint, Toleration
from fairlead.plan.resolve import resolve
from fairlead.plan.sites.local import LocalSite
from fairlead.spec.layer import Layers
from fairlead.spec.load import load


def plan_of(data: dict[str, Any], catalog: Catalog | None = None) -> PlatformPlan:
    return load_plan(data, "f", catalog or load_catalog())


def pool_of(plan: PlatformPlan, name: str) -> PoolPlan:
    return {pool.name: pool for pool in plan.pools}[name]


def nominal(plan: PlatformPlan, tenant: str) -> dict[str, dict[str, str]]:
    queue = {queue.name: queue for queue in plan.queues.queues}[tenant]
    return {quota.flavor: dict(quota.nominal) for quota in queue.quotas}


def shared(plan: PlatformPlan) -> dict[str, dict[str, str]]:
    return {quota.flavor: dict(quota.nominal) for quota in plan.queues.shared}


def tenant(name: str = "team-a", **quota: Any) -> dict[str, Any]:
    return {"name": name, "quota": quota}


def test_resolve_and_load_plan_give_the_same_plan() -> None:
    data = with_gpus()
    assert resolve(load(data, "f"), load_catalog()) == plan_of(data)


def test_resolve_refuses_what_load_plan_refuses() -> None:
    spec = load(with_gpus(gpu_pool(accelerators="H100:3")), "f")
    with pytest.raises(InputError, match=r"platform lab: 1 problem"):
        resolve(spec, load_catalog())


@pytest.mark.parametrize(
    ("pool", "machine", "why"),
    [
        ({"accelerators": "H100:8"}, "sim-h100-8", "the only machine of target local with H100:8"),
        ({"accelerators": "h100:8"}, "sim-h100-8", "the only machine of target local with H100:8"),
        ({"accelerators": "L4"}, "sim-l4-1", "the only machine of target local with L4:1"),
        ({"accelerators": "L4:4"}, "sim-l4-4", "the only machine of target local with L4:4"),
        ({"accelerators": "A100-80G:8"}, "sim-a100-8", "the only machine of target local with A100-80GB:8"),
        ({"accelerators": "L4:4", "machine": "sim-l4-4"}, "sim-l4-4", "named in the spec"),
    ],
)
def test_a_pool_gets_the_machine_that_carries_exactly_what_it_asks_for(
    pool: dict[str, Any], machine: str, why: str
) -> None:
    chosen = pool_of(plan_of(with_gpus({"name": "gpu", "min": 1, "max": 1, **pool})), "gpu")
    assert (chosen.machine, chosen.why) == (machine, why)


def test_of_several_machines_the_smallest_is_chosen_and_the_others_are_named() -> None:
    plan = plan_of(with_gpus(gpu_pool("l4", "L4:1")), scaling_catalog())
    assert pool_of(plan, "system").machine == "host"
    assert "larger: plain-large" in pool_of(plan, "system").why
    assert pool_of(plan, "l4").machine == "sim-l4-1"
    assert "larger: big-l4-1" in pool_of(plan, "l4").why


def test_a_machine_that_does_not_offer_the_capacity_is_passed_over() -> None:
    catalog = scaling_catalog()
    machines = dict(catalog.machines["local"])
    machines["sim-l4-1"] = replace(machines["sim-l4-1"], capacities=("on-demand",))
    offered = replace(catalog, machines={"local": machines})
    plan = plan_of(with_gpus(gpu_pool("l4", "L4:1", capacity="spot")), offered)
    assert pool_of(plan, "l4").machine == "big-l4-1"


def test_accelerator_nodes_are_labelled_tainted_and_hand_out_their_toleration() -> None:
    pool = pool_of(plan_of(with_gpus(gpu_pool(capacity="spot"))), "h100")
    assert pool.labels == {
        labels.POOL: "h100",
        labels.ACCELERATOR: "H100",
        labels.CAPACITY: "spot",
        labels.SIMULATED: "true",
    }
    assert pool.taints == (Taint("nvidia.com/gpu", "present", "NoSchedule"),)
    assert pool.tolerations == (Toleration("nvidia.com/gpu", "Exists", "NoSchedule"),)
    assert (pool.resource, pool.count, pool.cpu, pool.memory) == ("nvidia.com/gpu", 8, "96", "1Ti")


def test_plain_real_nodes_have_no_taint_and_their_size_is_open() -> None:
    pool = pool_of(plan_of(minimal()), "system")
    assert pool.labels == {labels.POOL: "system", labels.ACCELERATOR: "none", labels.CAPACITY: "on-demand"}
    assert (pool.taints, pool.tolerations, pool.resource, pool.count) == ((), (), None, 0)
    assert (pool.cpu, pool.memory, pool.simulated) == (None, None, False)


def test_there_is_one_flavor_per_accelerator_and_capacity_and_plain_ones_come_first() -> None:
    plan = plan_of(
        with_gpus(
            gpu_pool("z", "L4:1", 1),
            gpu_pool("a", "H100:8", 1, capacity="spot"),
            gpu_pool("b", "H100:8", 2),
            gpu_pool("c", "H100:8", 1),
            gpu_pool("d", "L4:4", 1),
        )
    )
    flavors = {flavor.name: flavor for flavor in plan.queues.flavors}
    assert list(flavors) == ["cpu-on-demand", "h100-on-demand", "h100-spot", "l4-on-demand"]
    assert flavors["h100-on-demand"].totals == {"cpu": "288", "memory": "3Ti", "nvidia.com/gpu": "24"}
    assert flavors["l4-on-demand"].totals == {"cpu": "56", "memory": "224Gi", "nvidia.com/gpu": "5"}
    assert flavors["h100-spot"].node_labels == {labels.ACCELERATOR: "H100", labels.CAPACITY: "spot"}
    assert flavors["cpu-on-demand"].node_labels == {labels.ACCELERATOR: "none", labels.CAPACITY: "on-demand"}
    assert flavors["h100-spot"].node_taints == (Taint("nvidia.com/gpu", "present", "NoSchedule"),)
    assert flavors["cpu-on-demand"].node_taints == ()


def test_every_flavor_lists_every_covered_resource() -> None:
    plan = plan_of(with_gpus(gpu_pool(), gpu_pool("amd", "MI300X:8", 1)), scaling_catalog())
    assert plan.queues.resources == ("cpu", "memory", "amd.com/gpu", "nvidia.com/gpu")
    amounts = [quota.nominal for quota in plan.queues.shared]
    amounts += [flavor.totals for flavor in plan.queues.flavors]
    amounts += [quota.nominal for queue in plan.queues.queues for quota in queue.quotas]
    assert all(tuple(amount) == plan.queues.resources for amount in amounts)
    assert {f.name: f.totals["amd.com/gpu"] for f in plan.queues.flavors} == {
        "cpu-on-demand": "0",
        "h100-on-demand": "0",
        "mi300x-on-demand": "8",
    }


def test_cores_and_memory_go_with_the_accelerators_in_proportion() -> None:
    data = with_gpus(
        gpu_pool(), tenants=[tenant(accelerators={"H100": 12}), tenant("b", accelerators={"h100": 8})]
    )
    plan = plan_of(data)
    assert nominal(plan, "team-a")["h100-on-demand"] == {
        "cpu": "144",
        "memory": "1536Gi",
        "nvidia.com/gpu": "12",
    }
    assert nominal(plan, "b")["h100-on-demand"] == {"cpu": "96", "memory": "1Ti", "nvidia.com/gpu": "8"}
    assert shared(plan)["h100-on-demand"] == {"cpu": "144", "memory": "1536Gi", "nvidia.com/gpu": "12"}


def test_guaranteed_accelerators_are_taken_from_reserved_then_on_demand_then_spot() -> None:
    pools = [
        gpu_pool("s", nodes=1, capacity="spot"),
        gpu_pool("o", nodes=1),
        gpu_pool("r", nodes=1, capacity="reserved"),
    ]
    data = with_gpus(
        *pools, tenants=[tenant("a", accelerators={"H100": 10}), tenant("b", accelerators={"H100": 9})]
    )
    plan = plan_of(data)

    def gpus(quotas: dict[str, dict[str, str]]) -> tuple[str, ...]:
        kinds = ("h100-reserved", "h100-on-demand", "h100-spot")
        return tuple(quotas[kind]["nvidia.com/gpu"] for kind in kinds)

    assert gpus(nominal(plan, "a")) == ("8", "2", "0")
    assert gpus(nominal(plan, "b")) == ("0", "6", "3")
    assert gpus(shared(plan)) == ("0", "0", "5")


def test_a_node_of_unknown_size_has_exactly_what_is_promised_of_it() -> None:
    data = minimal(tenants=[tenant("a", cpu="500m", memory="1Gi"), tenant("b", cpu="250m", memory="512Mi")])
    plan = plan_of(data)
    assert plan.queues.flavors[0].totals == {"cpu": "750m", "memory": "1536Mi"}
    assert shared(plan)["cpu-on-demand"] == {"cpu": "0", "memory": "0"}


def test_a_node_of_known_size_shares_what_is_not_promised() -> None:
    data = minimal(tenants=[tenant(cpu="1500m", memory="1Gi")])
    data["pools"][0]["max"] = 2
    plan = plan_of(data, scaling_catalog())
    assert plan.queues.flavors[0].totals == {"cpu": "8", "memory": "32Gi"}
    assert nominal(plan, "team-a")["cpu-on-demand-unplaced"] == {"cpu": "1500m", "memory": "1Gi"}
    assert shared(plan)["cpu-on-demand-unplaced"] == {"cpu": "6500m", "memory": "31Gi"}


def test_plain_shares_fill_one_flavor_and_then_the_next() -> None:
    data = minimal(tenants=[tenant("a", cpu="3", memory="0"), tenant("b", cpu="3", memory="0")])
    data["pools"].append({"name": "more", "capacity": "spot", "min": 0, "max": 1})
    plan = plan_of(data, scaling_catalog())
    flavors = [one.name for one in plan.queues.flavors]
    assert flavors == ["cpu-on-demand-unplaced", "cpu-spot-unplaced"]
    cpu = {name: [nominal(plan, name)[f]["cpu"] for f in flavors] for name in "ab"}
    assert cpu == {"a": ["3", "0"], "b": ["1", "2"]}


def test_queues_are_one_per_tenant_in_the_platforms_cohort() -> None:
    data = with_gpus(tenants=[{**tenant("a"), "borrow": False, "preemption": "never"}, tenant("b")])
    queues = plan_of(data).queues
    assert queues.cohort == "lab"
    assert [(q.name, q.namespace, q.borrow, q.preemption) for q in queues.queues] == [
        ("a", "a", False, "never"),
        ("b", "b", True, "lower-priority"),
    ]
    assert queues.levels == ("kubernetes.io/hostname",)


def test_priorities_rise_from_testing_over_training_to_inference() -> None:
    queues = plan_of(minimal()).queues
    assert queues.stages == ("testing", "training", "inference")
    values = [(priority.name, priority.value) for priority in queues.priorities]
    assert values == [("testing", 1000), ("training", 10000), ("inference", 100000)]


def test_a_tenant_has_a_namespace_and_no_way_around_the_gateway() -> None:
    data = minimal(tenants=[{**tenant(storage="1Ti", volumes=7), "groups": ["g"], "egress": ["10.0.0.0/8"]}])
    (fence,) = plan_of(data).tenants
    assert (fence.name, fence.namespace, fence.groups, fence.egress) == (
        "team-a",
        "team-a",
        ("g",),
        ("10.0.0.0/8",),
    )
    assert fence.pod_security == "restricted"
    assert fence.quota["requests.storage"] == "1Ti"
    assert fence.quota["persistentvolumeclaims"] == "7"
    assert fence.quota["services.loadbalancers"] == fence.quota["services.nodeports"] == "0"


def test_layers_come_in_the_order_in_which_they_need_each_other() -> None:
    plan = plan_of(with_gpus())
    seen: set[str] = set()
    for layer in plan.layers:
        assert set(layer.needs) <= seen, layer
        assert layer.why
        seen.add(layer.name)
    assert seen == {field.alias or name for name, field in Layers.model_fields.items()}
    assert plan.layer("queue").charts == ("kueue",)
    assert plan.layer("jobs").charts == ("jobset", "kubeflow-trainer")


def test_simulated_nodes_need_no_device_plugin() -> None:
    gpu = plan_of(with_gpus()).layer("gpu")
    assert (gpu.enabled, gpu.mode, gpu.charts) == (True, "simulated", ())


@pytest.mark.parametrize(
    ("cloud", "accelerators", "mode", "charts"),
    [
        ("aws", "L4:1", "device-plugin", ("node-feature-discovery", "nvidia-device-plugin")),
        ("aws", "Inferentia2:1", "device-plugin", ()),
        ("gcp", "L4:1", "cloud", ()),
    ],
)
def test_real_nodes_get_the_device_plugin_of_their_vendor(
    cloud: str, accelerators: str, mode: str, charts: tuple[str, ...]
) -> None:
    one = {"name": "gpu", "accelerators": accelerators, "min": 0, "max": 1}
    gpu = cloud_plan(cloud, one).layer("gpu")
    assert (gpu.enabled, gpu.mode, gpu.charts) == (True, mode, charts)


def test_without_accelerators_there_is_no_gpu_layer_and_it_may_be_switched_off() -> None:
    for data in (minimal(), minimal(layers={"gpu": {"enabled": False}})):
        assert not plan_of(data).layer("gpu").enabled
    assert plan_of(minimal()).layer("gpu").why == "no pool has accelerators"


def test_layers_that_nothing_needs_may_be_switched_off_from_the_top_down() -> None:
    off = {"enabled": False}
    plan = plan_of(minimal(layers={"jobs": off, "queue": off, "tenancy": off, "health": off}))
    assert not [layer.name for layer in plan.layers if layer.enabled]
    assert plan.layer("jobs").why == "switched off in the spec"


def test_every_capability_is_told_and_what_is_not_supported_says_why() -> None:
    plan = plan_of(minimal())
    assert {row.name for row in plan.capabilities} == set(load_catalog().capabilities["local"])
    assert all(row.reason for row in plan.capabilities if row.status != "supported")
    assert plan.capability("spot-reclaim").status == "unsupported"
    with pytest.raises(KeyError):
        plan.capability("teleport")


def test_notes_tell_what_is_simulated_and_what_is_promised_to_nobody() -> None:
    notes = "\n".join(plan_of(with_gpus(tenants=[tenant(accelerators={"H100": 24})])).notes)
    assert "Pods on the nodes of pool h100 are simulated" in notes
    assert "8 of 32 H100 in flavor h100-on-demand are promised to nobody: every tenant" in notes
    idle = plan_of(with_gpus(tenants=[{**tenant(), "borrow": False}])).notes
    assert "32 of 32 H100 in flavor h100-on-demand are promised to nobody: they lie idle" in "\n".join(idle)
    assert not any("promised" in note or "simulated" in note for note in plan_of(minimal()).notes)


def test_settings_and_version_come_from_the_target() -> None:
    plan = plan_of(minimal(target={"kind": "local", "subnet": "10.9.8.4/30"}))
    assert plan.site == LocalSite("10.9.8.4/30")
    assert (plan.target, plan.kubernetes) == ("local", load_catalog().targets["local"].kubernetes)

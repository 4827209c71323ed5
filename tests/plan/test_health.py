"""The fault policy: what the spec asks, what each target does of it, and what is said where it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.clouds import CLOUDS, cloud_plan, cloud_spec, refused

from fairlead import labels
from fairlead.catalog import faults
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan import health_show
from fairlead.plan.health_model import FaultPlan
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.aws_model import AwsSite, NodeGroup
from fairlead.plan.sites.gcp_model import GcpSite

GPU = {"name": "gpu", "accelerators": "H100:8", "min": 1, "max": 2}
EVERYWHERE = pytest.mark.parametrize("cloud", CLOUDS)
TARGETS = sorted(load().targets)


def planned(cloud: str, *pools: dict[str, Any], **health: Any) -> PlatformPlan:
    return cloud_plan(cloud, *(pools or (dict(GPU),)), layers={"health": health})


def of(plan: PlatformPlan, fault: str, nodes: str = "", pool: str = "gpu") -> FaultPlan:
    found = [one for one in plan.health.faults if (one.fault, one.pool) == (fault, pool)]
    (one,) = [one for one in found if nodes in ("", one.nodes)]
    return one


def group(plan: PlatformPlan) -> NodeGroup:
    assert isinstance(plan.site, AwsSite)
    return next(one for one in plan.site.groups if one.shape.pool == "gpu")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_somebody_who_says_what_he_does_about_every_fault(target: str) -> None:
    rows = faults.load()
    assert rows.of(target)
    for repairer in rows.of(target):
        assert set(rows.repairs[repairer.name]) == set(rows.faults)
    assert set(rows.notices[target]) == {"spot-reclaim", "maintenance"}


def test_no_code_of_a_driver_is_in_two_faults() -> None:
    codes = [xid for row in faults.load().faults.values() for xid in row.xids]
    assert len(codes) == len(set(codes))
    assert all(code.isdigit() for code in codes)


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    text = (Path(faults.__file__).parent / "data" / faults.FILE).read_text()
    text = text.replace('grade = "recoverable"', 'grade = "odd"', 1).replace(
        "[repairs.gke.disk]", "[repairs.gke.dusk]"
    )
    (tmp_path / faults.FILE).write_text(text)
    with pytest.raises(InputError) as refusal:
        faults.load_from(tmp_path)
    said = str(refusal.value)
    assert "unknown word" in said
    assert "every repairer says so about every fault" in said
    assert "dusk" in said


@EVERYWHERE
def test_what_is_not_done_as_asked_says_why(cloud: str) -> None:
    plan = planned(cloud, node_fatal={"action": "replace", "after": "7m"}, recoverable={"action": "none"})
    for one in plan.health.faults:
        asked = {"node-fatal": ("replace", 420), "recoverable": ("none", 1800)}
        grade = faults.load().faults[one.fault].grade
        if grade in asked and one.action != asked[grade][0]:
            assert one.reason, one


@EVERYWHERE
def test_a_pool_without_accelerators_of_a_vendor_has_none_of_their_faults(cloud: str) -> None:
    plan = planned(cloud)
    assert not any(one.xids for one in plan.health.faults if one.pool == "system")
    assert any(one.xids for one in plan.health.faults if one.pool == "gpu")


@EVERYWHERE
def test_a_fault_of_the_job_is_the_jobs_business_everywhere(cloud: str) -> None:
    one = next(one for one in planned(cloud).health.faults if one.fault == "gpu-application")
    assert (one.action, one.by) == ("restart-job", "the job")
    assert "max_restarts" in one.reason


def test_the_policy_becomes_overrides_of_a_node_group_one_for_each_reason() -> None:
    plan = planned(
        "aws", node_fatal={"after": "5m"}, recoverable={"action": "replace", "after": "20m"}, stop_above=40
    )
    made = {one.reason: one for one in group(plan).repair_overrides}
    lost, reset = made["NvidiaXID79Error"], made["NvidiaXID119Error"]
    assert (lost.condition, lost.minutes, lost.action) == ("AcceleratedHardwareReady", 5, "Replace")
    assert (reset.minutes, reset.action) == (20, "Replace")
    assert "NvidiaXID13Error" not in made, "an application's fault is no reason to mend a node"
    assert group(plan).repair_stop_above == 40
    assert of(plan, "gpu-lost", "standing").reason == ""


def test_a_fault_that_is_only_to_be_shown_is_said_to_the_group_in_its_word() -> None:
    made = {
        one.reason: one.action
        for one in group(planned("aws", recoverable={"action": "none"})).repair_overrides
    }
    assert made["NvidiaXID119Error"] == "NoAction"
    assert made["NvidiaXID79Error"] == "Replace"


def test_karpenter_does_what_its_constants_say_and_the_plan_says_so() -> None:
    one = of(planned("aws", recoverable={"action": "reboot", "after": "5m"}), "gpu-reset", "growing")
    assert (one.action, one.after_seconds) == ("replace", 600)
    assert "constant" in one.reason


def test_a_pool_that_is_not_to_be_mended_is_left_alone_and_so_is_all_with_the_layer_off() -> None:
    pool = {**GPU, "min": 2, "repair": False}
    plan = planned("aws", pool)
    assert (group(plan).repair, group(plan).repair_overrides) == (False, ())
    assert of(plan, "gpu-lost").reason == "the pool switches it off: repair is false"
    assert of(plan, "gpu-application").action == "restart-job"
    off = planned("aws", enabled=False)
    assert isinstance(off.site, AwsSite)
    assert not off.site.repair
    assert not any(one.repair for one in off.site.groups)
    assert off.health.faults == ()
    assert health_show.short(off.health)[1].strip().startswith("the layer is off")
    gcp = planned("gcp", enabled=False)
    assert isinstance(gcp.site, GcpSite)
    assert not any(pool.repair for pool in gcp.site.node_pools)


def test_flexible_nodes_are_not_mended_where_the_target_excludes_it() -> None:
    pool = {**GPU, "min": 0, "capacity": "flex"}
    one = of(planned("gcp", pool), "not-ready")
    assert (one.action, one.by) == ("none", "nobody")
    assert "flex-start" in one.reason


def test_a_grace_that_is_longer_than_the_notice_of_a_spot_pool_is_warned_of() -> None:
    def warned(cloud: str, **health: Any) -> bool:
        plan = planned(cloud, {**GPU, "min": 0, "capacity": "spot"}, **health)
        return any("checkpoint_grace" in note and "pool gpu" in note for note in plan.notes)

    assert warned("gcp")
    assert not warned("gcp", checkpoint_grace="15s")
    assert warned("azure", checkpoint_grace="31s")
    assert not warned("azure", checkpoint_grace="30s")
    assert not warned("aws")
    assert warned("aws", checkpoint_grace="121s")
    assert not any("checkpoint_grace" in note for note in planned("gcp").notes)


@pytest.mark.parametrize("given", ["90s", "0m", "30s"])
def test_a_delay_is_whole_minutes(given: str) -> None:
    (problem,) = refused("aws", layers={"health": {"node_fatal": {"after": given}}})
    assert problem.where == "platform.layers.health.node_fatal.after"
    assert "whole minutes" in problem.what


def test_where_this_platform_detects_only_real_nodes_are_watched_and_exactly_their_taints_tolerated() -> None:
    spec = {**cloud_spec("aws"), "target": {"kind": "local"}}
    spec["pools"] = [{"name": "system", "min": 1, "max": 1}, {**GPU, "min": 2, "max": 2}]
    spec["tenants"] = [{"name": "team-a", "quota": {}}]
    plan = load_plan(spec, "test", load()).health
    assert plan.detector is not None
    assert plan.detector.pools == ("system",)
    assert plan.detector.tolerations == ((labels.QUARANTINE, "Exists", "", "NoExecute"),)
    assert {rule.condition for rule in plan.detector.rules} == {"HardwareErrorFatal", "ReadonlyFilesystem"}
    assert {one.pool for one in plan.faults} == {"system"}


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_where_the_cloud_shows_faults_of_gpus_it_alone_watches_its_nodes(cloud: str) -> None:
    assert planned(cloud).health.detector is None


def test_on_gke_this_platform_looks_for_what_no_program_of_the_nodes_shows() -> None:
    queued = {**GPU, "min": 0, "capacity": "flex"}
    plan = cloud_plan("gcp", queued, target={"queued": ["gpu"]}).health.detector
    assert plan is not None
    assert plan.pools == ("system", "gpu")
    assert {one[0] for one in plan.tolerations} == {
        "nvidia.com/gpu", "cloud.google.com/gke-queued", labels.QUARANTINE,
    }  # fmt: skip
    shown = {rule.condition for rule in plan.rules if rule.lasting}
    assert shown == {"HardwareErrorFatal", "GPULost", "GPULinkFailed", "GPUNeedsReset"}, (
        "GKE's own detector writes ReadonlyFilesystem: two writers would undo each other"
    )


def test_what_gke_does_not_act_on_is_swept_and_what_it_mends_is_not() -> None:
    found = {one.fault: one.by_sweep for one in planned("gcp").health.faults if one.pool == "gpu"}
    assert {name for name, swept in found.items() if swept} == {"kernel", "gpu-lost", "gpu-link", "gpu-reset"}


def test_a_detector_that_cannot_set_a_condition_is_a_bad_row(tmp_path: Path) -> None:
    text = (Path(faults.__file__).parent / "data" / faults.FILE).read_text()
    text = text.replace('shown_already = ["disk"]', 'shown_already = ["dusk"]')
    (tmp_path / faults.FILE).write_text(text)
    with pytest.raises(InputError) as refusal:
        faults.load_from(tmp_path)
    said = str(refusal.value)
    assert "repairers.gke shown_already" in said
    assert "repairs.gke.disk condition" in said, "a full boot disk is no condition of a node"


def test_the_short_table_has_every_fault_and_the_long_one_its_reasons() -> None:
    plan = planned("gcp")
    short, long = "\n".join(health_show.short(plan.health)), "\n".join(health_show.long(plan.health, "gpu"))
    for name in faults.load().faults:
        assert name in short
        assert name in long
    assert "GKE acts on Ready and the boot disk alone" in long
    assert health_show.long(replace(plan.health, faults=()), "gpu") == []

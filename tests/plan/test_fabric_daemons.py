"""Networks whose daemon needs rights on the node: nobody has them unless the platform team says so."""

from __future__ import annotations

from typing import Any

import pytest
from support.clouds import cloud_plan, refused

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.model import PlatformPlan
from fairlead.plan.show import to_text

KINDS = {"gpudirect-tcpx": ("a3-highgpu-8g", 4), "gpudirect-tcpxo": ("a3-megagpu-8g", 8)}


def pool(machine: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "fast",
        "accelerators": "H100:8",
        "machine": machine,
        "capacity": "spot",
        "min": 2,
        "max": 2,
        **more,
    }


def tenants(**first: Any) -> list[dict[str, Any]]:
    quota = {"cpu": "1", "memory": "1Gi"}
    return [{"name": "team-a", "quota": quota, **first}, {"name": "team-b", "quota": quota}]


def only(plan: PlatformPlan) -> JobFabric:
    (found,) = plan.fabrics.jobs
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_without_leave_no_job_gets_it_and_the_note_tells_how_to_give_leave(kind: str) -> None:
    plan = cloud_plan("gcp", pool(KINDS[kind][0]), tenants=tenants())
    found = only(plan)
    assert (found.kind, found.given, found.daemon, plan.fabrics.parts) == (kind, False, None, ())
    (note,) = [note for note in plan.notes if "plain network" in note]
    assert kind in note
    assert "host_access: [fabric]" in note


@pytest.mark.parametrize("kind", KINDS)
def test_with_leave_jobs_get_daemon_folders_and_every_interface(kind: str) -> None:
    machine, cards = KINDS[kind]
    plan = cloud_plan("gcp", pool(machine), tenants=tenants(host_access=["fabric"]))
    found = only(plan)
    assert found.given
    assert found.daemon is not None
    assert "NET_ADMIN" in found.daemon.capabilities
    assert [part.name for part in plan.fabrics.parts] == list(load().fabrics[kind].parts)
    assert found.annotations["networking.gke.io/interfaces"].count("interfaceName") == cards + 1
    (devices,) = found.daemon.annotations.values()
    assert devices.count("/dev/nvidia") >= 10
    assert plan.fabrics.permitted == ("team-a",)


@pytest.mark.parametrize("kind", KINDS)
def test_every_interface_that_the_variables_name_is_one_that_pods_get(kind: str) -> None:
    plan = cloud_plan("gcp", pool(KINDS[kind][0]), tenants=tenants(host_access=["fabric"]))
    found = only(plan)
    given = found.annotations["networking.gke.io/interfaces"]
    named = {
        word.partition(":")[0] for value in found.env.values() for word in value.replace(";", ",").split(",")
    }
    assert all(f'"{one}"' in given for one in named if one.startswith("eth"))


def test_the_plan_prints_who_may_touch_nodes_and_what_happens_to_the_others() -> None:
    plan = cloud_plan("gcp", pool("a3-megagpu-8g"), tenants=tenants(host_access=["fabric"]))
    text = to_text(plan)
    rows = {line.split()[0]: line for line in text.splitlines() if line.startswith("  team-")}
    assert "fabric" in rows["team-a"]
    assert "fabric" not in rows["team-b"]
    (note,) = [note for note in plan.notes if "tcpxo-daemon" in note]
    assert "team-a" in note
    assert "refused when it is sent" in note


def test_a_network_that_is_demanded_and_that_nobody_may_use_is_refused() -> None:
    bad = pool("a3-megagpu-8g", fabric="required")
    (problem,) = refused("gcp", bad, tenants=tenants())
    assert problem.where == "platform.pools[1].fabric"
    assert "rule daemon-with-leave" in problem.fix
    assert not refused("gcp", bad, tenants=tenants(host_access=["fabric"]))


def test_leave_without_a_network_that_needs_it_or_beside_a_looser_standard_is_refused() -> None:
    given = tenants(host_access=["fabric"])
    plain = {"name": "l4", "accelerators": "L4:1", "min": 1, "max": 1}
    assert [one.where for one in refused("gcp", plain, tenants=given)] == ["platform.tenants[0].host_access"]
    loose = tenants(host_access=["fabric"], pod_security="baseline")
    found = refused("gcp", pool("a3-megagpu-8g"), tenants=loose)
    assert [one.where for one in found] == ["platform.tenants[0].pod_security"]


def test_daemon_and_installer_of_a_network_are_in_the_lock() -> None:
    catalog = load()
    for row in catalog.fabrics.values():
        wanted = [*row.parts, *([catalog.fabric_daemons[row.daemon].image] if row.daemon else [])]
        assert set(wanted) - {"dra-driver-nvidia-gpu"} <= set(lock.images()), row.name

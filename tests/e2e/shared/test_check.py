"""`fairlead check nccl` on the real cluster: sent, followed, read and judged; on CPUs, as its output says."""

from __future__ import annotations

import json
import subprocess

import pytest

from e2e.stage import Stage, fairlead

pytestmark = pytest.mark.e2e


def check(stage: Stage, *options: str) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it."""
    return fairlead(stage.stack.project, "check", "nccl", "-s", stage.stack.name, *options)


def test_the_stand_in_reduces_between_two_pods_and_the_check_reads_it_and_tidies_up(stage: Stage) -> None:
    done = check(stage, "-o", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["nodes"], found["per_node"], found["ok"], found["wrong"]) == (2, 0, True, 0)
    assert found["busbw_gbps"] > 0
    assert found["says"].startswith("a stand-in on CPUs")
    assert "# Out of bounds values : 0 OK" in done.stderr
    assert not [one for one in stage.objects("trainjobs") if one["metadata"]["name"] == "check-nccl"]


def test_simulated_accelerators_are_refused_before_anything_is_sent(stage: Stage) -> None:
    done = check(stage, "--pool", "h100")
    assert done.returncode == 2
    assert "simulated" in done.stderr
    assert not stage.objects("trainjobs")


def test_a_gang_over_whole_nodes_has_the_runtime_of_its_accelerator_on_the_cluster(stage: Stage) -> None:
    gang = stage.submit(name="gang", accelerators="H100:8", num_nodes=2, run_for="2s", max_restarts=1)
    (made,) = stage.objects("trainjobs", "team-a")
    named = made["spec"]["runtimeRef"]["name"]
    assert named.startswith("fairlead-h100")
    assert named in {one["metadata"]["name"] for one in stage.objects("clustertrainingruntimes")}
    assert stage.finished(gang) == "Succeeded"

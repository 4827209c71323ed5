"""How jobs over several nodes get the network between them: by the runtime of their accelerator, never by name."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from job_samples import job
from support.clouds import cloud_plan
from support.rendered_pods import pod
from support.strict import problems

from fairlead.catalog.read import load
from fairlead.plan.fabric_model import JobFabric
from fairlead.workload.model import RESTARTS
from fairlead.workload.render import render
from fairlead.workload.runtime import LAUNCHER, PROFILED, command, runtime, runtime_name, runtimes

POOL = {"name": "fast", "accelerators": "H100:8", "min": 2, "max": 2}
NEAR = {"H100": {"near": {"kueue.x-k8s.io/podset-unconstrained-topology": "true"}}}


def efa() -> JobFabric:
    (found,) = cloud_plan("aws", POOL).fabrics.jobs
    return found


def sent(**changes: Any) -> dict[str, Any]:
    return render(job(**changes))[-1]


def runtime_of(**changes: Any) -> str:
    return sent(**changes)["spec"]["runtimeRef"]["name"]


@pytest.mark.parametrize(
    ("asked", "nodes", "name"),
    [
        ("H100:8", 2, "fairlead-h100-nodes-near"),
        ("A100-80GB:8", 4, "fairlead-a100-80gb-nodes-near"),
        ("H100:8", 1, "fairlead-h100-near"),
        ("H100:4", 2, "fairlead-h100-near"),
        ("H100/1g.10gb:1", 1, "fairlead-h100-1g-10gb-near"),
        ("TPU-v5e:4", 2, "fairlead-tpu-v5e-near"),
        (None, 2, "fairlead"),
    ],
)
def test_only_jobs_over_several_whole_nodes_have_the_runtime_with_the_network_between_them(
    asked: str | None, nodes: int, name: str
) -> None:
    assert runtime_of(accelerators=asked, num_nodes=nodes) == name


def test_a_job_says_nothing_of_a_network_so_it_is_the_same_everywhere() -> None:
    said = str(sent(accelerators="H100:8", num_nodes=2))
    for row in load().fabrics.values():
        for word in (*row.amounts(1), *row.variables(), row.interfaces or row.name):
            assert word not in said


@pytest.mark.parametrize("accelerator", sorted(load().accelerators))
def test_the_names_of_runtimes_are_names_of_objects(accelerator: str) -> None:
    assert problems({**runtime(3, None, "block", {}, JobFabric(accelerator, 8, "none", (), False, ""))}) == []
    name = runtime_name(10, accelerator, "block", connected=True)
    assert name == name.lower()
    assert len(name) <= 63
    assert name.replace("-", "").isalnum()


def test_every_runtime_that_a_job_may_refer_to_is_there_once() -> None:
    names = [one["metadata"]["name"] for one in runtimes(None, NEAR, [efa()])]
    assert len(names) == len(set(names)) == 3 * len(RESTARTS)
    assert {runtime_of(accelerators="H100:8", num_nodes=2, max_restarts=count) for count in (0, 3)} <= set(
        names
    )
    assert {"fairlead", "fairlead-h100-near-restart-10", "fairlead-h100-nodes-near-restart-10"} <= set(names)


def test_the_pods_of_such_a_job_have_its_accelerators_and_the_networks_interfaces() -> None:
    made = pod(sent(accelerators="H100:8", num_nodes=2), runtime(0, None, "near", {}, efa()))
    amounts = made["spec"]["containers"][0]["resources"]
    for kind in ("requests", "limits"):
        assert amounts[kind]["vpc.amazonaws.com/efa"] == "32"
        assert amounts[kind]["hugepages-2Mi"] == "5120Mi"
        assert amounts[kind]["nvidia.com/gpu"] == "8"
    assert problems(made) == []


def test_a_variable_of_the_job_wins_over_the_networks() -> None:
    job_ = sent(accelerators="H100:8", num_nodes=2, envs={"FI_PROVIDER": "tcp"})
    box = pod(job_, runtime(0, None, "near", {}, efa()))["spec"]["containers"][0]
    assert [one["value"] for one in box["env"] if one["name"] == "FI_PROVIDER"] == ["tcp"]


def test_a_network_that_jobs_do_not_get_leaves_the_runtime_as_it_is() -> None:
    not_given = JobFabric("H100", 8, "infiniband", ("fast",), given=False, why="for a reason")
    plain, other = runtime(0, None, "near", {}), runtime(0, None, "near", {}, not_given)
    assert other["spec"] == plain["spec"]


def test_the_networks_of_the_nodes_are_asked_for_beside_the_jobs_other_annotations() -> None:
    found = JobFabric("H200", 8, "gpudirect-rdma", ("x",), True, "", annotations={"net": "eth1"})
    made = runtime(0, {"who": "me"}, "rack", {"topology": "rack"}, found)
    template = made["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]
    assert template["metadata"] == {
        "labels": {"who": "me"},
        "annotations": {"topology": "rack", "net": "eth1"},
    }


def started(profile: Path, *, bash: bool, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """The container's command with a script, as the kernel runs it."""
    fabric = JobFabric("H200", 8, "x", (), True, "", profile=str(profile))
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "bash") if bash else ("sh",):
        (tools / name).symlink_to(f"/bin/{name}")
    line = [one.replace("$$", "$") for one in command(fabric)]
    return subprocess.run(
        [*line, 'echo "net=${NET-none} 1=$0"; exit 7'],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


def test_a_profile_is_sourced_by_bash_and_the_job_runs_under_the_launcher_as_ever(tmp_path: Path) -> None:
    profile = tmp_path / "profile.sh"
    profile.write_text('words=(fast slow)\nexport NET="${words[0]}"\n')
    done = started(profile, bash=True, tmp_path=tmp_path)
    assert (done.stdout, done.returncode) == ("net=fast 1=/bin/sh\n", 7), done.stderr


@pytest.mark.parametrize("bash", [True, False])
def test_an_image_without_the_profile_or_without_bash_runs_the_job_all_the_same(
    bash: bool, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.sh"
    if not bash:
        profile.write_text("export NET=fast\n")
    done = started(profile, bash=bash, tmp_path=tmp_path)
    assert (done.stdout, done.returncode) == ("net=none 1=/bin/sh\n", 7), done.stderr


def test_without_a_profile_the_command_is_the_launcher_alone() -> None:
    assert command()[2].replace("$$", "$") == LAUNCHER
    assert command(efa()) == command()
    assert "PROFILE" in PROFILED

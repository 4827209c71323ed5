"""`fairlead check nccl`: the job it sends, the table it reads, what it says of it, and the program on the nodes."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.clouds import cloud_plan
from support.specs import with_gpus

from fairlead.catalog.read import load
from fairlead.errors import FairleadError, InputError
from fairlead.operate import collective, nccl, nccl_job
from fairlead.operate import nccl_report as report
from fairlead.operate.nccl_job import Asked
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.workload.client import Submitted
from fairlead.workload.logs import Line
from fairlead.workload.model import TrainingJob

POOL = {"name": "fast", "accelerators": "H100:8", "min": 2, "max": 4}
HEAD = """\
# nccl-tests version 2.18.3 nccl-headers=22907 nccl-library=22907
# nThread 1 nGpus 1 minBytes 8388608 maxBytes 17179869184 step: 2(factor) warmup iters: 5 iters: 20
#                                                              out-of-place                       in-place
#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
"""
SMALL = " 8388608 2097152     float     sum      -1    200.1   41.92   78.60      0    200.4   41.86   78.49      0"
LARGE = (
    " 17179869184    4294967296     float     sum      -1    66000  260.30  {busbw}      {wrong}"
    "    66000  260.30  488.10      0"
)
TAIL = "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 123.4\n"


def log(busbw: str = "488.06", wrong: int | str = 0) -> list[str]:
    return [*HEAD.splitlines(), SMALL, LARGE.format(busbw=busbw, wrong=wrong), *TAIL.splitlines()]


def aws() -> PlatformPlan:
    return cloud_plan("aws", POOL)


def local() -> PlatformPlan:
    return load_plan(with_gpus(), "f", load())


@dataclass
class FakeClient:
    """Answers as a cluster would whose job prints these lines."""

    printed: list[str]
    phase: str = "Succeeded"
    done: list[str] = field(default_factory=list[str])

    def submit(self, job: TrainingJob, replace: bool = False) -> Submitted:
        self.done.append(f"submit {job.name} replace={replace}")
        return Submitted(job, "created")

    def wait(self, tenant: str, name: str, until: str, timeout: float, seen: Any) -> None:
        self.done.append(f"wait until {until}")
        if timeout < 1:
            raise FairleadError("it is not running after 0 s; it is Queued: no quota")

    def logs(self, tenant: str, name: str, following: bool = False) -> Iterator[Line]:
        yield Line(1, LARGE.format(busbw="1.00", wrong=0))
        yield from (Line(0, text) for text in self.printed)
        yield Line(0, LARGE.format(busbw="2.00", wrong=0), note=True)

    def state(self, tenant: str, name: str) -> Any:
        return type("State", (), {"phase": self.phase, "reason": ""})()

    def cancel(self, tenant: str, name: str) -> None:
        self.done.append(f"cancel {tenant}/{name}")


def checked(client: FakeClient, asked: Asked | None = None) -> report.Verdict:
    made: Any = client
    return nccl.check(aws(), load(), made, asked or Asked(), lambda _: None)[0]


def test_the_bandwidth_is_that_of_the_largest_message_out_of_place() -> None:
    found = report.parse(log())
    assert (found.largest.size, found.largest.busbw) == (16 * 1024**3, 488.06)
    assert (len(found.rows), found.average, found.wrong) == (2, 123.4, 0)


def test_marks_of_ranks_that_mpirun_puts_before_lines_are_left_out() -> None:
    assert report.parse([f"[1,0]<stdout>:{line}" for line in log()]) == report.parse(log())


def test_a_run_that_did_not_compare_numbers_is_no_run_with_wrong_ones() -> None:
    line = LARGE.replace("      0", "    N/A").format(busbw="187.22", wrong="N/A")
    assert report.parse([line]).rows[0].wrong is None
    assert report.parse([line]).wrong == 0


def test_a_log_without_a_table_is_a_failure_that_says_so() -> None:
    with pytest.raises(FairleadError, match="holds no table"):
        report.parse(["ncclCommInitRank: unhandled system error"])


@pytest.mark.parametrize(("busbw", "ok"), [("432.79", True), ("432.78", False)])
def test_nine_tenths_of_the_published_figure_must_be_reached(busbw: str, ok: bool) -> None:
    wanted = report.Wanted(480.87, "somewhere")
    assert wanted.least(2) == pytest.approx(432.783)
    found, says = report.judge(report.parse(log(busbw)), wanted, 2)
    assert found is ok
    assert "480.87" in says


def test_wrong_numbers_fail_however_fast_they_come() -> None:
    ok, says = report.judge(report.parse(log(wrong=3)), report.Wanted(480.87), 2)
    assert not ok
    assert says.startswith("3 numbers came out wrong")


@pytest.mark.parametrize(
    ("figure", "nodes", "word"), [(None, 2, "no threshold known"), (480.87, 4, "for 2 nodes")]
)
def test_without_a_figure_nothing_is_asserted_and_that_is_said(
    figure: float | None, nodes: int, word: str
) -> None:
    ok, says = report.judge(report.parse(log("1.00")), report.Wanted(figure), nodes)
    assert ok
    assert word in says


def test_the_job_asks_for_whole_nodes_and_names_no_network() -> None:
    plan = aws()
    made = nccl_job.job(plan, nccl_job.pool_of(plan, Asked()), Asked(), 80)
    assert (str(made.accelerators), made.num_nodes, made.stage, made.tenant) == (
        "H100:8",
        2,
        "testing",
        "team-a",
    )
    assert made.image.partition("@sha256:")[0] == "public.ecr.aws/hpc-cloud/nccl-tests"
    assert "-m collective nccl 8388608 17179869184" in made.run
    assert not [word for word in ("amazonaws", "FI_PROVIDER", "hugepages") if word in made.run]


@pytest.mark.parametrize(("memory", "gib"), [(80, 16), (40, 16), (22, 8), (16, 4)])
def test_an_accelerator_holds_the_largest_message_twice(memory: int, gib: int) -> None:
    assert nccl_job.largest(memory) == gib * 1024**3
    assert {row.memory_gib >= 16 for row in load().accelerators.values()} == {True}


def test_where_no_accelerator_is_real_the_stand_in_runs_on_the_real_nodes() -> None:
    plan = local()
    pool = nccl_job.pool_of(plan, Asked())
    made = nccl_job.job(plan, pool, Asked(), 0)
    assert (pool.name, made.accelerators) == ("system", None)
    assert "-m collective ring 65536 1048576" in made.run
    assert made.image.startswith("fairlead.dev/python-numpy:")


def test_the_users_own_image_is_taken_as_it_is() -> None:
    plan = aws()
    made = nccl_job.job(plan, nccl_job.pool_of(plan, Asked()), Asked(image="example.com/train:1"), 80)
    assert made.image == "example.com/train:1"


@pytest.mark.parametrize(
    ("plan", "asked", "where", "word"),
    [
        (aws, Asked(pool="fats"), "--pool", "nearest: fast"),
        (aws, Asked(nodes=1), "--nodes", "at least two"),
        (aws, Asked(nodes=5), "--nodes", "2 to 4"),
        (aws, Asked(tenant="nobody"), "--tenant", "no such tenant"),
        (local, Asked(pool="h100"), "--pool", "simulated"),
        (
            lambda: cloud_plan("aws", {**POOL, "accelerators": "Trainium:16", "max": 2}),
            Asked(pool="fast"),
            "--pool",
            "Trainium",
        ),
        (
            lambda: cloud_plan("aws", {**POOL, "max": 2, "sharing": {"time-slicing": 2}}),
            Asked(pool="fast"),
            "--pool",
            "shared",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_is_sent(
    plan: Any, asked: Asked, where: str, word: str
) -> None:
    with pytest.raises(InputError) as caught:
        nccl_job.pool_of(plan(), asked)
    assert [one.where for one in caught.value.problems] == [where]
    assert word in str(caught.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        nccl_job.pool_of(aws(), Asked(nodes=9, tenant="nobody"))
    assert [one.where for one in caught.value.problems] == ["--nodes", "--tenant"]


def test_a_check_reads_rank_0_alone_judges_it_and_leaves_nothing() -> None:
    client = FakeClient(log())
    found = checked(client)
    assert client.done == ["submit check-nccl replace=True", "wait until running", "cancel team-a/check-nccl"]
    assert (found.ok, found.busbw_gbps, found.fabric, found.per_node) == (True, 488.06, "efa", 8)
    assert found.least_gbps == pytest.approx(432.783)
    assert "terraform-aws-eks-blueprints" in found.source


def test_a_job_that_does_not_start_in_time_is_deleted_and_its_reason_told() -> None:
    client = FakeClient(log())
    with pytest.raises(FairleadError, match="no quota"):
        checked(client, Asked(patience=0))
    assert client.done[-1] == "cancel team-a/check-nccl"


def test_a_slow_network_fails_the_check() -> None:
    found = checked(FakeClient(log("31.20")))
    assert not found.ok
    assert "NCCL_DEBUG=INFO" in found.says


def test_a_job_that_fails_is_deleted_too_and_is_a_failure() -> None:
    client = FakeClient(log(), phase="Failed")
    with pytest.raises(FairleadError, match="ended as Failed"):
        checked(client)
    assert client.done[-1] == "cancel team-a/check-nccl"
    silent = FakeClient(["boom"])
    with pytest.raises(FairleadError, match="no table"):
        checked(silent)
    assert silent.done[-1] == "cancel team-a/check-nccl"


def test_the_stand_in_is_never_shown_as_a_figure_of_an_accelerator() -> None:
    plan = local()
    pool = nccl_job.pool_of(plan, Asked())
    found = nccl.verdict(plan, pool, load(), 2, report.parse(log()))
    assert found.says.startswith("a stand-in on CPUs")
    assert (found.per_node, found.least_gbps, found.source) == (0, None, "")
    assert "stand-in" in report.lines(found, report.parse(log()))[0]


def test_a_verdict_is_plain_data_for_programs() -> None:
    found = json.loads(json.dumps(checked(FakeClient(log())).to_dict()))
    assert (found["pool"], found["nodes"], found["ok"]) == ("fast", 2, True)


def test_sizes_are_told_as_people_say_them() -> None:
    assert [report.size(one) for one in (8, 65536, 8 * 1024**2, 16 * 1024**3)] == [
        "8 B",
        "64 KiB",
        "8 MiB",
        "16 GiB",
    ]


def test_every_published_figure_has_its_source() -> None:
    rows = [row for machines in load().machines.values() for row in machines.values()]
    with_figure = [row for row in rows if row.nccl_busbw_gbps is not None]
    assert {row.name for row in with_figure} == {
        "p5.48xlarge",
        "Standard_ND96asr_v4",
        "Standard_ND96isr_H100_v5",
        "a3-megagpu-8g",
    }
    assert all("github.com" in row.nccl_source for row in with_figure)


@pytest.mark.parametrize("nodes", [2, 3])
def test_the_program_really_reduces_between_processes_and_prints_a_table_that_is_read(
    nodes: int, tmp_path: Path
) -> None:
    script = nccl_job.script("ring 65536 131072").replace("python3", sys.executable)
    found = [(tmp_path / f"{rank}.log") for rank in range(nodes)]
    started = [
        subprocess.Popen(["/bin/sh", "-c", script], env=environment(rank, nodes), stdout=path.open("w"))
        for rank, path in enumerate(found)
    ]
    assert [one.wait(timeout=60) for one in started] == [0] * nodes
    measured = report.parse(found[0].read_text().splitlines())
    assert [row.size for row in measured.rows] == [65536, 131072]
    assert measured.wrong == 0
    assert "stand-in" in found[0].read_text()
    assert found[1].read_text() == ""


def environment(rank: int, nodes: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "FAIRLEAD_JOB": "check-nccl",
        "FAIRLEAD_NUM_NODES": str(nodes),
        "FAIRLEAD_NODE_RANK": str(rank),
        "FAIRLEAD_NUM_ACCELERATORS_PER_NODE": "0",
        "FAIRLEAD_MASTER_ADDR": "127.0.0.1",
        "FAIRLEAD_MASTER_PORT": "29617",
        "COLLECTIVE_HOST": "127.0.0.1",
    }


def test_the_program_fits_into_a_job_and_runs_on_older_pythons() -> None:
    plan = aws()
    assert list(nccl_job.job(plan, nccl_job.pool_of(plan, Asked()), Asked(), 80).conflicts()) == []
    folder = Path(collective.__file__).parent
    for path in folder.glob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 8))
        assert "from __future__ import annotations" in path.read_text() or path.stem == "__init__"

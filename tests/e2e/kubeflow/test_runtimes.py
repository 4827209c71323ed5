"""Frameworks beside PyTorch really work together over several nodes, each by its own runtime, and all by the queue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from e2e.stage import Stage, throughout, until
from fairlead import labels
from fairlead.workload.frameworks import FRAMEWORKS

pytestmark = pytest.mark.e2e

TENANT = "team-a"
SMALL = {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}

JAX = """
import os
import jax, jax.numpy as jnp
told = os.environ
jax.distributed.initialize(
    told["JAX_COORDINATOR_ADDRESS"], int(told["JAX_NUM_PROCESSES"]), int(told["JAX_PROCESS_ID"])
)
mine = jnp.full((jax.local_device_count(),), jax.process_index() + 1.0)
total = jax.pmap(lambda x: jax.lax.psum(x, "all"), axis_name="all")(mine)
print(f"process {jax.process_index()} of {jax.process_count()} sum {float(total[0])}", flush=True)
"""
XGBOOST = """
import os
import numpy, xgboost
from xgboost import collective
from xgboost.tracker import RabitTracker
told = os.environ
rank, workers, port = (int(told[f"DMLC_{name}"]) for name in ("TASK_ID", "NUM_WORKER", "TRACKER_PORT"))
if rank == 0:
    tracker = RabitTracker(n_workers=workers, host_ip="0.0.0.0", port=port)
    tracker.start()
rows = numpy.random.default_rng(rank).normal(size=(500, 4))
sides = (rows @ numpy.array([1.0, -2.0, 0.5, 0.0]) > 0).astype(int)
found = dict(dmlc_tracker_uri=told["DMLC_TRACKER_URI"], dmlc_tracker_port=port, dmlc_task_id=str(rank), dmlc_retry=30)
with collective.CommunicatorContext(**found):
    seen = int(collective.allreduce(numpy.array([len(rows)]), collective.Op.SUM)[0])
    data, kept = xgboost.DMatrix(rows, sides), {}
    asked = {"objective": "binary:logistic", "eval_metric": "error", "nthread": 1, "max_depth": 3}
    model = xgboost.train(asked, data, 30, evals=[(data, "all")], evals_result=kept, verbose_eval=False)
    error, trees = kept["all"]["error"][-1], model.num_boosted_rounds()
    print(f"worker {rank} of {workers} rows {seen} error {error} trees {trees}", flush=True)
if rank == 0:
    tracker.wait_for()
"""
MPI = """
import socket
from mpi4py import MPI
all = MPI.COMM_WORLD
total = all.allreduce(all.Get_rank() + 1)
print(f"rank {all.Get_rank()} of {all.Get_size()} on {socket.gethostname()} sum {total}", flush=True)
"""
PYTHON = ("python", "-c")
MPIRUN = ("mpirun", "--hostfile", "/etc/mpi/hostfile", *PYTHON)


def train_job(
    name: str, runtime: str, command: Sequence[str], queue: str | None = "training", **trainer: Any
) -> dict[str, Any]:
    """A TrainJob over two nodes."""
    marks = {labels.QUEUE: queue} if queue else {}
    given = {"numNodes": 2, "resourcesPerNode": SMALL, "command": list(command), **trainer}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name, "namespace": TENANT, "labels": marks},
        "spec": {"runtimeRef": {"name": runtime}, "trainer": given},
    }


def of(name: str) -> tuple[str, ...]:
    return ("-n", TENANT, "-l", f"jobset.sigs.k8s.io/jobset-name={name}")


def condition(stage: Stage, name: str) -> str:
    status = json.loads(stage.kubectl("get", "trainjob", name, "-n", TENANT, "-o", "json")).get("status", {})
    ended = [one["type"] for one in status.get("conditions", []) if one["status"] == "True"]
    return next((one for one in ended if one in ("Complete", "Failed")), "")


def told(stage: Stage, made: Mapping[str, Any]) -> list[str]:
    """What the nodes of a job printed that must complete."""
    name = made["metadata"]["name"]
    stage.sent(made)
    until(f"{name} has ended", lambda: condition(stage, name), 300)
    said = stage.kubectl("logs", *of(name), "--tail=-1", "--ignore-errors")
    assert condition(stage, name) == "Complete", said + stage.kubectl("get", "events", "-n", TENANT)
    return said.splitlines()


def workload(stage: Stage, name: str) -> dict[str, Any]:
    """The queue's own object of a job, once there is one."""

    def mine() -> list[dict[str, Any]]:
        found = stage.objects("workloads.kueue.x-k8s.io", TENANT)
        return [one for one in found if one["metadata"]["name"].startswith(f"trainjob-{name}-")]

    [found] = until(f"the queue knows {name}", mine)
    return found


def counted(stage: Stage, name: str) -> dict[str, int]:
    return {one["name"]: one["count"] for one in workload(stage, name)["spec"]["podSets"]}


@pytest.fixture(autouse=True)
def _clean(tools: Stage) -> Any:
    yield
    tools.kubectl("delete", "trainjobs", "--all", "-n", TENANT, "--timeout=120s")


def test_two_processes_of_jax_find_each_other_and_add_up(tools: Stage) -> None:
    said = told(tools, train_job("jax", "jax-distributed", (*PYTHON, JAX)))
    assert {line for line in said if line.startswith("process ")} == {
        "process 0 of 2 sum 3.0",
        "process 1 of 2 sum 3.0",
    }
    assert counted(tools, "jax") == {"node": 2}


def test_two_workers_of_xgboost_train_one_model_on_the_rows_of_both(tools: Stage) -> None:
    said = told(tools, train_job("xgboost", "xgboost-distributed", (*PYTHON, XGBOOST)))
    lines = [line for line in said if line.startswith("worker ")]
    assert len(lines) == 2
    for line in lines:
        found = re.fullmatch(r"worker \d of 2 rows 1000 error (\S+) trees 30", line)
        assert found, line
        assert float(found[1]) < 0.1
    assert len({line.partition("rows")[2] for line in lines}) == 1, "both hold the same model"


def test_mpi_starts_a_process_on_every_node_over_ssh(tools: Stage) -> None:
    said = told(tools, train_job("mpi", "mpi-distributed", (*MPIRUN, MPI)))
    ranks = sorted(line for line in said if line.startswith("rank "))
    assert [re.sub(r" on \S+", "", line) for line in ranks] == [f"rank {rank} of 2 sum 3" for rank in (0, 1)]
    assert {line.split()[5] for line in ranks} == {"mpi-launcher-0-0", "mpi-node-0-0"}
    assert counted(tools, "mpi") == {"launcher": 1, "node": 1}, "the queue counts whoever launches too"


def test_nodes_with_accelerators_are_found_by_the_runtimes_of_their_name(tools: Stage) -> None:
    """On simulated nodes, where nothing runs: where pods land, and what they count for."""
    made = train_job("gpu", "mpi-distributed-h100", ("true",), resourcesPerNode={})
    made["spec"]["trainer"]["resourcesPerNode"] = {
        kind: {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "2"} for kind in ("requests", "limits")
    }
    tools.sent(made)

    def placed() -> list[dict[str, Any]]:
        pods = json.loads(tools.kubectl("get", "pods", *of("gpu"), "-o", "json"))["items"]
        return [pod for pod in pods if pod["spec"].get("nodeName")]

    pods = until("both stand on nodes", lambda: found if len(found := placed()) == 2 else None, 120)
    for pod in pods:
        node = json.loads(tools.kubectl("get", "node", pod["spec"]["nodeName"], "-o", "json"))
        assert node["metadata"]["labels"][labels.ACCELERATOR] == "H100"
    given = workload(tools, "gpu")["status"]["admission"]["podSetAssignments"]
    assert sorted(one["resourceUsage"]["nvidia.com/gpu"] for one in given) == ["2", "2"]


def test_without_a_queue_nothing_starts(tools: Stage) -> None:
    tools.sent(train_job("nameless", "jax-distributed", ("true",), queue=None))
    throughout(
        "it has no pods",
        lambda: "No resources" in tools.kubectl("get", "pods", *of("nameless"), check=False),
        8,
    )
    shown = json.loads(tools.kubectl("get", "trainjob", "nameless", "-n", TENANT, "-o", "json"))
    assert shown["spec"]["suspend"] is True


def test_what_is_larger_than_the_quota_waits_with_all_of_its_nodes(tools: Stage) -> None:
    large = {kind: {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "4"} for kind in ("requests", "limits")}
    made = train_job("large", "mpi-distributed-h100", ("true",), numNodes=3, resourcesPerNode=large)
    tools.sent(made)
    until("it waits", lambda: workload(tools, "large").get("status", {}).get("conditions"))
    throughout(
        "it has no pods",
        lambda: "No resources" in tools.kubectl("get", "pods", *of("large"), check=False),
        8,
    )
    assert "admission" not in workload(tools, "large")["status"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_runtime_takes_a_job(tools: Stage, framework: str) -> None:
    for suffix in ("", "-h100"):
        made = train_job("dry", f"{framework}-distributed{suffix}", ("true",))
        assert "created (server dry run)" in tools.sent(made, "--dry-run=server")


def test_variables_of_a_framework_are_the_platforms_to_set(tools: Stage) -> None:
    said = [{"name": "DMLC_TRACKER_URI", "value": "elsewhere"}]
    assert "is reserved" in tools.sent(
        train_job("own", "xgboost-distributed", ("true",), env=said), check=False
    )

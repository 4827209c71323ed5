"""The examples do what their comments say, as far as that can be seen without a cluster."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest
from job_samples import EXAMPLES
from support.golden import Golden

from fairlead.catalog import lock
from fairlead.workload.documents import read, write
from fairlead.workload.load import load_file
from fairlead.workload.model import TrainingJob
from fairlead.workload.render import render, script
from fairlead.workload.runtime import LAUNCHER, SHELL, runtimes

FILES = sorted(EXAMPLES.glob("*.yaml"))


def example(name: str) -> TrainingJob:
    return load_file(EXAMPLES / f"{name}.yaml")[0]


def start(of: TrainingJob, **env: str) -> subprocess.Popen[str]:
    """The job's script as its container runs it, in this machine's shell."""
    return subprocess.Popen(
        [SHELL, "-c", LAUNCHER, SHELL, script(of)],
        env={"PATH": os.environ["PATH"], **of.envs, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_there_are_examples() -> None:
    assert {path.stem for path in FILES} >= {"gang", "train-cpu", "fail-once"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_render_as_before(path: Path, golden: Golden) -> None:
    text = write([obj for of in load_file(path) for obj in render(of)])
    golden.check(f"jobs/{path.stem}.yaml", text)


def test_runtimes_are_as_before(golden: Golden) -> None:
    golden.check("jobs/runtimes.yaml", write(runtimes()[:2]))


def test_what_is_written_as_yaml_is_read_back_the_same() -> None:
    objects = [obj for path in FILES for of in load_file(path) for obj in render(of)]
    assert read(write(objects), "test") == objects


def test_images_of_the_platform_are_in_the_lock() -> None:
    known = {row.reference for row in lock.images().values()}
    ours = [of.image for path in FILES for of in load_file(path) if of.image.startswith("fairlead.dev/")]
    assert ours
    assert set(ours) <= known


def test_the_training_really_trains_and_all_workers_agree() -> None:
    of = example("train-cpu")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    where = {"FAIRLEAD_NUM_NODES": "2", "FAIRLEAD_MASTER_ADDR": "127.0.0.1", "FAIRLEAD_MASTER_PORT": port}
    workers = [start(of, FAIRLEAD_NODE_RANK=str(rank), **where) for rank in (1, 0)]
    outputs = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    losses = [[float(loss) for loss in re.findall(r"loss (\d\.\d+)$", out, re.MULTILINE)] for out in outputs]
    steps = int(of.envs["STEPS"])
    assert losses[0] == losses[1]
    assert len(losses[0]) == steps
    assert losses[0][-1] < 0.7 * losses[0][0]
    assert losses[0][:steps] == sorted(losses[0][:steps], reverse=True)


def test_fail_once_fails_at_the_first_attempt_only() -> None:
    of = example("fail-once")
    assert of.max_restarts >= 1
    first, second = start(of, FAIRLEAD_RESTART="0"), start(of, FAIRLEAD_RESTART="1")
    assert "fails on purpose" in first.communicate(timeout=20)[0]
    assert first.returncode == 7
    assert "done" in second.communicate(timeout=20)[0]
    assert second.returncode == 0


def test_setup_runs_first_and_a_failing_command_ends_the_job() -> None:
    of = example("fail-once").model_copy(
        update={"setup": "X=1; export X", "run": "echo got $X; false; echo never"}
    )
    job = start(of)
    assert job.communicate(timeout=20)[0] == "got 1\n"
    assert job.returncode == 1


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can make a PID namespace, in which the shell is process 1"
)
def test_a_request_to_stop_reaches_the_program_and_it_may_save_its_work() -> None:
    saves = "import signal,sys,time\nsignal.signal(signal.SIGTERM, lambda *_: (print('saved'), sys.exit(0)))"
    run = f'python3 -uc "{saves}\nprint(1)\ntime.sleep(60)"; echo never'
    of = example("fail-once").model_copy(update={"run": run})
    inside = ["unshare", "--pid", "--fork", "--kill-child", SHELL, "-c", LAUNCHER, SHELL, script(of)]
    job = subprocess.Popen(inside, stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    assert job.stdout.readline() == "1\n"
    (shell,) = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    os.kill(int(shell), 15)
    assert job.stdout.read() == "saved\n"
    assert job.wait(timeout=20) == 143

"""What the end-to-end tests act on: a stack's platform, its jobs, and the API server's own view of both."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fairlead import labels
from fairlead.engine import Engine, Outcome
from fairlead.operate import up as operate
from fairlead.operate.wanted import ENGINE
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack
from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress
from fairlead.workload.client import Client
from fairlead.workload.load import load_job
from fairlead.workload.model import TrainingJob

ROOT = Path(__file__).resolve().parents[2]
SUBNETS = {"e2e": "100.64.80.0/30", "killed": "100.64.81.0/30", "mend": "100.64.86.0/30"}
IMAGE = "fairlead.dev/python-numpy:3.11-2.4.6"
TENANT = "team-a"
"""Whose members most tests are."""
PRICE = 64.0
"""USD an hour that the node of simulated accelerators costs."""
REMOTE_IMAGE = "registry.example.com/team/train:1.0"
"""Never pulled: it only runs on simulated nodes."""


def make_project(folder: Path) -> Path:
    """A copy of the project with a stack for each kind of test; the tests never touch the user's own."""
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "stacks", folder / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "examples").symlink_to(ROOT / "examples")
    local = yaml.safe_load((ROOT / "stacks" / "Pulumi.local.yaml").read_text())
    for name, subnet in SUBNETS.items():
        spec = json.loads(json.dumps(local))
        platform = spec["config"]["fairlead:platform"]
        platform["name"] = name
        platform["target"]["subnet"] = subnet
        team_b = next(one for one in platform["tenants"] if one["name"] == "team-b")
        team_b["preemption"] = "never"
        (folder / "stacks" / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(spec))
    return folder


def make_stack(folder: Path, name: str, platform: Mapping[str, Any]) -> Path:
    """Such a project with one stack more, of this platform."""
    project = make_project(folder)
    config = {"config": {"fairlead:platform": dict(platform)}}
    (project / "stacks" / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(config))
    return project


def two_teams(
    name: str, subnet: str, images: Sequence[str], layers: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """A platform of two tenants that share simulated accelerators, which cost something. images: of the lock, on the
    real node."""
    quota = {"accelerators": {"H100": 4}, "cpu": "1", "memory": "2Gi"}
    return {
        "name": name,
        "environment": "dev",
        "target": {"kind": "local", "subnet": subnet, "images": list(images)},
        "pools": [
            {"name": "h100", "accelerators": "H100:8", "min": 1, "max": 1, "prices": {"on-demand": PRICE}}
        ],
        "tenants": [{"name": one, "groups": [one], "quota": quota} for one in (TENANT, "team-b")],
        "layers": {"health": {"enabled": False}, **layers},
    }


def until(what: str, check: Callable[[], object], limit: float = 60) -> Any:
    """Waits until the check gives something true; what it gave. Fails with what was waited for."""
    end = time.monotonic() + limit
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < end, f"not within {limit:.0f} s: {what}"
        time.sleep(0.2)


def throughout(what: str, check: Callable[[], object], seconds: float = 5) -> None:
    """Fails as soon as the check gives something false within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert check(), f"did not hold for {seconds:.0f} s: {what}"
        time.sleep(0.2)


def fairlead(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user starts it in a project; how it ended and what it printed."""
    program = str(Path(sys.executable).parent / "fairlead")
    return subprocess.run(
        [program, *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "FAIRLEAD_PROJECT": str(project)},
    )


@dataclass
class Stage:
    """One stack and its cluster."""

    stack: Stack
    tools: Mapping[str, Path]
    first: Outcome | None = None
    """What the first `up` did."""

    @classmethod
    def of(cls, project: Path, name: str) -> Stage:
        stack = Stack(project, name)
        cache = Cache.default()
        return cls(stack, toolchain.ensure([*ENGINE, "kubectl"], cache, Progress(mode="plain")))

    @property
    def kubeconfig(self) -> Path:
        return self.stack.kubeconfig

    @property
    def engine(self) -> Engine:
        return Engine(self.stack, {name: self.tools[name] for name in ENGINE})

    @property
    def client(self) -> Client:
        return Client(self.kubeconfig)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command on this stack; how it ended and what it printed."""
        return fairlead(self.stack.project, *arguments, "-s", self.stack.name)

    def fairlead(self, *arguments: str) -> str:
        """A command on this stack that must succeed; what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self, *, samples: bool = True) -> Outcome:
        """`fairlead up`, as the command does it."""
        outcome = operate.up(self.stack, Progress(mode="plain"), samples=samples).platform
        self.first = self.first or outcome
        return outcome

    @classmethod
    @contextmanager
    def standing(cls, project: Path, name: str, *, keep: bool, samples: bool = True) -> Generator[Stage]:
        """A stack that is brought up from nothing and taken down at the end; keep: what stands is used and left."""
        made = cls.of(project, name)
        if not keep:
            made.down()
        made.up(samples=samples)
        yield made
        if not keep:
            made.down()

    def down(self) -> None:
        operate.down(self.stack, Progress(mode="plain"))

    def plan(self) -> Any:
        return plan_of(self.stack.folder, self.stack.name)

    def kubectl(self, *arguments: str, given: object = None, check: bool = True) -> str:
        """The real client, which we did not write; its output. `given` is sent as JSON."""
        command = [str(self.tools["kubectl"]), "--kubeconfig", str(self.kubeconfig), *arguments]
        text = None if given is None else json.dumps(given)
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=300)
        if check:
            assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout if check else done.stdout + done.stderr

    @contextmanager
    def forwarded(self, namespace: str, service: str, port: int) -> Iterator[int]:
        """A port of this machine that leads to a Service of the cluster, through the API server."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            here = free.getsockname()[1]
        command = [str(self.tools["kubectl"]), "--kubeconfig", str(self.kubeconfig), "-n", namespace]
        command += ["port-forward", f"service/{service}", f"{here}:{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                assert "Forwarding" in process.stdout.readline()
                yield here
            finally:
                process.terminate()

    def objects(self, kind: str, namespace: str | None = None) -> list[dict[str, Any]]:
        where = ["-A"] if namespace is None else ["-n", namespace]
        return json.loads(self.kubectl("get", kind, *where, "-o", "json"))["items"]

    def workloads_of(self, owner: str, tenant: str = TENANT) -> list[dict[str, Any]]:
        """What the queue has of an object of a tenant."""
        return [
            one
            for one in self.objects("workloads", tenant)
            if owner in {ref["name"] for ref in one["metadata"].get("ownerReferences", [])}
        ]

    def sent(self, made: Mapping[str, Any], *more: str, tenant: str = TENANT, check: bool = True) -> str:
        """Sends it as a member of the tenant; what the client said."""
        told = ("create", "-f", "-", "--as", "somebody", "--as-group", tenant, *more)
        return self.kubectl(*told, given=made, check=check)

    def apply(self, *objects: Mapping[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": list(objects)})

    def submit(self, **fields: Any) -> TrainingJob:
        """Sends a job; what is left out is a one-node job of team-a, which asks for little: the one real node is nearly
        full of the platform itself."""
        run_for = fields.pop("run_for", "60s")
        notes = {labels.RUN_FOR: run_for, **fields.pop("annotations", {})}
        image = REMOTE_IMAGE if "accelerators" in fields else IMAGE
        small = {} if "accelerators" in fields else {"cpus": "100m"}
        base = {"kind": "TrainingJob", "tenant": "team-a", "image": image, "run": "true", **small}
        job = load_job({**base, "annotations": notes, **fields}, "test")
        assert self.client.submit(job).action == "created"
        return job

    def pods(self, job: TrainingJob) -> list[dict[str, Any]]:
        chosen = f"jobset.sigs.k8s.io/jobset-name={job.name}"
        found = json.loads(self.kubectl("get", "pods", "-n", job.tenant, "-l", chosen, "-o", "json"))
        return found["items"]

    def running(self, job: TrainingJob) -> list[dict[str, Any]]:
        return [pod for pod in self.pods(job) if pod["status"].get("phase") == "Running"]

    def nodes_of(self, pods: Iterable[Mapping[str, Any]]) -> set[str]:
        return {pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")}

    def phase(self, job: TrainingJob) -> str:
        return self.client.state(job.tenant, job.name).phase

    def finished(self, job: TrainingJob, limit: float = 120) -> str:
        return until(f"{job.name} finished", lambda: self._end(job), limit)

    def _end(self, job: TrainingJob) -> str:
        state = self.client.state(job.tenant, job.name)
        return state.phase if state.finished else ""

    def clean(self) -> None:
        """Deletes all jobs and plain pods of the tenants, if the cluster is there."""
        if not self.kubeconfig.exists():
            return
        for tenant in ("team-a", "team-b"):
            if tenant in self.kubectl("get", "namespaces", "-o", "name"):
                self.kubectl("delete", "trainjobs,jobs,pods,pvc", "--all", "-n", tenant, "--timeout=90s")
        self.kubectl("uncordon", "-l", f"{labels.SIMULATED}=true")

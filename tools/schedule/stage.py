"""A fresh cluster for one variant: the product's own processes and its own objects, without the engine.

What the program declares is recorded and applied as it is: a thousand nodes through the engine would take
longer than the day that is to be shown. Every cluster has its own life; the next one begins from nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import yaml

from fairlead.contract.manifest import CONDITIONS
from fairlead.operate.up import host_config
from fairlead.operate.wanted import CONTROL_PLANE, NODE, wanted
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.local import LocalSite
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack
from fairlead.targets.local import host
from fairlead.targets.local.host.paths import HostPaths
from fairlead.targets.local.node_pools import node
from fairlead.tools import setup
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress
from fairlead.workload.conditions import holds
from schedule.api import Api, Object, RefusedError
from schedule.guard import watch
from schedule.variants import IDLE_AFTER, POOL, STACK, Variant, platform

ROOT = Path(__file__).resolve().parents[2]
ORDER = (
    {"Namespace", "CustomResourceDefinition", "PriorityClass"},
    None,
    {"Deployment", "DaemonSet", "StatefulSet"},
    {"APIService", "PodDisruptionBudget"},
    {"WorkloadPriorityClass", "Topology", "ResourceFlavor", "AdmissionCheck", "KWOKNodeClass"},
    {"Cohort", "NodePool"},
    {"ClusterQueue"},
    {"LocalQueue"},
)
"""Kinds that are applied together, one set after the other; None: all that no other names."""
CLIENTS = 6
PATIENCE = 180.0
AWAITED = {**CONDITIONS, "Deployment": "Available"}
"""Kind -> condition that makes an object ready."""
Say = Callable[[str], None]


def project(folder: Path, variant: Variant, nodes: int, idle_after: str = IDLE_AFTER) -> Stack:
    """A project with the variant's stack in it."""
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    stacks = folder / "stacks"
    shutil.copytree(ROOT / "stacks", stacks, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    # The tenants of this environment's layer are not those of the trace.
    (stacks / "layers" / "environment-dev.yaml").write_text("{}\n")
    spec = {"config": {"fairlead:platform": dict(platform(variant, nodes, idle_after))}}
    (stacks / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(spec))
    return Stack(folder, STACK)


def declared(stack: Stack) -> list[Object]:
    """Every object that the program declares for the stack."""
    argv = [sys.executable, "-m", "fairlead.declared.record", str(stack.folder), stack.name]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"the program of stack {stack.name} fails:\n{done.stderr[-2000:]}")
    found = [one for one in json.loads(done.stdout) if one["type"].startswith("kubernetes:")]
    return [one["inputs"] for one in found if "apiVersion" in one["inputs"] and "kind" in one["inputs"]]


def until(what: str, check: Callable[[], bool], limit: float = PATIENCE) -> None:
    """Returns as soon as the check holds. Raises TimeoutError with what was waited for."""
    end = time.monotonic() + limit
    while not check():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {limit:.0f} s: {what}")
        time.sleep(0.2)


class Stage:
    """One cluster with one variant's platform."""

    def __init__(
        self,
        variant: Variant,
        nodes: int,
        say: Say,
        *,
        real_growth: bool = False,
        idle_after: str = IDLE_AFTER,
    ) -> None:
        self._variant, self._nodes, self._say, self._real_growth = variant, nodes, say, real_growth
        self._folder = Path(tempfile.mkdtemp(prefix="fairlead-schedule-"))
        self.stack = project(self._folder, variant, nodes, idle_after)

    @cached_property
    def plan(self) -> PlatformPlan:
        """What is built."""
        return plan_of(self.stack.folder, self.stack.name)

    @cached_property
    def api(self) -> Api:
        """The running cluster."""
        return Api(self.stack.kubeconfig)

    def up(self) -> None:
        """From nothing to a cluster that takes work."""
        host.down(self.stack.run_dir, self._say)
        plan = self.plan if self._real_growth else _without_autoscaler(self.plan)
        needs = replace(wanted(plan, samples=False), tools=("helm", *CONTROL_PLANE, *NODE))
        have = setup.ensure_all(needs, Cache.default(), Progress(mode="plain"))
        host.up(host_config(self.stack, plan, have), self._say)
        if not self._variant.queues:
            self._plain_scheduler()
        objects = self._objects()
        self._say(f"cluster runs; applying {len(objects)} objects")
        with ThreadPoolExecutor(CLIENTS) as clients:
            for kinds in ORDER:
                self._apply(clients, [one for one in objects if _of(one, kinds)])
        self._await_nodes()

    def _objects(self) -> list[Object]:
        """The declared ones; where a pool grows without its autoscaler, all of its nodes in the autoscaler's place."""
        found = declared(self.stack)
        if not self._variant.grows or self._real_growth:
            return found
        pool = next(one for one in self.plan.pools if one.name == POOL)
        found = [one for one in found if not _of_autoscaler(one)]
        return [*found, *(node(pool, index) for index in range(self._nodes))]

    def _apply(self, clients: ThreadPoolExecutor, objects: Sequence[Object]) -> None:
        list(clients.map(self._one, objects))
        for one in objects:
            condition = AWAITED.get(one["kind"])
            if condition:
                path = self.api.path(one)
                until(
                    f"{path} is {condition}",
                    lambda path=path, condition=condition: self._holds(path, condition),
                )

    def _one(self, obj: Object) -> None:
        """Applies one object, again while its webhook does not answer yet."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.api.apply(obj)
            except RefusedError as error:
                if "failed calling webhook" not in str(error) or time.monotonic() > end:
                    raise RuntimeError(f"{obj['kind']} {obj['metadata']['name']}: {error}") from error
                time.sleep(0.5)
            else:
                return

    def _holds(self, path: str, condition: str) -> bool:
        return holds(self.api.ask("GET", path), condition)

    def _await_nodes(self) -> None:
        if self._variant.grows and self._real_growth:
            return

        def all_ready() -> bool:
            nodes, _ = self.api.listed("/api/v1/nodes")
            return sum(holds(one, "Ready") for one in nodes) == self._nodes + 1

        until("all nodes are ready", all_ready)

    def _plain_scheduler(self) -> None:
        """Takes this product's scoring away from the scheduler: Kubernetes' own defaults are what is measured."""
        paths = HostPaths(self.stack.run_dir)
        file = paths.etc / "scheduler.json"
        config = json.loads(file.read_text())
        for profile in config["profiles"]:
            profile.pop("pluginConfig", None)
        file.write_text(json.dumps(config))
        before = host.status(self.stack.run_dir).components["kube-scheduler"].pid
        os.kill(before, signal.SIGTERM)

        def again() -> bool:
            part = host.status(self.stack.run_dir).components["kube-scheduler"]
            return part.healthy and part.pid not in (0, before)

        until("the scheduler runs again", again)


def _without_autoscaler(plan: PlatformPlan) -> PlatformPlan:
    """Nothing of the autoscaler is built or started."""
    if not isinstance(plan.site, LocalSite):
        raise TypeError(f"{type(plan.site).__name__} is not local")
    return replace(plan, site=replace(plan.site, provisioners=()))


def _of(obj: Object, kinds: set[str] | None) -> bool:
    if kinds is not None:
        return obj["kind"] in kinds
    return not any(obj["kind"] in one for one in ORDER if one is not None)


def _of_autoscaler(obj: Object) -> bool:
    return "karpenter" in obj["apiVersion"] or "karpenter" in (
        obj["metadata"].get("namespace"),
        obj["metadata"]["name"].split("-")[0].split(".")[0],
    )


@contextmanager
def staged(stage: Stage) -> Generator[Stage]:
    """The stage, up; it is taken down whatever happens, also when this process is killed."""
    guard = watch(stage.stack.run_dir, stage.stack.project)
    try:
        stage.up()
        yield stage
    finally:
        guard.communicate()

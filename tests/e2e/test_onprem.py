"""A cluster that stands is taken over, used, checked and given back: by its kubeconfig, on a real API server.

The cluster is a bare local host: a real control plane and one real node that know nothing of the
platform, and simulated nodes that advertise accelerators as their owner's device plugin would.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.pulled import under_its_digest

from e2e.stage import Stage, fairlead, make_project, until
from fairlead import labels
from fairlead.catalog import lock
from fairlead.engine import forget
from fairlead.operate.wanted import CONTROL_PLANE, DETECTOR_IMAGE, ENGINE, NODE, SANDBOX_IMAGE
from fairlead.targets.local import host
from fairlead.targets.local.node_pools import KWOK, RESOURCES
from fairlead.tools import setup
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

BARE, SUBNET = "bare", "100.64.79.0/30"
STACK = "rack"
CHARTS = ("kueue", "jobset", "kubeflow-trainer")
GPU = "nvidia.com/gpu"
PRODUCT = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}
KEEP_OUT = {"key": "example.com/dedicated", "value": "others", "effect": "NoSchedule"}


def quiet(_: str) -> None:
    """Progress nobody reads."""


@dataclass
class Bare:
    """The cluster of others, and this platform's command line on it."""

    config: host.HostConfig
    have: setup.Have
    project: Path

    @property
    def kubeconfig(self) -> Path:
        return self.config.paths.kubeconfig

    def kubectl(self, *arguments: str, given: object = None) -> str:
        command = [str(self.have.tools["kubectl"]), "--kubeconfig", str(self.kubeconfig), *arguments]
        text = None if given is None else json.dumps(given)
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def node(self, name: str) -> dict[str, Any]:
        return json.loads(self.kubectl("get", "node", name, "-o", "json"))

    def nodes(self) -> dict[str, tuple[Mapping[str, str], list[Any]]]:
        """Labels and taints of every node."""
        found = json.loads(self.kubectl("get", "nodes", "-o", "json"))["items"]
        return {
            one["metadata"]["name"]: (one["metadata"]["labels"], one["spec"].get("taints") or [])
            for one in found
        }

    def fairlead(self, *arguments: str) -> tuple[int, str]:
        """Exit status and what was printed."""
        done = fairlead(self.project, *arguments)
        return done.returncode, done.stdout + done.stderr

    def broken(self) -> dict[str, list[dict[str, str]]]:
        """Rules that the living cluster does not meet, with what is wrong and how to fix it."""
        _, text = self.fairlead("contract", "check", "-s", STACK, "-o", "json")
        assert text.startswith("{"), text
        rules = json.loads(text)["rules"]
        assert [one["rule"] for one in rules] == [f"C{number}" for number in range(1, 11)]
        return {one["rule"]: one["problems"] for one in rules if one["status"] == "not met"}


def simulated(name: str, resources: Mapping[str, str], **spec: Any) -> dict[str, Any]:
    """A node as its owner has it: simulated, and without a word of this platform."""
    well_known = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    offered = {"cpu": "96", "memory": "1Ti", "pods": "110", "ephemeral-storage": "1Ti", **resources}
    product = PRODUCT if GPU in resources else {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**well_known, **product},
            "annotations": {KWOK: "fake", RESOURCES: json.dumps(offered)},
        },
        "spec": spec,
    }


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """The cluster of others: four nodes with accelerators, one kept for somebody else, one real one."""
    wanted = setup.Wanted(
        (*ENGINE, *CONTROL_PLANE, *NODE), (SANDBOX_IMAGE, DETECTOR_IMAGE, *CHARTS), CHARTS, stages=True
    )
    have = setup.ensure_all(wanted, Cache.default(), Progress(mode="plain"))
    assert have.stages
    pulled = tmp_path_factory.mktemp("pulled")
    config = host.HostConfig(
        stack=BARE,
        run_dir=Cache.default().run(BARE),
        tools=have.tools,
        images=[under_its_digest(lock.images()[name], tar, pulled) for name, tar in have.images.items()],
        kubernetes_version="1.35.0",
        stages=have.stages,
        sandbox_image=lock.images()[SANDBOX_IMAGE].reference,
        subnet=SUBNET,
    )
    host.down(config.run_dir, quiet)
    host.up(config, quiet)
    made = Bare(config, have, make_project(tmp_path_factory.mktemp("onprem")))
    standing = [simulated(f"gpu-{index}", {GPU: "8"}) for index in range(4)]
    standing.append(simulated("theirs", {}, taints=[KEEP_OUT]))
    made.kubectl("apply", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": standing})
    made.kubectl("apply", "-f", "-", given=STANDARD)
    until("all nodes are ready", lambda: _ready(made) == 6)
    yield made
    host.down(config.run_dir, quiet)


STANDARD = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "example.com/disk",
    "parameters": {"kind": "fast"},
    "volumeBindingMode": "WaitForFirstConsumer",
}


def _ready(cluster: Bare) -> int:
    path = "{.items[*].status.conditions[?(@.type=='Ready')].status}"
    return cluster.kubectl("get", "nodes", "-o", f"jsonpath={path}").split().count("True")


@pytest.fixture(scope="module")
def before(bare: Bare) -> dict[str, tuple[Mapping[str, str], list[Any]]]:
    """Labels and taints of the nodes before the platform came."""
    return bare.nodes()


@pytest.fixture(scope="module")
def found(bare: Bare) -> str:
    """What `fairlead contract pools` prints."""
    status, text = bare.fairlead("contract", "pools", "--kubeconfig", str(bare.kubeconfig))
    assert status == 0, text
    return text


def shared(bare: Bare) -> Path:
    """A kubeconfig in which another cluster is the current one, as in most homes."""
    config = json.loads(bare.kubeconfig.read_text())
    config["clusters"].append({"name": "elsewhere", "cluster": {"server": "https://127.0.0.1:9"}})
    context = {"cluster": "elsewhere", "user": config["users"][0]["name"]}
    config["contexts"].append({"name": "elsewhere", "context": context})
    file = bare.project / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(json.dumps({**config, "current-context": "elsewhere"}))
    return file


@pytest.fixture(scope="module")
def rack(bare: Bare, found: str, before: object) -> Iterator[Stage]:
    """A stack made of nothing but what discovery printed, the way to the cluster, and tenants."""
    read = yaml.safe_load(found)
    way = {"kind": "onprem", "kubeconfig": str(shared(bare)), "context": host.context_name(BARE)}
    platform = {
        "name": STACK,
        "environment": "dev",
        "target": {**way, **read["target"]},
        "pools": read["pools"],
        "tenants": [{"name": "team-a", "quota": {"accelerators": {"H100": 16}}}],
    }
    file = bare.project / "stacks" / f"Pulumi.{STACK}.yaml"
    file.write_text(yaml.safe_dump({"config": {"fairlead:platform": platform}}))
    made = Stage.of(bare.project, STACK)
    forget(made.stack)
    yield made
    forget(made.stack)
    shutil.rmtree(made.stack.run_dir, ignore_errors=True)


def test_discovery_prints_pools_that_a_plan_accepts_as_they_are(bare: Bare, found: str, rack: Stage) -> None:
    assert (
        "# Left out: theirs: no workload of the platform tolerates its taint example.com/dedicated" in found
    )
    pools = {pool["name"]: pool for pool in yaml.safe_load(found)["pools"]}
    assert pools["h100"]["accelerators"] == "H100:8"
    assert pools["h100"]["nodes"]["names"] == [f"gpu-{index}" for index in range(4)]
    assert pools["system"]["nodes"]["names"] == ["node-0"]
    status, text = bare.fairlead("plan", "-s", STACK)
    assert status == 0, text
    assert "H100:8" in text


def test_before_the_platform_comes_the_contract_says_what_is_missing(bare: Bare, rack: Stage) -> None:
    broken = bare.broken()
    assert set(broken) == {"C1", "C2", "C4", "C5", "C6"}
    assert len(broken["C2"]) == 4
    assert all(problem["fix"] for problems in broken.values() for problem in problems)


def test_up_makes_the_cluster_keep_every_rule(bare: Bare, rack: Stage) -> None:
    made = rack.engine.up()
    assert set(made.counts) == {"created"}
    status, text = bare.fairlead("contract", "check", "-s", STACK)
    assert status == 0, text
    assert "not met" not in text
    node = bare.node("gpu-0")
    assert node["metadata"]["labels"][labels.POOL] == "h100"
    assert {"key": GPU, "value": "present", "effect": "NoSchedule"} in node["spec"]["taints"]
    assert bare.node("theirs")["spec"]["taints"] == [KEEP_OUT]


def test_a_second_up_changes_nothing(rack: Stage) -> None:
    assert set(rack.engine.up().counts) == {"unchanged"}


def test_the_commands_find_the_cluster_by_its_stack(bare: Bare, rack: Stage) -> None:
    status, text = bare.fairlead("kubeconfig", "-s", STACK)
    assert status == 0, text
    assert json.loads(text)["current-context"] == host.context_name(BARE)
    status, text = bare.fairlead("status", "-s", STACK)
    assert status == 0, text


def test_a_gang_runs_on_the_nodes_that_were_taken_over(bare: Bare, rack: Stage, tmp_path: Path) -> None:
    job = {"kind": "TrainingJob", "name": "gang", "tenant": "team-a", "accelerators": "H100:8"}
    notes = {labels.RUN_FOR: "60s"}
    file = tmp_path / "gang.yaml"
    file.write_text(
        yaml.safe_dump(
            {**job, "num_nodes": 4, "image": "registry.example.com/a:1", "run": "true", "annotations": notes}
        )
    )
    status, text = bare.fairlead("submit", "-f", str(file), "-s", STACK)
    assert status == 0, text

    def running() -> set[str]:
        pods = json.loads(bare.kubectl("get", "pods", "-n", "team-a", "-o", "json"))["items"]
        return {pod["spec"]["nodeName"] for pod in pods if pod["status"].get("phase") == "Running"}

    until("all four run", lambda: len(running()) == 4, 120)
    assert running() == {f"gpu-{index}" for index in range(4)}
    status, text = bare.fairlead("cancel", "team-a/gang", "-s", STACK)
    assert status == 0, text


def test_a_fault_that_lasts_takes_its_node_out_when_the_sweep_comes_and_the_gang_runs_elsewhere(
    bare: Bare, rack: Stage
) -> None:
    """Nobody mends nodes of others: the command that a timer calls does what the policy says."""
    gang = rack.submit(name="swept", accelerators="H100:8", num_nodes=2, run_for="600s")
    until("it runs", lambda: len(rack.running(gang)) == 2, 120)
    lost = sorted(rack.nodes_of(rack.pods(gang)))[0]

    def shows(status: str, minutes: int) -> None:
        since = datetime.now(UTC) - timedelta(minutes=minutes)
        times = dict.fromkeys(("lastTransitionTime", "lastHeartbeatTime"), f"{since:%Y-%m-%dT%H:%M:%SZ}")
        fault = {"type": "GPULost", "status": status, "reason": "GpuLost", "message": "XID 79", **times}
        change = json.dumps({"status": {"conditions": [fault]}})
        bare.kubectl("patch", "node", lost, "--subresource=status", "-p", change)

    shows("True", minutes=2)
    status, text = bare.fairlead("node", "sweep", "-s", STACK)
    assert (status, "stays until that has lasted 10m" in text) == (0, True), text
    shows("True", minutes=11)
    status, text = bare.fairlead("node", "sweep", "-s", STACK)
    assert status == 0, text
    assert f"node {lost} is in quarantine" in text
    until("it runs elsewhere", lambda: len(rack.running(gang)) == 2, 60)
    assert lost not in rack.nodes_of(rack.running(gang))
    state = rack.client.state(gang.tenant, gang.name)
    assert (state.restarts, state.disruptions) == (0, 1)
    status, text = bare.fairlead("node", "sweep", "-s", STACK)
    assert (status, text.strip()) == (0, "no node shows a fault that nobody else mends")
    rack.client.cancel(gang.tenant, gang.name)
    shows("False", minutes=0)
    status, text = bare.fairlead("node", "release", lost, "-s", STACK)
    assert (status, text.strip()) == (0, f"node {lost} takes pods again")


def test_what_somebody_takes_off_a_node_is_seen_and_put_back(bare: Bare, rack: Stage) -> None:
    bare.kubectl("label", "node", "gpu-1", f"{labels.ACCELERATOR}-")
    bare.kubectl("taint", "node", "gpu-2", f"{GPU}-")
    broken = bare.broken()
    assert [one["what"] for one in broken["C1"]] == [f"node gpu-1: no {labels.ACCELERATOR}"]
    assert [one["what"] for one in broken["C2"]] == [
        f"node gpu-2: the taint {GPU}=present:NoSchedule is missing"
    ]
    assert "pulumi up --refresh" in broken["C1"][0]["fix"]
    refreshed(rack)
    assert bare.broken() == {}


def refreshed(rack: Stage) -> None:
    """`pulumi up --refresh`: what the engine does by itself after a run that was killed."""
    (rack.stack.run_dir / "pulumi" / "unfinished").touch()
    rack.engine.up()


def test_destroy_gives_the_nodes_back_as_they_were(
    bare: Bare, rack: Stage, before: dict[str, tuple[Mapping[str, str], list[Any]]]
) -> None:
    gone = rack.engine.destroy()
    assert set(gone.counts) == {"deleted"}
    assert bare.nodes() == before
    spaces = bare.kubectl("get", "namespaces,crds,storageclasses", "-o", "name").split()
    ours = ("team-a", "kueue", "jobset", "kubeflow", "fairlead")
    assert [name for name in spaces if any(word in name for word in ours)] == []

"""Every part of a fabric as it goes into a cluster: on its pools alone, bounded, pinned, valid."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fabric_plans import IMAGES, plans
from support.charts import renderer
from support.strict import containers, pods, problems

from fairlead import labels
from fairlead.catalog import lock
from fairlead.contract.chart import Object
from fairlead.layers import fabric
from fairlead.layers.fabric import rdma, sockets
from fairlead.plan.coherence import rendered

PARTS = {
    "efa": ["efa-device-plugin"],
    "infiniband": ["rdma-device-plugin"],
    "others' infiniband": [],
    "nvlink": ["rdma-device-plugin"],
    "tcpx": ["device-injector", "tcpx-installer"],
    "tcpxo": ["device-injector", "tcpxo-installer"],
    "tcpxo beside rdma": ["device-injector", "tcpxo-installer"],
    "rdma": [],
}


def objects(way: str) -> list[Object]:
    render = renderer(["efa-device-plugin"])
    parts = plans()[way].fabrics.parts
    return [one for part in parts for one in fabric.objects(render, part, IMAGES)]


def boxes(found: Sequence[Object]) -> list[Any]:
    return [box for _, pod in pods(list(found)) for box in containers(pod["spec"])]


def test_every_network_brings_its_parts_and_no_other() -> None:
    assert {way: [part.name for part in plan.fabrics.parts] for way, plan in plans().items()} == PARTS


@pytest.mark.parametrize("way", PARTS)
def test_every_object_keeps_its_schema_and_lies_in_the_layers_namespace(way: str) -> None:
    assert [problem for one in [*fabric.space(), *objects(way)] for problem in problems(one)] == []
    assert {one["metadata"].get("namespace", fabric.NAMESPACE) for one in objects(way)} <= {fabric.NAMESPACE}


@pytest.mark.parametrize("way", PARTS)
def test_every_pod_runs_on_the_nodes_of_its_pools_and_tolerates_their_taints_and_no_other(way: str) -> None:
    plan = plans()[way]
    for part in plan.fabrics.parts:
        taints = {
            (one.key, one.effect)
            for pool in plan.pools
            if pool.name in part.pools
            for one in pool.tolerations
        }
        for _, pod in pods(fabric.objects(renderer(["efa-device-plugin"]), part, IMAGES)):
            required = pod["spec"]["affinity"]["nodeAffinity"][
                "requiredDuringSchedulingIgnoredDuringExecution"
            ]
            (term,) = required["nodeSelectorTerms"]
            wanted = {one["key"]: one.get("values") for one in term["matchExpressions"]}
            assert wanted[labels.POOL] == list(part.pools)
            assert {(one["key"], one["effect"]) for one in pod["spec"]["tolerations"]} == taints


@pytest.mark.parametrize("way", PARTS)
def test_every_image_is_the_locks_and_no_container_grows_without_bound(way: str) -> None:
    for box in boxes(objects(way)):
        assert box["image"] in set(IMAGES.values())
        assert box["resources"]["limits"]["memory"], box["name"]


@pytest.mark.parametrize("way", PARTS)
def test_what_holds_of_all_objects_on_accelerator_nodes_holds_here(way: str) -> None:
    rendered.verify([*fabric.space(), *objects(way)], "layer fabric")


def test_no_part_but_the_charts_own_talks_to_the_api_server() -> None:
    for way in ("infiniband", "tcpx", "tcpxo"):
        for _, pod in pods(objects(way)):
            assert pod["spec"]["automountServiceAccountToken"] is False


def test_the_plugin_is_told_in_words_that_it_knows() -> None:
    """Its configuration against the README of the pinned release: fields, prefix, selectors."""
    (told,) = [one for one in objects("infiniband") if one["kind"] == "ConfigMap"]
    found = json.loads(told["data"]["config.json"])
    assert set(found) <= {"periodicUpdateInterval", "configList"}
    (entry,) = found["configList"]
    assert set(entry) <= {"resourceName", "resourcePrefix", "rdmaHcaMax", "selectors", "devices"}
    assert set(entry["selectors"]) <= {"vendors", "deviceIDs", "drivers", "ifNames", "linkTypes"}
    assert f"{entry['resourcePrefix']}/{entry['resourceName']}" == rdma.OFFERED
    assert entry["rdmaHcaMax"] == 1


def test_the_plugin_offers_nothing_before_its_companion_has_settled_the_node() -> None:
    ((_, pod),) = pods(objects("infiniband"))
    (companion,) = pod["spec"]["initContainers"]
    assert companion["restartPolicy"] == "Always"
    assert companion["startupProbe"]["exec"]["command"] == ["test", "-e", rdma.SETTLED]


def settled(tmp_path: Path, **fakes: str) -> subprocess.CompletedProcess[str]:
    """The companion's script with programs of the node that say what they were called with."""
    tools = tmp_path / "bin"
    tools.mkdir()
    usual = {
        "nsenter": 'shift 4; exec "$@"',
        "modprobe": 'echo "modprobe $1" >>"$LOG"',
        "pidof": "echo 71 72",
        "prlimit": 'echo "prlimit $*" >>"$LOG"',
        "ls": "echo mlx5_0",
        "touch": 'echo "touched" >>"$LOG"',
        "sleep": "exit 1",
    }
    for name, text in {**usual, **fakes}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    (tools / "sh").symlink_to("/bin/sh")
    ((_, pod),) = pods(objects("infiniband"))
    command = pod["spec"]["initContainers"][0]["command"]
    log = tmp_path / "log"
    log.touch()
    env = {"PATH": str(tools), "LOG": str(log)}
    # The loop ends where `sleep` would wait for good.
    line = [command[0], "-e", *command[1:]]
    done = subprocess.run(
        line, env={**os.environ, **env}, capture_output=True, text=True, timeout=20, check=False
    )
    return subprocess.CompletedProcess(line, done.returncode, log.read_text(), done.stdout + done.stderr)


def test_the_companion_loads_modules_and_lets_every_runtime_of_the_node_lock_memory(tmp_path: Path) -> None:
    done = settled(tmp_path)
    assert [line for line in done.stdout.splitlines() if line.startswith("modprobe")] == [
        f"modprobe {one}" for one in (*rdma.MODULES, "nvidia-peermem")
    ]
    limits = [line for line in done.stdout.splitlines() if line.startswith("prlimit")]
    assert limits == [f"prlimit --pid {one} --memlock=unlimited:unlimited" for one in (71, 72)]
    assert done.stdout.splitlines()[-1] == "touched"


@pytest.mark.parametrize(
    ("fakes", "said"),
    [
        ({"ls": "true"}, "the node has no InfiniBand"),
        ({"pidof": "true"}, "no containerd and no CRI-O runs here"),
        ({"prlimit": "echo refused; exit 1"}, "refused"),
    ],
)
def test_a_node_that_cannot_be_settled_never_offers_its_interfaces(
    fakes: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = settled(tmp_path, **fakes)
    assert done.returncode != 0
    assert "touched" not in done.stdout
    assert said in done.stderr


def test_a_module_that_the_kernel_lacks_is_said_and_stops_nothing(tmp_path: Path) -> None:
    done = settled(tmp_path, modprobe="exit 1")
    assert "touched" in done.stdout
    assert "the kernel has no module mlx5_ib" in done.stderr


@pytest.mark.parametrize("script", [sockets.INSTALL, sockets.WINDOWS, rdma.NODE, rdma.LIMIT, rdma.SETTLE])
def test_scripts_that_run_on_nodes_are_sound_shell(script: str) -> None:
    done = subprocess.run(["/bin/sh", "-n", "-c", script], timeout=20, check=False)
    assert done.returncode == 0


def test_only_tcpxo_changes_the_node_itself() -> None:
    names = {way: [box["name"] for box in boxes(objects(way))] for way in ("tcpx", "tcpxo")}
    assert "node" not in names["tcpx"]
    assert names["tcpxo"].index("node") < names["tcpxo"].index("install")


@pytest.mark.parametrize("name", ["rdma-device-plugin", "device-injector"])
def test_an_image_whose_digest_is_public_is_pinned_by_it(name: str) -> None:
    assert "@sha256:" in lock.images()[name].pinned

"""The local cluster's machine side, for real: start, use, kill what runs, remove. Needs root."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from e2e.host.machine import (
    fetch_head,
    inside,
    listening,
    living,
    outer_address,
    quiet,
    settings,
    traces,
    until,
)
from e2e.host.pods import SERVER_PORT, WEB, Kubectl, pod, ready, restarted, simulated_node
from fairlead.catalog import lock
from fairlead.errors import FairleadError
from fairlead.targets.local import host

pytestmark = pytest.mark.e2e

PARTS = 12


@pytest.fixture(scope="module")
def cluster(cfg: host.HostConfig, before: dict[str, Any]) -> host.HostStatus:
    assert before["traces"]["processes"] == []
    return host.up(cfg, quiet)


def test_a_start_from_nothing_ends_with_every_part_healthy(cluster: host.HostStatus) -> None:
    assert cluster.state == "running"
    assert len(cluster.components) == PARTS
    assert cluster.unhealthy == {}


def test_a_second_up_changes_nothing_and_is_quick(cfg: host.HostConfig, cluster: host.HostStatus) -> None:
    began = time.monotonic()
    again = host.up(cfg, quiet)
    took = time.monotonic() - began
    pids = {name: part.pid for name, part in cluster.components.items()}
    assert {name: part.pid for name, part in again.components.items()} == pids
    assert took < 1


@pytest.mark.usefixtures("cluster")
def test_the_machines_settings_are_as_they_were(before: dict[str, Any]) -> None:
    assert settings() == before["settings"]


@pytest.mark.usefixtures("cluster")
def test_the_machine_sees_one_link_and_control_groups_and_no_mount_or_rule(
    cfg: host.HostConfig, before: dict[str, Any]
) -> None:
    seen, was = traces(cfg), before["traces"]
    assert seen["links"] == [cfg.link]
    assert seen["control groups"]
    assert (seen["mounts"], seen["rules"]) == (was["mounts"], was["rules"])
    assert seen["files"] == [str(cfg.run_dir), *was["files"]]


@pytest.mark.usefixtures("cluster")
def test_the_real_node_has_its_labels(kubectl: Kubectl) -> None:
    node = kubectl.get("node", "node-0")
    assert node["metadata"]["labels"]["fairlead.dev/pool"] == "system"
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.35.0"


@pytest.mark.usefixtures("cluster")
def test_a_simulated_node_becomes_ready_and_runs_pods(kubectl: Kubectl) -> None:
    kubectl.apply(simulated_node("gpu-0"))
    until("gpu-0 Ready", lambda: ready(kubectl.get("node", "gpu-0")))
    kubectl.apply(pod("training", node="gpu-0", image="example.invalid/any:1"))
    assert until("pod Running", lambda: kubectl.get("pod", "training")["status"].get("phase") == "Running")


def test_new_images_come_into_the_running_cluster(
    cfg: host.HostConfig, coredns: Path, cluster: host.HostStatus
) -> None:
    more = dataclasses.replace(cfg, images=[*cfg.images, coredns])
    after = host.up(more, quiet)
    assert after.supervisor == cluster.supervisor
    assert after.state == "running"


@pytest.fixture(scope="module")
def served(cfg: host.HostConfig, coredns: Path, kubectl: Kubectl, cluster: host.HostStatus) -> str:
    """A real pod behind a Service: CoreDNS, whose health page is a web server. The Service's address."""
    assert cluster.state == "running"
    host.up(dataclasses.replace(cfg, images=[*cfg.images, coredns]), quiet)
    corefile = f".:1053 {{\n  health :{SERVER_PORT}\n}}\n"
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web"},
        "data": {"Corefile": corefile},
    }
    ports = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": SERVER_PORT}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": ports}
    until("service account", lambda: kubectl.get("serviceaccount")["items"])
    kubectl.apply(
        config, service, pod("web", node="node-0", image=lock.images()["coredns"].reference, config="web")
    )
    until("web Ready", lambda: ready(kubectl.get("pod", "web")))
    return str(kubectl.get("service", "web")["spec"]["clusterIP"])


def test_a_real_pod_answers_through_its_service(cfg: host.HostConfig, served: str) -> None:
    fetch = (
        f"import urllib.request as u; print(u.urlopen('http://{served}/health', timeout=2).read().decode())"
    )
    assert until("answer", lambda: inside(cfg, fetch).stdout.strip() == "OK", 10)


@pytest.mark.usefixtures("served")
def test_logs_and_exec_reach_the_real_pod(kubectl: Kubectl) -> None:
    assert "CoreDNS-1.12.4" in kubectl("logs", "web")
    assert "CoreDNS-1.12.4" in kubectl("exec", "web", "--", "/coredns", "-version")


@pytest.mark.usefixtures("served")
def test_pods_reach_the_outside_but_not_the_machines_loopback(cfg: host.HostConfig) -> None:
    pid = next(int(path.parent.name) for path in living("cmdline") if path.read_bytes().startswith(WEB))
    with listening("127.0.0.1") as loopback, listening(outer_address()) as outer:
        connect = "import socket; print(socket.create_connection(({!r}, {}), 3).recv(9))"
        assert "HTTP" in inside(cfg, fetch_head(*outer), pid).stdout
        assert inside(cfg, connect.format("10.0.2.2", loopback[1]), pid).returncode != 0


def test_an_unknown_user_is_turned_away(cfg: host.HostConfig, cluster: host.HostStatus) -> None:
    import ssl
    import urllib.error
    import urllib.request

    context = ssl.create_default_context(cafile=str(cfg.paths.pki / "ca.crt"))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{cluster.api_url}/api/v1/nodes", timeout=5, context=context)
    assert refused.value.code == 401


@pytest.mark.usefixtures("cluster")
def test_secrets_are_not_readable_in_the_data(cfg: host.HostConfig, kubectl: Kubectl) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "one"},
        "stringData": {"key": "plain-to-see"},
    }
    visible = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "two"},
        "data": {"key": "meant-to-be-seen"},
    }
    kubectl.apply(secret, visible)
    data = b"".join(path.read_bytes() for path in cfg.paths.etcd.rglob("*") if path.is_file())
    assert b"meant-to-be-seen" in data
    assert b"plain-to-see" not in data


@pytest.mark.parametrize("name", ["kube-scheduler", "kubelet", "etcd", "containerd", "kwok"])
def test_a_component_that_is_killed_comes_back(
    cfg: host.HostConfig, cluster: host.HostStatus, name: str
) -> None:
    assert name in cluster.components
    first = host.status(cfg.run_dir).components[name]
    os.kill(first.pid, signal.SIGKILL)
    until(
        f"{name} restarted", lambda: host.status(cfg.run_dir).components[name].restarts == first.restarts + 1
    )
    until("all healthy", lambda: host.status(cfg.run_dir).state == "running")
    assert host.status(cfg.run_dir).components[name].pid != first.pid


@pytest.mark.usefixtures("served")
def test_a_crash_of_the_whole_cluster_loses_no_workload(
    cfg: host.HostConfig, coredns: Path, kubectl: Kubectl
) -> None:
    uid = kubectl.get("pod", "web")["metadata"]["uid"]
    os.kill(host.status(cfg.run_dir).supervisor, signal.SIGKILL)
    until("stopped", lambda: host.status(cfg.run_dir).state == "stopped")
    host.up(dataclasses.replace(cfg, images=[*cfg.images, coredns]), quiet)
    back = until("web restarted", lambda: restarted(kubectl.get("pod", "web")))
    assert back["metadata"]["uid"] == uid


@pytest.mark.usefixtures("cluster")
def test_a_change_that_needs_a_fresh_cluster_is_refused_and_nothing_is_touched(cfg: host.HostConfig) -> None:
    supervisor = host.status(cfg.run_dir).supervisor
    with pytest.raises(FairleadError, match=r"pod_cidr: 10\.244\.0\.0/24 -> 10\.245\.0\.0/24"):
        host.up(dataclasses.replace(cfg, pod_cidr="10.245.0.0/24"), quiet)
    assert host.status(cfg.run_dir).supervisor == supervisor


@pytest.mark.usefixtures("cluster")
def test_down_leaves_nothing_even_with_pods_running_and_a_second_down_neither(
    cfg: host.HostConfig, before: dict[str, Any]
) -> None:
    host.down(cfg.run_dir, quiet)
    assert traces(cfg) == before["traces"]
    assert settings() == before["settings"]
    host.down(cfg.run_dir, quiet)
    assert host.status(cfg.run_dir).state == "absent"

"""The local cluster's machine side, for real: start, use, kill at many points, remove. Needs root.

Uses a stack name and a subnet of its own, so that it runs beside any other local cluster.
"""

from __future__ import annotations

import dataclasses
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.catalog import lock
from fairlead.errors import FairleadError, ToolError
from fairlead.targets.local import host
from fairlead.targets.local.host import identity
from fairlead.targets.local.host.files import read_json
from fairlead.tools import setup
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.e2e

STACK, SUBNET = "hoste2e", "100.64.78.0/30"
TOOLS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubelet", "kube-proxy",
    "containerd", "runc", "cni-plugins", "nft", "slirp4netns", "kubectl",
)  # fmt: skip
PARTS = 12
SERVER_PORT = 8080
WEB = b"/coredns\0-conf\0/etc/web/Corefile"
"""Command line of the pod `web`, as the machine sees it."""

Say = Callable[[str], None]


def quiet(_: str) -> None:
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def have() -> setup.Have:
    wanted = setup.Wanted(tools=TOOLS, images=("pause", "coredns"), stages=True)
    return setup.ensure_all(wanted, Cache.default(), Progress(mode="plain"))


@pytest.fixture(scope="module")
def cfg(have: setup.Have) -> Iterator[host.HostConfig]:
    assert have.stages
    made = host.HostConfig(
        stack=STACK,
        run_dir=Cache.default().run(STACK),
        tools=have.tools,
        images=[have.images["pause"]],
        kubernetes_version="1.35.0",
        stages=have.stages,
        sandbox_image=lock.images()["pause"].reference,
        node_labels={"fairlead.dev/pool": "system"},
        subnet=SUBNET,
    )
    host.down(made.run_dir, quiet)
    yield made
    host.down(made.run_dir, quiet)


@pytest.fixture(scope="module")
def coredns(have: setup.Have) -> Path:
    return have.images["coredns"]


class Kubectl:
    """kubectl with the kubeconfig that `up` wrote."""

    def __init__(self, program: Path, kubeconfig: Path) -> None:
        self._argv = [str(program), "--kubeconfig", str(kubeconfig)]

    def __call__(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            [*self._argv, *arguments], capture_output=True, text=True, input=text, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, *objects: dict[str, Any]) -> None:
        self("apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, *arguments: str) -> dict[str, Any]:
        return json.loads(self("get", *arguments, "-o", "json"))


@pytest.fixture(scope="module")
def kubectl(have: setup.Have, cfg: host.HostConfig) -> Kubectl:
    return Kubectl(have.tools["kubectl"], cfg.paths.kubeconfig)


def until(what: str, check: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := check():
            return seen
        time.sleep(0.05)
    pytest.fail(f"never seen in {seconds:.0f} s: {what}")


def alive(cfg: host.HostConfig) -> identity.Identity | None:
    return identity.recorded(read_json(cfg.paths.supervisor), cfg.run_dir)


def inside(cfg: host.HostConfig, code: str, pid: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs Python in the network namespace of the node, or of another process of the cluster."""
    target = pid or host.status(cfg.run_dir).supervisor
    argv = ["nsenter", f"--net=/proc/{target}/ns/net", sys.executable, "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def traces(cfg: host.HostConfig) -> dict[str, list[str]]:
    """Everything on the machine that bears the mark of this cluster."""
    run_dir = str(cfg.run_dir)
    commands = {path.parent.name: path.read_bytes().decode(errors="replace") for path in living("cmdline")}
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    rules = subprocess.run(
        [cfg.tools["nft"], "list", "tables"], capture_output=True, text=True, check=True
    ).stdout
    written = (
        "/var/lib/cni",
        "/var/lib/kubelet",
        "/var/log/containers",
        "/var/log/pods",
        "/run/fairlead",
        "/run/containerd",
    )
    return {
        "processes": [pid for pid, command in commands.items() if run_dir in command or STACK in command],
        "mounts": [line for line in mounts if run_dir in line or "fairlead" in line],
        "links": [name for name in os.listdir("/sys/class/net") if name == cfg.link],
        "rules": [line for line in rules.splitlines() if "kube-proxy" in line or "fairlead" in line],
        "control groups": [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/*{cfg.cgroup}*")],
        "files": [path for path in (run_dir, *written) if Path(path).exists()],
    }


def living(name: str) -> Iterator[Path]:
    for path in Path("/proc").glob(f"[0-9]*/{name}"):
        if path.parent.name != str(os.getpid()) and path.exists():
            yield path


def settings() -> dict[str, str]:
    net = ("ipv4/ip_forward", "ipv4/conf/all/rp_filter", "netfilter/nf_conntrack_max")
    kernel = ("panic", "panic_on_oops", "keys/root_maxkeys", "keys/root_maxbytes")
    names = ["vm/overcommit_memory", *(f"kernel/{name}" for name in kernel), *(f"net/{name}" for name in net)]
    paths = {name: Path("/proc/sys") / name for name in names}
    return {name: path.read_text().strip() for name, path in paths.items() if path.exists()}


@pytest.fixture(scope="module")
def before(cfg: host.HostConfig) -> dict[str, Any]:
    return {"traces": traces(cfg), "settings": settings()}


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
    until("pod Running", lambda: kubectl.get("pod", "training")["status"].get("phase") == "Running")


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
    until("answer", lambda: inside(cfg, fetch).stdout.strip() == "OK", 10)


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


def in_background(cfg: host.HostConfig, function: str, tmp_path: Path) -> subprocess.Popen[bytes]:
    """`up` or `down` in a process of its own, to be killed."""
    file = tmp_path / "cfg.json"
    file.write_text(json.dumps(cfg.to_json()))
    argument = "HostConfig.from_json(json.load(open(sys.argv[1])))"
    argument = argument if function == "up" else f"{argument}.run_dir"
    code = f"import json, sys; from fairlead.targets.local.host import *; {function}({argument}, print)"
    return subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.DEVNULL)


def part(cfg: host.HostConfig, name: str) -> bool:
    parts = (read_json(cfg.paths.status) or {}).get("parts", [])
    return any(one["name"] == name and one["state"] == "ready" for one in parts)


KILLED_AT: dict[str, Callable[[host.HostConfig], object]] = {
    "while keys are written": lambda cfg: (cfg.paths.pki / "ca.crt").exists(),
    "when the first process is there": lambda cfg: identity.all_of(cfg.run_dir),
    "when the link is there": lambda cfg: Path("/sys/class/net", cfg.link).exists(),
    "when etcd is ready": lambda cfg: part(cfg, "etcd"),
    "when the API server is ready": lambda cfg: part(cfg, "kube-apiserver"),
    "when the kubelet is ready": lambda cfg: part(cfg, "kubelet"),
}


@pytest.mark.parametrize("moment", KILLED_AT)
def test_a_start_that_is_killed_is_repaired_by_the_next(
    cfg: host.HostConfig, tmp_path: Path, moment: str
) -> None:
    starting = in_background(cfg, "up", tmp_path)
    until(moment, lambda: KILLED_AT[moment](cfg), 30)
    starting.kill()
    starting.wait()
    for who in identity.all_of(cfg.run_dir):
        os.kill(who.pid, signal.SIGKILL)
    assert host.up(cfg, quiet).unhealthy == {}
    host.down(cfg.run_dir, quiet)


def test_a_start_whose_caller_alone_is_killed_is_taken_over(cfg: host.HostConfig, tmp_path: Path) -> None:
    starting = in_background(cfg, "up", tmp_path)
    until("etcd ready", lambda: part(cfg, "etcd"))
    starting.kill()
    starting.wait()
    supervisor = alive_now(cfg)
    assert host.up(cfg, quiet).supervisor == supervisor.pid


def test_a_removal_that_is_killed_is_finished_by_the_next(
    cfg: host.HostConfig, tmp_path: Path, before: dict[str, Any]
) -> None:
    host.up(cfg, quiet)
    removing = in_background(cfg, "down", tmp_path)
    until("the cluster ends", lambda: alive(cfg) is None)
    removing.kill()
    removing.wait()
    host.down(cfg.run_dir, quiet)
    assert traces(cfg) == before["traces"]


def test_a_removal_in_the_middle_of_a_start_leaves_nothing(
    cfg: host.HostConfig, tmp_path: Path, before: dict[str, Any]
) -> None:
    starting = in_background(cfg, "up", tmp_path)
    until("etcd ready", lambda: part(cfg, "etcd"))
    starting.kill()
    starting.wait()
    host.down(cfg.run_dir, quiet)
    assert traces(cfg) == before["traces"]


def test_two_starts_at_once_make_one_cluster(cfg: host.HostConfig, tmp_path: Path) -> None:
    other = in_background(cfg, "up", tmp_path)
    mine = host.up(cfg, quiet)
    assert other.wait(60) == 0
    assert [who.pid for who in identity.all_of(cfg.run_dir)] == [mine.supervisor]


def test_a_start_that_cannot_work_says_which_component_and_shows_its_log(
    cfg: host.HostConfig, tmp_path: Path
) -> None:
    host.down(cfg.run_dir, quiet)
    stages = tmp_path / "stages.yaml"
    stages.write_text("kind: [broken")
    with pytest.raises(ToolError) as caught:
        host.up(dataclasses.replace(cfg, stages=stages), quiet)
    assert caught.value.tool == "kwok"
    assert "yaml" in str(caught.value)
    host.down(cfg.run_dir, quiet)


def alive_now(cfg: host.HostConfig) -> identity.Identity:
    found = alive(cfg)
    assert found
    return found


def ready(item: dict[str, Any]) -> bool:
    conditions = item["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def restarted(item: dict[str, Any]) -> dict[str, Any] | None:
    statuses = item["status"].get("containerStatuses", [])
    return item if statuses and statuses[0]["restartCount"] > 0 and statuses[0]["ready"] else None


def simulated_node(name: str) -> dict[str, Any]:
    size = {"cpu": "96", "memory": "1Ti", "pods": "110", "nvidia.com/gpu": "8"}
    labels = {"kubernetes.io/hostname": name}
    metadata = {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": labels}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "status": {"allocatable": size, "capacity": size},
    }


def pod(name: str, *, node: str, image: str, config: str = "") -> dict[str, Any]:
    container: dict[str, Any] = {"name": "main", "image": image}
    spec: dict[str, Any] = {"containers": [container], "nodeSelector": {"kubernetes.io/hostname": node}}
    if config:
        container["args"] = ["-conf", "/etc/web/Corefile"]
        container["volumeMounts"] = [{"name": "config", "mountPath": "/etc/web"}]
        container["readinessProbe"] = {
            "httpGet": {"path": "/health", "port": SERVER_PORT},
            "periodSeconds": 1,
        }
        spec["volumes"] = [{"name": "config", "configMap": {"name": config}}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec,
    }


class listening:
    """A web server on an address of the machine; gives (address, port)."""

    def __init__(self, address: str) -> None:
        self._server = http.server.ThreadingHTTPServer((address, 0), http.server.BaseHTTPRequestHandler)

    def __enter__(self) -> tuple[str, int]:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return str(self._server.server_address[0]), int(self._server.server_address[1])

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def fetch_head(address: str, port: int) -> str:
    return (
        f"import socket; s = socket.create_connection(({address!r}, {port}), 3);"
        "s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n'); print(s.recv(100))"
    )


def outer_address() -> str:
    """An address of the machine that is not loopback: what a datagram to elsewhere would leave from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.254", 9))
        return str(probe.getsockname()[0])

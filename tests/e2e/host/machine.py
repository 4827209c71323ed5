"""What this machine shows of a local cluster: processes, traces, settings, and what its network reaches."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.targets.local import host


def quiet(_: str) -> None:
    """Progress nobody reads."""


def until(what: str, check: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := check():
            return seen
        time.sleep(0.05)
    pytest.fail(f"never seen in {seconds:.0f} s: {what}")


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
        "processes": [pid for pid, command in commands.items() if run_dir in command or cfg.stack in command],
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

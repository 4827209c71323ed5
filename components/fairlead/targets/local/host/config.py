"""What a local cluster is started with: plain data, kept beside it to compare the next `up` with."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from fairlead.errors import InputError, Problem
from fairlead.targets.local.host.paths import HostPaths
from fairlead.targets.local.host.toolbox import REQUIRED_TOOLS

NODE_NAME = "node-0"
"""The real node. Simulated nodes have other names."""

API_PORT = 6443
_STACK = re.compile(r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$")
_FIXED = ("stack", "subnet", "service_cidr", "pod_cidr", "dns_ip")


@dataclass(frozen=True)
class HostConfig:
    """One local cluster.

    stack: name; the machine's end of the network link and the cgroup are named after it.
    run_dir: directory of this cluster; see HostPaths for what is put there.
    tools: executables by name, see toolbox.REQUIRED_TOOLS; slirp4netns is optional (egress).
    images: OCI image tars, imported under the names that they carry.
    sandbox_image: name of the image that holds a pod's namespaces; one of `images` carries it.
    stages: file of KWOK stages for the simulated nodes.
    subnet: /30 of the link between the machine and the cluster: first address here, second there.
    """

    stack: str
    run_dir: Path
    tools: Mapping[str, Path]
    images: Sequence[Path]
    kubernetes_version: str
    stages: Path
    sandbox_image: str
    node_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    subnet: str = "100.64.77.0/30"
    service_cidr: str = "10.96.0.0/16"
    pod_cidr: str = "10.244.0.0/24"
    dns_ip: str = "10.96.0.10"

    def __post_init__(self) -> None:
        problems = _problems(self)
        if problems:
            raise InputError("local cluster", problems)

    @property
    def paths(self) -> HostPaths:
        """The files of this cluster."""
        return HostPaths(self.run_dir)

    @property
    def link(self) -> str:
        """Name of the machine's end of the network link; at most 15 bytes, as the kernel demands."""
        name = f"fl-{self.stack}"
        return name if len(name) <= 15 else f"fl-{hashlib.sha256(self.stack.encode()).hexdigest()[:12]}"

    @property
    def cgroup(self) -> str:
        """The cgroup under which the pods of the real node run."""
        return f"fairlead-{self.stack}"

    @property
    def host_ip(self) -> str:
        """The machine's address on the link."""
        return str(ipaddress.IPv4Network(self.subnet)[1])

    @property
    def node_ip(self) -> str:
        """The cluster's address on the link: of the API server and of the real node."""
        return str(ipaddress.IPv4Network(self.subnet)[2])

    @property
    def service_ip(self) -> str:
        """The cluster-internal address of the API server."""
        return str(ipaddress.IPv4Network(self.service_cidr)[1])

    @property
    def api_url(self) -> str:
        """The API server as the machine reaches it."""
        return f"https://{self.node_ip}:{API_PORT}"

    def to_json(self) -> dict[str, Any]:
        """As written to HostPaths.config; `from_json` reads it back."""
        return {
            **asdict(self),
            "run_dir": str(self.run_dir),
            "tools": {name: str(path) for name, path in sorted(self.tools.items())},
            "images": [str(path) for path in self.images],
            "stages": str(self.stages),
            "node_labels": dict(sorted(self.node_labels.items())),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HostConfig:
        """Reads what `to_json` wrote."""
        values: dict[str, Any] = dict(data)
        values["tools"] = {name: Path(path) for name, path in cast(dict[str, str], data["tools"]).items()}
        values["images"] = [Path(path) for path in data["images"]]
        values["run_dir"], values["stages"] = Path(data["run_dir"]), Path(data["stages"])
        return cls(**values)

    def running_parts(self) -> str:
        """Digest of all whose change asks for a restart of the processes: everything but the images."""
        parts: dict[str, Any] = {key: value for key, value in self.to_json().items() if key != "images"}
        parts["files"] = [_identity(path) for path in (*sorted(self.tools.values()), self.stages)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def image_parts(self) -> list[list[str | int]]:
        """Identity of each image file: a change is met by importing it into the running cluster."""
        return [_identity(path) for path in self.images]


def fixed_changes(old: Mapping[str, Any], new: HostConfig) -> list[str]:
    """What a cluster cannot take over, as texts `subnet: A -> B`: certificates and data hold it."""
    fresh = new.to_json()
    return [f"{key}: {old.get(key)} -> {fresh[key]}" for key in _FIXED if old.get(key) != fresh[key]]


def _identity(path: Path) -> list[str | int]:
    stat = path.stat()
    return [str(path), stat.st_size, stat.st_mtime_ns]


def _network(cfg: HostConfig, name: str, prefixes: range) -> Problem | None:
    text = str(getattr(cfg, name))
    try:
        net = ipaddress.IPv4Network(text)
    except ValueError:
        return Problem(name, "is no IPv4 network", text, "for example 10.96.0.0/16", f"correct {name}")
    if net.prefixlen not in prefixes:
        allowed = f"a prefix of /{prefixes[0]} to /{prefixes[-1]}"
        return Problem(name, "has an unusable size", text, allowed, f"correct {name}")
    return None


def _problems(cfg: HostConfig) -> list[Problem]:
    found: list[Problem] = []
    if not _STACK.match(cfg.stack):
        allowed = "lower-case letters, digits and '-', a letter first, at most 40"
        found.append(Problem("stack", "is no usable name", cfg.stack, allowed, "rename the stack"))
    if not cfg.run_dir.is_absolute():
        found.append(
            Problem("run_dir", "is not absolute", str(cfg.run_dir), "an absolute path", "resolve it")
        )
    sizes = {"subnet": range(30, 31), "service_cidr": range(12, 25), "pod_cidr": range(16, 27)}
    found += [p for name, sizes_ok in sizes.items() if (p := _network(cfg, name, sizes_ok))]
    if not found and ipaddress.IPv4Address(cfg.dns_ip) not in ipaddress.IPv4Network(cfg.service_cidr):
        found.append(
            Problem("dns_ip", "lies outside service_cidr", cfg.dns_ip, cfg.service_cidr, "correct dns_ip")
        )
    missing = [name for name in REQUIRED_TOOLS if name not in cfg.tools]
    if missing:
        found.append(Problem("tools", f"lacks {', '.join(missing)}", fix="run the tool set-up first"))
    return found

"""The programs a local cluster consists of, put onto one PATH."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from fairlead.errors import ToolError

CNI_PLUGINS = ("ptp", "host-local", "loopback")
REQUIRED_TOOLS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubelet", "kube-proxy",
    "containerd", "containerd-shim-runc-v2", "ctr", "runc", "nft", *CNI_PLUGINS,
)  # fmt: skip
OPTIONAL_TOOLS = ("slirp4netns",)
"""slirp4netns: the cluster's way to the outside. Without it, no image can be pulled from a registry."""
MACHINE_TOOLS = ("ip", "mount", "umount", "nsenter")
"""Taken from the machine: Debian's iproute2, mount and util-linux."""


def cni_dir(tools: Mapping[str, Path]) -> Path:
    """The directory of the CNI plugins: they lie side by side."""
    return tools["ptp"].parent


def missing(tools: Mapping[str, Path]) -> list[str]:
    """Names of the programs that are not where they should be."""
    ours = [name for name in REQUIRED_TOOLS if not tools[name].is_file()]
    apart = [name for name in CNI_PLUGINS if not (cni_dir(tools) / name).is_file()]
    return [*dict.fromkeys([*ours, *apart]), *(name for name in MACHINE_TOOLS if not which(name))]


def link_all(tools: Mapping[str, Path], directory: Path) -> None:
    """Makes `directory` the PATH of the components: one link for each program."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    machine = {name: machine_tool(name) for name in MACHINE_TOOLS}
    for name, path in {**machine, **tools}.items():
        (directory / name).symlink_to(path.absolute())


def which(name: str) -> Path | None:
    """A program of the machine, also where PATH lacks the administrator's directories."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
    return Path(found) if found else None


def machine_tool(name: str) -> Path:
    """A program of the machine that must be there. Raises ToolError."""
    if path := which(name):
        return path
    raise ToolError(name, "is not installed on this machine", "apt-get install iproute2 mount util-linux")

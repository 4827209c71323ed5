"""The programs a local cluster consists of, put onto one PATH."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from fairlead.errors import ToolError

REQUIRED_TOOLS = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubelet", "kube-proxy",
    "containerd", "runc", "nft", "cni",
)  # fmt: skip
"""`containerd` has `ctr` and `containerd-shim-runc-v2` beside it; `cni` is the directory of the CNI plugins."""
BESIDE_CONTAINERD = ("ctr", "containerd-shim-runc-v2")
CNI_PLUGINS = ("ptp", "host-local", "loopback")
OPTIONAL_TOOLS = ("slirp4netns",)
MACHINE_TOOLS = ("ip", "mount", "umount", "nsenter")
"""Taken from the machine: Debian's iproute2, mount and util-linux."""


def executables(tools: Mapping[str, Path]) -> dict[str, Path]:
    """Every program by name, those beside containerd and those of the machine included.

    A program that is missing is simply not in the answer: `missing` says it.
    """
    found = {name: path for name, path in tools.items() if name != "cni" and path.is_file()}
    for name in BESIDE_CONTAINERD:
        beside = tools.get(name, tools["containerd"].parent / name)
        if beside.is_file():
            found[name] = beside
    for name in MACHINE_TOOLS:
        if name not in found and (path := which(name)):
            found[name] = path
    return found


def cni_dir(tools: Mapping[str, Path]) -> Path:
    """The directory of the CNI plugins; `tools["cni"]` is it or a plugin in it."""
    return tools["cni"] if tools["cni"].is_dir() else tools["cni"].parent


def missing(tools: Mapping[str, Path]) -> list[str]:
    """Names of the programs that are not where they should be."""
    have = executables(tools)
    wanted = [*(name for name in REQUIRED_TOOLS if name != "cni"), *BESIDE_CONTAINERD, *MACHINE_TOOLS]
    plugins = [f"cni/{name}" for name in CNI_PLUGINS if not (cni_dir(tools) / name).is_file()]
    return [name for name in wanted if name not in have] + plugins


def link_all(tools: Mapping[str, Path], directory: Path) -> None:
    """Makes `directory` the PATH of the components: one link for each program."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name, path in executables(tools).items():
        (directory / name).symlink_to(path.absolute())


def which(name: str) -> Path | None:
    """A program of the machine, also where PATH lacks the administrator's directories."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
    return Path(found) if found else None


def machine_tool(name: str) -> Path:
    """A program of the machine that must be there. Raises ToolError."""
    if path := which(name):
        return path
    raise ToolError(name, "is not installed on this machine", "apt-get install iproute2 util-linux")

"""The control groups of the real node's pods: a directory in each hierarchy, removed with the cluster."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fairlead.errors import ToolError
from fairlead.targets.local.host import kernel

_EMPTY_S = 10.0
_PODS_NEED = ("cpu", "memory", "pids")


def make(name: str) -> None:
    """Makes the group in each hierarchy: the kubelet insists that its root is there. Raises OSError."""
    for hierarchy in kernel.cgroup_hierarchies():
        (hierarchy / name).mkdir(exist_ok=True)


def left(name: str) -> list[Path]:
    """Directories of this group that exist."""
    return [path for hierarchy in kernel.cgroup_hierarchies() if (path := hierarchy / name).is_dir()]


def remove(name: str) -> None:
    """Removes the group with all below it; its processes must have been killed. Raises ToolError."""
    for root in left(name):
        for directory, _, _ in os.walk(root, topdown=False):
            _remove_empty(Path(directory))


def missing_controllers() -> list[str]:
    """Controllers that pods need and the kernel, or who started us, does not give."""
    if kernel.cgroup_v2():
        have = (kernel.CGROUPS / "cgroup.controllers").read_text().split()
    else:
        have = [path.name for path in kernel.CGROUPS.iterdir()]
    return [name for name in _PODS_NEED if name not in have]


def _remove_empty(directory: Path) -> None:
    deadline = time.monotonic() + _EMPTY_S
    while True:
        try:
            return directory.rmdir()
        except FileNotFoundError:
            return None
        except OSError as error:  # EBUSY while the kernel still buries the last process
            if time.monotonic() > deadline:
                raise ToolError(
                    "cgroup", f"{directory}: {error.strerror}", f"see {directory}/cgroup.procs"
                ) from error
        time.sleep(0.02)

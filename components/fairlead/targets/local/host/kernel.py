"""The few system calls that Python 3.11 lacks, and facts about the running kernel."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

# linux/sched.h, linux/mount.h
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC = 2, 4, 8, 4096, 16384
MS_PRIVATE, MS_SHARED = 1 << 18, 1 << 20
CGROUPS = Path("/sys/fs/cgroup")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """unshare(2). Raises OSError."""
    _checked(_libc().unshare(flags), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2). Raises OSError."""
    arguments = (
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _checked(_libc().mount(*arguments), f"mount {source} on {target}")


def set_hostname(name: str) -> None:
    """sethostname(2): the name of this UTS namespace. Raises OSError."""
    _checked(_libc().sethostname(name.encode(), len(name.encode())), "sethostname")


def cgroup_v2() -> bool:
    """True where the unified hierarchy alone is used; False for v1 and for the hybrid of both."""
    return (CGROUPS / "cgroup.controllers").exists()


def cgroup_hierarchies() -> list[Path]:
    """Roots of the mounted control group hierarchies, each once (v1 lists some under two names)."""
    if cgroup_v2():
        return [CGROUPS]
    found = {path.resolve() for path in CGROUPS.iterdir() if (path / "cgroup.procs").exists()}
    return sorted(found)

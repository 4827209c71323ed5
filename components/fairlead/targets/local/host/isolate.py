"""The cluster's own view of the machine: what it mounts, writes and sets stays in its namespaces.

All of it ends, by the kernel's hand, with the last process of the namespaces. Nothing needs to be undone.
"""

from __future__ import annotations

import os
from pathlib import Path

from fairlead.targets.local.host import kernel
from fairlead.targets.local.host.components import HOST_NETWORK, OWN_NETWORK
from fairlead.targets.local.host.config import NODE_NAME, HostConfig
from fairlead.targets.local.host.paths import RUNTIME

COVERED = (Path("/var/lib"), Path("/var/log"))
"""Where programs write at paths that cannot be configured: /var/lib/cni, /var/lib/kubelet/device-plugins,
/var/log/containers. Each gets an overlay whose upper layer is on the private tmpfs."""

KUBELET_SYSCTLS = {
    # pkg/kubelet/cm/container_manager_linux.go (setupKernelTunables) and
    # staging/src/k8s.io/component-helpers/node/util/sysctl of Kubernetes 1.35
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""The kubelet wants these machine-wide settings and sets them. It is shown files that say so already: how the
machine treats memory and panics is not a local cluster's to change."""

_NETWORK_SYSCTLS = {
    # of the cluster's own network namespace only
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
}


def private_view(cfg: HostConfig) -> None:
    """Makes the file system private. To be called in the new process namespace. Raises OSError."""
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.set_hostname(NODE_NAME)
    resolver = _resolver()
    run_dir = os.open(cfg.run_dir, os.O_PATH | os.O_DIRECTORY)
    _tmpfs("/run", "mode=0755,size=256m")
    RUNTIME.mkdir()
    for covered in COVERED:
        _overlay(covered)
    if any(cfg.run_dir.resolve().is_relative_to(covered) for covered in COVERED):
        # containerd cannot keep its layers on an overlay: put the real directory back
        kernel.mount(f"/proc/self/fd/{run_dir}", str(cfg.run_dir), flags=kernel.MS_BIND)
    os.close(run_dir)
    if resolver:
        resolver[0].parent.mkdir(parents=True, exist_ok=True)
        resolver[0].write_text(resolver[1])
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    _show_sysctls()
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_SHARED)  # among the cluster's own namespaces


def private_network() -> None:
    """Enters a new network namespace; both, the machine's and the new one, get a name in the private view."""
    _name_network(HOST_NETWORK)
    kernel.unshare(kernel.CLONE_NEWNET)
    _name_network(OWN_NETWORK)
    for name, value in _NETWORK_SYSCTLS.items():
        (Path("/proc/sys") / name).write_text(value)


def _tmpfs(target: str, options: str) -> None:
    kernel.mount("tmpfs", target, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)


def _overlay(target: Path) -> None:
    layer = RUNTIME / "view" / target.name
    upper, work = layer / "upper", layer / "work"
    upper.mkdir(parents=True)
    work.mkdir()
    kernel.mount("overlay", str(target), "overlay", 0, f"lowerdir={target},upperdir={upper},workdir={work}")


def _resolver() -> tuple[Path, str] | None:
    """The machine's resolver file where it lies under /run, which is about to be covered."""
    path = Path("/etc/resolv.conf").resolve()
    return (path, path.read_text()) if path.is_relative_to("/run") and path.is_file() else None


def _show_sysctls() -> None:
    shown = RUNTIME / "sysctl"
    for name, value in KUBELET_SYSCTLS.items():
        file, target = shown / name, Path("/proc/sys") / name
        if target.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{value}\n")
            kernel.mount(str(file), str(target), flags=kernel.MS_BIND)


def _name_network(path: Path) -> None:
    path.touch()
    kernel.mount("/proc/self/ns/net", str(path), flags=kernel.MS_BIND)

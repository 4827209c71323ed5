"""Where everything of one local cluster lies on disk. One place, so that `down` can remove it all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RUNTIME = Path("/run/fairlead")
"""Sockets and runtime state. Inside the cluster's namespaces only, on a private tmpfs: it never appears on
the machine, and the names stay far below the 108 bytes that a Unix socket's name may have."""


@dataclass(frozen=True)
class HostPaths:
    """Files of a cluster. `run_dir/host/**` and `run_dir/kubeconfig` belong to it, nothing else."""

    run_dir: Path

    @property
    def host(self) -> Path:
        """Root of all files made here, apart from the kubeconfig and the lock."""
        return self.run_dir / "host"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, with the certificate inside; mode 0600."""
        return self.run_dir / "kubeconfig"

    @property
    def lock(self) -> Path:
        """Held while a cluster is started or removed."""
        return self.run_dir / ".host.lock"

    @property
    def config(self) -> Path:
        """The HostConfig that the cluster was started with."""
        return self.host / "config.json"

    @property
    def started(self) -> Path:
        """Digest of what asks for a restart when it changes, as of the last start."""
        return self.host / "started.json"

    @property
    def images(self) -> Path:
        """Identity of the image files that `up` wants in."""
        return self.host / "images.json"

    @property
    def supervisor(self) -> Path:
        """Process id and start time of the supervisor, as the machine sees them."""
        return self.host / "supervisor.json"

    @property
    def status(self) -> Path:
        """What the supervisor last said about its components."""
        return self.host / "status.json"

    @property
    def complete(self) -> Path:
        """Present once the cluster has been ready: from then on its data outlives a crash."""
        return self.host / "complete"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.host / "pki"

    @property
    def etc(self) -> Path:
        """Configuration files of the components."""
        return self.host / "etc"

    @property
    def logs(self) -> Path:
        """One log file a component."""
        return self.host / "logs"

    @property
    def etcd(self) -> Path:
        """The cluster's data."""
        return self.host / "etcd"

    @property
    def containerd(self) -> Path:
        """Images and containers."""
        return self.host / "containerd"

    @property
    def kubelet(self) -> Path:
        """The kubelet's root directory."""
        return self.host / "kubelet"

    @property
    def pod_logs(self) -> Path:
        """Logs of the pods on the real node."""
        return self.host / "pods"

    @property
    def bin(self) -> Path:
        """Links to the programs: the PATH of every component."""
        return self.host / "bin"

    def component_config(self, name: str) -> Path:
        """The kubeconfig with which one component speaks to the API server."""
        return self.etc / f"{name}.kubeconfig"

    def log(self, name: str) -> Path:
        """The log file of one component."""
        return self.logs / f"{name}.log"

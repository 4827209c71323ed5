"""Work that holds accelerators, as far as it must be known to decide about it. Times are seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

JOBS: Mapping[tuple[str, str], str] = {
    ("batch", "Job"): "jobs",
    ("jobset.x-k8s.io", "JobSet"): "jobsets",
    ("trainer.kubeflow.org", "TrainJob"): "trainjobs",
    ("ray.io", "RayJob"): "rayjobs",
    ("ray.io", "RayCluster"): "rayclusters",
    ("kubeflow.org", "PyTorchJob"): "pytorchjobs",
    ("kubeflow.org", "TFJob"): "tfjobs",
    ("kubeflow.org", "XGBoostJob"): "xgboostjobs",
    ("kubeflow.org", "JAXJob"): "jaxjobs",
}
"""(API group, kind) -> plural of what may be taken back: work that is of use when it runs again later. Not there: what
serves, and single pods, which do not come back."""


@dataclass(frozen=True)
class Owner:
    """What somebody has sent."""

    api_version: str
    kind: str
    name: str
    uid: str

    @property
    def plural(self) -> str:
        """Of its kind, for what may be taken back; else empty."""
        return JOBS.get((self.api_version.rpartition("/")[0], self.kind), "")


@dataclass(frozen=True)
class Pod:
    """A pod that has not ended."""

    name: str
    node: str
    holds: int
    """Accelerators, or shares of them, that it asked for."""
    began: float | None
    """When the last of its containers started; None: one of them does not run."""
    used: tuple[float, ...] = ()
    """When each of its accelerators last did something, for those that are told of."""
    saved: float | None = None
    """When it wrote its last checkpoint, where it tells so."""
    saving: bool = False
    """Whether it says that it writes one."""


@dataclass(frozen=True)
class Work:
    """A workload of the queue that has its place, with what holds accelerators for it."""

    namespace: str
    name: str
    version: str
    """Of the object: who changes it says which one it means."""
    stage: str
    """The queue that it is of."""
    owner: Owner
    pods: tuple[Pod, ...]
    kept: tuple[str, ...] = ()
    """Until when it may hold them unused, as people wrote it on the workload and its owner."""

    @property
    def held(self) -> int:
        """Accelerators that it holds."""
        return sum(max(pod.holds, len(pod.used)) for pod in self.pods)

    @property
    def nodes(self) -> list[str]:
        """Where it holds them."""
        return sorted({pod.node for pod in self.pods if pod.holds or pod.used})

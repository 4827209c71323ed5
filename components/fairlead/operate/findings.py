"""What looks at a rule of the contract: what it is given and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fairlead.operate.live import Seen
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.onprem import OnpremSite

Problems = tuple[tuple[str, str], ...]
"""(what is wrong, what to do)."""


@dataclass(frozen=True)
class Cluster:
    """A cluster as it should be, as it is, and how the program calls it."""

    plan: PlatformPlan
    seen: Seen
    kubeconfigs: Sequence[str]
    """Kubeconfigs that the program gives to the engine: paths or texts."""

    @property
    def lacks(self) -> Mapping[str, str]:
        """Capability -> why this cluster does not have it."""
        return {one.name: one.reason for one in self.plan.capabilities if one.status == "unsupported"}

    @property
    def named_nodes(self) -> Mapping[str, Sequence[str]]:
        """Pool -> nodes that the spec names; empty where the platform makes its nodes."""
        return self.plan.site.nodes if isinstance(self.plan.site, OnpremSite) else {}


class NotApplicable(Exception):
    """The rule does not apply to this cluster; its text says why."""


Rule = Callable[[Cluster], tuple[str, Problems]]
"""What was found in short, and the problems; raises NotApplicable."""

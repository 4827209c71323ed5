"""How a local cluster is, from what its supervisor wrote and from what really runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from fairlead.targets.local.host import identity
from fairlead.targets.local.host.board import HEARTBEAT_S
from fairlead.targets.local.host.config import NODE_NAME, HostConfig
from fairlead.targets.local.host.files import read_json
from fairlead.targets.local.host.paths import HostPaths

State = Literal["running", "degraded", "stopped", "absent"]
_STALE_S = HEARTBEAT_S * 15


@dataclass(frozen=True)
class ComponentStatus:
    """One component, or task of the start (then `pid` is 0)."""

    pid: int
    """On the machine; 0 where no process runs."""
    healthy: bool
    restarts: int
    log: Path
    detail: str = ""
    """Its state, and why where it is not healthy."""


@dataclass(frozen=True)
class HostStatus:
    """A local cluster.

    running: all is healthy. degraded: the supervisor runs, a part is not healthy (yet). stopped: files, but
    no process; `up` starts it again, with its data if it was complete. absent: nothing.
    """

    state: State
    components: Mapping[str, ComponentStatus] = field(default_factory=dict[str, ComponentStatus])
    api_url: str = ""
    kubeconfig: Path | None = None
    nodes: tuple[str, ...] = ()
    """Real nodes."""
    supervisor: int = 0
    """Process id of the supervisor on the machine."""
    ready_after_s: float | None = None
    """How long the start took."""

    @property
    def unhealthy(self) -> dict[str, ComponentStatus]:
        """The parts that are not healthy."""
        return {name: part for name, part in self.components.items() if not part.healthy}


def status(run_dir: Path) -> HostStatus:
    """Looks at the cluster of a run directory. Changes nothing, needs no root for its own files' owner."""
    paths = HostPaths(run_dir)
    config = read_json(paths.config)
    if not paths.host.exists() or config is None:
        return HostStatus("absent")
    cfg = HostConfig.from_json(config)
    known = HostStatus("stopped", api_url=cfg.api_url, kubeconfig=paths.kubeconfig, nodes=(NODE_NAME,))
    who = identity.recorded(read_json(paths.supervisor), run_dir)
    if who is None:
        return known
    report = read_json(paths.status) or {}
    fresh = time.time() - float(report.get("written", 0)) < _STALE_S
    state: State = "running" if report.get("phase") == "ready" and fresh else "degraded"
    return replace(
        known,
        state=state,
        components=_components(report, identity.members(who)),
        supervisor=who.pid,
        ready_after_s=report.get("ready_after_s"),
    )


def _components(report: Mapping[str, Any], pids: Mapping[int, int]) -> dict[str, ComponentStatus]:
    found: dict[str, ComponentStatus] = {}
    for part in report.get("parts", []):
        detail = part["state"] if not part["detail"] else f"{part['state']}: {part['detail']}"
        pid = pids.get(part["pid"], 0) if part["pid"] else 0
        healthy = part["state"] == "ready" and (part["task"] or pid > 0)
        found[part["name"]] = ComponentStatus(pid, healthy, part["restarts"], Path(part["log"]), detail)
    return found

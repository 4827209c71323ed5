"""The machine's side of the local target: a real Kubernetes cluster in namespaces of its own.

    up(cfg, progress) -> HostStatus     bring it to run; repairs what a kill has left
    down(run_dir, progress)             remove it, with all that `up` made
    status(run_dir) -> HostStatus       look at it
    preflight(cfg) -> list[Problem]     what this machine lacks for it
    rights(), surroundings(cfg)         the parts of it that need no configuration, or no tools

`progress` takes a line of text. See docs/adr/0005-local-cluster-in-namespaces.md.
"""

from __future__ import annotations

from fairlead.targets.local.host.config import NODE_NAME, HostConfig
from fairlead.targets.local.host.kubeconfig import context_name
from fairlead.targets.local.host.lifecycle import down, up
from fairlead.targets.local.host.machine import STILL_WORKS, preflight, rights, surroundings
from fairlead.targets.local.host.report import ComponentStatus, HostStatus, status
from fairlead.targets.local.host.toolbox import OPTIONAL_TOOLS, REQUIRED_TOOLS

__all__ = [
    "NODE_NAME",
    "OPTIONAL_TOOLS",
    "REQUIRED_TOOLS",
    "STILL_WORKS",
    "ComponentStatus",
    "HostConfig",
    "HostStatus",
    "context_name",
    "down",
    "preflight",
    "rights",
    "status",
    "surroundings",
    "up",
]

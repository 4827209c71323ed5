"""A HostConfig whose programs are empty files: enough for everything that starts no process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairlead.targets.local.host import OPTIONAL_TOOLS, REQUIRED_TOOLS, HostConfig


def make(root: Path, **changes: Any) -> HostConfig:
    """A configuration below `root`, with some values changed."""
    programs = root / "tools"
    programs.mkdir(exist_ok=True)
    names = (*REQUIRED_TOOLS, *OPTIONAL_TOOLS)
    for name in names:
        (programs / name).touch()
    (root / "stages.yaml").touch()
    (root / "pause.tar").touch()
    values: dict[str, Any] = {
        "stack": "unit",
        "run_dir": root / "run",
        "tools": {name: programs / name for name in names},
        "images": [root / "pause.tar"],
        "kubernetes_version": "1.35.0",
        "stages": root / "stages.yaml",
        "sandbox_image": "fairlead.dev/pause:1",
        "node_labels": {"fairlead.dev/pool": "system"},
    }
    return HostConfig(**(values | changes))

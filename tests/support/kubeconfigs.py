"""Files by which a client finds an API server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml


def written(folder: Path, server: str, user: Mapping[str, str]) -> Path:
    """A kubeconfig of one server and one user, in this folder."""
    path = folder / "kubeconfig"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": dict(user)}],
            }
        )
    )
    return path

"""Layers of a platform whose Secrets are kept in the cloud's own manager, as a spec says it."""

from __future__ import annotations

from typing import Any

from support.login import LOGIN

PIPELINES: dict[str, Any] = {
    "enabled": True,
    "database": {"host": "mysql.example.com", "ranges": ["10.9.0.0/24"]},
}
KEPT_OUTSIDE: dict[str, Any] = {
    "certificates": {"enabled": True},
    "secrets": {"enabled": True, "cloud": {}, "platform": True},
    "databases": {"enabled": True},
    "tracking": {"enabled": True, "login": True},
    "gateway": {"enabled": True, "domain": "ml.example.com", "login": LOGIN},
}
"""Everything that takes a Secret and runs on all clouds; pipelines do not."""

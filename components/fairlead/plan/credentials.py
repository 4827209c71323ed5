"""Contract rule C9: whether the text of a kubeconfig holds a credential, which would enter the engine's state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

KEYS = ("token", "tokenFile", "client-key", "client-certificate", "password", "username", "auth-provider")
"""Beginnings of the keys under which a user of a kubeconfig holds a credential.

https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo, 2026-11-23
"""


def held(kubeconfig: str) -> list[str]:
    """Keys of credentials in the text; none in the path of a file, and none beside an exec plugin."""
    import yaml

    data: Any = yaml.safe_load(kubeconfig)
    users = cast("Mapping[str, Any]", data).get("users") if isinstance(data, dict) else None
    own = [cast("Mapping[str, Any]", one.get("user") or {}) for one in users or ()]
    return sorted({key for one in own for key in one if key.startswith(KEYS)})


def is_text(kubeconfig: str) -> bool:
    """Whether it is the text of a kubeconfig, as YAML or JSON, and not the path of a file."""
    return "\n" in kubeconfig or kubeconfig.lstrip().startswith("{")

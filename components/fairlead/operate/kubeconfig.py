"""Where the commands find the cluster of a stack: a file in which it is the current one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from fairlead.errors import FairleadError
from fairlead.plan.sites.local import LocalSite
from fairlead.plan.sites.onprem import OnpremSite
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack, find, kubeconfig_path

FILES = {
    "clusters": ("cluster", ("certificate-authority",)),
    "users": ("user", ("client-certificate", "client-key", "tokenFile")),
}
"""Part of a kubeconfig -> (its body, keys that hold paths, which are relative to the file)."""


def named(name: str) -> Path:
    """Kubeconfig of the cluster of a stack. A local cluster that runs is found from any directory."""
    if (Stack(Path(), name).run_dir / "host").is_dir():
        return kubeconfig_path(name)
    try:
        stack = find(name)
    except FairleadError:
        return kubeconfig_path(name)
    return of(stack)


def of(stack: Stack) -> Path:
    """Kubeconfig of a stack's cluster.

    A local cluster has written its own. Of a brought one the context that the spec names is copied,
    alone and for this user only, into the stack's run directory, anew each time. Raises FairleadError
    where the cluster is reached in a way that only the engine can go.
    """
    site = plan_of(stack.folder, stack.name).site
    if isinstance(site, LocalSite):
        return kubeconfig_path(stack.name)
    if isinstance(site, OnpremSite) and site.kubeconfig:
        content = only(Path(site.kubeconfig).expanduser(), site.context)
        return write_privately(stack.run_dir / "kubeconfig", content)
    raise FairleadError(
        f"stack {stack.name} has its cluster at a cloud or in another stack: only its program finds it\n"
        "    fix:     fetch the kubeconfig with the cloud's own tool and name the file with --kubeconfig"
    )


def only(path: Path, context: str | None) -> str:
    """A kubeconfig with one context of a file, None for its current one, as JSON. Raises FairleadError."""
    try:
        data: Any = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise FairleadError(
            f"{path}: no usable kubeconfig: {why}\n    fix:     correct target.kubeconfig"
        ) from None
    whole: Mapping[str, Any] = cast("Mapping[str, Any]", data) if isinstance(data, dict) else {}
    context = str(context or whole.get("current-context"))
    chosen = _entry(whole, "contexts", context, path)
    parts: dict[str, Any] = {"contexts": [chosen]}
    for part, (body, keys) in FILES.items():
        entry = _entry(whole, part, chosen["context"][body], path)
        own = {key: _absolute(path, value) if key in keys else value for key, value in entry[body].items()}
        parts[part] = [{"name": entry["name"], body: own}]
    return (
        json.dumps({"apiVersion": "v1", "kind": "Config", **parts, "current-context": context}, indent=1)
        + "\n"
    )


def _entry(whole: Mapping[str, Any], part: str, name: str, path: Path) -> Mapping[str, Any]:
    entries: Sequence[Mapping[str, Any]] = whole.get(part) or []
    found = next((one for one in entries if one.get("name") == name), None)
    if found is None:
        known = ", ".join(str(one.get("name")) for one in entries) or "none"
        raise FairleadError(
            f"{path}: {part} has no {name}\n    allowed: {known}\n    fix:     correct target.context"
        )
    return found


def _absolute(path: Path, value: str) -> str:
    return str((path.parent / value).absolute())


def write_privately(path: Path, content: str) -> Path:
    """Writes a file that nobody else can read, as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    fresh.rename(path)
    return path

"""Where the commands find the cluster of a stack: a file in which it is the current one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from fairlead.errors import FairleadError
from fairlead.operate import outputs, reach
from fairlead.plan.credentials import held, is_text
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.local import LocalSite
from fairlead.plan.sites.onprem import OnpremSite
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack, find, kubeconfig_path

OUTPUT = "kubeconfig"
"""Output of every stack: the path of a file, or a text with an exec plugin (contract rule C9)."""
FILES = {
    "clusters": ("cluster", ("certificate-authority",)),
    "users": ("user", ("client-certificate", "client-key", "tokenFile")),
}
"""Part of a kubeconfig -> (its body, keys that hold paths, which are relative to the file)."""
ANOTHER = "name another file or context: kubeconfig and context of the target, or --kubeconfig and --context"


@dataclass(frozen=True)
class _Source:
    """Where a kubeconfig comes from."""

    name: str
    """What it is called in errors."""
    folder: Path
    """Where relative paths in it begin."""
    fix: str
    """What to do if it is of no use."""


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

    A local cluster has written its own. Of a brought one the context that the spec names is copied; every
    other cluster is an output of its stack, which holds no credential. What is copied is alone in its file,
    for this user only, in the stack's run directory, and copied anew each time. Raises FairleadError where
    there is none, with every way to get it.
    """
    plan = plan_of(stack.folder, stack.name)
    site = plan.site
    if isinstance(site, LocalSite):
        return kubeconfig_path(stack.name)
    if isinstance(site, OnpremSite) and site.kubeconfig:
        content = only(Path(site.kubeconfig).expanduser(), site.context)
    else:
        content = _exported(stack, plan)
    return write_privately(stack.run_dir / "kubeconfig", content)


def _exported(stack: Stack, plan: PlatformPlan) -> str:
    """The kubeconfig that the stack has exported, or the stack whose cluster it takes over."""
    brought = plan.site if isinstance(plan.site, OnpremSite) else None
    owner = (brought.stack if brought else "") or stack.name
    fix = reach.fix(owner, plan)
    source = _Source(f"stack {owner}: output {OUTPUT}", stack.project, fix)
    try:
        found = outputs.text(stack.project, owner, OUTPUT)
    except outputs.NoOutput as reason:
        raise FairleadError(
            f"stack {owner}: no kubeconfig in its state: {reason}\n    fix:     {fix}"
        ) from None
    if not is_text(found):
        return only(Path(found).expanduser(), None)
    content = _one_context(found, None, source)
    if keys := held(content):
        raise FairleadError(
            f"{source.name} holds a credential ({', '.join(keys)}), which stands in the state (contract rule C9)\n"
            f"    fix:     withdraw that credential; {fix}"
        )
    if brought and brought.cluster:
        _same_cluster(content, brought.cluster.name, source)
    return content


def _same_cluster(content: str, wanted: str, source: _Source) -> None:
    """The spec may name another cluster by now: the state knows the one that the last `pulumi up` met."""
    known = json.loads(content)["current-context"]
    if known != wanted:
        raise FairleadError(
            f"{source.name} is of cluster {known}, and the spec names {wanted}\n    fix:     {source.fix}"
        )


def only(path: Path, context: str | None) -> str:
    """A kubeconfig with one context of a file, None for its current one, as JSON. Raises FairleadError."""
    source = _Source(str(path), path.parent, ANOTHER)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(source, error) from None
    return _one_context(text, context, source)


def _one_context(text: str, context: str | None, source: _Source) -> str:
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _unusable(source, error) from None
    whole: Mapping[str, Any] = cast("Mapping[str, Any]", data) if isinstance(data, dict) else {}
    context = str(context or whole.get("current-context"))
    chosen = _entry(whole, "contexts", context, source)
    parts: dict[str, Any] = {"contexts": [chosen]}
    try:
        for part, (body, keys) in FILES.items():
            entry = _entry(whole, part, chosen["context"][body], source)
            own = {
                key: str((source.folder / value).absolute()) if key in keys else value
                for key, value in entry[body].items()
            }
            parts[part] = [{"name": entry["name"], body: own}]
    except (KeyError, TypeError, AttributeError) as error:
        raise _unusable(source, f"{context} is not made of a cluster and a user: {error}") from None
    whole = {"apiVersion": "v1", "kind": "Config", **parts, "current-context": context}
    return json.dumps(whole, indent=1) + "\n"


def _unusable(source: _Source, why: object) -> FairleadError:
    said = " ".join(str(why).split())
    return FairleadError(f"{source.name}: no usable kubeconfig: {said}\n    fix:     {source.fix}")


def _entry(whole: Mapping[str, Any], part: str, name: str, source: _Source) -> Mapping[str, Any]:
    entries: Sequence[Mapping[str, Any]] = whole.get(part) or []
    found = next((one for one in entries if one.get("name") == name), None)
    if found is None:
        known = ", ".join(str(one.get("name")) for one in entries) or "none"
        raise FairleadError(
            f"{source.name}: {part} has no {name}\n    allowed: {known}\n    fix:     {source.fix}"
        )
    return found


def write_privately(path: Path, content: str) -> Path:
    """Writes a file that nobody else can read, as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    fresh.rename(path)
    return path

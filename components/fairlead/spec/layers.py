"""Layered configuration: defaults < target < environment < stack, merged by one rule.

The rule: maps merge key by key. Two lists whose entries are all maps with a `name` merge entry by
entry: the same name merges, a new name is appended. Every other list and every scalar is replaced.
`null` removes what a lower layer has said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fairlead.errors import InputError, Problem, one_of
from fairlead.spec.documents import Node, from_plain, origins, plain, read_file
from fairlead.spec.problems import shown

KEY = "fairlead:platform"
ROOT = "platform"
FOLDER = "layers"
PREFIX, SUFFIX = "Pulumi.", ".yaml"


@dataclass(frozen=True)
class Merged:
    """The platform spec of a stack as plain data, and where each value came from."""

    value: dict[str, Any]
    origins: Mapping[str, str]
    """Path -> file and line, for example platform.pools[1].max -> stacks/Pulumi.local.yaml:12."""
    sources: tuple[str, ...]
    """Files that took part, lowest layer first."""


def merge(layers: Sequence[Node]) -> Merged:
    """Layers into one, the last wins. Raises InputError for a layer that is no map."""
    wrong = [layer for layer in layers if not isinstance(layer.value, Mapping)]
    if wrong:
        what = "must be a map of keys and values"
        files = ", ".join(_file(layer) for layer in wrong)
        raise InputError(files, [Problem(layer.origin, what, shown(plain(layer))) for layer in wrong])
    merged = Node({}, layers[0].origin if layers else "nowhere")
    for layer in layers:
        merged = _over(merged, layer)
    sources = tuple(dict.fromkeys(map(_file, layers)))
    return Merged(cast("dict[str, Any]", plain(merged)), origins(merged, ROOT), sources)


def _file(layer: Node) -> str:
    """The file of a layer's origin, which may carry a line."""
    name, _, line = layer.origin.rpartition(":")
    return name if line.isdigit() else layer.origin


def read_spec(path: Path) -> Merged:
    """A bare platform spec: a file with what stands under the key of a stack."""
    return merge([read_file(path)])


def stacks(stack_dir: Path) -> list[str]:
    """Names of the stacks that a directory has."""
    return sorted(path.name[len(PREFIX) : -len(SUFFIX)] for path in stack_dir.glob(f"{PREFIX}*{SUFFIX}"))


def resolve_stack(stack_dir: Path, stack: str, data: Mapping[str, Any] | None = None) -> Merged:
    """The platform spec of a stack, all layers merged.

    stack_dir: directory with `Pulumi.<stack>.yaml` and `layers/`; data: the stack's own object
    where the caller has it already, for example from the engine.
    Raises InputError for a stack, a file or a layer that is not there or cannot be read.
    """
    top = _stack_layer(stack_dir, stack) if data is None else _own(stack_dir, stack, data)
    folder = stack_dir / FOLDER
    lowest = _read(stack_dir, folder / "defaults.yaml")
    chosen = merge([lowest, top])
    layers = [lowest]
    target = chosen.value.get("target")
    kind = cast("Mapping[str, Any]", target).get("kind") if isinstance(target, Mapping) else None
    kind_file = folder / f"target-{kind}.yaml"
    if isinstance(kind, str) and kind_file.is_file():
        layers.append(_read(stack_dir, kind_file))
    environment = chosen.value.get("environment")
    if isinstance(environment, str):
        layers.append(_environment(stack_dir, environment, chosen))
    return merge([*layers, top])


def _environment(stack_dir: Path, environment: str, chosen: Merged) -> Node:
    folder = stack_dir / FOLDER
    known = sorted(path.stem.removeprefix("environment-") for path in folder.glob("environment-*.yaml"))
    if environment not in known:
        origin = chosen.origins.get(f"{ROOT}.environment", "")
        problem = Problem(
            f"{ROOT}.environment",
            "there is no layer for this environment",
            given=f"{environment} ({origin})",
            allowed=one_of(known, environment),
            fix=f"write {_label(stack_dir, f'{FOLDER}/environment-{environment}.yaml')}; it may be empty",
        )
        raise InputError("the layered configuration", [problem])
    return _read(stack_dir, folder / f"environment-{environment}.yaml")


def _stack_layer(stack_dir: Path, stack: str) -> Node:
    name = f"{PREFIX}{stack}{SUFFIX}"
    label, known = _label(stack_dir, name), stacks(stack_dir)
    if stack not in known:
        problem = Problem(label, "there is no such stack", given=stack, allowed=one_of(known, stack))
        raise InputError(f"stack {stack}", [problem])
    node = read_file(stack_dir / name, label)
    config = node.value.get("config") if isinstance(node.value, Mapping) else None
    spec = config.value.get(KEY) if config and isinstance(config.value, Mapping) else None
    if spec is None or spec.value is None:
        what = f"the key {KEY} is missing under config"
        raise InputError(label, [Problem(label, what, fix=f"write the platform spec under config, {KEY}")])
    return spec


def _own(stack_dir: Path, stack: str, data: Mapping[str, Any]) -> Node:
    """The caller's data; with the lines of the stack file where that says the same."""
    name = f"{PREFIX}{stack}{SUFFIX}"
    if (stack_dir / name).is_file():
        written = _stack_layer(stack_dir, stack)
        if plain(written) == data:
            return written
    return from_plain(data, _label(stack_dir, name))


def _read(stack_dir: Path, path: Path) -> Node:
    return read_file(path, _label(stack_dir, str(path.relative_to(stack_dir))))


def _label(stack_dir: Path, name: str) -> str:
    return f"{stack_dir.resolve().name}/{name}"


def _over(low: Node, high: Node) -> Node:
    """One value over another."""
    if isinstance(low.value, Mapping) and isinstance(high.value, Mapping):
        merged = dict(low.value)
        for key, child in high.value.items():
            if child.value is None:
                merged.pop(key, None)
            else:
                merged[key] = _over(merged[key], child) if key in merged else _without_nulls(child)
        return Node(merged, low.origin if low.value else high.origin)
    lower, higher = _named(low), _named(high)
    if lower and higher:
        return Node(_by_name(lower, higher), low.origin)
    return _without_nulls(high)


def _by_name(low: Sequence[tuple[str, Node]], high: Sequence[tuple[str, Node]]) -> list[Node]:
    """Entries of the lower list in their order, then new ones.

    A name that is there twice in one layer stays there twice: the check of the spec reports it.
    """
    merged = [node for _, node in low]
    places = {name: place for place, (name, _) in reversed(list(enumerate(low)))}
    for name, node in high:
        place = places.pop(name, None)
        if place is None:
            merged.append(_without_nulls(node))
        else:
            merged[place] = _over(merged[place], node)
    return merged


def _named(node: Node) -> list[tuple[str, Node]]:
    """(name, entry) of a list whose entries are all maps with a name; empty for everything else."""
    if isinstance(node.value, (str, Mapping)) or not isinstance(node.value, Sequence):
        return []
    found: list[tuple[str, Node]] = []
    for entry in node.value:
        name = entry.value.get("name") if isinstance(entry.value, Mapping) else None
        if name is None or not isinstance(name.value, str):
            return []
        found.append((name.value, entry))
    return found


def _without_nulls(node: Node) -> Node:
    """A value that nothing lies under: there is nothing for a null to remove."""
    if isinstance(node.value, Mapping):
        kept = {key: _without_nulls(child) for key, child in node.value.items() if child.value is not None}
        return Node(kept, node.origin)
    if isinstance(node.value, Sequence) and not isinstance(node.value, str):
        return Node([_without_nulls(child) for child in node.value], node.origin)
    return node

"""Layered configuration: defaults < target < environment < stack, merged by one rule (`merging`), then team files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from fairlead.errors import InputError, Problem, one_of
from fairlead.spec import teams
from fairlead.spec.documents import Node, from_plain, origins, plain, read_file
from fairlead.spec.merging import over
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
    """Files that took part, lowest layer first, then those of teams."""
    places: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path of what a team file says -> file and path in it: platform.tenants[1].quota.cpu -> stacks/tenants/a.yaml:
    quota.cpu."""


def merge(layers: Sequence[Node]) -> Merged:
    """Layers into one, the last wins. Raises InputError for a layer that is no map."""
    return _merged(_one(layers), layers)


def _one(layers: Sequence[Node]) -> Node:
    wrong = [layer for layer in layers if not isinstance(layer.value, Mapping)]
    if wrong:
        what = "must be a map of keys and values"
        files = ", ".join(_file(layer) for layer in wrong)
        raise InputError(files, [Problem(layer.origin, what, shown(plain(layer))) for layer in wrong])
    merged = Node({}, layers[0].origin if layers else "nowhere")
    for layer in layers:
        merged = over(merged, layer)
    return merged


def _merged(whole: Node, layers: Sequence[Node]) -> Merged:
    sources = tuple(dict.fromkeys(map(_file, layers)))
    return Merged(cast("dict[str, Any]", plain(whole)), origins(whole, ROOT), sources)


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
    """The platform spec of a stack, all layers merged, and the teams of `tenants/` that work there.

    stack_dir: directory with `Pulumi.<stack>.yaml` and `layers/`; data: the stack's own object
    where the caller has it already, for example from the engine.
    Raises InputError for a stack, a file or a layer that is not there or cannot be read, and for team files that are
    wrong in themselves.
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
    named = environment if isinstance(environment, str) else None
    if named is not None:
        layers.append(_environment(stack_dir, named, chosen))
    return _with_teams([*layers, top], stack_dir, stack, named)


def read_teams(stack_dir: Path, stack: str | None = None) -> list[teams.Team]:
    """Every team file beside the stacks; stack: a name that may stand there though it has no file.

    Raises InputError with every problem that they have in themselves.
    """
    named = sorted({*stacks(stack_dir), *([stack] if stack else ())})
    known = teams.Known(_environments(stack_dir), named)
    return teams.read(stack_dir / teams.FOLDER, _label(stack_dir, teams.FOLDER), known)


def _with_teams(layers: Sequence[Node], stack_dir: Path, stack: str, environment: str | None) -> Merged:
    """The layers, and behind their tenants those that have files of their own and work in this stack."""
    whole = _one(layers)
    own = [team for team in read_teams(stack_dir, stack) if team.in_stack(stack, environment)]
    before = cast("Mapping[str, Node]", whole.value).get("tenants")
    problems = list(teams.twice(own, before))
    if problems:
        raise InputError(f"stack {stack}", problems)
    listed = before.value if before else ()
    if not own or isinstance(listed, (str, Mapping)) or not isinstance(listed, Sequence):
        return _merged(whole, layers)
    placed = [teams.placed(team, stack, environment) for team in own]
    nodes = [*listed, *(one.node for one in placed)]
    tenants = Node(nodes, before.origin if listed and before else placed[0].node.origin)
    merged = _merged(
        Node({**cast("Mapping[str, Node]", whole.value), "tenants": tenants}, whole.origin), layers
    )
    places = {
        f"{ROOT}.tenants[{number}]{path}": place
        for number, one in enumerate(placed, len(listed))
        for path, place in one.places.items()
    }
    return replace(merged, places=places, sources=(*merged.sources, *(team.label for team in own)))


def _environments(stack_dir: Path) -> list[str]:
    return sorted(
        path.stem.removeprefix("environment-") for path in (stack_dir / FOLDER).glob("environment-*.yaml")
    )


def _environment(stack_dir: Path, environment: str, chosen: Merged) -> Node:
    folder, known = stack_dir / FOLDER, _environments(stack_dir)
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

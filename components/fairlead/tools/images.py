"""Images: pulled by digest where the registry answers, else built here, as OCI layout tars."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fairlead.catalog import lock
from fairlead.catalog.lock import ImageBuild, ImageRow, RootFs
from fairlead.catalog.ways import GoWay
from fairlead.errors import ToolError
from fairlead.tools import debian, ociimage, registry, toolchain, wheels, wrappers
from fairlead.tools.cache import Cache, Item, recipe_digest
from fairlead.tools.fetch import RefusedError, UnavailableError
from fairlead.tools.ociimage import Entry, Image
from fairlead.tools.proc import Runner
from fairlead.tools.progress import Progress
from fairlead.tools.steps import AGAIN, Context, Step, run_steps

TAR = "image.tar"
_PULL_SECONDS = 30


@dataclass
class ImagePlan:
    """Where the image tars are or will be, and the steps for those that are missing."""

    paths: dict[str, Path] = field(default_factory=dict[str, Path])
    steps: list[Step] = field(default_factory=list[Step])


def select(names: Iterable[str], rows: Mapping[str, ImageRow]) -> list[ImageRow]:
    """The rows of these names; raises FairleadError for a name that no row has."""
    return lock.chosen("image", names, rows)


def item_of(row: ImageRow) -> Item:
    """The place of an image in the cache: keyed by everything that makes its bytes."""
    go = row.build.go if row.build else None
    wrapper = wrappers.text(go.wrapper) if go is not None and go.wrapper is not None else None
    rootfs = row.build.rootfs if row.build else None
    parts: list[object] = [row.recipe(), wrapper, ociimage.FORMAT]
    if rootfs is not None and rootfs.requirements:
        parts.append(wheels.requirements(rootfs.requirements).read_text())
    recipe = recipe_digest(parts)
    return Item(f"images/{row.name}-{recipe}", row.tag, recipe, (TAR,))


def plan(names: Sequence[str], context: Context, rows: Mapping[str, ImageRow] | None = None) -> ImagePlan:
    """Look for images and plan a step for each that is missing."""
    planned = ImagePlan()
    for row in select(names, lock.images() if rows is None else rows):
        item = item_of(row)
        planned.paths[row.name] = context.cache.path(item) / TAR
        if not context.cache.present(item):
            planned.steps.append(_step(row, context))
    return planned


def _step(row: ImageRow, context: Context) -> Step:
    address = registry.Registry(row.repository, context.reach).base
    pulls = row.digest is not None and context.reach.answers(address)
    go = row.build.go if row.build else None
    cost = row.build.usual_seconds + (go.usual_seconds if go else 0) if row.build else _PULL_SECONDS
    return Step(
        key=f"image:{row.name}",
        title=f"{'pull' if pulls else 'build'} image {row.name} {row.tag}",
        usual_seconds=_PULL_SECONDS if pulls else cost,
        run=partial(_make, row=row),
        builds=go is not None and not pulls,
        needs=(toolchain.GO_STEP,) if go is not None or _of_a_module(row) else (),
        shares=_shared(go) if go is not None and not pulls else "",
    )


def _of_a_module(row: ImageRow) -> bool:
    return row.build is not None and row.build.rootfs is not None and row.build.rootfs.module is not None


def _shared(go: GoWay) -> str:
    """The wrapper or the module that it is built in: what others compile there, it does too."""
    return go.module.query if go.module is not None else str(go.wrapper)


def _make(context: Context, row: ImageRow) -> None:
    item, cache = item_of(row), context.cache
    runner = context.runner(f"image-{row.name}")
    with cache.lock(item.key, context.progress.note), cache.scratch(item.key) as scratch:
        if cache.present(item):
            return
        made = scratch / "item"
        made.mkdir()
        try:
            source = _pull(row, made, context)
        except UnavailableError as error:
            if row.build is None:
                raise ToolError(f"image {row.name}", f"it can only be pulled, and {error}", AGAIN) from error
            if isinstance(error, RefusedError):
                context.progress.note(f"image {row.name}: {error}; building it instead")
            shutil.rmtree(made)
            made.mkdir()
            source = _build(row.reference, row.build, made, scratch, context, runner)
            cache.commit(item, made, how="build", source=source)
        else:
            cache.commit(item, made, how="pull", source=source)


def _pull(row: ImageRow, made: Path, context: Context) -> str:
    """Pull by digest; raises UnavailableError where no digest is known or the registry does not answer."""
    if row.digest is None:
        raise UnavailableError("no digest is known")
    registry.pull(row.reference, row.digest, made / TAR, context.reach)
    return row.pinned


def _build(
    reference: str, build: ImageBuild, made: Path, scratch: Path, context: Context, runner: Runner
) -> str:
    """Write the image of a row's build; returns what it was made of."""
    entries: list[Entry] = []
    sources: list[str] = []
    if build.rootfs is not None:
        sources += _unpack(build.rootfs, scratch, context, runner)
        entries += _rootfs_entries(build.rootfs, scratch / "root")
    if build.go is not None:
        binaries = scratch / "binaries"
        binaries.mkdir()
        with context.build_slots:
            sources.append(context.go.build({"program": build.go}, binaries, scratch, runner))
        entries.append(Entry(build.binary.strip("/"), 0o755, binaries / "program"))
    entries += ociimage.base_entries(build.user, build.home, build.workdir, build.shell)
    entrypoint = build.entrypoint or ((build.binary,) if build.go is not None else ())
    home = {"HOME": build.home}
    image = Image(reference, entries, build.user, entrypoint, build.command, home, build.workdir)
    ociimage.write(image, made / TAR)
    return ", ".join(sources)


def _unpack(rootfs: RootFs, scratch: Path, context: Context, runner: Runner) -> list[str]:
    """Unpack Debian packages and wheels into `scratch/root`; returns the names of their files."""
    root, debs = scratch / "root", scratch / "debs"
    debs.mkdir()
    root.mkdir()
    debian.unpack(_packages(rootfs, debian.Apt(context.cache, runner), debs), root, runner)
    files = sorted(debs.glob("*.deb"))
    for wheel in rootfs.wheels:
        folder = scratch / wheel.distribution
        folder.mkdir()
        wheels.unpack(wheels.fetch(wheel, folder, runner), root / rootfs.site_packages)
    pinned: list[str] = []
    if rootfs.requirements:
        target = root / rootfs.site_packages
        target.mkdir(parents=True, exist_ok=True)
        pinned = wheels.install(rootfs.requirements, target, runner)
    if rootfs.module is not None:
        _take_all(rootfs, context.go.module_dir(rootfs.module, scratch, runner), root)
        pinned.append(rootfs.module.query)
    if rootfs.archive is not None:
        _take_all(rootfs, wheels.source(rootfs.archive, scratch, runner), root)
        pinned.append(rootfs.archive.filename)
    if rootfs.compiled:
        wheels.compiled(root, root / rootfs.site_packages, runner)
    return [*(file.name for file in files), *(wheel.filename for wheel in rootfs.wheels), *pinned]


def _take_all(rootfs: RootFs, source: Path, root: Path) -> None:
    for into, path in rootfs.taken.items():
        _take(source / path, root / into)


def _take(source: Path, into: Path) -> None:
    """Copy a file or a folder; what a module carries is read by everybody and written by nobody."""
    into.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, into, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, into)


def _packages(rootfs: RootFs, apt: debian.Apt, into: Path) -> list[Path]:
    if not rootfs.packages:
        return []
    fetch = apt.fetch_with_dependencies if rootfs.with_dependencies else apt.fetch
    return fetch(rootfs.packages, into)


def _rootfs_entries(rootfs: RootFs, root: Path) -> list[Entry]:
    """The files below a root without what the row drops, and what the row adds."""
    entries = [entry for entry in ociimage.tree_entries(root) if not _dropped(entry.path, rootfs.drop)]
    for path, pattern in rootfs.joined.items():
        parts = sorted(root.glob(pattern))
        entries.append(Entry(path.strip("/"), 0o644, b"".join(part.read_bytes() for part in parts)))
    entries += [Entry(path.strip("/"), 0o644, text.encode()) for path, text in rootfs.texts.items()]
    entries += [Entry(path.strip("/"), 0o755, text.encode()) for path, text in rootfs.programs.items()]
    return [*entries, *(Entry(path.strip("/"), 0o777, link=target) for path, target in rootfs.links.items())]


def _dropped(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def ensure(names: Sequence[str], cache: Cache, progress: Progress) -> dict[str, Path]:
    """Have these images; returns the OCI layout tar of each, named as pods reference it."""
    context = Context.of(cache, progress)
    planned = plan(names, context)
    steps = toolchain.plan((), context, builds=any(step.needs for step in planned.steps)).steps
    run_steps([*steps, *planned.steps], context)
    return planned.paths
